/** Task requests of an open workspace: taken in, led to the queue, answered, sent back, cancelled. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { Cast } from '../../../schemas/cast.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { NO_CHECK, type CheckEntry } from '../../../schemas/check.ts'
import type { ChangeStatus } from '../../../schemas/states.ts'
import type { AgentTask } from '../agents/harness.ts'
import { assignmentsOf } from '../agents/orchestrator.ts'
import { advanceRequest, readTask, receiveRequest, requireRequest, type ProcessedRequest, type RequestDeps, type RequestOptions, withdrawnText } from '../agents/requests.ts' // prettier-ignore
import type { InFlight } from '../agents/role-prompts.ts'
import { nowSeconds } from '../base/clock.ts'
import { asHyperionError, bug, userError } from '../base/errors.ts'
import { canonicalJson } from '../base/hash.ts'
import { isAlive } from '../base/process.ts'
import { takeTurn } from '../base/turns.ts'
import { castContentHash } from '../casts/answers.ts'
import type { Ground } from '../compose.ts'
import { payloadHash } from '../domain/payload-hash.ts'
import { gitText } from '../git/git.ts'
import { overlapText, type Overlaps } from '../intake/overlaps.ts'
import { prepareChanges, type SubmitDeps } from '../intake/submit.ts'
import { approveAhead, type ActDeps } from '../landing/acts.ts'
import { tipOrThrow } from '../landing/attempt.ts'
import type { LandingDeps, Policy } from '../landing/deps.ts'
import { contentHashNow } from '../landing/policy.ts'
import { followUpstream, mayFollow } from '../landing/target.ts'
import { assignmentContext } from '../reports/figures.ts'
import type { QuestionRow } from '../store/questions.ts'
import type { AssignmentRow, RequestRow } from '../store/requests.ts'
import { openCrew, type Crew } from './agents/crew.ts'
import { openFlights } from './agents/flights.ts'
import { gitHunks, readerAt } from './agents/texts.ts'
import { modeOf, workTreesOf } from './agents/work-trees.ts'

export interface RequestTree {
  row: RequestRow
  brief: Brief | null
  questions: QuestionRow[]
  assignments: (AssignmentRow & { change_status: ChangeStatus | null })[]
}

export interface QueuedRequest extends ProcessedRequest {
  /** Those of the changes that are new. */
  fresh: number[]
  /** Who else edits the same lines. */
  warnings: string[]
}

export interface RequestsRoom {
  /** Takes a task request or cast to the queue, as far as it goes without a person. */
  request(value: unknown, options: RequestOptions, signal: AbortSignal): Promise<QueuedRequest>
  /** Goes on with a request from wherever it is. */
  goOn(requestId: string, signal: AbortSignal): Promise<QueuedRequest>
  /** Takes one in and says so; it goes on by itself while this program runs. */
  begin(value: unknown, options: RequestOptions): Promise<string>
  /** Goes on by itself with a request that is there, unless it is being led already. */
  beginAgain(requestId: string): void
  /** What is not done, and that nobody leads: of programs that ended, and questions that waited long enough. */
  tend(): void
  /** Refuses what is no task request; returns whether its plan can be told without asking a model. */
  isForeseeable(source: string, value: unknown): boolean
  /** Returns the assignments a request would become; queues nothing. */
  orchestrate(source: string, value: unknown, signal: AbortSignal): Promise<Assignment[]>
  /** The newest requests. */
  requests(limit: number): RequestRow[]
  requestTree(requestId: string): RequestTree
  crew: Crew
  close(): Promise<void>
}

export interface RequestsDeps {
  ground: Ground
  deps: LandingDeps
  actDeps: ActDeps
  submitDeps(tip: string | null): SubmitDeps
  policyNow(): Promise<Policy>
  overlaps: Overlaps
  /** Hears what ended a request that nobody waits for. */
  onTrouble(requestId: string, thrown: unknown): void
}

