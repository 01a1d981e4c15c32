/** The target and the upstream it follows. */
import { userError } from '../base/errors.ts'
import { checkedOutAt, nameOf } from '../git/worktrees.ts'
import { isAncestor, readRef } from '../git/refs.ts'
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

export type FollowResult = 'unchanged' | 'forwarded' | 'diverged' | 'busy'

/** Takes upstream's new commits into the target where that is a fast-forward. */
export async function followUpstream(deps: LandingDeps, signal: AbortSignal): Promise<FollowResult> {
  if (!deps.settings.follow || deps.upstream === null) return 'unchanged'
  const behind = async (): Promise<{ from: string; to: string } | FollowResult> => {
    const from = await readRef(deps.repoGit, deps.target)
    const to = await readRef(deps.repoGit, deps.upstream ?? '')
    if (from === null || to === null || from === to) return 'unchanged'
    if (await isAncestor(deps.repoGit, from, to)) return { from, to }
    return (await isAncestor(deps.repoGit, to, from)) ? 'unchanged' : 'diverged'
  }
  const first = await behind()
  if (typeof first === 'string') return first
  const moved = await withLandingLease(deps, signal, async (fence): Promise<FollowResult> => {
    const now = await behind()
    if (typeof now === 'string') return now
    return (await forward(deps, now.from, now.to, fence)) ? 'forwarded' : 'busy'
  })
  return moved ?? 'busy'
}

/** Moves the target without landing a change; written down like a landing, so that a lock left behind is known. */
async function forward(deps: LandingDeps, from: string, to: string, fence: number): Promise<boolean> {
  const { store, refs, target } = deps
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
