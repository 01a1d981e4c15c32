/** The facade: everything that the command line and the app may ask of the engine. */
import type { Overlap, WaitReason } from '../../schemas/acts.ts'
import type { ChangeRequest } from '../../schemas/change-request.ts'
import type { Config } from '../../schemas/config.ts'
import type { ConflictRecord } from '../../schemas/conflict.ts'
import type { QueueMetrics } from '../../schemas/metrics.ts'
import type { CriterionEvidence, DeadLetterRow, ListRow } from '../../schemas/records.ts'
import type { AgentSession, ExportedSkills } from '../../schemas/skills.ts'
import type { ChangeStatus } from '../../schemas/states.ts'
import type { ChainView, ChangeDetail, Place } from '../../schemas/view.ts'
import { auditState, exportAudit, verifyAudit, type AuditRoom } from './audit/audit.ts'
import { asHyperionError, HyperionError, userError } from './base/errors.ts'
import {
  configOrDefault,
  openGround,
  openLanding,
  privateFolder,
  type Ground,
  type OpenEngineOptions,
} from './compose.ts'
import { mayMove } from './domain/states.ts'
import { mergeFile } from './git/merge.ts'
import { readRef } from './git/refs.ts'
import { trackedBelow } from './git/tracked.ts'
import { openOverlaps } from './intake/overlaps.ts'
import { submitChanges, type SubmitDeps, type Submission, type Submitted } from './intake/submit.ts'
import * as acts from './landing/acts.ts'
import type { Policy } from './landing/deps.ts'
import type { PathDecision } from './landing/resolve.ts'
import { contentHashNow } from './landing/policy.ts'
import { settleChange } from './landing/settle.ts'
import { startUp } from './landing/startup.ts'
import { finishInterrupted, sync, type SyncResult } from './landing/sync.ts'
import { acceptUpstream } from './landing/upstream.ts'
import { openReporter, REPORTS_FOLDER, type Reporter } from './reports/reporter.ts'
import type { ChangeRow } from './store/changes.ts'
import type { LogFilter } from './store/logs.ts'
import { readMetrics } from './store/metrics.ts'
import type { ApprovalRow, AttemptRow, CheckRunRow } from './store/records.ts'
import { cleanUp, sweepIfDue } from './store/retention.ts'
import { applyToCheckout, recoverApplied } from './workspace/apply.ts'
import { readChain } from './workspace/chain.ts'
import { openAgentsRoom } from './workspace/agents/room.ts'
import { openPaths } from './workspace/casts/paths.ts'
import { openCastsRoom } from './workspace/casts/room.ts'
import { checkCheckout } from './workspace/check-checkout.ts'
import { examine } from './workspace/doctor.ts'
import { openIntake } from './workspace/intake.ts'
import { openOperations } from './workspace/operate.ts'
import { openProposals } from './workspace/proposals.ts'
import { openReading } from './workspace/reading.ts'
import { openRequests } from './workspace/requests.ts'
import { openReview } from './workspace/review/review.ts'
import { openSubmissions } from './workspace/submissions/submissions.ts'
import { shownLog, shownRow, type ShownLog } from './workspace/shown.ts'
import { readUpstream } from './workspace/upstream-state.ts'
import { openViews } from './workspace/views.ts'
import { watchSync } from './workspace/watch-sync.ts'

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
  criteria: CriterionEvidence[]
  approvals: ApprovalRow[]
  conflicts: ConflictRecord[]
  resolutions: ChangeDetail['resolutions']
  log: ShownLog[]
}

