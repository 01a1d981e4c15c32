/** The browser host's live side: sockets of its own pages, bounded and watched, handed to whoever answers them. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { RPCHandler } from '@orpc/server/ws'
import type { AnyRouter } from '@orpc/server'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import type { Access } from './access.ts'
import { frameHeadersSchema } from './frame-headers.ts'

export const SOCKET_PATH = '/rpc'
/** A document of 16 MiB, escaped, fits; nothing sensible is larger. */
const FRAME_LIMIT = 32 * 1024 * 1024
const SOCKETS = 64
const HEARTBEAT_MS = 15_000
/** What may wait to be sent before its sender is asked to wait too. */
const BACKLOG_LIMIT = 1024 * 1024
const BACKLOG_LOOK_MS = 10
/** A page has fewer than twenty calls and streams open; hundreds would keep the other tabs waiting. */
const OPEN_CALLS = 128
/** Two answers of the longest kind; who leaves more unread reads no more. */
const UNREAD_LIMIT = 2 * FRAME_LIMIT
/** How long one that went beyond may take to answer its close. */
const PATIENCE_MS = 500

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001
const NOT_UNDERSTOOD = 1007
const BEYOND_LIMITS = 1008

/** Answers what comes over sockets. */
export interface SocketPeer {
  handle(socket: WebSocket): void
  close(): Promise<void>
}

export interface SocketLimits {
  heartbeatMs?: number
  frameBytes?: number
  sockets?: number
}

/** What one socket may take of its host. */
export interface PeerLimits {
  /** Calls and streams that are open at once. */
  calls?: number
  /** What waits to be read when there is more to send. */
  unreadBytes?: number
}

/** Resolves once less than 1 MiB waits to be sent over the socket, or it is closed. */
export function writable(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount < BACKLOG_LIMIT) resolve()
      else setTimeout(look, BACKLOG_LOOK_MS)
    }
    look()
  })
}

const CALLED = z.strictObject({
  u: z.string().startsWith('/'),
  b: z.unknown(),
  h: frameHeadersSchema,
  m: z.string(),
})

/** Messages of the contract's library: a call, a turn of a stream, the end of one. */
const messageSchema = z.union([
  z.strictObject({ i: z.string(), t: z.literal(1).optional(), p: CALLED.partial().required({ u: true }) }),
  z.strictObject({ i: z.string(), t: z.literal(3), p: z.looseObject({}) }),
  z.strictObject({ i: z.string(), t: z.literal(4), p: z.unknown().optional() }),
])

/**
 * Returns a message that the library understands, or null.
 *
 * It would only log that it does not understand one, and say nothing to its sender.
 */
function readMessage(data: unknown): z.infer<typeof messageSchema> | null {
  if (typeof data !== 'string') return null
  try {
    return messageSchema.safeParse(JSON.parse(data)).data ?? null
  } catch {
    return null
  }
}

type Heard = (event: { data: unknown }) => unknown

/** Answers sockets from a router, each with a context of its own; a stream waits while its reader is slow. */
export function overRouter<Context extends object>(
  // The library's own type for a router of whatever contract.
  router: AnyRouter,
  contextOf: (socket: WebSocket) => Context,
  limits: PeerLimits = {},
): SocketPeer {
  const { calls = OPEN_CALLS, unreadBytes = UNREAD_LIMIT } = limits
  const handler = new RPCHandler<object>(router)
  return {
    handle(socket) {
      let open = 0
      let ended = false
      const end = (code: number, why: string): void => {
        ended = true
        socket.close(code, why)
        const impatient = setTimeout(() => socket.terminate(), PATIENCE_MS)
        socket.once('close', () => clearTimeout(impatient))
      }
      const onlyCalls =
        (listener: Heard): Heard =>
        async (event) => {
          // What was already on its way when the socket was ended is not looked at.
          if (ended) return
          const message = readMessage(event.data)
          if (message === null) return end(NOT_UNDERSTOOD, 'not a call')
          if (message.t === 3 || message.t === 4) return void listener(event)
          if (open >= calls) return end(BEYOND_LIMITS, 'too many calls at once')
          open += 1
          try {
            // The library's listener settles once the call has ended and all of its stream is sent.
            await listener(event)
          } finally {
            open -= 1
          }
        }
      const guarded: Pick<WebSocket, 'addEventListener' | 'send'> = {
        addEventListener: ((type: 'message', listener: Heard) =>
          socket.addEventListener(
            type,
            (type as string) === 'message' ? onlyCalls(listener) : listener,
          )) as WebSocket['addEventListener'],
        // The library waits for what `send` returns before it asks a stream for more.
        send: ((data: string) => {
          if (ended) return Promise.resolve()
          if (socket.bufferedAmount > unreadBytes) end(BEYOND_LIMITS, 'too much left unread')
          else socket.send(data)
          return writable(socket)
        }) as WebSocket['send'],
      }
      void handler.upgrade(guarded, { context: contextOf(socket) })
    },
    close: () => Promise.resolve(),
  }
}

/** Says no to an upgrade, in HTTP, and ends the connection. */
function refuse(socket: Duplex, status: string, why: string): void {
  const head = [
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(why)}`,
  ]
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\n\r\n${why}`)
}

/** Returns why a request may not become a socket, as a status line and a sentence. */
function whyNot(request: IncomingMessage, access: Access): [status: string, why: string] | null {
  const foreign = access.foreign(request, true)
  if (foreign !== null) return ['403 Forbidden', foreign.why]
  if (request.url !== SOCKET_PATH) return ['404 Not Found', 'There is nothing here.']
  if (!access.isKnown(request)) return ['401 Unauthorized', 'This browser has not been let in.']
  return null
}

/** Accepts sockets of the host's own pages on a server. */
export function acceptSockets(
  server: Server,
  access: Access,
  peer: SocketPeer,
  limits: SocketLimits = {},
): { close(): Promise<void> } {
  const { heartbeatMs = HEARTBEAT_MS, frameBytes = FRAME_LIMIT, sockets = SOCKETS } = limits
  const acceptor = new WebSocketServer({
    noServer: true,
    maxPayload: frameBytes,
    perMessageDeflate: false,
  })
  const answered = new WeakSet<WebSocket>()

  acceptor.on('connection', (socket: WebSocket) => {
    answered.add(socket)
    socket.on('pong', () => answered.add(socket))
    // A frame that is too large or malformed has ended its connection already.
    socket.on('error', () => undefined)
    peer.handle(socket)
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const no = whyNot(request, access)
    if (no !== null) return refuse(socket, ...no)
    if (acceptor.clients.size >= sockets)
      return refuse(socket, '503 Service Unavailable', 'Too many tabs are open.')
    acceptor.handleUpgrade(request, socket, head, (opened) => acceptor.emit('connection', opened, request))
  })

  // A tab whose machine sleeps, or that reads no more, says nothing; its stream would wait for ever.
  const heartbeat = setInterval(() => {
    for (const socket of acceptor.clients) {
      if (!answered.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, heartbeatMs)
  heartbeat.unref()

  return {
    async close() {
      clearInterval(heartbeat)
      const gone = [...acceptor.clients].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      )
      for (const socket of acceptor.clients) socket.close(GOING_AWAY, 'Hyperion ends')
      // Whoever does not answer at once is not waited for.
      const impatient = setTimeout(() => {
        for (const socket of acceptor.clients) socket.terminate()
      }, 500)
      await Promise.all(gone)
      clearTimeout(impatient)
      acceptor.close()
      await peer.close()
    },
  }
}
