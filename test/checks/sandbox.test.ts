import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCheck, type CheckRunRequest } from '../../main/engine/checks/run-check.ts'
import { chooseSandbox, describeSandbox, detectSandbox } from '../../main/engine/checks/sandbox.ts'
import { toolInstalls } from '../../main/engine/checks/host.ts'
import { openSlot } from '../../main/engine/checks/worktrees.ts'
import { area, clock, foundSandbox, git, hostAt, repository, sh, type Area } from './support.ts'

const bubblewrap = await foundSandbox()
const cannot = bubblewrap.kind !== 'bubblewrap'

/** Only root can make a folder outside of the home and /tmp, which are hidden anyway. */
const isRoot = process.getuid?.() === 0

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync('/var/lib/hyperion-test-')
  try {
    sh(folder, 'echo geheim >.npmrc')
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
    rmSync(`${folder}-written`, { force: true })
  }
}

let place: Area
beforeEach(() => {
  place = area()
  mkdirSync(place.path('cache/tree'), { recursive: true })
  mkdirSync(place.path('home'))
})
afterEach(() => place.remove())

async function run(
  command: string,
  extra: Partial<CheckRunRequest> = {},
  searchPath?: string,
): Promise<string> {
  const host = hostAt(place.path('home'), searchPath === undefined ? {} : { PATH: searchPath })
  const result = await runCheck(
    {
      command,
      cwd: place.path('cache/tree'),
      timeoutMs: 30_000,
      sandbox: bubblewrap,
      scratch: place.path('cache/scratch'),
      ...extra,
    },
    { clock, host },
  )
  return `${result.verdict}: ${result.output}`
}

