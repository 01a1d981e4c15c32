/** The MCP server: one client over standard input and output, until it has closed them or the operator ends it. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { inert, type Engine, type Submitter } from '../../engine/engine.ts'
import { openTools, refusalResult } from './tools.ts'
import { stdioTransport } from './transport.ts'

const MiB = 1024 * 1024
/** A submission of the greatest size, with every second character escaped. */
const LONGEST_LINE = 32 * MiB
/** What a submission may have, within the message around it. */
const DEEPEST = 80

const INSTRUCTIONS =
  'Hyperion is the merge queue of this repository. Hand finished work in with submit_change, all files of a task at once, ' +
  'then ask show_change with the id it answered until the state is applied, failed, conflict, held or cancelled. A refusal ' +
  'has a code and says what to correct; correct it and hand in again. Never edit the target branch yourself.'

export interface ServeMcpOptions {
  engine: Engine
  by: Submitter
  version: string
  input: NodeJS.ReadableStream & NodeJS.ReadStream
  output: NodeJS.WritableStream & NodeJS.WriteStream
  note(line: string): void
}

/** Serves until the client has closed its end or `signal` aborts; what was asked before then has been answered. */
export async function serveMcp(options: ServeMcpOptions, signal: AbortSignal): Promise<void> {
  const { engine, by, version, note } = options
  const onBug = (thrown: unknown): void =>
    note(`hyperion: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
  const tools = openTools(engine, by, onBug)
  const server = new Server(
    { name: 'hyperion', title: 'Hyperion', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  )
  const transport = stdioTransport({
    input: options.input,
    output: options.output,
    maxBytes: LONGEST_LINE,
    maxDepth: DEEPEST,
    refusal: refusalResult,
    onTrouble: (sentence) => note(`hyperion: ${inert(sentence, 400)}`),
  })
  // The protocol's objects have one listener of a kind, and no other way to set it.
  Object.assign(server, { onerror: (error: Error) => note(`hyperion: ${inert(error.message, 400)}`) })
  const working = new Set<Promise<unknown>>()
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.list }))
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal: cancelled }) => {
    const work = tools.call(params.name, params.arguments ?? {}, cancelled)
    working.add(work)
    void work.then(() => working.delete(work))
    return work
  })
  await server.connect(transport)
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
    void transport.ended.then(resolve)
  })
  await server.close()
  // Nobody hears them any more, but they still read what is about to be closed.
  await Promise.allSettled(working)
}
