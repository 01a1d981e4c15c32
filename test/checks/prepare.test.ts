/** Set-up and shared paths: what a check finds beside the candidate's files, and what it can never do to them. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { networkEnvironment } from '../../main/engine/checks/host.ts'
import { isLockfile } from '../../main/engine/checks/lockfiles.ts'
import { runChecks, type CheckRun, type ChecksRequest } from '../../main/engine/checks/run-checks.ts'
import { openSlot, type CheckSlot } from '../../main/engine/checks/worktrees.ts'
import { resolveChecks } from '../../main/engine/domain/check-policy.ts'
import { area, clock, foundSandbox, git, hostAt, NO_SANDBOX, repository, sh, snapshot } from './support.ts'
import type { Area, TestRepo } from './support.ts'

const bubblewrap = await foundSandbox()
const SANDBOXES = bubblewrap.kind === 'bubblewrap' ? [NO_SANDBOX, bubblewrap] : [NO_SANDBOX]

let place: Area
let repo: TestRepo
let slot: CheckSlot
let at: { commit: string; tree: string }
let runs: CheckRun[]

beforeEach(async () => {
  place = area()
  runs = []
  repo = repository(place, 'repo')
  place.write('repo/.gitignore', 'node_modules\n')
  place.write('repo/package-lock.json', '{}\n')
  place.write('repo/a', '1\n')
  at = repo.commit()
  const request = { cacheDir: place.path('cache'), slot: 0, objectsDir: repo.objectsDir }
  slot = await openSlot(request, { clock, git })
})
afterEach(async () => {
  await slot.release()
  await place.remove()
})

interface Wish extends Partial<ChecksRequest> {
  setup?: string
  share?: string[]
}

function check(command: string, { setup, share, ...extra }: Wish = {}): ReturnType<typeof runChecks> {
  const { checks } = resolveChecks([command], { allow: {}, unlisted: 'run', trustAll: true })
  const request: ChecksRequest = {
    slot,
    treeOid: at.tree,
    parentCommit: at.commit,
    parentTree: null,
    provision: { setup: setup ?? null, share: share ?? [], checkout: repo.folder },
    sandbox: NO_SANDBOX,
    timeoutMs: 30_000,
    memoryMb: null,
    retryFlaky: 0,
    onRun: (run) => void runs.push(run),
    ...extra,
  }
  return runChecks(checks, request, { clock, host: hostAt(place.path('home')) })
}

const setups = (): number => runs.filter(({ name }) => name === 'setup').length
const SETUP = 'mkdir -p node_modules/m && echo made >node_modules/m/x && echo gen >gen.txt'

describe.each(SANDBOXES)('setup ($kind)', (sandbox) => {
  it('runs once for a new tree, is recorded, and what it leaves is there for every check', async () => {
    expect((await check('cat node_modules/m/x gen.txt a', { sandbox, setup: SETUP })).verdict).toBe('passed')
    expect(runs.map(({ name, command, verdict, tree }) => [name, command, verdict, tree])).toEqual([
      ['setup', SETUP, 'passed', at.tree],
      [null, 'cat node_modules/m/x gen.txt a', 'passed', at.tree],
    ])
    expect(runs[1]?.output).toBe('made\ngen\n1\n')
    place.write('repo/a', '2\n')
    at = repo.commit()
    expect((await check('grep 2 a && cat node_modules/m/x', { sandbox, setup: SETUP })).verdict).toBe(
      'passed',
    )
    expect(setups()).toBe(1)
  })

  it.each([
    ['a lockfile changed', () => void place.write('repo/package-lock.json', '{"a":1}\n'), SETUP],
    ['a lockfile came in a folder', () => void place.write('repo/p/Cargo.lock', 'x\n'), SETUP],
    ['the command changed', () => undefined, `${SETUP} # again`],
  ])('runs anew when %s, on nothing of the old', async (_, edit, setup) => {
    await check('true', { sandbox, setup: `${SETUP}; touch node_modules/old` })
    edit()
    at = repo.commit()
    await check('true', { sandbox, setup: `${setup}` })
    const again = await check('test ! -e node_modules/old', { sandbox, setup })
    expect([again.verdict, setups()]).toEqual(['passed', 2])
  })

  it.each([
    ['changed', 'echo evil >node_modules/m/x'],
    ['removed', 'rm -rf node_modules'],
    [
      'replaced by the same size and time',
      'touch -r node_modules/m/x k; echo evil >node_modules/m/x; touch -r k node_modules/m/x',
    ],
    ['made unreadable', 'chmod 000 node_modules/m'],
  ])('runs anew when a check has %s what it left', async (_, mischief) => {
    await check(mischief, { sandbox, setup: SETUP })
    expect((await check('cat node_modules/m/x', { sandbox, setup: SETUP })).verdict).toBe('passed')
    expect([runs.at(-1)?.output, setups()]).toEqual(['made\n', 2])
  })

  it('takes away what a check added, without running again', async () => {
    const added = 'mkdir -p node_modules/.cache/deep; touch node_modules/.cache/deep/x node_modules/m/y z'
    await check(added, { sandbox, setup: SETUP })
    const gone = 'test ! -e node_modules/.cache && test ! -e node_modules/m/y && test ! -e z'
    expect((await check(gone, { sandbox, setup: SETUP })).verdict).toBe('passed')
    expect(setups()).toBe(1)
  })

  it('gives tracked files back as they are, even where another tree tracks what setup left', async () => {
    await check('grep 1 a', { sandbox, setup: `${SETUP}; echo spoilt >a` })
    expect(runs.at(-1)?.verdict).toBe('passed')
    place.write('repo/node_modules/tracked', 'mine\n')
    at = repo.commit()
    const both = 'grep mine node_modules/tracked && grep made node_modules/m/x'
    expect((await check(both, { sandbox, setup: `${SETUP}; echo spoilt >a` })).verdict).toBe('passed')
  })

  it.each([
    ['fails', 'echo why; exit 3', 'setup failed with exit code 3'],
    ['is not there', 'no-such-tool-here', 'setup failed with exit code 127'],
    ['takes too long', 'sleep 1000', 'setup did not end within 0.5 s'],
  ])('could not run where it %s: the change is not blamed', async (_, setup, reason) => {
    const outcome = await check('true', { sandbox, setup, timeoutMs: 500 })
    expect(outcome).toMatchObject({ verdict: 'could_not_run', reason, decisive: { name: 'setup' } })
    expect(runs.map(({ verdict }) => verdict)).toEqual(['could_not_run'])
  })
})

it('what is kept of setup outlives the process that holds the slot', async () => {
  await check('true', { setup: SETUP })
  await slot.release()
  const request = { cacheDir: place.path('cache'), slot: 0, objectsDir: repo.objectsDir }
  slot = await openSlot(request, { clock, git })
  expect((await check('cat node_modules/m/x', { setup: SETUP })).verdict).toBe('passed')
  expect(setups()).toBe(1)
})

it.skipIf(bubblewrap.kind !== 'bubblewrap')('only setup has the network', async () => {
  const look = 'test $(ls /sys/class/net 2>/dev/null | wc -w) -ge 0; cat /proc/net/dev | wc -l'
  await check(look, { sandbox: bubblewrap, setup: look })
  const [ofSetup, ofCheck] = runs.map(({ output }) => Number(output))
  const outside = Number(sh(place.root, 'cat /proc/net/dev | wc -l'))
  expect([ofSetup, ofCheck]).toEqual([outside, 3])
})

it('learns of mirrors and proxies, never of a password in them', () => {
  const env = {
    HTTPS_PROXY: 'http://p:8080',
    HTTP_PROXY: 'http://me:geheim@p:8080',
    NPM_TOKEN: 'geheim',
    GOPROXY: 'https://m',
  }
  expect(networkEnvironment(hostAt('/h', env))).toEqual({
    HTTPS_PROXY: 'http://p:8080',
    GOPROXY: 'https://m',
  })
})

it.each([
  ['package-lock.json', true], ['a/b/pnpm-lock.yaml', true], ['yarn.lock', true], ['Cargo.lock', true], ['go.sum', true],
  ['poetry.lock', true], ['uv.lock', true], ['requirements.txt', true], ['requirements-dev.txt', true],
  ['src/a.ts', false], ['requirements', false], ['lock', false],
])('%s is a lockfile: %s', (file, is) => expect(isLockfile(file)).toBe(is)) // prettier-ignore

describe.each(SANDBOXES)('share ($kind)', (sandbox) => {
  beforeEach(() => {
    place.write('repo/node_modules/m/x', 'of the operator\n')
    place.write('repo/node_modules/m/run.sh', '#!/bin/sh\necho ran\n', 0o755)
    symlinkSync('../m/run.sh', place.path('repo/node_modules/m/link'))
    place.write('repo/.env.test', 'KEY=1\n')
    sh(repo.folder, 'printf ".env.test\\n" >>.git/info/exclude')
  })

  it('lets a check read folders and files of the checkout', async () => {
    const command = 'cat node_modules/m/x .env.test && node_modules/m/run.sh && readlink node_modules/m/link'
    expect((await check(command, { sandbox, share: ['node_modules', '.env.test'] })).verdict).toBe('passed')
    expect(runs.at(-1)?.output).toBe('of the operator\nKEY=1\nran\n../m/run.sh\n')
  })

  it('leaves the operator’s folder untouched to the byte, whatever a check does to its own', async () => {
    const before = sh(
      repo.folder,
      'find node_modules .env.test -print0 | sort -z | xargs -0 ls -ldn --time-style=full-iso',
    )
    const bytes = snapshot(repo.folder)
    const mischief =
      'rm -rf node_modules .env.test; mkdir -p node_modules/m; echo evil >node_modules/m/x; echo evil >.env.test;' +
      'chmod -R 000 node_modules; mv node_modules away; true'
    const share = ['node_modules', '.env.test']
    expect((await check(mischief, { sandbox, share })).verdict).toBe('passed')
    expect(
      sh(
        repo.folder,
        'find node_modules .env.test -print0 | sort -z | xargs -0 ls -ldn --time-style=full-iso',
      ),
    ).toBe(before)
    expect(snapshot(repo.folder)).toEqual(bytes)
    expect((await check('grep -q operator node_modules/m/x', { sandbox, share })).verdict).toBe('passed')
  })

  it('shows what the operator has now', async () => {
    const share = ['node_modules']
    await check('true', { sandbox, share })
    writeFileSync(place.path('repo/node_modules/m/x'), 'newer\n')
    await check('cat node_modules/m/x', { sandbox, share })
    expect(runs.at(-1)?.output).toBe('newer\n')
  })

  it('goes together with setup, which finds what is shared', async () => {
    const setup = 'test -e node_modules/m/x && echo built >built'
    for (const times of [1, 2]) {
      expect(
        (await check('cat built node_modules/m/x', { sandbox, setup, share: ['node_modules'] })).verdict,
      ).toBe('passed')
      expect([runs.at(-1)?.output, setups()]).toEqual(['built\nof the operator\n', times === 1 ? 1 : 1])
    }
  })

  it.each([
    ['is not there', 'missing', 'which is not in '],
    ['leads out by a link', 'out', 'which leads out of the repository'],
    ['leads into .git by a link', 'objects', 'which leads into a private folder of the repository'],
    ['leads to all of it', 'self', 'which leads out of the repository'],
  ])('a path that %s is refused by name, and nobody is blamed', async (_, name, said) => {
    symlinkSync('/etc', place.path('repo/out'))
    symlinkSync('.git/objects', place.path('repo/objects'))
    symlinkSync('.', place.path('repo/self'))
    const outcome = await check('true', { sandbox, share: [name] })
    expect(outcome).toMatchObject({ verdict: 'could_not_run', decisive: null })
    expect(outcome.reason).toContain(`checks.share names ${name}, ${said}`)
    expect(runs).toEqual([])
  })

  it('a tree that leads the path elsewhere by a link gets nothing put there', async () => {
    const target = place.path('target')
    mkdirSync(target)
    place.write('repo/deep/shared/x', '1\n')
    sh(repo.folder, 'printf "deep\\n" >>.git/info/exclude')
    const hostile = repository(place, 'hostile')
    symlinkSync(target, path.join(hostile.folder, 'deep'))
    const { tree } = hostile.commit()
    sh(repo.folder, `git fetch -q ${hostile.folder} main`)
    const outcome = await check('true', { sandbox, share: ['deep/shared'], treeOid: tree })
    expect(outcome.reason).toBe(
      "checks.share names deep/shared, but deep is no folder in the change's own tree",
    )
    expect(snapshot(target)).toEqual({})
  })

  it('a path that the tree itself has is not covered up', async () => {
    const outcome = await check('true', { sandbox, share: ['a'] })
    expect(outcome.reason).toBe("checks.share names a, which the change's own tree has")
  })
})

it('a copied link into the checkout leads into the copy', async () => {
  place.write('repo/node_modules/m/x', 'of the operator\n')
  symlinkSync(place.path('repo/node_modules/m/x'), place.path('repo/node_modules/absolute'))
  const outcome = await check('echo evil >node_modules/absolute', { share: ['node_modules'] })
  expect(outcome.verdict).toBe('passed')
  expect(readFileSync(place.path('repo/node_modules/m/x'), 'utf8')).toBe('of the operator\n')
  expect(existsSync(path.join(slot.tree, 'node_modules/m/x'))).toBe(true)
})
