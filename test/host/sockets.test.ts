/** The live side of the browser host: who gets a socket, what may come over it, and that nothing hurts the others. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { os, type RouterClient } from '@orpc/server'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAccess } from '../../main/ipc/transports/access.ts'
import {
  acceptSockets,
  overRouter,
  writable,
  type PeerLimits,
  type SocketLimits,
} from '../../main/ipc/transports/websocket.ts'
import { endOf, openLab, standIn, standInRouter, untilEnd, type Lab } from './support.ts'

type Client = RouterClient<typeof standInRouter>

const clientOver = (socket: WebSocket): Client =>
  createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.dispose())

/** A second tab that must notice nothing. */
async function bystander(): Promise<() => Promise<void>> {
  const socket = lab.socket()
  await once(socket, 'open')
  return async () => {
    expect(await clientOver(socket).echo({ text: 'still here' })).toBe('still here')
    socket.close()
    await once(socket, 'close')
  }
}

test('calls and streams are answered, for several tabs at once', async () => {
  const sockets = [lab.socket(), lab.socket()]
  for (const socket of sockets) {
    const client = clientOver(socket)
    expect(await client.echo({ text: 'a' })).toBe('a')
    const seen: number[] = []
    for await (const n of await client.count({ to: 3 })) seen.push(n)
    expect(seen).toEqual([1, 2, 3])
  }
  for (const socket of sockets) {
    socket.close()
    expect(await endOf(socket)).toBe(1005)
  }
})

