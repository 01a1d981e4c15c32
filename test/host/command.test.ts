/** `serve` and `run` as real processes over real repositories, with a page in place of the built one. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  browserCommand,
  desktopArguments,
  findDesktop,
  hasDisplay,
  repositoryAround,
} from '../../main/cli/commands/serve.ts'
import { dataFolder } from '../../main/ipc/data-folder.ts'
import type { Contract } from '../../schemas/ipc.ts'
import { PROJECT, workspace, type Workspace } from '../cli/support.ts'
import { APP } from './support.ts'

let install: string
beforeAll(() => {
  install = mkdtempSync(join(tmpdir(), 'installed-'))
  cpSync(join(PROJECT, 'out/main'), join(install, 'out/main'), { recursive: true })
  cpSync(join(PROJECT, 'package.json'), join(install, 'package.json'))
  symlinkSync(join(PROJECT, 'node_modules'), join(install, 'node_modules'))
  mkdirSync(join(install, 'out/renderer'))
  writeFileSync(join(install, 'out/renderer/index.html'), APP)
})
afterAll(() => rmSync(install, { recursive: true, force: true }))

interface Serving {
  url: URL
  stdout(): string
  stderr(): string
  /** Presses Ctrl-C and waits for the end. */
  interrupt(): Promise<number | null>
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const undo: (() => void | Promise<unknown>)[] = []
afterEach(async () => {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last()
})

function program(args: readonly string[], cwd: string) {
  const env: NodeJS.ProcessEnv = { ...process.env }
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'CI']) delete env[name]
  const child = spawn(process.execPath, [join(install, 'out/main/cli.js'), ...args], {
    cwd,
    env,
    stdio: 'pipe',
  })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, said, ended }
}

/** Starts it and waits for its link. */
async function serving(args: readonly string[], cwd: string): Promise<Serving> {
  const { child, said, ended } = program(args, cwd)
  undo.push(() => {
    if (child.exitCode === null) child.kill('SIGKILL')
    return ended
  })
  while (!/^http.*\n/m.test(said.out)) {
    const what = await Promise.race([once(child.stdout, 'data').then(() => null), ended])
    if (what !== null) throw new Error(`ended with ${what}: ${said.err}`)
  }
  return {
    url: new URL(said.out.trim().split('\n')[0] ?? ''),
    stdout: () => said.out,
    stderr: () => said.err,
    interrupt() {
      child.kill('SIGINT')
      return ended
    },
  }
}

async function made(options: Parameters<typeof workspace>[0] = {}): Promise<Workspace> {
  const w = await workspace(options)
  undo.push(() => w.dispose())
  return w
}

/** Comes in by the link, as a browser does, and returns the cookie. */
async function enter(url: URL): Promise<string> {
  const first = await fetch(url, { redirect: 'manual' })
  expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
  const [cookie = ''] = (first.headers.get('set-cookie') ?? '').split(';')
  const page = await fetch(url.origin, { headers: { cookie } })
  expect(await page.text()).toBe(APP)
  return cookie
}

async function withClient<T>(
  url: URL,
  use: (client: ContractRouterClient<Contract>) => Promise<T>,
): Promise<T> {
  const headers = { cookie: await enter(url), origin: url.origin }
  const socket = new WebSocket(`${url.origin.replace('http', 'ws')}/rpc`, { headers })
  try {
    return await use(createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })))
  } finally {
    socket.terminate()
  }
}

