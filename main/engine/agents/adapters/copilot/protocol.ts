/**
 * The protocol of the Copilot runtime, version 3, as its SDK speaks it: JSON-RPC over the streams of its process.
 *
 * The SDK itself is left out: it brings a runtime of its own and a native library, starts the process in our group with
 * its complaints on our stderr, and lets whoever writes a lock file on one system lock out the others.
 */
import { randomUUID } from 'node:crypto'
import type { Message } from 'vscode-jsonrpc/node.js'
import type { ChildProcess } from '../../../base/process.ts'
import { fieldsOf, textOf, type Fields } from '../../fields.ts'
import type { Provider } from './provider.ts'

export interface OwnTool {
  name: string
  description: string
  /** What it takes, as JSON Schema. */
  schema: Readonly<Record<string, unknown>>
  /** Its success ends the turn: nothing more is asked of the model. */
  endsTurn: boolean
  /** Never rejects. What is not `ok` is read by the model as an error. */
  run(input: unknown, signal: AbortSignal): Promise<{ ok: boolean; text: string }>
}

export interface SessionEvent {
  type: string
  data: Fields
}

export interface SessionWish {
  model: string
  provider: Provider | null
  /** What is said before everything else, in place of Copilot's own words. */
  system: string
  tools: readonly OwnTool[]
  cwd: string
  /** Servers of tools that the operator gave Copilot: a session would start them, and wait for them. */
  ownServers: readonly string[]
  hear(event: SessionEvent): void
  /** It asks whether it may do something of this kind: it may not. */
  refuse(kind: string): string
}

export interface Session {
  readonly id: string
  send(prompt: string): Promise<void>
  /** Ends the turn that runs. */
  abort(): Promise<void>
  /** Lets go of it; it can be gone on with later. */
  leave(): Promise<void>
}

export interface Client {
  /** Goes on with a session, or begins one. Throws `SessionUnknown` where the one that is named is not there. */
  open(wish: SessionWish, known: string | null): Promise<Session>
  close(): void
}

/** The runtime answered that it cannot go on with a session. */
export class SessionUnknown extends Error {}

const VERSION = 3
/** A name that no tool has: an empty list might be taken for all of them. */
const NO_TOOLS = ['custom:no-tools']

const toolOnWire = ({ name, description, schema, endsTurn }: OwnTool) => ({
  name,
  description,
  parameters: schema,
  // Runs without asking, is there from the start, and counts in place of one of Copilot's own of the same name.
  skipPermission: true,
  defer: 'never',
  overridesBuiltInTool: true,
  isTerminal: endsTurn,
})

/** Our tools, and nothing of the machine, the home or the repository it is on. */
const sessionOnWire = (id: string, { model, provider, system, tools, cwd, ownServers }: SessionWish) => ({
  sessionId: id,
  clientName: 'hyperion',
  model,
  ...(provider === null ? {} : { provider }),
  streaming: true,
  workingDirectory: cwd,
  systemMessage: { mode: 'replace', content: system },
  tools: tools.map(toolOnWire),
  availableTools: tools.length === 0 ? NO_TOOLS : tools.map(({ name }) => `custom:${name}`),
  toolFilterPrecedence: 'excluded',
  requestPermission: true,
  requestUserInput: false,
  requestElicitation: false,
  requestExitPlanMode: false,
  requestAutoModeSwitch: false,
  hooks: false,
  envValueMode: 'direct',
  mcpServers: {},
  disabledMcpServers: ownServers,
  mcpOAuthTokenStorage: 'in-memory',
  embeddingCacheStorage: 'in-memory',
  skipEmbeddingRetrieval: true,
  customAgentsLocalOnly: true,
  isExperimentalMode: false,
  enableConfigDiscovery: false,
  enableOnDemandInstructionDiscovery: false,
  enableFileHooks: false,
  enableHostGitOperations: false,
  enableSessionStore: false,
  enableSessionTelemetry: false,
  enableSkills: false,
  memory: { enabled: false },
  // Both would write, or ask a model, behind our back.
  largeOutput: { enabled: false },
  infiniteSessions: { enabled: false },
})

