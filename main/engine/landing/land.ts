/** Steps 7 to 11 of the landing protocol: from built candidates to a moved target, exactly once. */
import { nowSeconds } from '../base/clock.ts'
import { commitBody, commitMessage } from '../domain/commit-message.ts'
import { rowAfter } from '../domain/states.ts'
import { titleOf } from '../domain/title.ts'
import type { ProcessIdentity } from '../base/process.ts'
import { readRef } from '../git/refs.ts'
import type { Candidate, LandingDeps } from './deps.ts'
import { rememberTip } from './rewound.ts'
import { clearOwnLock } from './settle.ts'
import { refuseCheckedOut } from './target.ts'
import { rememberUpstream } from './upstream.ts'

export type LandResult =
  | { kind: 'landed' }
  /** The target is no longer where the candidates were built: build again. */
  | { kind: 'tip_moved' }
  /** Some may not land after all (lease lost, cancelled); the others are built again. */
  | { kind: 'withdrawn'; lost: number[]; cancelled: number[] }
  | { kind: 'paused' }
  /** Somebody else took the landing lease in the meantime. */
  | { kind: 'superseded' }

/** A candidate with the commit it lands as. */
export interface Committed {
  candidate: Candidate
  commit: string
}

const LOCK_TRIES = 5

/**
 * Stages the commit objects of candidates onto the tip, each on the one before it; all name the newest row of the log.
 * Call outside a transaction: a row that is rolled back must not be named.
 */
export function stageCommits(deps: LandingDeps, candidates: readonly Candidate[], tip: string): Committed[] {
  const seconds = nowSeconds(deps.clock)
  const auditHead = deps.store.logs.chain.head().hash
  let parent = tip
  return candidates.map((candidate) => {
    const { row, request } = candidate
    const message = commitMessage({
      workspaceUuid: deps.workspaceUuid,
      changeId: row.id,
      requestId: row.request_id,
      taskId: row.task_id,
      agent: row.agent,
      agentModel: request.metadata?.agent_model ?? null,
      payloadHash: row.payload_hash,
      checks: candidate.checks,
      approvedBy: candidate.approvedBy,
      auditHead,
      title: titleOf(request.metadata),
      intent: request.metadata?.intent ?? null,
      paths: request.changes.map((change) => change.path),
    })
    const { tree, mergeParent } = candidate
    const parents = mergeParent === null ? [parent] : [parent, mergeParent]
    const agent = mergeParent === null ? row.agent : null
    const body = commitBody({ tree, parents, agent, seconds, message })
    parent = deps.objects.stage('commit', body)
    return { candidate, commit: parent }
  })
}

/** Tells who among the candidates may not land any more. Call inside the transaction that lands them. */
function withdrawn(
  deps: LandingDeps,
  candidates: readonly Candidate[],
): { lost: number[]; cancelled: number[] } {
  const lost: number[] = []
  const cancelled: number[] = []
  const standings = deps.store.changes.standings(candidates.map(({ row }) => row.id))
  for (const { row } of candidates) {
    const now = standings.get(row.id)
    if (now === undefined || now.status !== 'in_progress' || now.fence !== row.fence) lost.push(row.id)
    else if (now.cancel_requested === 1) cancelled.push(row.id)
  }
  return { lost, cancelled }
}

/**
 * Lands candidates built on `tip` by one move of the target, or says why not; the caller holds the landing lease.
 *
 * A throw leaves the attempts open: whoever claims the changes next settles them first.
 */