describe.skipIf(cannot)('inside bubblewrap', () => {
  it('the operator’s home and every other home are empty', async () => {
    place.write('home/.npmrc', 'geheim\n')
    const elsewhere = path.join(os.homedir(), '.npmrc')
    const said = await run(
      `cat "${place.path('home/.npmrc')}"; cat "${elsewhere}"; ls -A /home ${os.homedir()}`,
    )
    expect(said).not.toContain('geheim')
    expect(said).not.toContain('registry')
    expect(said).toMatch(/No such file/)
  })

  it.skipIf(!isRoot)('a home outside the usual folders is hidden too', async () => {
    await withFolder(async (home) => {
      const command = `cat ${home}/.npmrc; ls -A ${home}`
      const request = { command, cwd: place.path('cache/tree'), timeoutMs: 30_000, sandbox: bubblewrap }
      const { output } = await runCheck(request, { clock, host: hostAt(home) })
      expect(output).not.toMatch(/geheim|\n\.npmrc/)
    })
  })

  it('nothing outside the tree can be written', async () => {
    const outside = place.write('outside', 'mine\n')
    const targets = ['/etc/passwd', '/usr/bin/env', '/var/lib/x', '/x']
    for (const target of targets)
      expect(await run(`echo x >>${target} && echo written`)).not.toContain('written')
    // These lie under /tmp, of which a check has one of its own: it may write there and reaches nothing.
    await run(`mkdir -p ${place.path('home')}; echo x | tee -a ${outside} ${place.path('home/x')}`)
    expect(readFileSync(outside, 'utf8')).toBe('mine\n')
    expect(existsSync(place.path('home/x'))).toBe(false)
    expect(await run('echo x >inside && cat inside')).toBe('passed: x\n')
    expect(place.read('cache/tree/inside')).toBe('x\n')
  })

  it.skipIf(!isRoot)('what hides cannot be taken away, not by root either', async () => {
    await withFolder(async (home) => {
      const attack = `umount ${home}; umount -l ${home}; mount -o remount,rw / && touch ${home}-written`
      const command = `${attack}; unshare -Urm sh -c "${attack}; cat ${home}/.npmrc"; cat ${home}/.npmrc; echo end`
      const request = { command, cwd: place.path('cache/tree'), timeoutMs: 30_000, sandbox: bubblewrap }
      const { output } = await runCheck(request, { clock, host: hostAt(home) })
      expect(existsSync(`${home}-written`)).toBe(false)
      expect(output).not.toContain('geheim')
      expect(output).toMatch(/end\n$/)
    })
  })

  it('there is no network, and no socket of the machine in /run or /tmp', async () => {
    const server = net.createServer((socket) => socket.end('reached'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const probe = `require("net").connect(${port}, "127.0.0.1").on("data", (d) => console.log(String(d))).on("error", () => console.log("closed"))`
    const said = await run(`node -e '${probe}'; ls -A /run`)
    server.close()
    expect(said).toBe('passed: closed\n')
  })

  it('only its own processes are to be seen', async () => {
    expect(
      await run(`test -e /proc/${process.pid}/cmdline && tr '\\0' ' ' </proc/${process.pid}/cmdline`),
    ).not.toContain('vitest')
  })

  it('tools installed under the home stay usable and the rest of it hidden', async () => {
    place.write(
      'home/.vm/versions/v1/bin/tool',
      '#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/../lib/data"\n',
      0o755,
    )
    place.write('home/.vm/versions/v1/lib/data', 'data of the tool\n')
    place.write('home/.vm/token', 'geheim\n')
    place.write('home/.local/share/app/bin/app', '#!/bin/sh\necho app runs\n', 0o755)
    place.write('home/.local/share/keyring', 'geheim\n')
    mkdirSync(place.path('home/.local/bin'))
    symlinkSync('../share/app/bin/app', place.path('home/.local/bin/app'))
    symlinkSync(place.path('home/.vm/versions/v1'), place.path('home/.vm/current'))
    const searchPath = [
      place.path('home/.vm/current/bin'),
      place.path('home/.local/bin'),
      process.env['PATH'] ?? '/usr/bin:/bin',
    ].join(':')
    expect(await run('tool && app', {}, searchPath)).toBe('passed: data of the tool\napp runs\n')
    const said = await run(
      `cd ${place.path('home')}; cat .vm/token .local/share/keyring; echo x >.vm/versions/v1/new`,
      {},
      searchPath,
    )
    expect(said).not.toContain('geheim')
    expect(existsSync(place.path('home/.vm/versions/v1/new'))).toBe(false)
  })

  it('the tree’s history is readable and its git directory is not writable', async () => {
    const repo = repository(place, 'home/repo')
    place.write('home/repo/a', '1\n')
    place.write('home/repo/.hyperion/hyperion.db', 'geheim')
    const { commit, tree } = repo.commit()
    const cacheDir = place.path('home/.cache/hyperion')
    const slot = await openSlot({ cacheDir, slot: 0, objectsDir: repo.objectsDir }, { clock, git })
    await slot.checkout(tree, commit)
    const said = await run(
      'git log --format=%H -n1 HEAD^ && git status --porcelain && cat a; ' +
        'git config x.y z && echo written; rm -rf .git && echo removed; echo evil >.git && echo written; ' +
        `echo x >$(git rev-parse --git-dir)/index && echo written; ls ${repo.folder}/.hyperion`,
      { cwd: slot.tree, scratch: slot.scratch, readOnly: slot.readOnly },
    )
    expect(said).toContain(`${commit}\n1\n`)
    expect(said).not.toMatch(/written|removed|hyperion\.db/)
    await slot.release()
  })

  it.skipIf(!isRoot)('folders that are to be hidden are empty', async () => {
    await withFolder(async (hidden) => {
      expect(await run(`ls -A ${hidden}`, { hidden: [hidden] })).toBe('passed: ')
    })
  })
})

describe('what is said about the sandbox', () => {
  it('tells why there is none when bubblewrap is not installed', async () => {
    const found = await detectSandbox({ env: { PATH: place.path('home') }, home: null }, { clock })
    expect(found).toMatchObject({ kind: 'none', reason: expect.stringContaining('not installed') })
    expect(describeSandbox(found)).toMatchObject({
      isolated: false,
      text: expect.stringContaining('your own rights'),
    })
  })

  it('tells why there is none when bubblewrap may not run', async () => {
    place.write(
      'home/bwrap',
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n',
      0o755,
    )
    const found = await detectSandbox({ env: { PATH: `${place.path('home')}:/bin` }, home: null }, { clock })
    expect(found).toMatchObject({ kind: 'none', reason: expect.stringContaining('No permissions to create') })
  })

  it.skipIf(cannot)('names the version that isolates', () => {
    expect(describeSandbox(bubblewrap)).toMatchObject({
      isolated: true,
      text: expect.stringMatching(/bubblewrap \d+\.\d+/),
    })
  })

  it('follows the configuration', () => {
    const none = { kind: 'none', reason: 'x' } as const
    expect(chooseSandbox('auto', none)).toEqual(none)
    expect(chooseSandbox('required', none).kind).toBe('refused')
    expect(chooseSandbox('off', bubblewrap).kind).toBe('none')
    expect(chooseSandbox('required', bubblewrap)).toEqual(bubblewrap)
  })
})

describe('toolInstalls', () => {
  it('never shows the home itself, nor a folder that holds credentials', () => {
    const home = place.path('home')
    for (const folder of ['bin', '.cargo/bin', '.npm/bin', '.nvm/v20/bin'])
      mkdirSync(path.join(home, folder), { recursive: true })
    const searchPath = [
      '',
      '.',
      '/bin',
      home,
      `${home}/bin`,
      `${home}/.cargo/bin`,
      `${home}/.npm/bin`,
      `${home}/.nvm/v20/bin`,
    ]
    const shown = toolInstalls({ env: { PATH: searchPath.join(':') }, home }, ['/home']).map(
      (install) => install.shownAt,
    )
    expect(shown.toSorted()).toEqual([
      `${home}/.cargo/bin`,
      `${home}/.npm/bin`,
      `${home}/.nvm/v20`,
      `${home}/bin`,
    ])
  })
})
