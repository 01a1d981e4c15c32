/** The facade: everything that the command line and the app may ask of the engine. */
import type { Assignment } from '../../schemas/assignment.ts'
import type { Brief } from '../../schemas/brief.ts'
import type { ChangeRequest } from '../../schemas/change-request.ts'
import type { Config } from '../../schemas/config.ts'
import type { ConflictRecord } from '../../schemas/conflict.ts'
import type { QueueMetrics } from '../../schemas/metrics.ts'
import type { DeadLetterRow, ListRow } from '../../schemas/records.ts'
import type { ChangeStatus } from '../../schemas/states.ts'
import type { ChainView, Place } from '../../schemas/view.ts'
import {
  CONFIG_FILE,
  configOrDefault,
  openGround,
  openLanding,
  privateFolder,
  type Ground,
  type OpenEngineOptions,
} from './compose.ts'
import { auditState, exportAudit, verifyAudit, type AuditRoom } from './audit/audit.ts'
import type { Overlap, WaitReason } from '../../schemas/acts.ts'
import { readRef } from './git/refs.ts'
import { stubHarness } from './agents/adapters/stub.ts'
import { stubEngineer } from './agents/engineer.ts'
import type { AgentHarness } from './agents/harness.ts'
import { stubOrchestrator } from './agents/orchestrator.ts'
import {
  processRequest,
  readTask,
  type ProcessedRequest,
  type RequestDeps,
  type RequestOptions,
} from './agents/requests.ts'
import { treeOf } from './git/trees.ts'
import {
  prepareChanges,
  submitChanges,
  type SubmitDeps,
  type Submission,
  type Submitted,
} from './intake/submit.ts'
import { openOverlaps, overlapText } from './intake/overlaps.ts'
import { fileAt } from './landing/sides.ts'
import type { Policy } from './landing/deps.ts'
import type { AssignmentRow, RequestRow } from './store/requests.ts'
import { applyToCheckout, recoverApplied } from './workspace/apply.ts'
import { checkCheckout } from './workspace/check-checkout.ts'
import { examine } from './workspace/doctor.ts'
import * as acts from './landing/acts.ts'
import { contentHashNow } from './landing/policy.ts'
import { tipOrThrow } from './landing/attempt.ts'
import { followUpstream, mayFollow } from './landing/target.ts'
import { settleChange } from './landing/settle.ts'
import { startUp } from './landing/startup.ts'
import type { ChangeRow } from './store/changes.ts'
import type { LogFilter } from './store/logs.ts'
import { shownLog, shownRow, type ShownLog } from './workspace/shown.ts'
import { mayMove } from './domain/states.ts'
import { openOperations } from './workspace/operate.ts'
import { allowChange, settingChange } from './workspace/propose.ts'
import { agentOf } from './workspace/revert.ts'
import { readUpstream } from './workspace/upstream-state.ts'
import { watchSync } from './workspace/watch-sync.ts'
import { openIntake } from './workspace/intake.ts'
import { openViews } from './workspace/views.ts'
import { readChain } from './workspace/chain.ts'
import { readMetrics } from './store/metrics.ts'
import { finishInterrupted, sync, type SyncResult } from './landing/sync.ts'
import { cleanUp, sweepIfDue } from './store/retention.ts'
import { openReporter, REPORTS_FOLDER, type Reporter } from './reports/reporter.ts'
import { trackedBelow } from './git/tracked.ts'
import { acceptUpstream } from './landing/upstream.ts'
import type { ApprovalRow, AttemptRow, CheckRunRow } from './store/records.ts'

export interface ShownChange extends ListRow {
  request_id: string | null
  reason_code: string | null
  fence: number
  archived: boolean
  /** What an open change waits for, in words; empty when it is next in line. */
  waits_for: string[]
  waits: WaitReason[]
  /** 1 plus those ready to be taken before it, and those before it on its files; null unless pending. */
  position: number | null
  /** Other open changes that edit the same lines. */
  overlaps: Overlap[]
  attempts_made: AttemptRow[]
  check_runs: CheckRunRow[]
  approvals: ApprovalRow[]
  conflicts: ConflictRecord[]
  resolutions: { path: string; how: string; resolved_by: string; tip: string; created_at: number }[]
  log: ShownLog[]
}

import { bug, userError, type HyperionError } from './base/errors.ts'

