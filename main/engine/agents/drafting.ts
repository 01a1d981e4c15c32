/** The assignments of a request are drafted, as many at once as there may be, and queued as they are done. */
import type { Brief } from '../../../schemas/brief.ts'
import type { Cast } from '../../../schemas/cast.ts'
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import type { Config } from '../../../schemas/config.ts'
import type { NextTaskContext } from '../../../schemas/reports.ts'
import type { Widening } from '../../../schemas/submission.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import type { Clock } from '../base/clock.ts'
import { HyperionError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { takeTurn } from '../base/turns.ts'
import { pathRefusal } from '../domain/paths.ts'
import type { Database } from '../store/database.ts'
import type { Logs } from '../store/logs.ts'
import type { AssignmentRow, Requests } from '../store/requests.ts'
import { develop, fromFinishedEdit, type DeveloperTask, type GuardEvent } from './developer.ts'
import type { Hunks } from './draft.ts'
import type { AgentTask, OpenWorkTree, Outcome, ReadFile, Refused } from './harness.ts'
import type { WorkTreeBase } from './work-tree/open.ts'
import { draftOrder, standsOn } from './orchestrator.ts'

export interface DraftDeps {
  clock: Clock
  db: Database
  requests: Requests
  logs: Logs
  agents: Config['agents']
  allow: Readonly<Record<string, string>>
  tip: string
  /** The Developers' work follows from its input alone: one after the other then gives the same ids each time. */
  isDeterministic: boolean
  /** Has a Developer do a task, supervised. */
  runDeveloper(
    task: AgentTask,
    of: { requestId: string; taskId: string },
    signal: AbortSignal,
  ): Promise<Outcome>
  /** The session that an earlier draft was made in, where it can be gone on with. */
  sessionOf(taskId: string): AgentTask['resume']
  /** Whether the change of an assignment is in the target. */
  hasLanded(row: AssignmentRow): boolean
  /** Keeps what an agent asks for beyond its files. */
  askForFiles(requestId: string, taskId: string, wanted: readonly Widening[]): void
  /** What is told of an assignment's work under execution/. */
  contextOf(taskId: string): NextTaskContext
  /** Reads a file as it is in a commit. */
  readAt(commit: string): ReadFile
  pathsAt(commit: string): Promise<string[]>
  hunks: Hunks
  /**
   * Opens work trees, where Developers work in them; null where they only read. `wanted` is what the request says of it,
   * null where that is left to the settings.
   */
  workTrees(wanted: boolean | null): ((base: Omit<WorkTreeBase, 'tree'>) => OpenWorkTree) | null
  /**
   * Validates a change request like any other; what it returns queues it, approved by whoever approved the cast where
   * that covers all it asks for.
   */
  prepare(source: string, change: ChangeRequest, cast: Cast | null): Promise<() => Queued>
  /** What the last change of a task that a person sent back did to files; null where there is none. */
  sentBackOf(taskId: string): readonly FileChange[] | null
}

/** The change that a draft became, or why it became none. */
export type Queued = { id: number } | { failed: string }

export interface DraftWork {
  request: TaskRequest
  cast: Cast | null
  brief: Brief
  rows: readonly AssignmentRow[]
  /** The commit that drafts are written against. */
  base: string
  /** What `--model` named. */
  model: string | null
  /** Whether it says that Developers work in work trees. */
  inTree: boolean | null
}

/** What became of one: a change request, why there is none, or that it is to be tried later. */
type Drafted = { change: ChangeRequest } | { failed: string } | { asks: string } | 'later'

/** Nothing more is to be done here, or nothing before a person said so. */
const NOT_NOW: ReadonlySet<AssignmentRow['status']> = new Set(['queued', 'cancelled', 'asks'])

/** Drafts and queues what is not; returns when nothing more can be done without a person. */
export async function draftAll(deps: DraftDeps, work: DraftWork, signal: AbortSignal): Promise<void> {
  const { request_id: id } = work.request
  const all = work.rows.map(({ assignment }) => assignment)
  const order = draftOrder(all).map(({ task_id }) => task_id)
  const tried = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const rowsNow = (): Map<string, AssignmentRow> =>
    new Map(deps.requests.assignments(id).map((row) => [row.task_id, row]))

  /** Those that wait for nobody else's draft; what waits in a circle is tried last, when nothing else is. */
  function ready(): AssignmentRow[] {
    const rows = rowsNow()
    const open = order.flatMap((task) => rows.get(task) ?? []).filter((row) => !NOT_NOW.has(row.status))
    const untried = open.filter((row) => !tried.has(row.task_id))
    const waits = (row: AssignmentRow): boolean =>
      [...standsOn(row.assignment, all)].some(
        (task) =>
          task !== row.task_id && (running.has(task) || (!tried.has(task) && !isSettled(rows.get(task)))),
      )
    const free = untried.filter((row) => !waits(row))
    return free.length > 0 || running.size > 0 ? free : untried.slice(0, 1)
  }

  while (!signal.aborted && !deps.requests.isCancelled(id)) {
    for (const row of ready()) {
      if (deps.isDeterministic && running.size > 0) break
      tried.add(row.task_id)
      const taskId = row.task_id
      running.set(
        taskId,
        advance(deps, work, taskId, signal).finally(() => running.delete(taskId)),
      )
    }
    if (running.size === 0) return
    try {
      await Promise.race(running.values())
    } catch (thrown) {
      // What the others are at is still theirs to finish.
      await Promise.allSettled(running.values())
      throw thrown
    }
  }
  await Promise.all(running.values())
}

const isSettled = (row: AssignmentRow | undefined): boolean =>
  row === undefined || row.status === 'queued' || row.status === 'cancelled'

/** Drafts one assignment, unless that is done, and queues its change request. */
async function advance(deps: DraftDeps, work: DraftWork, taskId: string, signal: AbortSignal): Promise<void> {
  // Whatever each step waits for may be there already: the program stays available to others all the same.
  await takeTurn()
  const all = deps.requests.assignments(work.request.request_id)
  const row = all.find((one) => one.task_id === taskId)
  if (row === undefined) return
  let draft = row.status === 'drafted' ? row.changeRequest : null
  if (draft === null) {
    const made = await draftFor(deps, work, row, all, signal)
    // Cancelled meanwhile, it stays as that act left it.
    if (made === 'later' || deps.requests.isCancelled(work.request.request_id)) return
    if ('failed' in made) return deps.requests.setFailed(taskId, made.failed)
    if ('asks' in made) return deps.requests.setAsks(taskId, made.asks)
    const { change } = made
    const isKept = deps.db.write(() => {
      if (isTaken(deps, taskId, work)) return false
      deps.requests.setDraft(taskId, change)
      return true
    })
    if (!isKept) return
    draft = change
    await takeTurn()
  }
  const enqueue = await deps.prepare(taskId, draft, work.cast)
  // One transaction: a crash in between would queue it again, or never.
  deps.db.write(() => {
    if (isTaken(deps, taskId, work)) return
    const queued = enqueue()
    if ('failed' in queued) deps.requests.setFailed(taskId, queued.failed)
    else deps.requests.setQueued(taskId, queued.id)
  })
}

/** Cancelled meanwhile, or handed in by somebody else: it stays as that left it. */
function isTaken({ requests }: DraftDeps, taskId: string, { request }: DraftWork): boolean {
  const { request_id: id } = request
  const status = requests.assignments(id).find((row) => row.task_id === taskId)?.status
  return requests.isCancelled(id) || status === undefined || status === 'queued' || status === 'cancelled'
}

/** Why a draft that stands on others cannot be made now; null where it can. */
function blockedBy(
  row: AssignmentRow,
  all: readonly AssignmentRow[],
  below: ReadonlySet<string>,
): Drafted | null {
  const lacking = all.find(
    (other) => other.task_id !== row.task_id && below.has(other.task_id) && other.changeRequest === null,
  )
  if (lacking === undefined) return null
  // One that waits for a person, or was stopped, may still come.
  if (lacking.status === 'asks' || lacking.status === 'planned') return 'later'
  return { failed: `depends on ${lacking.task_id}, which has no draft` }
}

/** Returns the change request for an assignment, or why there is none. */
async function draftFor(
  deps: DraftDeps,
  work: DraftWork,
  row: AssignmentRow,
  all: readonly AssignmentRow[],
  signal: AbortSignal,
): Promise<Drafted> {
  const { request, brief, cast } = work
  const { task_id: taskId } = row
  const below = standsOn(
    row.assignment,
    all.map(({ assignment }) => assignment),
  )
  const blocked = blockedBy(row, all, below)
  if (blocked !== null) return blocked
  // What is made anew is made on what there is now, and so is what stands on that.
  const anew = all.some((one) => one.sent_back !== null && (one === row || below.has(one.task_id)))
  const base = anew ? deps.tip : work.base
  let asks: string | null = null
  const earlier = all.flatMap((other) =>
    below.has(other.task_id) && other.changeRequest && !(anew && deps.hasLanded(other))
      ? [other.changeRequest]
      : [],
  )
  const openWorkTree = deps.workTrees(work.inTree)
  const task: DeveloperTask = {
    assignment: row.assignment,
    context: deps.contextOf(taskId),
    request,
    brief,
    agent: row.agent,
    baseCommit: base,
    readBase: deps.readAt(base),
    paths: () => deps.pathsAt(base),
    hunks: deps.hunks,
    openWorkTree: openWorkTree === null ? null : (read) => openWorkTree({ commit: base, read, earlier }),
    earlier,
    allow: deps.allow,
    agents: deps.agents,
    model: work.model,
    sentBack: row.sent_back,
    sentBackChanges: row.sent_back === null ? null : deps.sentBackOf(taskId),
    resume: row.sent_back === null ? null : deps.sessionOf(taskId),
    onWiden(wanted): Promise<Refused> {
      const refusal = wanted
        .map(({ path }) => ({ path, refusal: pathRefusal(path.replace(/\/$/, '')) }))
        .find((one) => one.refusal !== null)
      if (refusal?.refusal) {
        const message = `widen: ${inert(refusal.path, 200)}: ${refusal.refusal.message}`
        return Promise.resolve({ accepted: false, code: refusal.refusal.code, message })
      }
      deps.askForFiles(request.request_id, taskId, wanted)
      asks = `asks for ${wanted.map(({ path }) => inert(path, 200)).join(', ')}`
      const message = 'A person decides about the files you ask for. Stop here.'
      return Promise.resolve({ accepted: false, code: 'asks_to_widen', message, final: true })
    },
  }
  const finished = cast?.requested_changes[row.seq - 1]?.change
  if (finished !== undefined && request.assignments === undefined)
    return { change: fromFinishedEdit(task, finished, cast?.base_commit ?? null) }
  const onGuard = (event: GuardEvent): void =>
    deps.logs.write({
      level: event.code === 'ok' ? 'info' : 'warn',
      message: 'guard',
      taskId,
      details: { ...event, agent: row.agent },
    })
  const of = { requestId: request.request_id, taskId }
  try {
    const run = (agentTask: AgentTask): Promise<Outcome> => deps.runDeveloper(agentTask, of, signal)
    const developed = await develop(task, { run, clock: deps.clock, onGuard })
    if (developed.ok) return { change: developed.request }
    if (asks !== null) return { asks }
    if (signal.aborted || developed.code === 'agents_stopped') return 'later'
    return { failed: `${developed.code}: ${developed.message}` }
  } catch (thrown) {
    // A base that may not be changed (a link, a submodule) fails this assignment, not the request.
    if (thrown instanceof HyperionError && thrown.kind === 'user')
      return { failed: `${thrown.code}: ${thrown.message}` }
    throw thrown
  }
}
