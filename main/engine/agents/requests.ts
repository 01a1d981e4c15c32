/** A task request's way to the queue: brief, questions, plan, drafts, each stored before the next step begins. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { Cast } from '../../../schemas/cast.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import type { Clock } from '../base/clock.ts'
import { nowSeconds } from '../base/clock.ts'
import { userError } from '../base/errors.ts'
import { canonicalJson } from '../base/hash.ts'
import type { Finding } from '../base/json.ts'
import { planRevision } from '../domain/plan.ts'
import { isCast, validateCast, validateTaskRequest } from '../domain/validate-task.ts'
import type { QuestionRow, Questions } from '../store/questions.ts'
import type { AssignmentRow, RequestRow, Requests } from '../store/requests.ts'
import { draftAll, type DraftDeps } from './drafting.ts'
import type { Answered, Engineer } from './engineer.ts'
import { handOut, type Orchestrator } from './orchestrator.ts'

export interface RequestDeps extends DraftDeps {
  clock: Clock
  questions: Questions
  /** The roles as they work for one request; a cast was scoped by a person already. */
  roles(of: { requestId: string; model: string | null; isCast: boolean }): {
    engineer: Engineer
    orchestrator: Orchestrator
  }
  /** How long questions wait before their assumptions hold; null for as long as it takes. */
  answerSeconds: number | null
  /** Whether plans wait for a person where the request does not say. */
  holdPlans: boolean
  /** Changes of others that are open on these targets. */
  inFlight(targets: readonly string[]): number[]
}

export interface RequestOptions {
  source: string
  model: string | null
  agents: number
  /** Whether its plan waits for a person before anybody drafts; without, the settings say. */
  holdPlan?: boolean | null
  /** Whether its Developers work in work trees; without, the settings say. */
  workTree?: boolean | null
}

/** What is kept of them; requests of earlier versions say nothing of their plan. */
type KeptOptions = Pick<RequestOptions, 'model' | 'agents' | 'holdPlan' | 'workTree'>

const keptOf = ({ model, agents, holdPlan = null, workTree = null }: RequestOptions): KeptOptions => ({
  model,
  agents,
  holdPlan,
  workTree,
})

export interface ProcessedRequest {
  requestId: string
  /** Change ids, in the order of the assignments. */
  enqueued: number[]
  failed: { taskId: string; error: string }[]
  /** What a person has to say before it goes on. */
  waiting: {
    questions: QuestionRow[]
    asks: { taskId: string; error: string }[]
    /** The plan, where it is held until a person lets it run. */
    plan: Assignment[] | null
  }
  /** Assignments that are still to be drafted: agents were stopped, or one that they stand on waits. */
  left: string[]
  /** It was withdrawn meanwhile: nothing more comes of it. */
  isWithdrawn: boolean
}

export const withdrawnText = (requestId: string): string =>
  `request ${requestId} was withdrawn while it was worked on; nothing more of it is queued`

