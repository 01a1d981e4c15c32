/** The target and the upstream it follows. */
import { userError } from '../base/errors.ts'
import { checkedOutAt, nameOf } from '../git/worktrees.ts'
import { isAncestor, readRef, readRefLock, readRefs } from '../git/refs.ts'
import type { LandingDeps } from './deps.ts'
import { withLandingLease } from './lease.ts'
import { clearOwnLock, settleChange } from './settle.ts'

/** The row id under which moves of the target that land no change are written down. */
const NO_CHANGE = 0

/**
 * Throws when the target is checked out somewhere: its files would then show every landing as staged reversals, and
 * the next commit there would undo it.
 */
export function refuseCheckedOut(commonDir: string, target: string): void {
  const [where] = checkedOutAt(commonDir, target)
  if (where === undefined) return
  const name = target.replace('refs/heads/', '')
  throw userError(
    'target_checked_out',
    `the branch ${name}, which changes land on, is checked out at ${nameOf(where)}`,
    'check out another branch there; nothing lands while it is',
  )
}

/** Tells whether nothing of the operator's keeps the target where it is: a checkout, or a lock of another git. */
export const mayFollow = (commonDir: string, target: string): boolean =>
  checkedOutAt(commonDir, target).length === 0 && readRefLock(commonDir, target) === null

/** What the target is at, and upstream's commit where that is a fast-forward from there. */
interface Following {
  tip: string | null
  forwardTo: string | null
}

async function lookUpstream(deps: LandingDeps): Promise<Following> {
  const { repoGit, target, upstream } = deps
  if (!deps.settings.follow || upstream === null)
    return { tip: await readRef(repoGit, target), forwardTo: null }
  const [tip = null, to = null] = await readRefs(repoGit, [target, upstream])
  // The target nearly always has all of upstream, so that is asked first.
  const behind =
    tip !== null &&
    to !== null &&
    tip !== to &&
    !(await isAncestor(repoGit, to, tip)) &&
    (await isAncestor(repoGit, tip, to))
  return { tip, forwardTo: behind ? to : null }
}

/** Takes upstream's new commits into the target where that is a fast-forward; returns the target's tip. */
export async function followUpstream(deps: LandingDeps, signal: AbortSignal): Promise<string | null> {
  const first = await lookUpstream(deps)
  if (first.forwardTo === null) return first.tip
  return withLandingLease(deps, signal, async (fence) => {
    const { tip, forwardTo } = await lookUpstream(deps)
    if (tip === null || forwardTo === null) return tip
    return (await forward(deps, tip, forwardTo, fence)) ? forwardTo : tip
  })
}

/** Moves the target without landing a change; written down like a landing, so that a lock left behind is known. */
async function forward(deps: LandingDeps, from: string, to: string, fence: number): Promise<boolean> {
  const { store, refs, target } = deps
  // Whoever asks, and however long it waited for the lease.
  refuseCheckedOut(deps.repository.commonDir, target)
  // What an interrupted move of the same kind left is found out first, as with a change.
  await settleChange(deps, NO_CHANGE)
  const git = refs.identity()
  const intent = {
    changeId: NO_CHANGE,
    commitOid: to,
    treeOid: to,
    oldTip: from,
    newTip: to,
    target,
    fence,
    workerId: deps.workerId,
    process: deps.process,
    git,
  }
  store.db.write(() => store.landings.intend([intent]))
  const prepared = await refs.prepare(git, target, to, from)
  if (prepared.kind !== 'prepared') {
    // In this order for the same reasons as where a change lands.
    if (prepared.kind === 'ended') await clearOwnLock(deps)
    store.landings.close(NO_CHANGE, to, 'abandoned')
    if (prepared.kind === 'locked') await clearOwnLock(deps)
    return false
  }
  try {
    return await store.db.writeAsync(async () => {
      const allowed = store.landings.holds(target, fence) && store.facts.get('paused') === null
      if (allowed) await refs.commit(target)
      else await refs.abort()
      store.landings.close(NO_CHANGE, to, allowed ? 'landed' : 'abandoned')
      if (allowed)
        store.logs.write({ message: 'followed upstream', details: { from, to, upstream: deps.upstream } })
      return allowed
    })
  } catch (thrown) {
    await refs.abort()
    throw thrown
  }
}