export { asHyperionError, HyperionError, userError } from './base/errors.ts'
export { inert, inertBlock, inertJson } from './base/inert.ts'
export { readJson } from './base/json.ts'
export { instant, nowSeconds, systemClock, type Clock } from './base/clock.ts'
export { startProcess } from './base/process.ts'
export { logLine } from './store/logs.ts'
export { cleanSentence } from './audit/audit.ts'
export { progressLine } from './domain/metrics.ts'
export { REQUEST_FILE_LIMITS } from './domain/limits.ts'
export { requireValid, skippedText } from './intake/submit.ts'
export { validateChangeRequest } from './domain/validate-change.ts'
export { ensureInitialised, initialise, proposeConfig, writeConfig } from './workspace/initialise.ts'
export type { InboxWatch } from './intake/inbox/watch.ts'
export type { FilesWatch } from './intake/files/watch.ts'
export type { Proposal } from './intake/source/propose.ts'
export type { Diagnosis } from './workspace/doctor.ts'
export { makeSample, type Sample } from './workspace/sample.ts'
export { operatorName, recentCommits } from './git/porcelain.ts'
export { startWorkers, type WorkerSettings } from './workers/start.ts'
export type { OpenEngineOptions } from './compose.ts'
export type { PathDecision } from './landing/acts.ts'
export type { Reporter } from './reports/reporter.ts'
export type { HomeSurroundings } from './workspace/home.ts'
export { inspectFolder } from './workspace/inspect.ts'
export { shownRow } from './workspace/shown.ts'
export { overlapText }
export { pauseRemedy, pauseTeller, pauseText } from './store/pause.ts'

export interface RequestTree {
  row: RequestRow
  brief: Brief | null
  assignments: (AssignmentRow & { change_status: ChangeStatus | null })[]
}

export interface QueuedRequest extends ProcessedRequest {
  /** Who else edits the same lines. */
  warnings: string[]
}

/** Returns the harness the operator chose; one that is not there is an error, never silently the stubs. */
function chooseHarness(config: Config, named: string | undefined): AgentHarness {
  const chosen = named || config.agents.harness
  if (chosen === 'stub') return stubHarness()
  throw userError(
    'harness_missing',
    `the agent harness "${chosen}" is not in this version`,
    'unset HYPERION_AGENT and agents.harness to use the stub agents',
  )
}

export type Engine = Awaited<ReturnType<typeof openEngine>>

/** Opens the engine over an initialised workspace. Its caller closes it. */
export async function openEngine(options: OpenEngineOptions & { actor: string }) {
  const ground = await openGround(options)
  return engineOver(ground, options.actor)
}

