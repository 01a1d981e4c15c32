/** Finds out what became of attempts whose end nobody saw: the first thing done with a change, before any outcome. */
import { transientError } from '../base/errors.ts'
import { isAlive, killTree, type ProcessIdentity } from '../base/process.ts'
import { isAncestor, readRef, readRefLock, removeRefLock } from '../git/refs.ts'
import type { IntentRow } from '../store/landings.ts'
import type { LandingDeps } from './deps.ts'
import { isNewer, rememberTip } from './rewound.ts'

type SettleDeps = Pick<
  LandingDeps,
  | 'clock'
  | 'store'
  | 'repository'
  | 'repoGit'
  | 'target'
  | 'upstream'
  | 'refs'
  | 'isDead'
  | 'workerId'
  | 'process'
  | 'settings'
>

/** Code of the error that names a lock of somebody else: it says nothing about the changes that wait for it. */
export const REF_LOCKED = 'ref_locked'

const LOCK_WAIT_MS = 10_000
const LOCK_LOOK_MS = 20
/** An empty lock is one that git has not written yet; after this long nobody is going to. */
const EMPTY_LOCK_MS = 2_000

const gitOf = (row: IntentRow): ProcessIdentity => ({ pid: row.git_pid, startedAt: row.git_started })
const workerOf = (row: IntentRow): ProcessIdentity => ({ pid: row.pid, startedAt: row.pid_started })

/**
 * Decides what became of a change's open attempts: landed ones make it `applied`, the rest can no longer land.
 *
 * `ownFence` is the fence of the lease the caller holds, if it does. Returns the commit the change landed as, or null
 * when it has not landed. Afterwards no open attempt is left but one that another lease, still good, is working on.
 */
export async function settleChange(
  deps: SettleDeps,
  changeId: number,
  ownFence?: number,
): Promise<string | null> {
  const { store } = deps
  const open = store.landings.openIntents(changeId)
  if (open.length === 0) return null
  for (const intent of open) await awaitMove(deps, intent)
  const tip = await readRef(deps.repoGit, deps.target)
  let landed: IntentRow | null = null
  for (const intent of open) {
    if (tip !== null && (await isAncestor(deps.repoGit, intent.commit_oid, tip))) landed = intent
  }
  const newest = landed !== null && tip !== null && (await isNewer(deps, landed.new_tip, tip))
  store.db.write(() => {
    const row = store.changes.get(changeId)
    // While its fence is the row's, its worker passes the last look: it may land yet, however late its lease is.
    const undecided = (intent: IntentRow): boolean =>
      row?.status === 'in_progress' && row.fence === intent.fence && intent.fence !== ownFence
    for (const intent of open) {
      if (intent === landed) store.landings.close(changeId, intent.commit_oid, 'landed')
      else if (!undecided(intent)) store.landings.close(changeId, intent.commit_oid, 'abandoned')
    }
    if (landed !== null) {
      recordLanded(deps, landed)
      if (newest) rememberTip(deps, landed.new_tip)
    }
  })
  return landed?.commit_oid ?? null
}

/** Settles every open attempt there is: what a process does when it starts. */
export async function settleAll(deps: SettleDeps): Promise<number> {
  const ids = new Set(deps.store.landings.openIntents().map((intent) => intent.change_id))
  for (const id of ids) {
    // A change that is being worked on is settled by whoever works on it, or claims it when that lease has ended.
    if (deps.store.changes.get(id)?.status !== 'in_progress') await settleChange(deps, id)
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
  const started = deps.clock.monotonicMs()
  for (;;) {
    const oid = readRefLock(deps.repository.commonDir, deps.target)
    if (oid !== intent.new_tip && oid !== '') return
    const waited = deps.clock.monotonicMs() - started
    if (isAlive(gitOf(intent))) {
      // Its worker is gone or stopped, and a claim of this change has a newer fence by now: end it.
      if (deps.isDead(workerOf(intent)) || waited > LOCK_WAIT_MS) endGit(intent)
    } else if (oid !== '' || waited > EMPTY_LOCK_MS) {
      return removeLeftLock(deps, oid)
    }
    await deps.clock.sleep(LOCK_LOOK_MS)
  }
}

function endGit(intent: IntentRow): void {
  if (isAlive(gitOf(intent))) killTree(intent.git_pid)
}

/** Removes a lock whose git is dead, unless it is another one by now: that git may have finished before it died. */
function removeLeftLock(deps: SettleDeps, oid: string): void {
  const { commonDir } = deps.repository
  if (readRefLock(commonDir, deps.target) === oid) removeRefLock(commonDir, deps.target)
}

/**
 * Frees the target's ref lock if it was left by one of our own attempts; called by who holds the landing lease.
 *
 * Throws a transient error naming the file when the lock is somebody else's: that one is the operator's.
 */
export async function clearOwnLock(deps: SettleDeps): Promise<void> {
  const { commonDir } = deps.repository
  const { landings } = deps.store
  const started = deps.clock.monotonicMs()
  for (;;) {
    const oid = readRefLock(commonDir, deps.target)
    if (oid === null) return
    const waited = deps.clock.monotonicMs() - started
    for (const intent of oid === '' ? [] : landings.byTip(oid)) {
      // The holder of the landing lease has superseded whoever prepared this move.
      endGit(intent)
      if (!isAlive(gitOf(intent))) removeLeftLock(deps, oid)
    }
    if (
      oid === '' &&
      waited > EMPTY_LOCK_MS &&
      landings.openIntents().some((intent) => !isAlive(gitOf(intent)))
    ) {
      removeLeftLock(deps, oid)
    }
    if (waited > LOCK_WAIT_MS) {
      throw transientError(
        REF_LOCKED,
        `${commonDir}/${deps.target}.lock is held by another git; wait for it, or remove the file if none runs`,
      )
    }
    await deps.clock.sleep(LOCK_LOOK_MS)
  }
}
