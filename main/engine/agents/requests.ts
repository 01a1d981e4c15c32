/** A task request's way to the queue: brief, assignments, drafts, each stored before the next step begins. */
import type { Brief } from '../../../schemas/brief.ts'
import type { Cast } from '../../../schemas/cast.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import type { Config } from '../../../schemas/config.ts'
import type { NextTaskContext } from '../../../schemas/reports.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import type { Clock } from '../base/clock.ts'
import { HyperionError, userError } from '../base/errors.ts'
import { canonicalJson } from '../base/hash.ts'
import type { Finding } from '../base/json.ts'
import { isCast, validateCast, validateTaskRequest } from '../domain/validate-task.ts'
import type { Database } from '../store/database.ts'
import type { Logs } from '../store/logs.ts'
import type { AssignmentRow, RequestRow, Requests } from '../store/requests.ts'
import { develop, fromFinishedEdit, type DeveloperTask, type GuardEvent } from './developer.ts'
import type { Engineer } from './engineer.ts'
import type { AgentHarness, ReadFile } from './harness.ts'
import { draftOrder, handOut, standsOn, type Orchestrator } from './orchestrator.ts'

export interface RequestDeps {
  clock: Clock
  db: Database
  requests: Requests
  logs: Logs
  engineer: Engineer
  orchestrator: Orchestrator
  harness: AgentHarness
  agents: Config['agents']
  allow: Readonly<Record<string, string>>
  tip: string
  /** What is told of an assignment's work under execution/. */
  contextOf(taskId: string): NextTaskContext
  /** Reads a file as it is in a commit. */
  readAt(commit: string): ReadFile
  /**
   * Validates a change request like any other; what it returns queues it, approved by whoever approved the cast where
   * that covers all it asks for.
   */
  prepare(source: string, change: ChangeRequest, cast: Cast | null): Promise<() => number>
}

export interface RequestOptions {
  source: string
  model: string | null
  agents: number
}

export interface ProcessedRequest {
  requestId: string
  /** Change ids, in the order of the assignments. */
  enqueued: number[]
  failed: { taskId: string; error: string }[]
}

const nameFirst = (source: string, errors: readonly Finding[]): never => {
  const [first, ...more] = errors
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`
  throw userError(first?.code ?? 'invalid', `${source}: ${first?.message ?? 'invalid'}${rest}`)
}

/** Returns a task request or cast as both; throws a user error naming file and field. */
export function readTask(source: string, value: unknown): { request: TaskRequest; cast: Cast | null } {
  if (isCast(value)) {
    const verdict = validateCast(value)
    if (!verdict.ok) return nameFirst(source, verdict.errors)
    const { schema: _schema, base_commit: _base, ...rest } = verdict.cast
    const requested_changes = rest.requested_changes.map(({ path, summary }) => ({ path, summary }))
    return { request: { ...rest, requested_changes }, cast: verdict.cast }
  }
  const verdict = validateTaskRequest(value)
  if (!verdict.ok) return nameFirst(source, verdict.errors)
  return { request: verdict.request, cast: null }
}

/**
 * Takes a task request or cast to the queue; one that was interrupted goes on where it was.
 *
 * A `request_id` stands for one payload for ever: the same again is told so, another under its name is refused.
 */
export async function processRequest(
  deps: RequestDeps,
  value: unknown,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<ProcessedRequest> {
  const { request, cast } = readTask(options.source, value)
  const payload = canonicalJson(value)
  const { row, isNew } = deps.requests.receive({
    requestId: request.request_id,
    payload,
    options: { model: options.model, agents: options.agents },
    baseTip: deps.tip,
  })
  if (!isNew) refuseKnown(row, payload, options.source)
  const given = JSON.parse(row.options) as Pick<RequestOptions, 'model' | 'agents'>
  const brief = await briefFor(deps, request, signal)
  const rows = await assignmentsFor(deps, request, brief, given.agents, signal)
  for (const one of draftOrder(rows.map(({ assignment }) => assignment))) {
    const state = deps.requests.assignments(request.request_id)
    const mine = state.find((other) => other.task_id === one.task_id) as AssignmentRow
    if (mine.status === 'queued') continue
    await advance(
      deps,
      { request, cast, brief, row: mine, all: state, base: row.base_tip ?? deps.tip, given },
      signal,
    )
  }
  return conclude(deps, request.request_id)
}

function refuseKnown(row: RequestRow, payload: string, source: string): void {
  if (row.payload !== payload) {
    throw userError(
      'request_id_taken',
      `${source}: request_id ${row.request_id} stands for another request already (${row.status})`,
      'give this one a new request_id',
    )
  }
  if (row.status === 'queued') {
    const hint = `see \`hyperion requests ${row.request_id}\``
    throw userError('duplicate_request', `${source}: request ${row.request_id} was processed already`, hint)
  }
}

