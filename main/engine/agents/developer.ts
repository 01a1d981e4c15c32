/** The Developer: an assignment becomes a change request the guard lets through. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { CastItem } from '../../../schemas/cast.ts'
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import type { Config } from '../../../schemas/config.ts'
import type { NextTaskContext } from '../../../schemas/reports.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import type { Clock } from '../base/clock.ts'
import { inheritChecks } from '../domain/check-policy.ts'
import { chooseModel } from '../domain/model-policy.ts'
import { readAfter, toFileChange } from './draft.ts'
import { guard, scopeRefusal } from './guard.ts'
import type { AgentHarness, Draft, Outcome, ReadFile, Review, Usage } from './harness.ts'
import { metadataFor } from './orchestrator.ts'

export interface DeveloperTask {
  assignment: Assignment
  /** What is told of it to everybody; the agent is told the same. */
  context: NextTaskContext
  request: TaskRequest
  brief: Brief
  /** Name in the queue: `agent-1`. */
  agent: string
  /** The commit whose files `readBase` reads. */
  baseCommit: string
  readBase: ReadFile
  /** Drafts of the same request that this one stands on, in the order they were made. */
  earlier: readonly ChangeRequest[]
  /** Allow-list of checks at the target's tip. */
  allow: Readonly<Record<string, string>>
  agents: Pick<Config['agents'], 'model' | 'smallModel' | 'smallModelMaxComplexity' | 'maxRepairs'>
  /** What `--model` named; null when it was not given. */
  model: string | null
}

/** One look of the guard at one submission, as it is logged. */
export interface GuardEvent {
  /** `ok`, or the code of the refusal. */
  code: string
  output: string
  duration_ms: number
}

export interface DeveloperDeps {
  harness: AgentHarness
  clock: Clock
  onGuard?: (event: GuardEvent) => void | Promise<void>
}

export type Developed =
  | {
      ok: true
      request: ChangeRequest
      model: string
      outcome: Extract<Outcome, { kind: 'submitted' }> | null
    }
  | { ok: false; code: string; message: string; model: string; usage: Usage }

/** Returns the model for an assignment. */
export function modelFor(
  task: Pick<DeveloperTask, 'assignment' | 'request' | 'brief' | 'agents' | 'model'>,
): string {
  const { assignment, request, brief } = task
  return chooseModel({
    complexity: assignment.metadata?.complexity ?? request.metadata?.complexity ?? brief.complexity,
    explicit: [task.model, assignment.metadata?.agent_model, request.metadata?.agent_model],
    config: task.agents,
  })
}

function assemble(
  task: Omit<DeveloperTask, 'readBase' | 'baseCommit' | 'context'>,
  changes: FileChange[],
  checks: Draft['checks'],
  model: string,
  base: string | null,
): ChangeRequest {
  const { assignment, request, brief } = task
  const given = { ...request.metadata, ...assignment.metadata }
  return {
    task_id: assignment.task_id,
    agent: task.agent,
    request_id: request.request_id,
    ...(base === null ? {} : { base_commit: base }),
    ...(assignment.depends_on === undefined ? {} : { depends_on: assignment.depends_on }),
    priority: request.priority ?? brief.priority,
    changes,
    // What the assignment or the request asks for is policy; an agent may add checks, not take them away.
    checks: [
      ...new Set([...inheritChecks(assignment.checks, request.checks, task.allow), ...(checks ?? [])]),
    ],
    metadata: metadataFor(brief, given, model),
  }
}

/** The commit the patches were written against, or null where they stand on a draft that is in no commit yet. */
function baseOf(
  earlier: readonly ChangeRequest[],
  changes: readonly FileChange[],
  base: string | null,
): string | null {
  const drafted = new Set(earlier.flatMap((draft) => draft.changes.map((change) => change.path)))
  return changes.some((change) => drafted.has(change.path)) ? null : base
}

async function makeRequest(
  task: DeveloperTask,
  draft: Draft,
  read: ReadFile,
  model: string,
): Promise<ChangeRequest | Review> {
  const changes: FileChange[] = []
  for (const edit of draft.files) {
    const refusal = scopeRefusal(edit.path, task.assignment.file_targets)
    if (refusal !== null) return { accepted: false, ...refusal }
    const made = await toFileChange(edit, read)
    if (!made.ok) return { accepted: false, code: made.code, message: made.message }
    changes.push(made.value)
  }
  return assemble(task, changes, draft.checks, model, baseOf(task.earlier, changes, task.baseCommit))
}

/**
 * Has the harness work on an assignment until the guard accepts its submission or it gives up.
 *
 * Throws what reading the base or judging a draft throws; whatever the agent does is a value.
 */
export async function develop(
  task: DeveloperTask,
  deps: DeveloperDeps,
  signal: AbortSignal,
): Promise<Developed> {
  const model = modelFor(task)
  const readDrafted = readAfter(task.readBase, task.earlier)
  let accepted: ChangeRequest | null = null
  let broken: { error: unknown } | null = null

  /** Keeps an error of ours from passing for one of the agent's. */
  async function ours<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      broken ??= { error }
      throw error
    }
  }
  const read: ReadFile = (path) => ours(() => readDrafted(path))

  async function judge(draft: Draft): Promise<Review> {
    const started = deps.clock.monotonicMs()
    const made = await makeRequest(task, draft, read, model)
    let verdict: Review
    if ('accepted' in made) {
      verdict = made
    } else {
      const result = await guard(made, { fileTargets: task.assignment.file_targets, read })
      verdict = result.ok
        ? { accepted: true }
        : { accepted: false, code: result.code, message: result.message }
      if (result.ok) accepted = result.request
    }
    const duration_ms = deps.clock.monotonicMs() - started
    const event = verdict.accepted
      ? { code: 'ok', output: '', duration_ms }
      : { code: verdict.code, output: verdict.message, duration_ms }
    await deps.onGuard?.(event)
    return verdict
  }

  const { assignment, agent } = task
  const review = (draft: Draft): Promise<Review> => ours(() => judge(draft))
  const run = deps.harness.start(
    {
      assignment,
      context: { ...task.context, agent_model: model },
      agent,
      model,
      read,
      review,
      maxRepairs: task.agents.maxRepairs,
    },
    signal,
  )
  const outcome = await run.outcome
  const failure = broken as { error: unknown } | null
  if (failure !== null) throw failure.error
  if (outcome.kind === 'failed') {
    const { code, reason, detail, usage } = outcome
    return { ok: false, code: reason ?? code, message: detail, model, usage }
  }
  if (accepted === null) {
    const message = 'the agent ended without a submission the guard accepted'
    return { ok: false, code: 'no_submission', message, model, usage: outcome.usage }
  }
  return { ok: true, request: accepted, model, outcome }
}

/** Makes the change request of a cast's finished edit, which needs no agent; the queue validates it like any other. */
export function fromFinishedEdit(
  task: Omit<DeveloperTask, 'readBase' | 'baseCommit' | 'context'>,
  change: NonNullable<CastItem['change']>,
  castBase: string | null,
): ChangeRequest {
  return assemble(task, [change], undefined, modelFor(task), baseOf(task.earlier, [change], castBase))
}
