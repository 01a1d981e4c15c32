/** What `npm start` decides: desktop or browser, and when the runtime is fetched. */
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// @ts-expect-error -- plain JavaScript without types, like all of build/
import * as untyped from '../../build/launch.mjs'

type Env = Record<string, string>
const launch = untyped as {
  runtimePresent(root: string): boolean
  whyNotFetched(root: string, env: Env): string | null
  fetchRuntime(root: string, options: { env: Env; reachMs?: number }): Promise<string | null>
  commandFor(given: string[], root: string, env: Env): Promise<string[]>
}

let root: string
let env: Env
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'launch-'))
  env = { TMPDIR: root, DISPLAY: ':0' }
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
  vi.restoreAllMocks()
})

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
/** An installer that does as the real one: it puts the runtime beside itself. */
const installer = (exitCode = 0): void =>
  put(
    'node_modules/electron/install.js',
    `const { mkdirSync, writeFileSync } = require('node:fs')
     if (${exitCode} === 0) {
       mkdirSync(__dirname + '/dist', { recursive: true })
       writeFileSync(__dirname + '/dist/electron', '')
       writeFileSync(__dirname + '/path.txt', 'electron')
     }
     process.exit(${exitCode})`,
  )
const said = (): string[] => vi.mocked(console.error).mock.calls.map(([line]) => String(line))

describe('the runtime', () => {
  test('is there once its program is', () => {
    expect(launch.runtimePresent(root)).toBe(false)
    put('node_modules/electron/path.txt', 'electron')
    expect(launch.runtimePresent(root)).toBe(false)
    put('node_modules/electron/dist/electron', '')
    expect(launch.runtimePresent(root)).toBe(true)
  })

  test('is never fetched where CI is set, where nobody would see it, or without its package', () => {
    expect(launch.whyNotFetched(root, env)).toBe('its package is not installed')
    installer()
    expect(launch.whyNotFetched(root, { ...env, CI: '1' })).toBe('nothing is fetched where CI is set')
    expect(launch.whyNotFetched(root, env)).toBeNull()
    const blind = launch.whyNotFetched(root, { TMPDIR: root })
    expect(blind).toBe(process.platform === 'linux' ? 'there is no display to show a window on' : null)
  })

  test('is fetched from a host that answers, whatever it answers', async () => {
    const host = createHttpServer((_, response) => response.writeHead(404).end())
    await once(host.listen(0, '127.0.0.1'), 'listening')
    const mirror = { ...env, ELECTRON_MIRROR: `http://127.0.0.1:${(host.address() as AddressInfo).port}/` }
    try {
      installer(1)
      expect(await launch.fetchRuntime(root, { env: mirror })).toBe('fetching it failed')
      installer()
      expect(await launch.fetchRuntime(root, { env: mirror })).toBeNull()
      expect(launch.runtimePresent(root)).toBe(true)
    } finally {
      host.closeAllConnections()
      await new Promise((resolve) => host.close(resolve))
    }
  })

  test('is given up where the host refuses, or says nothing', async () => {
    installer()
    // Takes what is said and never answers.
    const mute = createServer((socket) => socket.on('error', () => undefined).resume())
    await once(mute.listen(0, '127.0.0.1'), 'listening')
    const { port } = mute.address() as AddressInfo
    const options = { env: { ...env, ELECTRON_MIRROR: `http://127.0.0.1:${port}/` }, reachMs: 100 }
    const unreachable = 'the host it comes from cannot be reached'
    expect(await launch.fetchRuntime(root, options)).toBe(unreachable)
    await new Promise((resolve) => mute.close(resolve))
    expect(await launch.fetchRuntime(root, options)).toBe(unreachable)
    expect(existsSync(join(root, 'node_modules/electron/path.txt'))).toBe(false)
  })
})

describe('npm start', () => {
  test('runs the desktop where the runtime is', async () => {
    put('node_modules/electron/path.txt', 'electron')
    put('node_modules/electron/dist/electron', '')
    expect(await launch.commandFor([], root, env)).toEqual(['run', '--choose'])
    expect(said()).toEqual([])
  })

  test('else says so in one line and serves', async () => {
    installer()
    const given = ['--port', '8000']
    expect(await launch.commandFor(given, root, { ...env, CI: '1' })).toEqual([
      'serve', '--open', '--choose', '--port', '8000',
    ]) // prettier-ignore
    expect(said()).toEqual([
      "The desktop's runtime is not here (nothing is fetched where CI is set); open this link in a browser on this machine:",
    ])
  })

  test('names a workspace and its queue as seen from where it was called', async () => {
    const here = { ...env, CI: '1', INIT_CWD: '/somewhere' }
    const given = ['--workspace', 'x', '--workspace=../y', '--db', 'q.db', '--db=../q.db', 'z']
    const named = await launch.commandFor(given, root, here)
    expect(named.slice(3)).toEqual([
      '--workspace', '/somewhere/x', '--workspace=/y', '--db', '/somewhere/q.db', '--db=/q.db', 'z',
    ]) // prettier-ignore
  })

  test('-- sample drives the sample in the terminal, in a folder that is named or made', async () => {
    const here = { ...env, INIT_CWD: '/somewhere' }
    expect(await launch.commandFor(['sample', 'x'], root, here)).toEqual([
      'sample',
      '/somewhere/x',
      '--drive',
    ])
    const [, folder = '', ...rest] = await launch.commandFor(['sample'], root, here)
    expect([existsSync(folder), rest]).toEqual([true, ['--drive']])
    rmSync(folder, { recursive: true })
  })
})