test('input that the contract does not allow is an error of that call', async () => {
  const socket = lab.socket()
  const client = clientOver(socket)
  await expect(client.echo({ text: 7 } as never)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  await expect((client as unknown as { none: () => Promise<void> }).none()).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  expect(await client.echo({ text: 'b' })).toBe('b')
  socket.close()
  await once(socket, 'close')
})

describe('the upgrade is refused', () => {
  test.each([
    ['without a cookie', { cookie: '' }, '/rpc', 401],
    ['with a wrong cookie', { cookie: 'hyperion_PORT=AAAA' }, '/rpc', 401],
    ['with the token in the address', { cookie: '' }, '/rpc?token=TOKEN', 404],
    ['from a foreign page', { origin: 'http://evil.example' }, '/rpc', 403],
    ['from a page on another port', { origin: 'http://127.0.0.1:1' }, '/rpc', 403],
    ['from a page of another name', { origin: 'http://127.0.0.1.evil.example:PORT' }, '/rpc', 403],
    ['from localhost under the number', { origin: 'http://localhost:PORT' }, '/rpc', 403],
    ['from a file or a sandbox', { origin: 'null' }, '/rpc', 403],
    ['under a foreign name', { host: '127.0.0.1.evil.example:PORT' }, '/rpc', 403],
    [
      'under a foreign name, consistently',
      { host: 'evil.example', origin: 'http://evil.example' },
      '/rpc',
      403,
    ],
    ['elsewhere', {}, '/', 404],
    ['elsewhere, deeper', {}, '/rpc/x', 404],
  ])('%s', async (_, headers, path, status) => {
    const fill = (text: string): string =>
      text.replace('PORT', String(lab.host.port)).replace('TOKEN', lab.token)
    const given = Object.fromEntries(
      Object.entries<string | undefined>(headers).map(([name, value]) => [name, fill(value ?? '')]),
    )
    expect(await endOf(lab.socket(given, fill(path)))).toBe(status)
  })

  test('without an origin, as no page ever asks', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${lab.host.port}/rpc`, { headers: { cookie: lab.cookie } })
    expect(await endOf(socket)).toBe(403)
  })

  test('by another method or to another protocol', async () => {
    const head = `Host: 127.0.0.1:${lab.host.port}\r\nOrigin: http://127.0.0.1:${lab.host.port}\r\nCookie: ${lab.cookie}\r\n`
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n'
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
    expect(await lab.raw(`POST /rpc HTTP/1.1\r\n${head}${upgrade}${key}\r\n`)).toMatch(/^HTTP\/1\.1 405 /)
    expect(await lab.raw(`GET /rpc HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 /,
    )
    expect(await lab.raw(`GET /rpc HTTP/1.1\r\n${head}${upgrade}\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  })
})

/** Opens a socket by hand, to send over it what no library would. */
async function byHand(): Promise<Socket> {
  const socket = connect(lab.host.port, '127.0.0.1')
  socket.write(
    `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${lab.host.port}\r\nOrigin: http://127.0.0.1:${lab.host.port}\r\n` +
      `Cookie: ${lab.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  const [head] = (await once(socket, 'data')) as [Buffer]
  expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /)
  return socket
}

const MASK = [0, 0, 0, 0]
const frame = (first: number, ...payload: number[]): number[] => [
  first,
  0x80 | payload.length,
  ...MASK,
  ...payload,
]

describe('a frame ends its connection, and nothing else, when it', () => {
  test.each([
    ['announces more than 32 MiB', [0x81, 0xff, 0, 0, 0, 0, 2, 0, 0, 1, ...MASK], 1009],
    [
      'announces more than there is',
      [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...MASK],
      1009,
    ],
    ['is not masked', [0x81, 1, 0x7b], 1002],
    ['has reserved bits', frame(0xf1, 0x7b), 1002],
    ['claims to be compressed', frame(0xc1, 0x7b), 1002],
    ['has an unknown opcode', frame(0x83, 0x7b), 1002],
    ['continues nothing', frame(0x80, 0x7b), 1002],
    ['is a ping in parts', frame(0x09, 0x7b), 1002],
    [
      'is a ping that is too long',
      [0x89, 0xfe, 0, 126, ...MASK, ...Array.from({ length: 126 }, () => 0)],
      1002,
    ],
    ['is no UTF-8', frame(0x81, 0xff, 0xfe), 1007],
    ['closes with a code that there is not', frame(0x88, 0, 1), 1002],
    ['closes with half a code', frame(0x88, 3), 1002],
    ['is no JSON', frame(0x81, 0x7b), 1007],
    ['is JSON of something else', frame(0x81, 0x31), 1007],
    ['is JSON of no call', frame(0x81, ...Buffer.from('{"i":"1"}')), 1007],
    ['is a call of nothing', frame(0x81, ...Buffer.from('{"i":"1","p":null}')), 1007],
    ['is a call of no address', frame(0x81, ...Buffer.from('{"i":"1","p":{"u":"::"}}')), 1007],
    [
      'is a call with a bent header',
      frame(0x81, ...Buffer.from('{"i":"1","p":{"u":"/echo","h":{"content-type":5}}}')),
      1007,
    ],
    [
      'is a call with a form',
      frame(0x81, ...Buffer.from('{"i":"1","p":{"u":"/echo","h":{"content-type":"multipart/form-data"}}}')),
      1007,
    ],
    [
      'is a call with a file',
      frame(0x81, ...Buffer.from('{"i":"1","p":{"u":"/echo","h":{"content-disposition":"x"}}}')),
      1007,
    ],
    ['is of an unknown kind', frame(0x81, ...Buffer.from('{"i":"1","t":99,"p":[]}')), 1007],
    ['is no text', frame(0x82, 0x7b, 0x7d), 1007],
  ])('%s', async (_, bytes, code) => {
    const unharmed = await bystander()
    const socket = await byHand()
    const ended = untilEnd(socket)
    socket.write(Buffer.from(bytes))
    // A close that is the peer's own affair waits for its answer.
    socket.once('data', (answer: Buffer) => {
      if (answer[0] === 0x88) socket.write(Buffer.from(frame(0x88, ...answer.subarray(2, 4))))
    })
    const answer = Buffer.from(await ended, 'latin1')
    expect([answer[0], answer.readUInt16BE(2)]).toEqual([0x88, code])
    await unharmed()
  })

  test('grows beyond 32 MiB in parts', async () => {
    const unharmed = await bystander()
    const socket = lab.socket()
    await once(socket, 'open')
    const ended = endOf(socket)
    const part = Buffer.alloc(11 * 1024 * 1024, 0x20)
    for (let n = 0; n < 3; n += 1) socket.send(part, { fin: false, binary: false }, () => undefined)
    expect([1006, 1009]).toContain(await ended)
    await unharmed()
  })

  test.each(['{"i":"x","p":{"u":"//evil.example/echo","b":1}}', '{"i":"x","t":4}', '{"i":"x","t":3,"p":{}}'])(
    'unless it is a call that leads nowhere: %s',
    async (text) => {
      const socket = lab.socket()
      await once(socket, 'open')
      socket.send(text)
      expect(await clientOver(socket).echo({ text: 'next' })).toBe('next')
      socket.close()
      await once(socket, 'close')
    },
  )

  test('cut off in the middle', async () => {
    const unharmed = await bystander()
    const socket = await byHand()
    socket.write(Buffer.from([0x81, 0xfe, 0x10]))
    socket.resetAndDestroy()
    await expect(unharmed()).resolves.toBeUndefined()
  })
})

describe('limits', () => {
  /** A host of sockets alone, with limits a test can wait for. */
  async function accepting(
    limits: SocketLimits & PeerLimits,
    router: Parameters<typeof overRouter>[0] = standInRouter,
  ): Promise<{ open(options?: object): WebSocket; server: Server; close(): Promise<void> }> {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const access = openAccess('T', port)
    const sockets = acceptSockets(
      server,
      access,
      overRouter(router, () => ({}), limits),
      limits,
    )
    const headers = { cookie: `hyperion_${port}=T`, origin: `http://127.0.0.1:${port}` }
    return {
      server,
      open: (options = {}) => new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers, ...options }),
      async close() {
        await sockets.close()
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  test('one tab too many is refused, until another closes', async () => {
    const host = await accepting({ sockets: 1 })
    const first = host.open()
    await once(first, 'open')
    expect(await endOf(host.open())).toBe(503)
    first.close()
    await once(first, 'close')
    const second = host.open()
    await once(second, 'open')
    await host.close()
  })

  test('who does not answer the heartbeat is let go, who does stays', async () => {
    const host = await accepting({ heartbeatMs: 20 })
    const silent = host.open({ autoPong: false })
    const alive = host.open()
    await once(silent, 'open')
    expect(await endOf(silent)).toBe(1006)
    for (let pings = 0; pings < 5; pings += 1) await once(alive, 'ping')
    expect(alive.readyState).toBe(WebSocket.OPEN)
    await host.close()
  })

  test('closing tells every tab, and does not wait for one that says nothing', async () => {
    const host = await accepting({})
    const good = host.open()
    const deaf = host.open()
    await Promise.all([once(good, 'open'), once(deaf, 'open')])
    deaf.pause()
    const ended = endOf(good)
    await host.close()
    expect(await ended).toBe(1001)
    deaf.terminate()
  })

  test('a stream waits while its reader does not read, and goes on when it does', async () => {
    const chunk = 'x'.repeat(256 * 1024)
    const CHUNKS = 200
    let made = 0
    const flood = os.handler(async function* () {
      for (made = 0; made < CHUNKS; made += 1) yield chunk
    })
    const host = await accepting({}, { flood })
    const socket = host.open()
    const client = createORPCClient<RouterClient<{ flood: typeof flood }>>(
      new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }),
    )
    const stream = await client.flood()
    expect((await stream.next()).value).toBe(chunk)
    socket.pause()
    // It has stopped once nothing more is made in a hundred turns of waiting.
    for (let last = -1, still = 0; still < 100; still = made === last ? still + 1 : 0) {
      last = made
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(made).toBeLessThan(CHUNKS / 2)
    socket.resume()
    let read = 1
    for await (const got of stream) read += got === chunk ? 1 : 0
    expect([made, read]).toEqual([CHUNKS, CHUNKS])
    await host.close()
  })

  /** Calls that stay open until they are let go, and how many were begun. */
  function waiting() {
    const begun: AbortSignal[] = []
    let letGo: () => void = () => undefined
    const free = new Promise<void>((resolve) => (letGo = resolve))
    const router = {
      ...standInRouter,
      wait: os.handler(async ({ signal }) => {
        if (signal !== undefined) begun.push(signal)
        await free
      }),
      watch: os.handler(async function* ({ signal }) {
        if (signal !== undefined) begun.push(signal)
        yield 1
        await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      }),
    }
    return { begun, letGo, router }
  }
  const call = (id: number, path: string): string => JSON.stringify({ i: String(id), p: { u: path } })

  test.each(['/wait', '/watch'])('who has too much of %s open is ended, the others stay', async (path) => {
    const { begun, letGo, router } = waiting()
    const host = await accepting({ calls: 4 }, router)
    const [greedy, other] = [host.open(), host.open()]
    await Promise.all([once(greedy, 'open'), once(other, 'open')])
    const ended = endOf(greedy)
    // All in one piece, and what came before the limit was reached is all that begins.
    greedy.pause()
    for (let id = 0; id < 500; id += 1) greedy.send(call(id, path))
    expect(await clientOver(other).echo({ text: 'served' })).toBe('served')
    greedy.resume()
    expect(await ended).toBe(1008)
    expect(begun).toHaveLength(4)
    await expect.poll(() => begun.every((signal) => signal.aborted)).toBe(true)
    expect(await clientOver(other).echo({ text: 'still served' })).toBe('still served')
    letGo()
    await host.close()
  })

  test('who does not even answer its end is cut off', async () => {
    const { begun, letGo, router } = waiting()
    const host = await accepting({ calls: 1 }, router)
    const greedy = host.open()
    await once(greedy, 'open')
    greedy.pause()
    for (let id = 0; id < 3; id += 1) greedy.send(call(id, '/wait'))
    await expect.poll(() => begun[0]?.aborted, { timeout: 5_000 }).toBe(true)
    expect(begun).toHaveLength(1)
    letGo()
    greedy.terminate()
    await host.close()
  })

  test('as many calls as are allowed may be open again and again, also after some were given up', async () => {
    const host = await accepting({ calls: 4 })
    const socket = host.open()
    await once(socket, 'open')
    const client = clientOver(socket)
    for (let round = 0; round < 3; round += 1) {
      const texts = ['a', 'b', 'c', 'd']
      expect(await Promise.all(texts.map((text) => client.echo({ text })))).toEqual(texts)
      const streams = await Promise.all(texts.map(() => client.count({ to: 1_000 })))
      for (const stream of streams) {
        await stream.next()
        await stream.return(undefined)
      }
    }
    expect(socket.readyState).toBe(WebSocket.OPEN)
    await host.close()
  })

  test('who leaves too much unread is ended, and nothing more is made for it', async () => {
    const big = 'x'.repeat(8 * 1024 * 1024)
    let made = 0
    const load = os.handler(() => {
      made += 1
      return big
    })
    const host = await accepting({ unreadBytes: 16 * 1024 * 1024 }, { ...standInRouter, load })
    const [lazy, other] = [host.open(), host.open()]
    await Promise.all([once(lazy, 'open'), once(other, 'open')])
    lazy.pause()
    const left = endOf(lazy)
    const client = clientOver(other)
    for (let id = 0; id < 100; id += 1) {
      lazy.send(call(id, '/load'))
      await client.echo({ text: 'served' })
    }
    expect(made).toBeLessThan(20)
    lazy.resume()
    expect([1006, 1008]).toContain(await left)
    await host.close()
  })

  test('writable resolves at once below a mebibyte, or when the socket is gone', async () => {
    const socket = { OPEN: 1, readyState: 1, bufferedAmount: 1024 * 1024 - 1 }
    await writable(socket as WebSocket)
    socket.bufferedAmount += 1
    let free = false
    const waiting = writable(socket as WebSocket).then(() => (free = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(free).toBe(false)
    socket.readyState = 3
    await waiting
    expect(free).toBe(true)
  })
})

test('the end: nobody gets in while it closes, and the session closes last', async () => {
  const order: string[] = []
  const root = mkdtempSync(join(tmpdir(), 'closing-'))
  const closing = await openLab({
    dataFolder: root,
    openParts: () =>
      standIn({
        async close() {
          const late = connect(closing.host.port, '127.0.0.1')
          const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
          order.push(`session, ${error.code}`)
        },
      }),
  })
  const socket = closing.socket()
  await once(socket, 'open')
  socket.once('close', (code) => order.push(`tab ${code}`))
  await closing.dispose()
  expect(order).toEqual(['tab 1001', 'session, ECONNREFUSED'])
  rmSync(root, { recursive: true })
})
