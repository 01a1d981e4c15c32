/** What every agent adapter offers: a task in, events and an outcome out, whichever program or service is behind it. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { SharedPath } from '../checks/share.ts'
import type { FileChange } from '../../../schemas/change-request.ts'
import type { CheckEntry } from '../../../schemas/check.ts'

/** Reads a file as the Developer is to see it; null where there is none. */
export type ReadFile = (path: string) => Promise<Buffer | null>

export type Readiness =
  { ready: true; version: string; note?: string } | { ready: false; reason: string; remedy: string }

/** What an agent does to one file. Diffs and hashes are made from this, never asked of a model. */
export type FileEdit =
  | { path: string; action: 'create'; content: string; executable?: boolean }
  | { path: string; action: 'edit'; edits: { search: string; replace: string }[] }
  | { path: string; action: 'replace'; content: string }
  | { path: string; action: 'delete' }

export interface Draft {
  summary: string
  files: FileEdit[]
  checks?: CheckEntry[]
}

/** Tokens of a run; `unavailable` when nobody counted them, which is not zero. */
export type Usage =
  { source: 'reported' | 'estimated'; inputTokens: number; outputTokens: number } | { source: 'unavailable' }

export type Review = { accepted: true } | Refused
export interface Refused {
  accepted: false
  code: string
  /** Fit to be said to a model: what, where, and what to do. */
  message: string
  /** No repair can help: a person has to decide first. */
  final?: true
}

export const AGENT_ROLES = ['engineer', 'orchestrator', 'developer', 'prompt'] as const
export type AgentRole = (typeof AGENT_ROLES)[number]

/** How work is handed in: by a tool of this name where the adapter has tools, else as JSON in the last message. */
export interface HandIn {
  tool: string
  description: string
  /** What the tool takes, as JSON Schema (draft 2020-12). */
  schema: Readonly<Record<string, unknown>>
  /** A key every submission has, which tells it from other JSON in a message. */
  mark: string
  /** How to write it where there is no tool. */
  form: string
  /** Judges what was handed in, whatever it is; `tree` is where it was worked on, if there is one. */
  review(value: unknown, tree?: WorkTree | null): Promise<Review>
}

/** Files as an agent may see them; what is not in it does not exist for the agent. */
export interface AgentTree {
  read: ReadFile
  /** All paths, in git's order. */
  paths(): Promise<string[]>
}

/** A work tree of one run's own with a shell in it: what differs from its base at the end is what is handed in. */
export interface WorkTree extends AgentTree {
  /** Where it is: a real path. */
  folder: string
  /** What keeps its commands from the rest of the machine, for the agent to know. */
  surroundings: string
  /** Its commands cannot reach the rest of the machine. */
  isolated: boolean
  /** Runs a command to its end, one at a time; what it started ends with it. */
  run(command: string, timeoutMs: number, signal: AbortSignal): Promise<{ ok: boolean; text: string }>
  /** Writes a file, or removes it (null). `executable` null leaves that as it is. Throws user errors. */
  put(path: string, bytes: Buffer | null, executable: boolean | null): Promise<void>
  /** Puts a file back as the run found it. */
  restore(path: string): Promise<void>
  /** What differs, as entries of a change request, or why it cannot be handed in. */
  difference(targets: readonly string[]): Promise<FileChange[] | Refused>
  /** What a sandbox shows of it beside the folder, for an agent that is a program of its own. */
  mounts: { readOnly: readonly string[]; shared: readonly SharedPath[] }
  close(): Promise<void>
}

/**
 * Opens a work tree; tells what it does meanwhile.
 *
 * Throws a user error where there is none to be had, with its remedy.
 */
export type OpenWorkTree = (hear: (event: RunEvent) => void, signal: AbortSignal) => Promise<WorkTree>

export interface AgentTask {
  role: AgentRole
  /** The agent's name in the queue: `agent-1`. */
  agent: string
  model: string
  /** A person named it: no other may be asked in its place. */
  isModelNamed?: boolean
  prompt: string
  /** Null: the last message is all that is wanted. */
  handIn: HandIn | null
  /** How many repairs are allowed after the first refusal. */
  maxRepairs: number
  /** What it may read by tools; null for nothing. */
  tree: AgentTree | null
  /** Where it works with a shell, in place of reading `tree`; null where it only reads. */
  openWorkTree: OpenWorkTree | null
  /** A session to go on with, and what it had used up before; null begins one. */
  resume: { sessionId: string; used: Usage } | null
  /** What agents without a model work from. */
  given: { assignment: Assignment; read: ReadFile } | null
}

export type RunEvent =
  /** What was said to the agent, word for word. */
  | { kind: 'prompt'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'tool'; name: string; input: unknown }
  | { kind: 'denied'; name: string; reason: string }
  /** Of the whole run so far. */
  | { kind: 'usage'; usage: Usage }
  | { kind: 'retry'; reason: string; delayMs: number }
  | { kind: 'submission'; value: unknown; review: Review }
  /** Which model is asked in fact, where it need not be the task's; null where nobody says. */
  | { kind: 'model'; model: string | null }
  /** How much of what its model can hold at once is used, in tokens. */
  | { kind: 'context'; used: number; limit: number }
  /** It works, and there is nothing to show. */
  | { kind: 'alive' }

export const CANCEL_REASONS = ['operator', 'deadline', 'idle', 'budget'] as const
export type CancelReason = (typeof CANCEL_REASONS)[number]

export const FAILURE_CODES = [
  'auth',
  'rate',
  'provider',
  'unavailable',
  'no_submission',
  'invalid',
  'timeout',
  'cancelled',
  'budget',
] as const
export type FailureCode = (typeof FAILURE_CODES)[number]

export type Via = 'tool' | 'schema' | 'text'

export type Outcome =
  | ({
      kind: 'submitted'
      value: unknown
      via: Via
      repairs: number
      usage: Usage
      sessionId: string | null
    } & AskedModel)
  /** The last message, where nothing was to be handed in. */
  | ({ kind: 'answered'; text: string; usage: Usage; sessionId: string | null } & AskedModel)
  | Failure

export interface AskedModel {
  /** Which model was asked; null where nobody says. Left out, it was the task's. */
  model?: string | null
}

export interface Failure extends AskedModel {
  kind: 'failed'
  code: FailureCode
  /** The guard's or the agent's own word for it, such as `no_comment_syntax`. */
  reason?: string
  detail: string
  usage: Usage
  sessionId: string | null
  /** How often it mended what was refused; left out where it handed nothing in. */
  repairs?: number
  /** Of the agent's service: nobody should ask it before so many milliseconds have passed. */
  retryAfterMs?: number
}

export interface AgentRun {
  readonly events: AsyncIterable<RunEvent>
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  cancel(reason: CancelReason): Promise<void>
}

export interface AgentHarness {
  readonly id: string
  probe(signal: AbortSignal): Promise<Readiness>
  start(task: AgentTask, signal: AbortSignal): AgentRun
  dispose(): Promise<void>
}
