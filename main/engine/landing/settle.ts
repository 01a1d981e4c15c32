/** Finds out what became of attempts whose end nobody saw: the first thing done with a change, before any outcome. */
import { transientError } from '../base/errors.ts'
import { isAlive, killTree, type ProcessIdentity } from '../base/process.ts'
import { isAncestor, readRef, readRefLock, removeRefLock } from '../git/refs.ts'
import type { IntentRow } from '../store/landings.ts'
import type { LandingDeps } from './deps.ts'

type SettleDeps = Pick<
  LandingDeps,
  | 'clock'
  | 'store'
  | 'repository'
  | 'repoGit'
  | 'target'
  | 'refs'
  | 'isDead'
  | 'workerId'
  | 'process'
  | 'settings'
>

const LOCK_WAIT_MS = 10_000
const LOCK_LOOK_MS = 20
/** An empty lock is one that git has not written yet; after this long nobody is going to. */
const EMPTY_LOCK_MS = 2_000

const gitOf = (row: IntentRow): ProcessIdentity => ({ pid: row.git_pid, startedAt: row.git_started })
const workerOf = (row: IntentRow): ProcessIdentity => ({ pid: row.pid, startedAt: row.pid_started })

/**
 * Decides what became of a change's open attempts: landed ones make it `applied`, the rest can no longer land.
 *
 * Returns the commit it landed as, or null when it has not landed. Afterwards no open attempt is left.
 */
export async function settleChange(deps: SettleDeps, changeId: number): Promise<string | null> {
  const { store } = deps
  const open = store.landings.openIntents(changeId)
  if (open.length === 0) return null
  for (const intent of open) await awaitMove(deps, intent)
  const tip = await readRef(deps.repoGit, deps.target)
  let landed: IntentRow | null = null
  for (const intent of open) {
    if (tip !== null && (await isAncestor(deps.repoGit, intent.commit_oid, tip))) landed = intent
  }
  store.db.write(() => {
    for (const intent of open) {
      store.landings.close(changeId, intent.commit_oid, intent === landed ? 'landed' : 'abandoned')
    }
    if (landed !== null) recordLanded(deps, landed)
  })
  return landed?.commit_oid ?? null
}

/** Settles every open attempt there is: what a process does when it starts. */
export async function settleAll(deps: SettleDeps): Promise<number> {
  const ids = new Set(deps.store.landings.openIntents().map((intent) => intent.change_id))
  for (const id of ids) {
    // A change that is being worked on is settled by whoever works on it.
    const row = deps.store.changes.get(id)
    if (row?.status === 'in_progress' && (row.lease_deadline_ms ?? 0) > deps.clock.monotonicMs()) continue
    await settleChange(deps, id)
  }
  return ids.size
}

function recordLanded(deps: SettleDeps, intent: IntentRow): void {
  const { store } = deps
  const row = store.changes.get(intent.change_id)
  if (row === undefined || row.status === 'applied') return
  const fields = { settled: true, landedCommit: intent.commit_oid, lastError: null, reasonCode: null }
  store.changes.move(row.id, 'applied', fields)
  store.records.endAttempt(row.id, row.fence, 'applied', 'settled after an interruption')
  store.records.removeDeadLetters(row.id)
  store.logs.write({
    message: 'applied',
    queueId: row.id,
    taskId: row.task_id,
    details: { commit: intent.commit_oid, apply_duration_ms: null, settled: true },
  })
}

/**
 * Waits until an attempt's move of the target has happened or cannot happen any more.
 *
 * Only a git process that holds the ref's lock with this attempt's oid can still move it: everybody else has to pass
 * the last look first, where a newer fence stops them.
 */
async function awaitMove(deps: SettleDeps, intent: IntentRow): Promise<void> {
  const deadline = deps.clock.monotonicMs() + LOCK_WAIT_MS
  while (readRefLock(deps.repository.commonDir, deps.target) === intent.new_tip) {
    if (!isAlive(gitOf(intent))) {
      removeRefLock(deps.repository.commonDir, deps.target)
      return
    }
    // Its worker is gone or stopped, and a claim of this change has a newer fence by now: end it.
    if (deps.isDead(workerOf(intent)) || deps.clock.monotonicMs() > deadline) endGit(deps, intent)
    await deps.clock.sleep(LOCK_LOOK_MS)
  }
}

function endGit(deps: SettleDeps, intent: IntentRow): void {
  if (intent.git_pid !== deps.refs.identity().pid && isAlive(gitOf(intent))) killTree(intent.git_pid)
}

/**
 * Frees the target's ref lock if it was left by one of our own attempts; called by who holds the landing lease.
 *
 * Throws a transient error naming the file when the lock is somebody else's: that one is the operator's.
 */
export async function clearOwnLock(deps: SettleDeps): Promise<void> {
  const { commonDir } = deps.repository
  const started = deps.clock.monotonicMs()
  for (;;) {
    const oid = readRefLock(commonDir, deps.target)
    if (oid === null) return
    const waited = deps.clock.monotonicMs() - started
    const ours = oid === '' ? [] : deps.store.landings.byTip(oid)
    for (const intent of ours) {
      // The holder of the landing lease has superseded whoever prepared this move.
      endGit(deps, intent)
      if (!isAlive(gitOf(intent))) removeRefLock(commonDir, deps.target)
    }
    const open = deps.store.landings.openIntents()
    const deadGit = oid === '' && open.some((intent) => !isAlive(gitOf(intent)))
    if (deadGit && waited > EMPTY_LOCK_MS) removeRefLock(commonDir, deps.target)
    if (waited > LOCK_WAIT_MS) {
      throw transientError(
        'ref_locked',
        `${commonDir}/${deps.target}.lock is held by another git; wait for it, or remove the file if none runs`,
      )
    }
    await deps.clock.sleep(LOCK_LOOK_MS)
  }
}
