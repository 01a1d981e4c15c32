/** The protocol over standard input and output: one JSON message a line, whatever else arrives answered and survived. */
import type { Readable, Writable } from 'node:stream'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  ErrorCode,
  JSONRPCMessageSchema,
  type CallToolResult,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js'
import {
  asHyperionError,
  type HyperionError,
  inert,
  inertJson,
  readJson,
  userError,
} from '../../engine/engine.ts'
import { lineReader, type LongLine } from './lines.ts'

export interface StdioOptions {
  input: Readable
  output: Writable
  maxBytes: number
  maxDepth: number
  /** How a refusal is told as the result of a tool. */
  refusal(error: HyperionError): CallToolResult
  /** Hears what is wrong with what arrives. */
  onTrouble(sentence: string): void
}

export interface StdioTransport extends Transport {
  /** Resolves once the input has ended and everything asked was answered, or nobody reads the answers any more. */
  readonly ended: Promise<void>
}

interface Asked {
  id: RequestId | null
  isCall: boolean
}

const ID = String.raw`"id"\s*:\s*("[^"\\]*"|-?\d+)`
/** Members that may stand before others at the beginning of a message, none of which holds a text that could deceive. */
const HEAD = new RegExp(
  String.raw`^\s*\{((?:\s*(?:"jsonrpc"\s*:\s*"2\.0"|"method"\s*:\s*"[\w/]*"|${ID})\s*,)*)`,
)
/** The last member of a message: a brace that closes nothing else ends it. */
const TAIL = new RegExp(String.raw`[,{]\s*${ID}\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$`)

/** Tells which request a line is that could not be read as a whole, as far as its ends say so. */
export function askedIn(head: string, tail: string): Asked {
  const members = HEAD.exec(head)?.[1] ?? ''
  const id = new RegExp(ID).exec(members)?.[1] ?? TAIL.exec(tail)?.[1]
  return {
    id: id === undefined ? null : (JSON.parse(id) as RequestId),
    isCall: /"method"\s*:\s*"tools\/call"/.test(members),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Why a call of a tool is none; null for one that is, and for any other message. */
function callProblem(message: unknown): string | null {
  if (!isObject(message) || message['method'] !== 'tools/call') return null
  const { params } = message
  if (!isObject(params)) return 'params takes an object with "name" and "arguments"'
  if (typeof params['name'] !== 'string') return 'name takes the name of a tool'
  const given = params['arguments']
  return given === undefined || isObject(given) ? null : 'arguments takes an object'
}

function askedBy(message: unknown): Asked {
  if (!isObject(message)) return { id: null, isCall: false }
  const { id } = message
  const known = typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id)) ? id : null
  return { id: known, isCall: message['method'] === 'tools/call' }
}

export function stdioTransport(options: StdioOptions): StdioTransport {
  const { input, output, maxBytes, maxDepth } = options
  /** Requests that have no answer yet. */
  const open = new Set<RequestId>()
  let inputEnded = false
  let closed = false
  let tellEnded: () => void
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve
  })
  const lookWhetherDone = (): void => {
    if (inputEnded && open.size === 0) tellEnded()
  }

  const write = (message: unknown): Promise<void> =>
    new Promise((resolve) => {
      if (closed || output.destroyed) return resolve()
      // What an error of the output means is heard once, below.
      output.write(`${inertJson(message)}\n`, () => resolve())
    })

  function answer({ id, isCall }: Asked, code: number, error: HyperionError): void {
    const sentence = error.hint === null ? error.message : `${error.message}; ${error.hint}`
    options.onTrouble(sentence)
    void write(
      id !== null && isCall
        ? { jsonrpc: '2.0', id, result: options.refusal(error) }
        : { jsonrpc: '2.0', ...(id === null ? {} : { id }), error: { code, message: sentence } },
    )
  }

  function hear(bytes: Buffer): void {
    let value: unknown
    try {
      value = readJson(bytes, { maxBytes, maxDepth }, 'the message')
    } catch (thrown) {
      const ends = askedIn(bytes.toString('utf8', 0, 4096), bytes.subarray(-4096).toString('utf8'))
      return answer(ends, ErrorCode.ParseError, asHyperionError(thrown))
    }
    const asked = askedBy(value)
    const problem = callProblem(value)
    if (problem !== null)
      return answer(asked, ErrorCode.InvalidParams, userError('invalid', problem, 'see tools/list'))
    const parsed = JSONRPCMessageSchema.safeParse(value)
    if (!parsed.success) {
      const said = 'the message is no JSON-RPC 2.0 request, notification or response'
      return answer(asked, ErrorCode.InvalidRequest, userError('not_a_message', said))
    }
    const message = parsed.data
    if ('method' in message && 'id' in message) open.add(message.id)
    // What was cancelled is not answered.
    if ('method' in message && message.method === 'notifications/cancelled') {
      const { requestId } = message.params as { requestId?: RequestId }
      if (requestId !== undefined) open.delete(requestId)
    }
    transport.onmessage?.(message)
  }

  function tooLong({ bytes, head, tail }: LongLine): void {
    const said = `the message has ${bytes} bytes; at most ${maxBytes} are accepted`
    const asked = askedIn(head.toString('utf8'), tail.toString('utf8'))
    answer(asked, ErrorCode.InvalidRequest, userError('too_large', said, 'split the work'))
  }

  const reader = lineReader(maxBytes, { line: hear, tooLong })
  const onData = (chunk: Buffer): void => reader.push(chunk)
  const onEnd = (): void => {
    if (inputEnded) return
    reader.end()
    inputEnded = true
    lookWhetherDone()
  }
  const onInputError = (error: Error): void => {
    options.onTrouble(`standard input cannot be read: ${inert(error.message)}`)
    onEnd()
  }
  // Nobody is there to read an answer, so nothing more is to be done.
  const onOutputError = (): void => tellEnded()

  const transport: StdioTransport = {
    ended,
    start() {
      output.on('error', onOutputError)
      input.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onInputError)
      return Promise.resolve()
    },
    async send(message: JSONRPCMessage) {
      await write(message)
      if (!('method' in message) && 'id' in message && message.id !== undefined) open.delete(message.id)
      lookWhetherDone()
    },
    close() {
      if (closed) return Promise.resolve()
      closed = true
      input.off('data', onData).off('end', onEnd).off('close', onEnd)
      // Open, it would keep this process alive.
      input.destroy()
      transport.onclose?.()
      return Promise.resolve()
    },
  }
  return transport
}