export function openRequests({
  ground,
  deps,
  actDeps,
  submitDeps,
  policyNow,
  overlaps,
  onTrouble,
}: RequestsDeps): RequestsRoom {
  const { store, clock, repository } = ground
  const { objects, target } = deps
  const crew = openCrew(ground, deps.scratch)
  const flights = openFlights<QueuedRequest>()

  const readAt = (commit: string) => readerAt(objects, commit)
  const pathsAt = async (commit: string): Promise<string[]> =>
    (await gitText(['ls-tree', '-r', '-z', '--name-only', commit], ground.repoGit))
      .split('\0')
      .filter((path) => path !== '')

  const hunks = gitHunks(deps)

  const inFlightOn = (targets: readonly string[]): number[] => [
    ...new Set(targets.flatMap((path) => store.browse.openOnTarget(path))),
  ]
  /** Work of others on the files of a request. */
  function inFlightFor(paths: readonly string[]): Promise<InFlight[]> {
    const found = inFlightOn(paths).flatMap((id) => store.changes.get(id) ?? [])
    return Promise.resolve(
      found.map(({ id, task_id: task, payload }) => ({
        id,
        task,
        paths: (JSON.parse(payload) as ChangeRequest).changes.map(({ path }) => path),
      })),
    )
  }

  async function requestDeps(): Promise<RequestDeps> {
    const at = await tipOrThrow(deps)
    const policy = await policyNow()
    const { agents } = ground.readConfig()
    const developers = crew.harness('developer')
    const { protectedPaths } = policy.approvals
    const tree = { read: readAt(at), paths: () => pathsAt(at) }
    return {
      clock,
      db: store.db,
      requests: store.requests,
      questions: store.questions,
      logs: store.logs,
      roles: (of) => {
        const { request } = readTask(
          of.requestId,
          JSON.parse(store.requests.get(of.requestId)?.payload ?? '{}'),
        )
        const paths = request.requested_changes.map(({ path }) => path)
        return crew.roles(of, { tree, protectedPaths, inFlight: () => inFlightFor(paths) })
      },
      answerSeconds: agents.answerSeconds,
      holdPlans: agents.holdPlans,
      inFlight: inFlightOn,
      agents,
      allow: policy.checks.allow,
      tip: at,
      isDeterministic: developers.id === 'stub',
      runDeveloper: (task, of, signal) => crew.run(developers, task, of, signal),
      hasLanded: ({ change_id: id }) => id !== null && store.changes.get(id)?.status === 'applied',
      sessionOf: (taskId) => sessionOf(taskId, developers.id),
      askForFiles(requestId, taskId, wanted) {
        const id = store.questions.askForFiles(requestId, taskId, wanted)
        store.logs.write({
          message: 'widening asked',
          taskId,
          details: { id, request_id: requestId, wanted },
        })
      },
      contextOf: (taskId) => assignmentContext(store.db, nowSeconds(clock), taskId),
      readAt,
      pathsAt,
      hunks,
      // A stub asks no model, and has nothing to try out.
      workTrees: (wanted) =>
        developers.id === 'stub'
          ? null
          : workTreesOf(ground, deps, policy, modeOf(agents.workTree, wanted), hunks),
      prepare: async (source, change, cast) => {
        const insert = await prepareChanges(submitDeps(at), [{ source, value: change }])
        return () => {
          const [result] = insert()
          if (result === undefined) throw bug('not_queued', `${source} was not queued`)
          if (result.kind !== 'enqueued') {
            const { id, status } = result.of
            // One that has ended and landed nothing is no work of this request.
            if (status !== 'failed' && status !== 'cancelled') return { id }
            return { failed: `duplicate: the same is change ${id} already, which is ${status}; \`hyperion retry ${id}\` has it tried again` } // prettier-ignore
          }
          if (cast !== null) approveAsCast(result.id, change, cast, policy)
          return { id: result.id }
        }
      },
      sentBackOf(taskId) {
        const before = store.changes.sentBackOf(taskId)
        return before === undefined ? null : (JSON.parse(before.payload) as ChangeRequest).changes
      },
    }
  }

  /** The newest session a task was worked on in by these agents, and what all its runs used up. */
  function sessionOf(taskId: string, harness: string): AgentTask['resume'] {
    const session = store.sessions.ofTask(taskId, harness)
    return session === undefined
      ? null
      : { sessionId: session.resume_id, used: store.runs.usedIn(session.resume_id) }
  }

  /** Whether an assignment is still what the cast makes of it: who approved the cast saw no other plan. */
  function isAsCast(taskId: string, requestId: string): boolean {
    const row = store.requests.get(requestId)
    const brief = store.requests.brief(requestId)
    if (row === undefined || brief === null) return false
    const { request } = readTask(requestId, JSON.parse(row.payload))
    const planned = assignmentsOf(brief, request).find(({ task_id }) => task_id === taskId)
    const now = store.requests.assignments(requestId).find(({ task_id }) => task_id === taskId)
    return (
      planned !== undefined && now !== undefined && canonicalJson(planned) === canonicalJson(now.assignment)
    )
  }

  /** Lets approvals of a cast's content count for a change of it, unless that asks for checks nobody approved. */
  function approveAsCast(id: number, change: ChangeRequest, cast: Cast, policy: Policy): void {
    if (!isAsCast(change.task_id, cast.request_id)) return
    const given = store.casts.approvals(castContentHash(cast))
    if (given.length === 0) return
    const seen = [cast.checks, ...(cast.assignments ?? []).map(({ checks }) => checks)].flatMap(
      (one) => one ?? [],
    )
    const known = new Set([
      ...Object.keys(policy.checks.allow),
      ...Object.values(policy.checks.allow),
      NO_CHECK,
    ])
    const covered = new Set(seen.map(canonicalJson))
    const isCovered = (one: CheckEntry): boolean =>
      covered.has(canonicalJson(one)) || (typeof one === 'string' && known.has(one))
    if (!change.checks?.every(isCovered)) return
    const contentHash = contentHashNow(change, payloadHash(change), policy, [])
    for (const { approver: by, role, note } of given)
      approveAhead(actDeps, { id, by, role, note, contentHash })
  }

  /** Which changes were in the queue before this one and edit the same lines, in words. */
  function metBefore(id: number): string[] {
    const row = store.changes.get(id)
    if (row === undefined) return []
    const change = JSON.parse(row.payload) as ChangeRequest
    // It stands on what it depends on: that is no surprise to anybody.
    const known = new Set(change.depends_on)
    return overlaps
      .of(id, change, true)
      .filter(({ task_id }) => !known.has(task_id))
      .map(overlapText)
  }

  async function advance(requestId: string, signal: AbortSignal): Promise<QueuedRequest> {
    if (!store.requests.lead(requestId, isAlive)) {
      const leader = store.requests.leader(requestId)
      const message = `request ${requestId} is being worked on by another program (pid ${leader?.pid ?? '?'})`
      throw userError('request_led', message, `see \`hyperion requests ${requestId}\``)
    }
    try {
      store.requests.resume(requestId)
      const before = new Set(store.requests.assignments(requestId).map(({ change_id }) => change_id))
      const done = await advanceRequest(await requestDeps(), requestId, signal)
      const fresh = done.enqueued.filter((id) => !before.has(id))
      return { ...done, fresh, warnings: fresh.flatMap(metBefore) }
    } catch (thrown) {
      const error = asHyperionError(thrown)
      // What was cancelled stays so; what was stopped, or met a busy queue, goes on from here by itself.
      if (!signal.aborted && error.kind !== 'transient' && !store.requests.isCancelled(requestId))
        store.requests.setStatus(requestId, 'failed', error.message)
      if (error.kind === 'user' && store.requests.isCancelled(requestId))
        throw userError('request_cancelled', withdrawnText(requestId))
      throw thrown
    } finally {
      store.requests.letGo(requestId)
      const status = store.requests.get(requestId)?.status
      // One that is queued says so by its changes; that one waits or failed, nothing else tells who watches.
      if (status === 'needs_answer' || status === 'failed')
        store.logs.write({ message: 'request waits', details: { request_id: requestId, status } })
    }
  }

  /** Takes one in; what is refused moves nothing. */
  async function receive(value: unknown, options: RequestOptions, signal: AbortSignal): Promise<string> {
    readTask(options.source, value)
    await takeTurn()
    // Nobody drafts on a base that upstream has left behind, whether or not a worker runs to follow it.
    if (mayFollow(repository.commonDir, target)) await followUpstream(deps, signal)
    return receiveRequest(await requestDeps(), value, options)
  }

  /** Leads one while somebody waits for it; who does not wait any longer wants it to stop. */
  async function lead(requestId: string, signal: AbortSignal): Promise<QueuedRequest> {
    try {
      return await flights.start(requestId, (stop) => advance(requestId, AbortSignal.any([stop, signal])))
    } finally {
      const rests = store.requests.isCancelled(requestId) || store.requests.isPlanHeld(requestId)
      if (signal.aborted && !rests)
        store.requests.setStatus(
          requestId,
          'failed',
          `interrupted; \`hyperion continue ${requestId}\` goes on`,
        )
    }
  }

  function beginAgain(requestId: string): void {
    flights
      .start(requestId, (signal) => advance(requestId, signal))
      .catch((thrown: unknown) => onTrouble(requestId, thrown))
  }

  return {
    crew,
    request: async (value, options, signal) => lead(await receive(value, options, signal), signal),
    goOn: lead,
    async begin(value, options) {
      const requestId = await receive(value, options, flights.signal)
      beginAgain(requestId)
      return requestId
    },
    beginAgain,
    tend() {
      store.runs.sweep(isAlive)
      if (store.facts.get('agents_stopped') !== null) return
      const open = [...store.requests.abandoned(isAlive), ...store.requests.overdue()]
      for (const requestId of open) if (!flights.has(requestId)) beginAgain(requestId)
    },
    async close() {
      await flights.close()
      await crew.close()
    },
    isForeseeable(source, value) {
      const { cast } = readTask(source, value)
      return (
        cast !== null ||
        !(['engineer', 'orchestrator'] as const).some((role) => crew.harness(role).id !== 'stub')
      )
    },
    async orchestrate(source, value, signal) {
      const { request, cast } = readTask(source, value)
      const { protectedPaths } = (await policyNow()).approvals
      const at = await tipOrThrow(deps)
      const { request_id: requestId } = request
      const paths = request.requested_changes.map(({ path }) => path)
      const { engineer, orchestrator } = crew.roles(
        { requestId, model: null, isCast: cast !== null },
        {
          tree: { read: readAt(at), paths: () => pathsAt(at) },
          protectedPaths,
          inFlight: () => inFlightFor(paths),
        },
      )
      return orchestrator.split(await engineer.scope(request, null, signal), request, signal)
    },
    requests: (limit) => store.requests.list(limit),
    requestTree(requestId) {
      const row = requireRequest(store.requests, requestId)
      const assignments = store.requests.assignments(requestId).map((one) => ({
        ...one,
        change_status:
          one.change_id === null ? null : (store.changes.find(one.change_id)?.row.status ?? null),
      }))
      const questions = store.questions.of(requestId)
      return { row, brief: store.requests.brief(requestId), questions, assignments }
    },
  }
}
