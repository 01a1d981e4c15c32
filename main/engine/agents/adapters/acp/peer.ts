/** A program that speaks JSON-RPC 2.0 over its stdio, a message a line: asked, answered, and ended with all it started. */
import type { Clock } from '../../../base/clock.ts'
import { keep, killTree, processTree, signalProcess, startProcess } from '../../../base/process.ts'
import { lineReader } from '../lines.ts'

/** It answered with an error. */
export class RpcError extends Error {
  override name = 'RpcError'
  readonly code: number
  readonly data: unknown
  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** It ended, or could not be started, before it answered. */
export class PeerEnded extends Error {
  override name = 'PeerEnded'
  readonly started: boolean
  constructor(message: string, started: boolean) {
    super(message)
    this.started = started
  }
}

export const METHOD_NOT_FOUND = -32601

export interface PeerOptions {
  clock: Clock
  program: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  /** A line that is longer is no message, but something without an end. */
  longestLine: number
  /** Something stands between it and us that does not pass on what it is signalled. */
  isWrapped: boolean
}

export interface PeerEars {
  /** Answers what it asks; what is thrown as an RpcError is its answer. */
  asked(method: string, params: unknown): Promise<unknown>
  told(method: string, params: unknown): void
}

export interface Peer {
  /** Rejects with an RpcError or with PeerEnded. */
  ask(method: string, params: unknown): Promise<unknown>
  tell(method: string, params: unknown): void
  /** Asks it to end, and ends it and whatever it started two seconds later. */
  stop(): Promise<void>
}

/** Time to end by itself once it was asked to. */
export const GRACE_MS = 2_000
const STDERR_KEPT = 4_000

type Message = { id?: unknown; method?: unknown; params?: unknown; result?: unknown; error?: unknown }

function messageOf(line: string): Message | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Message) : null
  } catch {
    // Notices for people come between.
    return null
  }
}

function errorOf(value: unknown): RpcError {
  const { code, message, data } = (value ?? {}) as { code?: unknown; message?: unknown; data?: unknown }
  return new RpcError(
    typeof code === 'number' ? code : 0,
    typeof message === 'string' && message !== '' ? message : 'an error that says nothing',
    data,
  )
}

export function openPeer(options: PeerOptions, ears: PeerEars): Peer {
  const { clock, program, args, env, cwd, longestLine, isWrapped } = options
  const child = startProcess(program, args, { cwd, env, stdio: 'pipe' })
  const { pid } = child
  const letGo = pid === undefined ? () => undefined : keep(pid)
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let next = 1
  let stderr = ''
  let end: PeerEnded | null = null

  function settle(why: string): void {
    end ??= new PeerEnded(why, pid !== undefined)
    for (const { reject } of waiting.values()) reject(end)
    waiting.clear()
  }
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      if (pid !== undefined) return
      settle(error.message)
      resolve()
    })
    // What it started and left behind would hold its output open.
    child.on('exit', () => void (pid !== undefined && killTree(pid)))
    child.on('close', (code) => {
      const said = stderr.trim().split('\n')[0] ?? ''
      const how = `it ended with ${code ?? 'a signal'} before it answered`
      settle(said === '' ? how : `${how}: ${said}`)
      letGo()
      resolve()
    })
  })

  const write = (message: object): void =>
    void (end === null && child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`))

  async function answer(id: unknown, method: string, params: unknown): Promise<void> {
    try {
      write({ id, result: (await ears.asked(method, params)) ?? null })
    } catch (error) {
      const { code, message } =
        error instanceof RpcError ? error : { code: -32603, message: 'internal error' }
      write({ id, error: { code, message } })
    }
  }
  function hear(line: string): void {
    const message = messageOf(line)
    if (message === null) return
    const { id, method, params } = message
    if (typeof method === 'string') {
      if (id === undefined || id === null) ears.told(method, params)
      else void answer(id, method, params)
      return
    }
    const asked = typeof id === 'number' ? waiting.get(id) : undefined
    if (asked === undefined || typeof id !== 'number') return
    waiting.delete(id)
    if (message.error === undefined || message.error === null) asked.resolve(message.result)
    else asked.reject(errorOf(message.error))
  }

  const lines = lineReader(longestLine, hear)
  child.stdout?.on('data', (chunk: Buffer) => {
    if (lines.take(chunk)) return
    settle('it said a line without an end')
    if (pid !== undefined) killTree(pid)
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = `${stderr}${chunk}`.slice(0, STDERR_KEPT)
  })
  // That it ended before it read is told by its end.
  child.stdin?.on('error', () => undefined)

  let stopping: Promise<void> | null = null
  async function stop(): Promise<void> {
    if (pid === undefined) return ended
    const over = new AbortController()
    const gone = ended.finally(() => over.abort())
    child.stdin?.end()
    for (const one of isWrapped ? processTree(pid) : [pid]) signalProcess(one, 'SIGTERM')
    await Promise.race([gone, clock.sleep(GRACE_MS, over.signal)])
    killTree(pid)
    // One that left the group with its output in hand cannot hold us up.
    const patience = new AbortController()
    await Promise.race([gone, clock.sleep(GRACE_MS, patience.signal)])
    patience.abort()
    for (const stream of [child.stdout, child.stderr]) stream?.destroy()
    letGo()
  }
  return {
    ask(method, params) {
      if (end !== null) return Promise.reject(end)
      const id = next
      next += 1
      const asked = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }))
      // Whoever stops listening has no use for how it ends.
      asked.catch(() => undefined)
      write({ id, method, params })
      return asked
    },
    tell: (method, params) => write({ method, params }),
    stop: () => (stopping ??= stop()),
  }
}
