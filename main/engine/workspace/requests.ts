/** Task requests on their way to the queue, and how those taken in stand. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { Cast } from '../../../schemas/cast.ts'
import { NO_CHECK, type CheckEntry } from '../../../schemas/check.ts'
import type { ChangeStatus } from '../../../schemas/states.ts'
import { chosenHarness, openHarness } from '../agents/choose.ts'
import { stubEngineer } from '../agents/engineer.ts'
import { stubOrchestrator } from '../agents/orchestrator.ts'
import {
  processRequest,
  readTask,
  type ProcessedRequest,
  type RequestDeps,
  type RequestOptions,
} from '../agents/requests.ts'
import { nowSeconds } from '../base/clock.ts'
import { bug, userError } from '../base/errors.ts'
import { canonicalJson } from '../base/hash.ts'
import { castContentHash } from '../casts/answers.ts'
import type { Ground } from '../compose.ts'
import { payloadHash } from '../domain/payload-hash.ts'
import { treeOf } from '../git/trees.ts'
import { overlapText, type Overlaps } from '../intake/overlaps.ts'
import { prepareChanges, type SubmitDeps } from '../intake/submit.ts'
import { approveAhead, type ActDeps } from '../landing/acts.ts'
import { tipOrThrow } from '../landing/attempt.ts'
import type { LandingDeps, Policy } from '../landing/deps.ts'
import { contentHashNow } from '../landing/policy.ts'
import { fileAt } from '../landing/sides.ts'
import { followUpstream, mayFollow } from '../landing/target.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { assignmentContext } from '../reports/figures.ts'
import type { AssignmentRow, RequestRow } from '../store/requests.ts'

export interface RequestTree {
  row: RequestRow
  brief: Brief | null
  assignments: (AssignmentRow & { change_status: ChangeStatus | null })[]
}

export interface QueuedRequest extends ProcessedRequest {
  /** Who else edits the same lines. */
  warnings: string[]
}

export interface RequestsRoom {
  /** Takes a task request or cast to the queue. */
  request(value: unknown, options: RequestOptions, signal: AbortSignal): Promise<QueuedRequest>
  /** Returns the assignments a request would become; queues nothing. */
  orchestrate(source: string, value: unknown, signal: AbortSignal): Promise<Assignment[]>
  /** The newest requests. */
  requests(limit: number): RequestRow[]
  requestTree(requestId: string): RequestTree
}

export interface RequestsDeps {
  ground: Ground
  deps: LandingDeps
  actDeps: ActDeps
  submitDeps(tip: string | null): SubmitDeps
  policyNow(): Promise<Policy>
  overlaps: Overlaps
}

export function openRequests({
  ground,
  deps,
  actDeps,
  submitDeps,
  policyNow,
  overlaps,
}: RequestsDeps): RequestsRoom {
  const { store, clock, repository } = ground
  const { objects, target } = deps

  async function requestDeps(): Promise<RequestDeps> {
    const at = await tipOrThrow(deps)
    const policy = await policyNow()
    const { agents } = ground.readConfig()
    const { env } = ground.host
    return {
      clock,
      db: store.db,
      requests: store.requests,
      logs: store.logs,
      engineer: stubEngineer({ protectedPaths: policy.approvals.protectedPaths }),
      orchestrator: stubOrchestrator(),
      harness: openHarness(chosenHarness({ agents }, env), {
        clock,
        env,
        scratch: deps.scratch,
        timeoutSeconds: agents.timeoutSeconds,
      }),
      agents,
      allow: policy.checks.allow,
      tip: at,
      contextOf: (taskId) => assignmentContext(store.db, nowSeconds(clock), taskId),
      readAt: (commit) => async (path) => {
        const found = await fileAt(objects, await treeOf(objects, commit), path)
        if (found.kind === 'refused') throw userError(found.code, found.message)
        return found.kind === 'file' ? found.file.bytes : null
      },
      prepare: async (source, change, cast) => {
        const insert = await prepareChanges(submitDeps(at), [{ source, value: change }])
        return () => {
          const [result] = insert()
          if (result === undefined) throw bug('not_queued', `${source} was not queued`)
          if (result.kind !== 'enqueued') return result.of.id
          if (cast !== null) approveAsCast(result.id, change, cast, policy)
          return result.id
        }
      },
    }
  }

  /** Lets approvals of a cast's content count for a change of it, unless that asks for checks nobody approved. */
  function approveAsCast(id: number, change: ChangeRequest, cast: Cast, policy: Policy): void {
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
    const met = row === undefined ? [] : overlaps.of(id, JSON.parse(row.payload) as ChangeRequest, true)
    return met.map(overlapText)
  }

  return {
    async request(value, options, signal) {
      // What is refused moves nothing.
      readTask(options.source, value)
      // Nobody drafts on a base that upstream has left behind, whether or not a worker runs to follow it.
      if (mayFollow(repository.commonDir, target)) await followUpstream(deps, signal)
      const done = await processRequest(await requestDeps(), value, options, signal)
      return { ...done, warnings: done.enqueued.flatMap(metBefore) }
    },
    async orchestrate(source, value, signal) {
      const { request } = readTask(source, value)
      const { engineer, orchestrator } = await requestDeps()
      return orchestrator.split(await engineer.scope(request, new Map(), signal), request, signal)
    },
    requests: (limit) => store.requests.list(limit),
    requestTree(requestId) {
      const row = store.requests.get(requestId)
      if (row === undefined) {
        throw userError('no_such_request', `there is no request ${requestId}`, 'see `hyperion requests`')
      }
      const assignments = store.requests.assignments(requestId).map((one) => ({
        ...one,
        change_status:
          one.change_id === null ? null : (store.changes.find(one.change_id)?.row.status ?? null),
      }))
      return { row, brief: store.requests.brief(requestId), assignments }
    },
  }
}
