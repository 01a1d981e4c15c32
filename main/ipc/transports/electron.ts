/** The contract over a message port of a window: who may hand one in, and what may come through it. */
import { RPCHandler } from '@orpc/server/message-port'
import type { Router } from '@orpc/server'
import type { AnyContractRouter } from '@orpc/contract'
import { z } from 'zod'
import type { Connection } from '../base.ts'
import { frameHeadersSchema } from './frame-headers.ts'

/** What preload posts the port on; it carries nothing else. */
export const PORT_CHANNEL = 'hyperion:port'

/** On what main tells a page which of its places to show. */
export const GO_CHANNEL = 'hyperion:go'

/** On what a page tells main what to say outside its window: a notification, how much waits. */
export const OUTSIDE_CHANNEL = 'hyperion:outside'

/** As long as a frame of the browser host may be. */
export const LONGEST_MESSAGE = 32 * 1024 * 1024

/** A port as the library takes it: what came through it has been looked at. */
export interface ServedPort {
  on(event: string, listener: (event?: { data: unknown }) => void): void
  postMessage(data: unknown): void
}

/** What a session brings to a transport. */
export interface Served {
  /** Answers the contract on a port from now on. */
  connect(port: ServedPort): void
}

/** Serves a router over ports; each connection is told whose it is. */
export function overPort(
  router: Router<AnyContractRouter, Connection>,
  context: Connection,
): (port: ServedPort) => void {
  const handler = new RPCHandler(router)
  return (port) => handler.upgrade(port, { context })
}

/** A port as Electron's main process has it. */
export interface MainPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  postMessage(data: unknown): void
  start(): void
  close(): void
}

export interface PortEvent<Frame> {
  readonly ports: readonly MainPort[]
  /** Null where the frame has gone or moved on since. */
  readonly senderFrame: Frame | null
  readonly sender: { readonly id: number; readonly mainFrame: Frame }
}

export interface PortHost {
  /** Whether an address is a page of the app. */
  isOurs(address: string): boolean
  /** The session behind a window's page, or null where there is none. */
  servedBy(contentsId: number): Promise<Served | null>
  note(line: string): void
}

const requestSchema = z.object({
  u: z.string().max(4096),
  m: z.string().max(20).optional(),
  h: frameHeadersSchema.optional(),
})

const frameSchema = z.union([
  z.object({ i: z.string().max(100), t: z.literal(1).optional(), p: requestSchema }),
  z.object({
    i: z.string().max(100),
    t: z.literal(3),
    p: z.object({ e: z.enum(['message', 'error', 'done']) }),
  }),
  z.object({ i: z.string().max(100), t: z.literal(4) }),
])

/**
 * Whether a message is one the library reads without failing.
 *
 * It reads them in callbacks whose failure nobody can catch, so that what is bent has to be stopped before.
 */
export function isWellFormed(data: unknown): boolean {
  if (typeof data !== 'string' || data.length > LONGEST_MESSAGE) return false
  let frame: unknown
  try {
    frame = JSON.parse(data)
  } catch {
    return false
  }
  const read = frameSchema.safeParse(frame)
  if (!read.success) return false
  if (read.data.t === 3 || read.data.t === 4) return true
  const { u } = read.data.p
  return URL.canParse(u.startsWith('/') ? `http://orpc${u}` : u)
}

/** Passes a port on to the library, and ends it at the first message that is none. */
function guarded(port: MainPort, note: (line: string) => void): ServedPort {
  let open = true
  port.on('close', () => {
    open = false
  })
  return {
    on(event, listener) {
      if (event === 'close') port.on('close', () => listener())
      if (event !== 'message') return
      port.on('message', (message) => {
        if (!open) return
        if (isWellFormed(message.data)) return listener(message)
        open = false
        note('The window sent what is no message; its connection was ended.')
        port.close()
      })
    },
    postMessage(data) {
      if (open) port.postMessage(data)
    },
  }
}

/** Whether a port comes from the top frame of one of the app's own pages, alone. */
function isTrusted<Frame extends { readonly url: string }>(
  { ports, senderFrame, sender }: PortEvent<Frame>,
  host: PortHost,
): boolean {
  return (
    ports.length === 1 &&
    senderFrame !== null &&
    senderFrame === sender.mainFrame &&
    host.isOurs(senderFrame.url)
  )
}

/**
 * Returns what to do with a port that was handed in: it is upgraded, or closed where its sender is not trusted.
 *
 * A page has one port. A newer one (the page was loaded again) ends the one before.
 */
export function portDoor<Frame extends { readonly url: string }>(
  host: PortHost,
): (event: PortEvent<Frame>) => Promise<void> {
  const current = new Map<number, MainPort>()
  return async (event) => {
    const [port] = event.ports
    if (port === undefined || !isTrusted(event, host)) {
      for (const one of event.ports) one.close()
      host.note('A port from an unknown page was refused.')
      return
    }
    const { id } = event.sender
    current.get(id)?.close()
    current.set(id, port)
    port.on('close', () => {
      if (current.get(id) === port) current.delete(id)
    })
    let served: Served | null = null
    try {
      served = await host.servedBy(id)
    } catch {
      // Told where the session was opened.
    }
    if (served === null) return port.close()
    if (current.get(id) !== port) return
    served.connect(guarded(port, host.note))
    port.start()
  }
}
