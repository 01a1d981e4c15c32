/** What every agent adapter offers, and the shape in which an agent hands over its work. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { CheckEntry } from '../../../schemas/check.ts'
import type { NextTaskContext } from '../../../schemas/reports.ts'

/** Reads a file as the Developer is to see it; null where there is none. */
export type ReadFile = (path: string) => Promise<Buffer | null>

export type Readiness = { ready: true; version: string } | { ready: false; reason: string; remedy: string }

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

export type Review = { accepted: true } | { accepted: false; code: string; message: string }

export interface AgentTask {
  assignment: Assignment
  /** What `next_task_context.json` tells of this assignment: a prompt is made around it. */
  context: NextTaskContext
  /** The agent's name in the queue: `agent-1`. */
  agent: string
  model: string
  read: ReadFile
  /** Submits a draft to the guard; a refused one may be repaired in the same session. */
  review(draft: Draft): Promise<Review>
  /** How many repairs are allowed after the first refusal. */
  maxRepairs: number
}

export type RunEvent =
  | { kind: 'text'; text: string }
  | { kind: 'tool'; name: string; input: unknown }
  | { kind: 'denied'; name: string; reason: string }
  | { kind: 'usage'; usage: Usage }
  | { kind: 'retry'; reason: string; delayMs: number }
  | { kind: 'submission'; draft: Draft; review: Review }

export type CancelReason = 'operator' | 'deadline' | 'idle' | 'budget'

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

export type Outcome =
  | {
      kind: 'submitted'
      draft: Draft
      via: 'tool' | 'schema' | 'text'
      repairs: number
      usage: Usage
      sessionId?: string
    }
  | {
      kind: 'failed'
      code: FailureCode
      /** The guard's or the agent's own word for it, such as `no_comment_syntax`. */
      reason?: string
      detail: string
      usage: Usage
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