async function briefFor(deps: RequestDeps, request: TaskRequest, signal: AbortSignal): Promise<Brief> {
  const known = deps.requests.brief(request.request_id)
  if (known !== null) return known
  const brief = await deps.engineer.scope(request, new Map(), signal)
  deps.requests.setBrief(request.request_id, brief)
  return brief
}

async function assignmentsFor(
  deps: RequestDeps,
  request: TaskRequest,
  brief: Brief,
  agents: number,
  signal: AbortSignal,
): Promise<AssignmentRow[]> {
  const known = deps.requests.assignments(request.request_id)
  if (known.length > 0) return known
  const assignments = await deps.orchestrator.split(brief, request, signal)
  for (const { task_id } of assignments) {
    const owner = deps.requests.ownerOf(task_id)
    if (owner === null) continue
    const message = `assignment ${task_id} of ${request.request_id} has the task_id of one of request ${owner}`
    deps.requests.setStatus(request.request_id, 'failed', message)
    throw userError('task_id_taken', message, 'give it another task_id')
  }
  deps.requests.setAssignments(request.request_id, handOut(assignments, agents))
  return deps.requests.assignments(request.request_id)
}

interface Advance {
  request: TaskRequest
  cast: Cast | null
  brief: Brief
  row: AssignmentRow
  all: readonly AssignmentRow[]
  base: string
  given: Pick<RequestOptions, 'model' | 'agents'>
}

/** Drafts one assignment, unless that is done, and queues its change request. */
async function advance(deps: RequestDeps, work: Advance, signal: AbortSignal): Promise<void> {
  const { row } = work
  let draft = row.status === 'drafted' ? row.changeRequest : null
  if (draft === null) {
    const made = await draftFor(deps, work, signal)
    if (typeof made === 'string') {
      deps.requests.setFailed(row.task_id, made)
      return
    }
    deps.requests.setDraft(row.task_id, made)
    draft = made
  }
  const enqueue = await deps.prepare(row.task_id, draft, work.cast)
  // One transaction: a crash in between would queue it again, or never.
  deps.db.write(() => deps.requests.setQueued(row.task_id, enqueue()))
}

/** Returns the change request for an assignment, or why there is none. */
async function draftFor(
  deps: RequestDeps,
  work: Advance,
  signal: AbortSignal,
): Promise<ChangeRequest | string> {
  const { row, request, brief, base, all } = work
  const below = standsOn(
    row.assignment,
    all.map(({ assignment }) => assignment),
  )
  const failedBelow = all.find((other) => below.has(other.task_id) && other.changeRequest === null)
  if (failedBelow !== undefined) return `depends on ${failedBelow.task_id}, which has no draft`
  const task: DeveloperTask = {
    assignment: row.assignment,
    context: deps.contextOf(row.task_id),
    request,
    brief,
    agent: row.agent,
    baseCommit: base,
    readBase: deps.readAt(base),
    earlier: all.flatMap((other) =>
      below.has(other.task_id) && other.changeRequest ? [other.changeRequest] : [],
    ),
    allow: deps.allow,
    agents: deps.agents,
    model: work.given.model,
  }
  const finished = work.cast?.requested_changes[row.seq - 1]?.change
  if (finished !== undefined && request.assignments === undefined) {
    return fromFinishedEdit(task, finished, work.cast?.base_commit ?? null)
  }
  const onGuard = (event: GuardEvent): void =>
    deps.logs.write({
      level: event.code === 'ok' ? 'info' : 'warn',
      message: 'guard',
      taskId: row.task_id,
      details: { ...event, agent: row.agent },
    })
  try {
    const developed = await develop(task, { harness: deps.harness, clock: deps.clock, onGuard }, signal)
    return developed.ok ? developed.request : `${developed.code}: ${developed.message}`
  } catch (thrown) {
    // A base that may not be changed (a link, a submodule) fails this assignment, not the request.
    if (thrown instanceof HyperionError && thrown.kind === 'user') return `${thrown.code}: ${thrown.message}`
    throw thrown
  }
}

function conclude(deps: RequestDeps, requestId: string): ProcessedRequest {
  const rows = deps.requests.assignments(requestId)
  const failed = rows.flatMap((row) =>
    row.status === 'failed' ? [{ taskId: row.task_id, error: row.error ?? 'failed' }] : [],
  )
  const enqueued = rows.flatMap((row) => (row.change_id === null ? [] : [row.change_id]))
  const error = failed.length === 0 ? null : failed.map((f) => `${f.taskId}: ${f.error}`).join('; ')
  deps.requests.setStatus(requestId, failed.length === 0 ? 'queued' : 'failed', error)
  return { requestId, enqueued, failed }
}