/** Throws a user error where there is none of this name. */
export function requireRequest(requests: Pick<Requests, 'get'>, requestId: string): RequestRow {
  const row = requests.get(requestId)
  if (row !== undefined) return row
  throw userError('no_such_request', `there is no request ${requestId}`, 'see `hyperion requests`')
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
 * Takes a task request or cast in; one that was interrupted goes on where it was.
 *
 * A `request_id` stands for one payload for ever: the same again is told so, another under its name is refused.
 */
export function receiveRequest(deps: RequestDeps, value: unknown, options: RequestOptions): string {
  const { request } = readTask(options.source, value)
  const payload = canonicalJson(value)
  const { row, isNew } = deps.requests.receive({
    requestId: request.request_id,
    payload,
    options: keptOf(options),
    baseTip: deps.tip,
  })
  if (!isNew) {
    refuseKnown(row, payload, options.source)
    holdKnown(deps, row, options)
  }
  return request.request_id
}

/** One that goes on is held as well where that is asked for, as long as its plan did not run. */
function holdKnown(deps: RequestDeps, row: RequestRow, { holdPlan = null, source }: RequestOptions): void {
  const { request_id: id } = row
  if (holdPlan === null || row.plan_hold === 'held') return
  deps.db.write(() => {
    if (deps.requests.assignments(id).length === 0)
      return deps.requests.setOptions(id, { ...(JSON.parse(row.options) as KeptOptions), holdPlan })
    if (!holdPlan) return
    const message = `${source}: the plan of request ${id} runs already`
    throw userError('planned_too_late', message, `see \`hyperion requests ${id}\`, or go on without --plan`)
  })
}

function refuseKnown(row: RequestRow, payload: string, source: string): void {
  if (row.payload !== payload) {
    throw userError(
      'request_id_taken',
      `${source}: request_id ${row.request_id} stands for another request already (${row.status})`,
      'give this one a new request_id',
    )
  }
  const hint = `see \`hyperion requests ${row.request_id}\``
  if (row.status === 'queued')
    throw userError('duplicate_request', `${source}: request ${row.request_id} was processed already`, hint)
  if (row.status === 'cancelled')
    throw userError('request_cancelled', `${source}: request ${row.request_id} was cancelled`, hint)
}

/**
 * Takes a request as far as it goes without a person, from wherever it is.
 *
 * Throws what keeps a role from its work: submitting it again goes on from there.
 */
export async function advanceRequest(
  deps: RequestDeps,
  requestId: string,
  signal: AbortSignal,
): Promise<ProcessedRequest> {
  const row = requireRequest(deps.requests, requestId)
  const { request, cast } = readTask(requestId, JSON.parse(row.payload))
  const given = JSON.parse(row.options) as KeptOptions
  const roles = deps.roles({ requestId, model: given.model, isCast: cast !== null })
  let brief = await briefFor(deps, request, roles.engineer, signal)
  const waiting = waitForAnswers(deps, requestId)
  if (waiting.length > 0) return conclude(deps, requestId, waiting)
  brief = await withAnswers(deps, request, brief, roles.engineer, signal)
  await planFor(deps, request, brief, roles.orchestrator, given.agents, signal)
  if (deps.requests.isPlanHeld(requestId)) return heldPlan(deps, requestId)
  // Read only now: it may have been edited until the moment it was let run.
  const rows = deps.requests.assignments(requestId)
  const known = deps.requests.get(requestId)?.base_tip ?? null
  if (known === null) deps.requests.setBase(requestId, deps.tip)
  const base = known ?? deps.tip
  await draftAll(
    deps,
    { request, cast, brief, rows, base, model: given.model, inTree: given.workTree ?? null },
    signal,
  )
  return conclude(deps, requestId, [])
}

async function briefFor(
  deps: RequestDeps,
  request: TaskRequest,
  engineer: Engineer,
  signal: AbortSignal,
): Promise<Brief> {
  const { request_id: id } = request
  const known = deps.requests.brief(id)
  if (known !== null) return known
  const brief = await engineer.scope(request, null, signal)
  deps.db.write(() => {
    deps.requests.setBrief(id, brief)
    deps.questions.ask(id, brief.questions)
  })
  return brief
}

/** Returns the questions the request waits for; those nobody answered in time are taken as their assumptions. */
function waitForAnswers(deps: RequestDeps, requestId: string): QuestionRow[] {
  const open = (): QuestionRow[] =>
    deps.questions.of(requestId).filter((one) => one.blocking && one.answer === null && !one.skipped)
  const row = deps.requests.get(requestId)
  const now = nowSeconds(deps.clock)
  const answerBy = row?.answer_by ?? null
  const waits = row?.status === 'needs_answer'
  const isOverdue = waits && answerBy !== null && answerBy <= now && open().length > 0
  return deps.db.write(() => {
    if (isOverdue) {
      deps.questions.expire(requestId)
      deps.logs.write({
        message: 'not answered in time',
        details: { request_id: requestId, answer_by: answerBy },
      })
    }
    const questions = open()
    if (questions.length === 0) deps.requests.waitNoLonger(requestId)
    else if (!waits)
      deps.requests.waitUntil(requestId, deps.answerSeconds === null ? null : now + deps.answerSeconds)
    return questions
  })
}

/** Has the brief written once more where somebody answered; assumptions are in it already. */
async function withAnswers(
  deps: RequestDeps,
  request: TaskRequest,
  brief: Brief,
  engineer: Engineer,
  signal: AbortSignal,
): Promise<Brief> {
  const { request_id: id } = request
  const questions = deps.questions.of(id)
  const isNew = brief.questions.some(({ answer }) => answer === null)
  if (!isNew || questions.every(({ answer }) => answer === null)) return brief
  const answered: Answered[] = questions.map(({ text, answer, assumption }) => ({
    question: text,
    answer: answer ?? `(nobody answered; it is taken that ${assumption ?? 'you know best'})`,
  }))
  const again = await engineer.scope(request, answered, signal)
  deps.requests.setBrief(id, again)
  return again
}

async function planFor(
  deps: RequestDeps,
  request: TaskRequest,
  brief: Brief,
  orchestrator: Orchestrator,
  agents: number,
  signal: AbortSignal,
): Promise<void> {
  const { request_id: id } = request
  if (deps.requests.assignments(id).length > 0) return
  const assignments = await orchestrator.split(brief, request, signal)
  refuseTaken(deps.requests, id, assignments)
  const planned = handOut(assignments, agents).map((one) => ({
    ...one,
    inFlight: deps.inFlight(one.assignment.file_targets),
  }))
  deps.db.write(() => {
    deps.requests.setAssignments(id, planned)
    // Questions may have waited for days.
    deps.requests.setBase(id, deps.tip)
    // As it is asked for now: the request may have been handed in once more meanwhile.
    const { holdPlan } = JSON.parse(deps.requests.get(id)?.options ?? '{}') as Partial<KeptOptions>
    if (holdPlan ?? deps.holdPlans) {
      deps.requests.holdPlan(id)
      const details = { request_id: id, assignments: planned.length, plan: planRevision(assignments) }
      deps.logs.write({ message: 'plan held', details })
    }
  })
}

/** A task belongs to one request for good. */
export function refuseTaken(
  requests: Pick<Requests, 'ownerOf'>,
  requestId: string,
  assignments: readonly Assignment[],
): void {
  for (const { task_id } of assignments) {
    const owner = requests.ownerOf(task_id)
    if (owner === null || owner === requestId) continue
    const message = `assignment ${task_id} of ${requestId} has the task_id of one of request ${owner}`
    throw userError('task_id_taken', message, 'give it another task_id')
  }
}

/** Nothing of it is drafted, and its status stays as it is: somebody may let it run at this very moment. */
function heldPlan(deps: RequestDeps, requestId: string): ProcessedRequest {
  const plan = deps.requests.assignments(requestId).map(({ assignment }) => assignment)
  return {
    requestId,
    enqueued: [],
    failed: [],
    waiting: { questions: [], asks: [], plan },
    left: [],
    isWithdrawn: false,
  }
}

const withStatus = (rows: readonly AssignmentRow[], status: AssignmentRow['status']): AssignmentRow[] =>
  rows.filter((row) => row.status === status)

const failureOf = ({ task_id: taskId, error }: AssignmentRow): { taskId: string; error: string } => ({
  taskId,
  error: error ?? 'failed',
})

/** Says of a request what its assignments say together. */
export function concludeRequest(
  requests: Pick<Requests, 'assignments' | 'setStatus'>,
  requestId: string,
): void {
  const rows = requests.assignments(requestId)
  const isThere = (status: AssignmentRow['status']): boolean => withStatus(rows, status).length > 0
  const failed = withStatus(rows, 'failed').map(failureOf)
  const error = failed.length === 0 ? null : failed.map((f) => `${f.taskId}: ${f.error}`).join('; ')
  const status = isThere('asks')
    ? 'needs_answer'
    : isThere('failed')
      ? 'failed'
      : isThere('planned')
        ? 'assigned'
        : 'queued'
  requests.setStatus(requestId, status, error)
}

function conclude(deps: RequestDeps, requestId: string, questions: QuestionRow[]): ProcessedRequest {
  const rows = deps.requests.assignments(requestId)
  const failed = withStatus(rows, 'failed').map(failureOf)
  const asks = withStatus(rows, 'asks').map(failureOf)
  const left = withStatus(rows, 'planned').map(({ task_id }) => task_id)
  const enqueued = rows.flatMap((row) => (row.change_id === null ? [] : [row.change_id]))
  const isWithdrawn = deps.requests.isCancelled(requestId)
  if (questions.length === 0 && !isWithdrawn) concludeRequest(deps.requests, requestId)
  return { requestId, enqueued, failed, waiting: { questions, asks, plan: null }, left, isWithdrawn }
}