export { asHyperionError, HyperionError, userError }
export { moneyText } from './domain/money.ts'
export type { QueuedRequest } from './workspace/requests.ts'
export { withdrawnText } from './agents/requests.ts'
export type { Plan } from './workspace/agents/plans.ts'
export type { QuestionRow } from './store/questions.ts'
export { inert, inertBlock, inertJson } from './base/inert.ts'
export { foldersLike } from './base/folders.ts'
export { readJson } from './base/json.ts'
export { instant, nowSeconds, systemClock, type Clock } from './base/clock.ts'
export { startProcess } from './base/process.ts'
export { logLine } from './store/logs.ts'
export { cleanSentence } from './audit/audit.ts'
export { progressLine } from './domain/metrics.ts'
export { titleOf } from './domain/title.ts'
export { REQUEST_FILE_LIMITS } from './domain/limits.ts'
export { requireValid, skippedText } from './intake/submit.ts'
export { validateChangeRequest } from './domain/validate-change.ts'
export { ensureInitialised, initialise, proposeConfig, writeConfig } from './workspace/initialise.ts'
export type { InboxWatch } from './intake/inbox/watch.ts'
export type { FilesWatch } from './intake/files/watch.ts'
export type { Submitter } from './workspace/submissions/assigned.ts'
export type { Proposal } from './intake/source/propose.ts'
export type { Diagnosis } from './workspace/doctor.ts'
export { makeSample, type Sample } from './workspace/sample.ts'
export { operatorName, recentCommits } from './git/porcelain.ts'
export { startWorkers, type WorkerSettings } from './workers/start.ts'
export type { OpenEngineOptions } from './compose.ts'
export type { PathDecision } from './landing/resolve.ts'
export type { Reporter } from './reports/reporter.ts'
export type { HomeSurroundings } from './workspace/home.ts'
export { inspectFolder } from './workspace/inspect.ts'
export { shownRow } from './workspace/shown.ts'
export {
  COMPLEXITY_WORDS,
  readAnswer,
  stepBeside,
  STEPS,
  typedAnswer,
  type CastQuestion,
} from './casts/steps.ts'
export { openSkills, type Skills } from './skills/skills.ts'
export { shippedRoot } from './skills/catalogue.ts'
export { planLine } from './skills/plan.ts'
export { overlapText } from './intake/overlaps.ts'
export { pauseRemedy, pauseTeller, pauseText } from './store/pause.ts'

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
  const actDeps: acts.ActDeps = {
    store,
    clock,
    actor,
    settle: (id) => settleChange(deps, id),
    async favour(sides, side) {
      const labels = { base: 'base', ours: 'ours', theirs: 'theirs' }
      const merged = await mergeFile(deps.buildGit, deps.scratch, sides, labels, side)
      return merged.kind === 'binary' ? null : merged.bytes
    },
  }
  const { readPolicy, workspaceUuid } = deps
  const folder = privateFolder(repository)
  const { repoGit } = ground
  const ownFolders = [folder, repository.commonDir, repository.gitDir]
  const audit: AuditRoom = { store, clock, folder, target, workspaceUuid, repoGit, ownFolders }
  const overlaps = openOverlaps(store.db)
  async function policyNow(): Promise<Policy> {
    const at = await tip()
    return at === null ? config() : readPolicy(at)
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
  const inWords = (waits: readonly WaitReason[]): string[] => waits.map(({ text }) => text)

  const requests = openRequests({
    ground,
    deps,
    actDeps,
    submitDeps,
    policyNow,
    overlaps,
    onTrouble: (requestId, thrown) => {
      const { code, message } = asHyperionError(thrown)
      store.logs.write({ level: 'warn', message: 'request failed', details: { request_id: requestId, code, error: message } }) // prettier-ignore
    },
  })
  const agents = openAgentsRoom(ground, requests.crew, actor, deps.scratch)
  const proposals = openProposals({ ground, deps, actDeps, submitDeps, policyNow, contentHashUnder })

  const { baseNow } = intake
  const submissions = openSubmissions({ ground, deps, submitDeps, policyNow, tip, baseNow, waitsOf })

  const review = openReview(ground, deps, actDeps)

  const reporter = (onProblem: (sentence: string) => void): Reporter =>
    openReporter({
      clock,
      store,
      workspace: repository.workspace,
      metrics,
      tracked: () => trackedBelow(repository, REPORTS_FOLDER),
      onProblem,
    })
  /** Writes the reports after an act that they tell of; returns why one could not be written. */
  const reportNow = async (): Promise<string | null> => {
    const problems: string[] = []
    await reporter((sentence) => problems.push(sentence)).stop()
    return problems[0] ?? null
  }
  const casts = openCastsRoom({
    ground,
    deps,
    paths: openPaths(deps),
    policyNow,
    report: reportNow,
  })

  const metrics = (windowSeconds: number): QueueMetrics =>
    readMetrics(
      { db: store.db, clock, changes: store.changes, logs: store.logs, facts: store.facts },
      windowSeconds,
      configOrDefault(ground).retention,
    )

  return {
    ground,
    /** The workspace's private folder. */
    privateFolder: folder,
    actor,
    target,
    config,
    tip,
    ...operations,
    ...requests,
    ...proposals,
    /** Agents at work: their runs, what they cost, every act on them. */
    agents,
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
        criteria: store.evidence.of(id),
        approvals: store.records.approvals(id),
        conflicts: store.records.conflicts(id).map((c) => JSON.parse(c.record) as ConflictRecord),
        resolutions: store.records
          .resolutions(id)
          .map(({ path, how, resolved_by, tip: at, choices, created_at }) => ({
            path,
            how,
            resolved_by,
            tip: at,
            choices: choices === null ? null : (JSON.parse(choices) as Record<string, number>),
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
    openReporter: reporter,
    markApplied: (id: number, fence: number | null) => acts.markApplied(actDeps, id, fence).then(shownRow),
    markFailed: (id: number, fence: number | null, error: string) =>
      acts.markFailed(actDeps, id, fence, error).then(shownRow),
    release: (id: number, fence: number) => acts.release(actDeps, id, fence).then(shownRow),
    retry: (id: number) => acts.retry(actDeps, id).then(shownRow),
    cancel: (id: number) => acts.cancel(actDeps, id, 'cancel').then(shownRow),
    discard: (id: number) => acts.cancel(actDeps, id, 'discard').then(shownRow),
    resolve: (id: number, by: string, decisions: readonly PathDecision[]) =>
      review.resolve(id, by, decisions).then(shownRow),
    /** The conflict reviewer. */
    review,
    /** The cast builder. */
    casts,
    /** What a decision about a change would be about now; null once the change has ended. */
    async contentHash(id: number): Promise<string | null> {
      const row = store.changes.get(id)
      return row !== undefined && mayMove(row.status, 'applied') ? contentHash(row) : null
    },
    async approve(id: number, by: string, role: string | null, note: string | null): Promise<ListRow> {
      const hash = await contentHash(acts.requireRow(store, id))
      return shownRow(await acts.approve(actDeps, { id, by, role, note, contentHash: hash }))
    },
    /** Where an agent made the change, the reason goes back to it: `requests.beginAgain` has it mended. */
    async reject(
      id: number,
      by: string,
      note: string,
      at: string | null,
    ): Promise<ListRow & { sent_back: string | null }> {
      const hash = await contentHash(acts.requireRow(store, id))
      const row = await acts.reject(actDeps, { id, by, role: null, note, contentHash: hash, at })
      const again = agents.sendBack(id, row.last_error ?? note)
      return { ...shownRow(again === null ? row : acts.requireRow(store, id)), sent_back: again }
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
    /** Sessions of agents: recorded and shown. */
    sessions: {
      record: (resumeId: string, model: string | null, allowAllTools: boolean) => {
        const harness = ground.host.env['HYPERION_AGENT'] || configOrDefault(ground).agents.harness
        return store.sessions.record({ resumeId, harness, model, allowAllTools, by: actor })
      },
      list: (): AgentSession[] => store.sessions.list(),
    },
    /** Keeps where skills were exported to, for the agents to know; returns why no report tells of it yet, or null. */
    async recordExport({ dest, exported_at, sha256 }: ExportedSkills): Promise<string | null> {
      store.db.write(() => {
        store.facts.set('exported_skills', JSON.stringify({ dest, exported_at, sha256 }))
        store.logs.write({ message: 'skills exported', details: { by: actor, dest, sha256 } })
      })
      return reportNow()
    },
    /** What the app's screens read. */
    views,
    /** Changes and files to be read. */
    reading: openReading(deps),
    /** Work on its way in: branches and worktrees, the inbox, changed files. */
    intake,
    /** Work handed in by agents that run on their own, and what became of it. */
    submissions,
    /** Applies a valid request to the checkout itself; throws a `not_landed` error with nothing changed otherwise. */
    async apply(request: ChangeRequest, runChecks: boolean, signal: AbortSignal): Promise<string[]> {
      const policy = await policyNow()
      await recoverCheckout()
      const check = runChecks ? () => checkCheckout(ground, request, policy, signal) : null
      return applyToCheckout({ store, repository, check }, request)
    },
    async close(): Promise<void> {
      await requests.close()
      const ended = review.close()
      if (ended !== null) await ended
      await landing.close()
      store.close()
    },
  }
}