/** What can be said only of a session that is there. */
const OPTIONS = {
  skipCustomInstructions: true,
  customAgentsLocalOnly: true,
  coauthorEnabled: false,
  manageScheduleEnabled: false,
  installedPlugins: [],
  includedBuiltinSkills: [],
}

/** Begins to speak with a runtime. Throws where it speaks another version. */
export async function connect(child: ChildProcess): Promise<Client> {
  // Late: who asks no agent need not wait for it.
  const rpc = await import('vscode-jsonrpc/node.js')
  if (child.stdout === null || child.stdin === null) throw new Error('its streams are not there')
  /** What cannot be written any more is told by the end of the process; thrown, it would reach nobody. */
  class Writer extends rpc.StreamMessageWriter {
    override write(message: Message): Promise<void> {
      return super.write(message).catch(() => undefined)
    }
  }
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(child.stdout),
    new Writer(child.stdin),
  )
  const ask = async (method: string, of: object): Promise<Fields> =>
    fieldsOf(await connection.sendRequest(method, of))
  const sessions = new Map<string, SessionWish>()
  const running = new Map<string, AbortController>()

  /** Answers where an answer is waited for; that nobody waits any more is told by the end of the runtime. */
  const reply = (method: string, of: object): void => void ask(method, of).catch(() => undefined)

  async function runTool(sessionId: string, { tools }: SessionWish, data: Fields): Promise<void> {
    const requestId = textOf(data['requestId'])
    const tool = tools.find(({ name }) => name === data['toolName'])
    // Of a session that somebody else is in as well: it is theirs to answer.
    if (tool === undefined) return
    const over = new AbortController()
    running.set(requestId, over)
    const { ok, text } = await tool.run(data['arguments'] ?? null, over.signal)
    if (!running.delete(requestId)) return
    const result = ok
      ? { resultType: 'success', textResultForLlm: text }
      : { resultType: 'failure', textResultForLlm: text, error: text }
    reply('session.tools.handlePendingToolCall', { sessionId, requestId, result })
  }

  function take(sessionId: string, wish: SessionWish, { type, data }: SessionEvent): void {
    const requestId = textOf(data['requestId'])
    if (type === 'external_tool.requested') void runTool(sessionId, wish, data)
    else if (type === 'external_tool.completed') {
      running.get(requestId)?.abort()
      running.delete(requestId)
    } else if (type === 'permission.requested') {
      const feedback = wish.refuse(textOf(fieldsOf(data['permissionRequest'])['kind']))
      const result = { kind: 'reject', feedback }
      reply('session.permissions.handlePendingPermissionRequest', { sessionId, requestId, result })
    }
    wish.hear({ type, data })
  }

  connection.onNotification('session.event', (said: unknown) => {
    const { sessionId, event } = fieldsOf(said)
    const wish = sessions.get(textOf(sessionId))
    const { type, data } = fieldsOf(event)
    if (wish !== undefined) take(textOf(sessionId), wish, { type: textOf(type), data: fieldsOf(data) })
  })
  connection.onError(() => undefined)
  // Whoever waits for an answer hears that none comes.
  connection.onClose(() => connection.dispose())
  connection.listen()
  const { protocolVersion } = await ask('connect', { supportedTaskKinds: ['agent', 'client', 'shell'] })
  if (protocolVersion !== VERSION) {
    connection.dispose()
    throw new Error(`it speaks version ${String(protocolVersion)} of its protocol, and not ${VERSION}`)
  }

  async function open(wish: SessionWish, known: string | null): Promise<Session> {
    const id = known ?? randomUUID()
    sessions.set(id, wish)
    try {
      await ask(known === null ? 'session.create' : 'session.resume', sessionOnWire(id, wish))
      await ask('session.options.update', { sessionId: id, ...OPTIONS })
    } catch (error) {
      sessions.delete(id)
      // Anything else is an end of the runtime, and says nothing of the session.
      throw known !== null && error instanceof rpc.ResponseError ? new SessionUnknown(error.message) : error
    }
    return {
      id,
      send: async (prompt) => void (await ask('session.send', { sessionId: id, prompt })),
      abort: async () => void (await ask('session.abort', { sessionId: id })),
      async leave() {
        await ask('session.detach', { sessionId: id })
        sessions.delete(id)
      },
    }
  }
  return { open, close: () => connection.dispose() }
}