describe('serve', () => {
  test('prints one link, which leads to the repository around the current folder; Ctrl-C ends it with 130', async () => {
    const w = await made()
    const host = await serving(['serve', '--port', '0'], w.dir)
    expect(await withClient(host.url, (client) => client.workspace.state({}))).toMatchObject({
      state: 'open',
      folder: w.dir,
    })
    expect(statSync(join(w.dir, '.hyperion/browser-token')).mode & 0o777).toBe(0o600)
    expect(await host.interrupt()).toBe(130)
    const lines = host.stdout().trim().split('\n')
    expect(lines.filter((line) => !line.startsWith('[progress] '))).toEqual([host.url.href])
    const again = await serving(['serve', '--port', host.url.port], w.dir)
    expect(again.url.href).toBe(host.url.href)
    expect(await again.interrupt()).toBe(130)
  })

  test('initialises a repository that is none yet, and lands what is queued', async () => {
    const w = await made({ init: false, config: { checks: { allow: { ok: 'true' } } } })
    const host = await serving(['--workspace', w.dir, 'serve', '--port', '0'], tmpdir())
    const text = 'one\n2\n'
    const change = {
      task_id: 'T-1',
      agent: 'me',
      checks: ['ok'],
      changes: [{ path: 'a.txt', operation: 'update', replacement: text, patch_hash: sha256(text) }],
    }
    const landed = await withClient(host.url, async (client) => {
      const live = await client.live({ after: null })
      const { enqueued } = await client.changes.enqueue({ source: 'test', document: change })
      for await (const turn of live) {
        const now = turn.changes.find(({ id }) => id === enqueued[0])?.status
        if (now !== undefined && !['pending', 'in_progress'].includes(now)) return now
      }
      return null
    })
    expect(landed).toBe('applied')
    expect(await host.interrupt()).toBe(130)
  })

  test('Ctrl-C lets the landing step finish: nothing is left half-way', async () => {
    const w = await made()
    const sample = join(w.dir, '..', 'sample')
    const made2 = program(['sample', sample], tmpdir())
    expect(await made2.ended).toBe(0)
    for (const n of [101, 102, 103, 106]) {
      const asked = program(
        ['--workspace', sample, 'request', join(sample, `requests/REQ-${n}.json`)],
        tmpdir(),
      )
      expect(await asked.ended).toBe(0)
    }
    const host = await serving(['--workspace', sample, 'serve', '--port', '0'], tmpdir())
    expect(await host.interrupt()).toBe(130)
    const list = program(['--workspace', sample, 'list', '--format', 'json'], tmpdir())
    expect(await list.ended).toBe(0)
    const rows = JSON.parse(list.said.out) as { status: string; lease_owner: string | null }[]
    expect(rows).toHaveLength(6)
    for (const row of rows) expect(['pending', 'applied']).toContain(row.status)
  })

  test('what is no repository is said, and the app opens all the same', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plain-'))
    undo.push(() => rmSync(folder, { recursive: true, force: true }))
    const host = await serving(['--workspace', folder, 'serve', '--port', '0'], tmpdir())
    expect(await withClient(host.url, (client) => client.workspace.state({}))).toMatchObject({
      state: 'failed',
      error: { code: 'not_a_repository' },
    })
    expect(host.stderr()).toMatch(/^hyperion: .* is not in a git repository; .*\n$/)
    expect(await host.interrupt()).toBe(130)
  })

  test('--choose opens nothing, and so does a folder in no repository', async () => {
    const w = await made()
    for (const [args, cwd] of [
      [['serve', '--port', '0', '--choose'], w.dir],
      [['serve', '--port', '0'], install],
    ] as const) {
      const host = await serving(args, cwd)
      expect(await withClient(host.url, (client) => client.workspace.state({}))).toEqual({ state: 'none' })
      expect(await host.interrupt()).toBe(130)
    }
  })

  test('a port in use, and one that is none', async () => {
    const other: Server = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    undo.push(() => new Promise((resolve) => other.close(resolve)))
    const { port } = other.address() as AddressInfo
    const used = program(['serve', '--choose', '--port', String(port)], install)
    expect([await used.ended, used.said.out, used.said.err]).toEqual([
      1,
      '',
      `hyperion: port ${port} is in use by another program; name another one with --port, or leave --port out\n`,
    ])
    const none = program(['serve', '--port', '65536'], install)
    expect([await none.ended, none.said.err]).toEqual([
      2,
      'hyperion: --port takes a whole number from 0 to 65535, not "65536"\n',
    ])
  })
})

