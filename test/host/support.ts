/** A browser host over a stand-in session, and ways to speak to it that no browser would. */
import { EventEmitter, once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { os } from '@orpc/server'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { systemClock } from '../../main/engine/engine.ts'
import { overRouter } from '../../main/ipc/transports/websocket.ts'
import { serve, type BrowserHost, type ServedParts, type ServeOptions } from '../../main/serve.ts'

/** What would be worth stealing from beside the served folder. */
export const SECRET = 'not for the network'
export const APP = '<!doctype html><title>the app</title>'

/** A router of the size of a test, in place of the engine's. */
export const standInRouter = {
  echo: os.input(z.strictObject({ text: z.string() })).handler(({ input }) => input.text),
  count: os.input(z.strictObject({ to: z.int() })).handler(async function* ({ input }) {
    for (let n = 1; n <= input.to; n += 1) yield n
  }),
}

/** A session that opens nothing, and the router above. */
export const standIn = (session: Partial<ServedParts['session']> = {}): ServedParts => ({
  session: {
    state: () => ({ state: 'none' }),
    open: () => Promise.resolve({ state: 'none' }),
    close: () => Promise.resolve(),
    ...session,
  },
  peer: overRouter(standInRouter, () => ({})),
})

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

export interface Lab {
  host: BrowserHost
  data: string
  token: string
  cookie: string
  /** Asks as a browser that was let in, unless headers say otherwise. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Answer>
  /** Sends bytes as they are and returns all that comes back. */
  raw(text: string): Promise<string>
  socket(headers?: Record<string, string>, path?: string): WebSocket
  dispose(): Promise<void>
}

/** Makes a folder as the build would, beside something secret. */
export function makeAssets(root: string): string {
  const assets = join(root, 'renderer')
  const files = {
    'renderer/index.html': APP,
    'renderer/icon.svg': '<svg/>',
    'renderer/assets/main-AbCd_123.js': 'export {}',
    'renderer/assets/main-AbCd-124.css': 'a{}',
    'renderer/assets/inter-AbCd1235.woff2': 'font',
    'renderer/assets/plain.js': 'export {}',
    'renderer/.hidden': SECRET,
    'secret.txt': SECRET,
    'renderer-other/secret.txt': SECRET,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  symlinkSync('../secret.txt', join(assets, 'link.txt'))
  symlinkSync('..', join(assets, 'up'))
  symlinkSync('../..', join(assets, 'assets', 'far'))
  symlinkSync('plain.js', join(assets, 'assets', 'alias.js'))
  return assets
}

/** Starts a host; `dispose` ends it and removes what it wrote. */
export async function openLab(options: Partial<ServeOptions> = {}): Promise<Lab> {
  const root = mkdtempSync(join(tmpdir(), 'host-'))
  const data = options.dataFolder ?? join(root, 'data')
  const host = await serve({
    folder: null,
    port: 0,
    clock: systemClock(),
    env: {},
    home: root,
    dataFolder: data,
    version: '0.0.0',
    actor: 'test',
    runWorkers: false,
    note: () => undefined,
    assets: makeAssets(root),
    openParts: () => standIn(),
    ...options,
  }).catch((error: unknown) => {
    rmSync(root, { recursive: true, force: true })
    throw error
  })
  const { port } = host
  const token = new URL(host.url).searchParams.get('token') ?? ''
  const cookie = `hyperion_${port}=${token}`
  const own = { host: `127.0.0.1:${port}`, cookie }
  return {
    host,
    data,
    token,
    cookie,
    get: (path, headers = {}, method = 'GET') => ask(port, path, { ...own, ...headers }, method),
    raw: (text) => raw(port, text),
    socket: (headers = {}, path = '/rpc') =>
      new WebSocket(`ws://127.0.0.1:${port}${path}`, {
        headers: { ...own, origin: `http://127.0.0.1:${port}`, ...headers },
      }),
    async dispose() {
      await host.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function ask(
  port: number,
  path: string,
  headers: Record<string, string>,
  method: string,
): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return {
    status: answer.statusCode ?? 0,
    headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks).toString(),
  }
}

/** Opens a connection, sends, and returns what comes until the other side ends it. */
export async function raw(port: number, sent: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(sent)
  return untilEnd(socket)
}

export async function untilEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // That the other side resets instead of ending is an end too.
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks).toString('latin1')
}

/** Resolves to the close code of a socket, or to the HTTP status that refused it. */
export async function endOf(socket: WebSocket): Promise<number> {
  const ended = new EventEmitter()
  socket.on('error', () => undefined)
  socket.once('unexpected-response', (asked, response) => {
    ended.emit('end', response.statusCode)
    asked.destroy()
  })
  socket.once('close', (code) => ended.emit('end', code))
  const [code] = (await once(ended, 'end')) as [number]
  return code
}