export async function engineOver(ground: Ground, actor: string) {
  const { store, clock, repository } = ground
  const config = (): Config => ground.readConfig()
  const landing = await openLanding(
    ground,
    { workerId: actor, runChecks: false, trustChecks: false, slot: 0, leaseSeconds: 0, maxAttempts: 0 },
    configOrDefault(ground),
  )
  const { deps } = landing
  const { objects, target } = deps
  const tip = (): Promise<string | null> => readRef(ground.repoGit, target)
  const views = openViews(ground, deps)
  const actDeps: acts.ActDeps = { store, clock, actor, settle: (id) => settleChange(deps, id) }
  const { readPolicy, workspaceUuid } = deps
  const folder = privateFolder(repository)
  const audit: AuditRoom = { store, clock, folder, target, workspaceUuid, repoGit: ground.repoGit }
  const overlaps = openOverlaps(store.db)
  async function policyNow(): Promise<Policy> {
    const at = await tip()
    return at === null ? config() : readPolicy(at)
  }

  async function requestDeps(): Promise<RequestDeps> {
    const at = await tipOrThrow(deps)
    const policy = await policyNow()
    return {
      clock,
      db: store.db,
      requests: store.requests,
      logs: store.logs,
      engineer: stubEngineer({ protectedPaths: policy.approvals.protectedPaths }),
      orchestrator: stubOrchestrator(),
      harness: chooseHarness(config(), ground.host.env['HYPERION_AGENT']),
      agents: config().agents,
      allow: policy.checks.allow,
      tip: at,
      readAt: (commit) => async (path) => {
        const found = await fileAt(objects, await treeOf(objects, commit), path)
        if (found.kind === 'refused') throw userError(found.code, found.message)
        return found.kind === 'file' ? found.file.bytes : null
      },
      prepare: async (source, change) => {
        const insert = await prepareChanges(submitDeps(at), [{ source, value: change }])
        return () => {
          const [result] = insert()
          if (result === undefined) throw bug('not_queued', `${source} was not queued`)
          return result.kind === 'enqueued' ? result.id : result.of.id
        }
      },
    }
  }

  const submitDeps = (at: string | null): SubmitDeps => ({
    store,
    objects,
    tip: at,
    overlaps,
    priorityOf: (requestId) => store.requests.brief(requestId)?.priority ?? null,
  })

  const intake = openIntake({ ground, deps, submitDeps, policyNow })

  /** Finishes or takes back what a killed `apply` or `sync` left half-way in a checkout. */
  async function recoverCheckout(): Promise<void> {
    recoverApplied({ store, repository })
    await finishInterrupted(deps)
  }

  function contentHashUnder(policy: Policy, row: ChangeRow): string {
    const request = JSON.parse(row.payload) as ChangeRequest
    const resolutions = store.records.resolutions(row.id)
    return contentHashNow(request, row.payload_hash, policy, resolutions)
  }

  const contentHash = async (row: ChangeRow): Promise<string> => contentHashUnder(await policyNow(), row)

  const operations = openOperations(ground, deps, actDeps, async () => submitDeps(await tip()), overlaps)
  const waitsOf = (row: ChangeRow): WaitReason[] => operations.waits([row])[0] ?? []
  /** Which changes were in the queue before this one and edit the same lines, in words. */
  const metBefore = (id: number): string[] => {
    const row = store.changes.get(id)
    const met = row === undefined ? [] : operations.overlaps(row)
    return met.filter((one) => one.change_id < id).map(overlapText)
  }
  const inWords = (waits: readonly WaitReason[]): string[] => waits.map(({ text }) => text)

  const proposedBy = (what: string): { agent: string; taskId: string } => ({
    agent: agentOf(actor),
    taskId: `${what}-${clock.nowMs()}`,
  })

  /** Queues a change to the config file, with the approval of the person who asks for it where they decide by asking. */
  async function queueProposal(
    source: string,
    change: ChangeRequest,
    approval: { by: string; note: string } | null,
  ): Promise<number> {
    const policy = await policyNow()
    const insert = await prepareChanges(submitDeps(await tip()), [{ source, value: change }])
    return store.db.write(() => {
      const [result] = insert()
      if (result?.kind !== 'enqueued') throw bug('not_queued', `the change to ${source} was not queued`)
      const { id } = result
      if (approval !== null) {
        const approved = contentHashUnder(policy, acts.requireRow(store, id))
        acts.approveAhead(actDeps, { id, ...approval, role: null, contentHash: approved })
      }
      return id
    })
  }

  const metrics = (windowSeconds: number): QueueMetrics =>
    readMetrics(
      { db: store.db, clock, changes: store.changes, logs: store.logs, facts: store.facts },
      windowSeconds,
      configOrDefault(ground).retention,
    )

  return {
    ground,
    actor,
    target,
    config,
    tip,
    ...operations,
    async enqueue(submissions: readonly Submission[]): Promise<Submitted[]> {
      return submitChanges(submitDeps(await tip()), submissions)
    },
    list: (filter: { status?: ChangeStatus; sinceSeconds?: number; limit?: number }): ListRow[] =>
      store.changes.list(filter).map(shownRow),
    /** The first thing that each of these changes waits for, in words; none for those that wait for nothing. */
    firstWaits(ids: readonly number[]): Map<number, string> {
      const rows = ids.flatMap((id) => store.changes.get(id) ?? [])
      const waits = operations.waits(rows).map(([first]) => first)
      const told = rows.map(({ id }, at) => [id, waits[at]] as const)
      return new Map(
        told.flatMap(([id, first]) => (first === undefined ? [] : [[id, `waits for ${first.text}`]])),
      )
    },
    /** Where a change stands in line and what it waits for. */
    place(id: number): Place {
      const row = store.changes.get(id)
      const waits = row === undefined ? [] : waitsOf(row)
      return { waits_for: inWords(waits), waits, position: store.browse.position(id) }
    },
    /** The same of several; what keeps everything waiting is looked up once. */
    places(ids: readonly number[]): (Place & { id: number })[] {
      const rows = ids.flatMap((id) => store.changes.get(id) ?? [])
      const waits = operations.waits(rows)
      return rows.map(({ id }, at) => {
        const mine = waits[at] ?? []
        return { id, waits_for: inWords(mine), waits: mine, position: store.browse.position(id) }
      })
    },
    /** How a change stands, archived or not, without its payload; null where there is none. */
    look(id: number): Pick<ChangeRow, 'id' | 'status' | 'landed_commit' | 'last_error'> | null {
      return store.changes.find(id)?.row ?? null
    },
    /** The chain as it stands, with what left it last. */
    chain: (): ChainView => readChain(ground),
    status: (id: number): ChangeStatus | null => store.changes.find(id)?.row.status ?? null,
    counts: () => store.changes.counts(),
    deadLetters: (filter: { sinceSeconds?: number; limit?: number }): DeadLetterRow[] =>
      store.records
        .deadLetters(filter)
        .map((row) => ({ ...row, payload: JSON.parse(row.payload) as ChangeRequest })),
    show(id: number): ShownChange {
      const found = store.changes.find(id)
      if (found === undefined) return shownRow(acts.requireRow(store, id)) as ShownChange
      const { row, archived } = found
      const waits = archived ? [] : waitsOf(row)
      return {
        ...shownRow(row),
        request_id: row.request_id,
        reason_code: row.reason_code,
        fence: row.fence,
        archived,
        waits_for: inWords(waits),
        waits,
        position: store.browse.position(id),
        overlaps: archived ? [] : operations.overlaps(row),
        attempts_made: store.records.attempts(id),
        check_runs: store.records.checkRuns(id),
        approvals: store.records.approvals(id),
        conflicts: store.records.conflicts(id).map((c) => JSON.parse(c.record) as ConflictRecord),
        resolutions: store.records.resolutions(id).map(({ path, how, resolved_by, tip: at, created_at }) => ({
          path,
          how,
          resolved_by,
          tip: at,
          created_at,
        })),
        log: store.logs.list({ changeId: id }).map(shownLog),
      }
    },
    logs: (filter: LogFilter): ShownLog[] => store.logs.list(filter).map(shownLog),
    metrics,
    cleanUp: (ttlSeconds?: number): number =>
      cleanUp(
        { db: store.db, clock, logs: store.logs, facts: store.facts },
        ttlSeconds ?? config().retention.appliedSeconds,
      ),
    /** Sweeps by the retention unless somebody did within the hour. */
    sweepIfDue: () =>
      sweepIfDue({ db: store.db, clock, logs: store.logs, facts: store.facts }, config().retention),
    /** What writes the reports under `execution/` while workers run. */
    openReporter: (onProblem: (sentence: string) => void): Reporter =>
      openReporter({
        clock,
        store,
        workspace: repository.workspace,
        metrics,
        tracked: () => trackedBelow(repository, REPORTS_FOLDER),
        onProblem,
      }),
    markApplied: (id: number, fence: number | null) => acts.markApplied(actDeps, id, fence).then(shownRow),
    markFailed: (id: number, fence: number | null, error: string) =>
      acts.markFailed(actDeps, id, fence, error).then(shownRow),
    release: (id: number, fence: number) => acts.release(actDeps, id, fence).then(shownRow),
    retry: (id: number) => acts.retry(actDeps, id).then(shownRow),
    cancel: (id: number) => acts.cancel(actDeps, id, 'cancel').then(shownRow),
    discard: (id: number) => acts.cancel(actDeps, id, 'discard').then(shownRow),
    resolve: (id: number, by: string, decisions: readonly acts.PathDecision[]) =>
      acts.resolveConflict(actDeps, id, by, decisions).then(shownRow),
    /** What a decision about a change would be about now; null once the change has ended. */
    async contentHash(id: number): Promise<string | null> {
      const row = store.changes.get(id)
      return row !== undefined && mayMove(row.status, 'applied') ? contentHash(row) : null
    },
    async approve(id: number, by: string, role: string | null, note: string | null): Promise<ListRow> {
      const hash = await contentHash(acts.requireRow(store, id))
      return shownRow(await acts.approve(actDeps, { id, by, role, note, contentHash: hash }))
    },
    async reject(id: number, by: string, note: string, at: string | null): Promise<ListRow> {
      const hash = await contentHash(acts.requireRow(store, id))
      return shownRow(await acts.reject(actDeps, { id, by, role: null, note, contentHash: hash, at }))
    },
    /** Leases one change for a script; the lease comes back at its expiry. */
    dequeue(leaseSeconds: number): (ListRow & { fence: number }) | null {
      const [row] = store.claims.claim({
        workerId: actor,
        process: null,
        forScript: true,
        leaseSeconds,
        limit: 1,
      })
      return row === undefined ? null : { ...shownRow(row), fence: row.fence }
    },
    /** What is looked at before workers start; returns what a person should know. */
    startUp: () => startUp(deps),
    recoverCheckout,
    /** `accept` goes on from an upstream whose history was written anew. */
    async sync(accept = false): Promise<SyncResult> {
      await recoverCheckout()
      if (accept) await acceptUpstream(deps)
      return sync(deps)
    },
    /** Syncs whenever one of the branches moved, until `signal`; tells what came of it, and of each reason why not once. */
    watchSync: (tell: (outcome: SyncResult | HyperionError) => void, signal: AbortSignal): Promise<void> =>
      watchSync(deps, recoverCheckout, tell, signal),
    /** How target and upstream stand to each other. */
    upstream: () => readUpstream(ground, deps),
    doctor: () => examine(ground, deps),
    auditState: () => auditState(audit),
    verifyAudit: () => verifyAudit(audit),
    exportAudit: (file: string, overwrite: boolean) => exportAudit(audit, { file, overwrite }),
    /** What the app's screens read. */
    views,
    /** Work on its way in: branches and worktrees, the inbox, changed files. */
    intake,
    /**
     * Queues an ordinary change to the config file that sets one value, or takes it out; returns its id. `approval` is
     * that of the person who asks for it, where they decide it by asking.
     */
    async propose(
      wish: { key: string; value?: unknown },
      approval: { by: string; note: string } | null = null,
    ): Promise<number> {
      const change = settingChange((await views.settings()).file, wish, proposedBy('SETTINGS'))
      return queueProposal(wish.key, change, approval)
    },
    /**
     * "Allow from now on": queues an ordinary change that puts a command on the allow-list, with the approval of who
     * decides it by asking; returns its id. It counts once it has landed.
     */
    async allow(
      wish: { name: string; command: string },
      { by, note }: { by: string; note: string | null },
    ): Promise<number> {
      const at = await tipOrThrow(deps)
      const found = await fileAt(objects, await treeOf(objects, at), CONFIG_FILE)
      const text = found.kind === 'file' ? found.file.bytes.toString('utf8') : null
      const change = { ...allowChange(text, wish, proposedBy('ALLOW')), base_commit: at }
      return queueProposal(wish.name, change, { by, note: note ?? `allowed ${wish.name} from now on` })
    },
    /** Applies a valid request to the checkout itself; throws a `not_landed` error with nothing changed otherwise. */
    async apply(request: ChangeRequest, runChecks: boolean, signal: AbortSignal): Promise<string[]> {
      const policy = await policyNow()
      await recoverCheckout()
      const check = runChecks ? () => checkCheckout(ground, request, policy, signal) : null
      return applyToCheckout({ store, repository, check }, request)
    },
    /** Takes a task request or cast to the queue. */
    async request(value: unknown, options: RequestOptions, signal: AbortSignal): Promise<QueuedRequest> {
      // What is refused moves nothing.
      readTask(options.source, value)
      // Nobody drafts on a base that upstream has left behind, whether or not a worker runs to follow it.
      if (mayFollow(repository.commonDir, target)) await followUpstream(deps, signal)
      const done = await processRequest(await requestDeps(), value, options, signal)
      return { ...done, warnings: done.enqueued.flatMap(metBefore) }
    },
    /** Returns the assignments a request would become; queues nothing. */
    async orchestrate(source: string, value: unknown, signal: AbortSignal): Promise<Assignment[]> {
      const { request } = readTask(source, value)
      const { engineer, orchestrator } = await requestDeps()
      return orchestrator.split(await engineer.scope(request, new Map(), signal), request, signal)
    },
    requests: (limit: number): RequestRow[] => store.requests.list(limit),
    requestTree(requestId: string): RequestTree {
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
    async close(): Promise<void> {
      await landing.close()
      store.close()
    },
  }
}