export async function landCandidates(
  deps: LandingDeps,
  committed: readonly Committed[],
  tip: string,
  landingFence: number,
): Promise<LandResult> {
  const { store, target, refs } = deps
  // Somebody may have checked it out while the changes were built and checked.
  refuseCheckedOut(deps.repository.commonDir, target)
  const candidates = committed.map(({ candidate }) => candidate)
  const ids = candidates.map(({ row }) => row.id)
  const elapsed = deps.clock.stopwatch()
  await deps.objects.flush()
  const newTip = (committed.at(-1) as Committed).commit

  for (let tries = 0; ; tries += 1) {
    await deps.onStep('intent', ids)
    const git = refs.identity()
    const refused = recordIntents(deps, committed, tip, newTip, landingFence, git)
    if (refused !== null) return refused

    await deps.onStep('prepare', ids)
    const prepared = await refs.prepare(git, target, newTip, tip)
    if (prepared.kind === 'prepared') break
    // What a git of ours left when it died is known by intents that are still open.
    if (prepared.kind === 'ended') await clearOwnLock(deps)
    store.db.write(() => closeAll(deps, committed, 'abandoned'))
    if (prepared.kind === 'moved' || tries === LOCK_TRIES) return { kind: 'tip_moved' }
    if (prepared.kind === 'locked') await clearOwnLock(deps)
  }

  try {
    const result = await store.db.writeAsync(async (): Promise<LandResult> => {
      await deps.onStep('last_look', ids)
      const refused = lastLook(deps, candidates, landingFence)
      if (refused !== null) {
        await refs.abort()
        closeAll(deps, committed, 'abandoned')
        return refused
      }
      await deps.onStep('commit', ids)
      await refs.commit(target)
      await deps.onStep('tell', ids)
      tell(deps, committed, elapsed())
      return { kind: 'landed' }
    })
    await deps.onStep('told', ids)
    return result
  } catch (thrown) {
    // Does nothing once the move was asked for; before that the lock must not outlive the attempt.
    await refs.abort()
    throw thrown
  }
}

/** Step 7: writes down what is about to land, if everything still is ours. */
function recordIntents(
  deps: LandingDeps,
  committed: readonly Committed[],
  tip: string,
  newTip: string,
  landingFence: number,
  git: ProcessIdentity,
): LandResult | null {
  const { store } = deps
  return store.db.write(() => {
    const refused = lastLook(deps, committed.map(({ candidate }) => candidate), landingFence) // prettier-ignore
    if (refused !== null) return refused
    store.landings.intend(
      committed.map(({ candidate, commit }) => ({
        changeId: candidate.row.id,
        commitOid: commit,
        treeOid: candidate.tree,
        oldTip: tip,
        newTip,
        target: deps.target,
        fence: candidate.row.fence,
        workerId: deps.workerId,
        process: deps.process,
        git,
      })),
    )
    return null
  })
}

/** Step 9: looks once more at everything that forbids landing. Call inside a transaction. */
function lastLook(
  deps: LandingDeps,
  candidates: readonly Candidate[],
  landingFence: number,
): LandResult | null {
  const { store } = deps
  if (!store.landings.holds(deps.target, landingFence)) return { kind: 'superseded' }
  if (store.facts.get('paused') !== null) return { kind: 'paused' }
  const who = withdrawn(deps, candidates)
  return who.lost.length + who.cancelled.length > 0 ? { kind: 'withdrawn', ...who } : null
}

function closeAll(deps: LandingDeps, committed: readonly Committed[], state: 'landed' | 'abandoned'): void {
  for (const { candidate, commit } of committed) deps.store.landings.close(candidate.row.id, commit, state)
  const last = committed.at(-1)
  if (state === 'landed' && last !== undefined) rememberTip(deps, last.commit)
}

/** Step 11: rows and log tell what the ref already says. */
function tell(deps: LandingDeps, committed: readonly Committed[], durationMs: number): void {
  const { store } = deps
  closeAll(deps, committed, 'landed')
  store.changes.moveAll(
    committed.map(({ candidate: { row, verdict }, commit }) => {
      const outcome = { kind: 'applied', commit, verdict } as const
      const after = rowAfter(outcome, row.attempts, deps.settings.maxAttempts)
      const fields = { attempts: after.attempts, landedCommit: commit, verdict: after.verdict }
      return { id: row.id, to: after.status, fields: { ...fields, lastError: null, reasonCode: null } }
    }),
  )
  for (const { candidate, commit } of committed) {
    const { row, request } = candidate
    store.records.endAttempt(row.id, row.fence, 'applied', commit)
    if (candidate.mergeParent !== null) rememberUpstream(deps, candidate.mergeParent)
    store.logs.write({
      message: 'applied',
      queueId: row.id,
      taskId: row.task_id,
      details: {
        commit,
        // The batch moved the target at once; each change bears its share.
        apply_duration_ms: Math.round((durationMs / committed.length) * 10) / 10,
        check_verdict: candidate.verdict,
        worker_id: deps.workerId,
        normalised: candidate.normalised,
        telemetry_anchors: request.metadata?.telemetry_anchors ?? [],
      },
    })
  }
}

/** Returns the target's tip, or null when the ref is gone. */
export const readTip = (deps: Pick<LandingDeps, 'repoGit' | 'target'>): Promise<string | null> =>
  readRef(deps.repoGit, deps.target)