describe('run', () => {
  test('without a display it says so in one line and serves', async () => {
    const host = await serving(['run', '--choose', '--port', '0'], install)
    expect(host.stderr()).toBe(
      'hyperion: there is no display here; open this link in a browser on this machine\n',
    )
    await enter(host.url)
    expect(await host.interrupt()).toBe(130)
  })

  test('is what happens without a command', async () => {
    const host = await serving([], install)
    expect(host.stderr()).toMatch(/^hyperion: there is no display here; .*\n$/)
    expect(await host.interrupt()).toBe(130)
  })
})

describe('where things are', () => {
  test('a repository is looked for upwards', () => {
    const root = mkdtempSync(join(tmpdir(), 'around-'))
    undo.push(() => rmSync(root, { recursive: true, force: true }))
    mkdirSync(join(root, 'deep/er'), { recursive: true })
    expect(repositoryAround(join(root, 'deep/er'))).toBeNull()
    mkdirSync(join(root, '.git'))
    expect(repositoryAround(join(root, 'deep/er'))).toBe(root)
  })

  test.each([
    ['linux', { XDG_CONFIG_HOME: '/c' }, '/c/hyperion'],
    ['linux', { XDG_CONFIG_HOME: '' }, '/h/.config/hyperion'],
    ['darwin', { XDG_CONFIG_HOME: '/c' }, '/h/Library/Application Support/hyperion'],
    ['win32', { APPDATA: '/a' }, '/a/hyperion'],
  ] as const)("the user's things on %s with %o", (platform, env, folder) => {
    expect(dataFolder(env, '/h', platform)).toBe(folder)
  })

  test('a display is asked for on Linux only', () => {
    expect([hasDisplay({}, 'linux'), hasDisplay({ DISPLAY: '' }, 'linux')]).toEqual([false, false])
    expect([hasDisplay({ DISPLAY: ':0' }, 'linux'), hasDisplay({ WAYLAND_DISPLAY: 'w' }, 'linux')]).toEqual([
      true,
      true,
    ])
    expect([hasDisplay({}, 'darwin'), hasDisplay({}, 'win32')]).toEqual([true, true])
  })

  test('the link is one argument of the program that opens it', () => {
    const url = 'http://127.0.0.1:1/?token=a&b=$(x)'
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const [command, args] = browserCommand(url, platform)
      expect([command, args.at(-1)]).toEqual([expect.stringMatching(/^\S+$/), url])
    }
  })

  test('the desktop starts where its runtime and its entry are, with a display, not as root', () => {
    const root = mkdtempSync(join(tmpdir(), 'desktop-'))
    undo.push(() => rmSync(root, { recursive: true, force: true }))
    const put = (path: string, text: string): void => {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const env = { DISPLAY: ':0' }
    expect(findDesktop(root, env, false)).toBe("the desktop's runtime is not installed")
    put('node_modules/electron/path.txt', 'electron')
    put('out/main/index.js', '')
    expect(findDesktop(root, env, false)).toBe("the desktop's runtime is not installed")
    put('node_modules/electron/dist/electron', '')
    expect(findDesktop(root, env, false)).toEqual({
      command: join(root, 'node_modules/electron/dist/electron'),
      args: [join(root, 'out/main/index.js')],
    })
    expect(findDesktop(root, env, true)).toBe("the desktop's runtime does not run as root")
  })

  test('is told the workspace and its queue, absolute', () => {
    expect(desktopArguments('/r', undefined)).toEqual(['--workspace', '/r'])
    expect(desktopArguments('/r', 'q.db')).toEqual(['--workspace', '/r', '--db', join(process.cwd(), 'q.db')])
    expect(desktopArguments(null, undefined)).toEqual([])
  })
})
