/** `mcp` as an agent meets it: the public client of the protocol over the built command as a child process. */
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { PROJECT, type Things, type Workspace } from './support.ts'

export const PROGRAM = join(PROJECT, 'out/main/cli.js')

type Fields = Record<string, unknown>

export interface Refusal {
  code: string
  message: string
  hint: string | null
}

export interface Agent {
  client: Client
  transport: StdioClientTransport
  /** What the server wrote to standard error so far. */
  stderr(): string
  call(tool: string, args?: Fields): Promise<CallToolResult>
  /** The answer of a tool; throws what it refuses with. */
  answer<T = Fields>(tool: string, args?: Fields): Promise<T>
  /** What a tool refuses with; throws where it does not. */
  refusal(tool: string, args?: Fields): Promise<Refusal>
  submit(args: Fields): Promise<{ id: number; status: string; patch_hashes: unknown[]; warnings: string[] }>
  show(id: number): Promise<Fields>
}

const textOf = ({ content }: CallToolResult): string => {
  const [first] = content
  if (content.length !== 1 || first?.type !== 'text') throw new Error(`no text: ${JSON.stringify(content)}`)
  return first.text
}

/** Starts a server in the workspace and connects to it; it is closed after the test. */
export async function connect(things: Things, space: Workspace, ...args: string[]): Promise<Agent> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((one): one is [string, string] => one[1] !== undefined),
  )
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROGRAM, 'mcp', ...args],
    cwd: space.dir,
    env,
    stderr: 'pipe',
  })
  let said = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const client = new Client({ name: 'test', version: '1.0.0' })
  things.undo(() => void client.close())
  await client.connect(transport)
  // Answers are from here on held to the schemas that the server gives for them.
  await client.listTools()
  const call = async (name: string, fields: Fields = {}): Promise<CallToolResult> =>
    (await client.callTool({ name, arguments: fields })) as CallToolResult
  const agent: Agent = {
    client,
    transport,
    stderr: () => said,
    call,
    async answer<T = Fields>(tool: string, fields?: Fields): Promise<T> {
      const result = await call(tool, fields)
      if (result.isError === true) throw new Error(`${tool} refused: ${textOf(result)}`)
      if (JSON.stringify(result.structuredContent) !== JSON.stringify(JSON.parse(textOf(result))))
        throw new Error(`${tool} answers one thing as text and another as structure`)
      return result.structuredContent as T
    },
    async refusal(tool, fields) {
      const result = await call(tool, fields)
      if (result.isError !== true) throw new Error(`${tool} did not refuse: ${textOf(result)}`)
      return JSON.parse(textOf(result)) as Refusal
    },
    submit: (fields) => agent.answer('submit_change', fields),
    show: (id) => agent.answer('show_change', { id }),
  }
  return agent
}

export const edit = (path: string, search: string, replace: string): Fields => ({
  path,
  action: 'edit',
  edits: [{ search, replace }],
})

export const create = (path: string, content: string): Fields => ({ path, action: 'create', content })

/** Work on files, as `submit_change` takes it. */
export const work = (task: string, ...files: Fields[]): Fields => ({
  task_id: task,
  summary: `Work on ${task}`,
  files,
})
