/** The way to the engine: one typed client over whichever transport there is, which comes back by itself. */
import { createORPCClient, type ClientContext, type ClientLink } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '../schemas/ipc.ts'
import type { Clock } from './state/clock.ts'

export type Api = ContractRouterClient<Contract>
type Link = ClientLink<ClientContext>

/** One way that is open now; `closed` resolves once it is not. */
export interface Wire {
  link: Link
  closed: Promise<void>
  close(): void
}

export interface Transport {
  open(): Promise<Wire>
  /** Whether the host answers but does not let this page in; only then trying again is no use. */
  refused(): Promise<boolean>
}

export type ConnectionState =
  | { state: 'connecting' }
  | { state: 'online' }
  /** `retryAt` is null while an attempt is on its way. */
  | { state: 'offline'; since: number; retryAt: number | null }
  | { state: 'refused'; since: number }

export interface Connection {
  api: Api
  state(): ConnectionState
  subscribe(listener: () => void): () => void
  /** Tries now instead of at the end of the pause. */
  retry(): void
  /** Gives up a way on which nothing is heard any more. */
  drop(): void
  close(): void
}

/** Thrown in place of an answer where there is no way to the engine. */
export class OfflineError extends Error {
  constructor() {
    super('Hyperion’s engine cannot be reached')
    this.name = 'OfflineError'
  }
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000

/** Grows with every failed attempt and is never the same for two tabs, so that they do not knock together. */
export function pauseBefore(attempt: number, random: number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10))
  return Math.round(full * (0.5 + random / 2))
}

export function connect(transport: Transport, clock: Clock, random: () => number): Connection {
  let current: ConnectionState = { state: 'connecting' }
  let wire: Wire | null = null
  let attempt = 0
  const life = new AbortController()
  let wake: (() => void) | null = null
  const listeners = new Set<() => void>()

  const become = (next: ConnectionState): void => {
    current = next
    for (const listener of listeners) listener()
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const stop = clock.after(ms, resolve)
      wake = () => {
        stop()
        resolve()
      }
    })

  const away = (): number =>
    current.state === 'offline' || current.state === 'refused' ? current.since : clock.now()

  async function keepOpen(): Promise<void> {
    while (!life.signal.aborted) {
      try {
        wire = await transport.open()
        attempt = 0
        become({ state: 'online' })
        await wire.closed
      } catch {
        // Why it failed is not told by a browser; whether the host refuses is asked below.
      }
      wire = null
      if (life.signal.aborted) return
      const since = away()
      if (attempt >= 1 && (await transport.refused())) {
        become({ state: 'refused', since })
        await pause(LONGEST_PAUSE_MS)
        continue
      }
      const ms = pauseBefore(attempt++, random())
      become({ state: 'offline', since, retryAt: clock.now() + ms })
      await pause(ms)
      become({ state: 'offline', since, retryAt: null })
    }
  }

  /** The first attempt is waited for; once known to be away, a call fails at once instead of hanging. */
  const ready = (): Promise<Wire> =>
    new Promise((resolve, reject) => {
      const look = (): boolean => {
        if (wire !== null) resolve(wire)
        else if (current.state !== 'connecting' || life.signal.aborted) reject(new OfflineError())
        else return false
        return true
      }
      if (look()) return
      const stop = (): boolean => listeners.delete(onChange)
      const onChange = (): void => {
        if (look()) stop()
      }
      listeners.add(onChange)
    })

  const link: Link = {
    call: async (path, input, options) => (await ready()).link.call(path, input, options),
  }

  void keepOpen()
  return {
    api: createORPCClient<Api>(link),
    state: () => current,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    retry: () => wake?.(),
    drop: () => wire?.close(),
    close() {
      life.abort()
      wake?.()
      wire?.close()
      listeners.clear()
    },
  }
}

const ABORT = 4

/**
 * A socket as the library takes it, on which a call fails and the end of one does not.
 *
 * The library tells the host when a call is given up, also where the host is gone, and nobody catches that this fails.
 */
function forgiving(
  socket: WebSocket,
): Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'readyState' | 'send'> {
  return {
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    // Not open is told by `send`, which knows what is sent.
    readyState: WebSocket.OPEN,
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(message)
      else if (typeof message !== 'string' || (JSON.parse(message) as { t?: number }).t !== ABORT)
        throw new OfflineError()
    },
  }
}

/** Through the browser host, to the place this page came from. */
export function socketTransport(location: Location): Transport {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`
  return {
    open: () =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(url)
        const closed = new Promise<void>((done) => socket.addEventListener('close', () => done()))
        socket.addEventListener('error', () => reject(new OfflineError()))
        socket.addEventListener('close', () => reject(new OfflineError()))
        socket.addEventListener('open', () =>
          resolve({
            link: new SocketLink({ websocket: forgiving(socket) }),
            closed,
            close: () => socket.close(),
          }),
        )
      }),
    refused: async () => {
      try {
        const answer = await fetch('/', { method: 'HEAD', cache: 'no-store' })
        return answer.status === 401 || answer.status === 403
      } catch {
        return false
      }
    },
  }
}

/** Inside Electron: preload forwards one end of a channel to the main process. */
export function portTransport(page: Window): Transport {
  return {
    open: async () => {
      const { port1, port2 } = new MessageChannel()
      let close = (): void => undefined
      const closed = new Promise<void>((done) => {
        close = () => {
          port1.close()
          done()
        }
        port1.addEventListener('close', () => done())
      })
      const link = new PortLink({ port: port1 })
      page.postMessage({ hyperion: 'port' }, '/', [port2])
      port1.start()
      return { link, closed, close }
    },
    refused: async () => false,
  }
}

export const transportFor = (page: Window): Transport =>
  page.location.protocol === 'app:' ? portTransport(page) : socketTransport(page.location)
