/** The target and the upstream it follows. */
import { userError } from '../base/errors.ts'
import { branchName } from '../domain/branch-name.ts'
import { checkedOutAt, nameOf } from '../git/worktrees.ts'
import { readRefLock } from '../git/refs.ts'
import type { LandingDeps } from './deps.ts'
import { withLandingLease } from './lease.ts'
import { claimTarget, type Owner } from './owner.ts'
import { rememberTip } from './rewound.ts'
import { clearOwnLock, settleChange } from './settle.ts'
import { endMerges, lookUpstream, queueMerge, rememberUpstream } from './upstream.ts'

/** The row id under which moves of the target that land no change are written down. */
const NO_CHANGE = 0

/**
 * Throws when the target is checked out somewhere: its files would then show every landing as staged reversals, and
 * the next commit there would undo it.
 */
export function refuseCheckedOut(commonDir: string, target: string): void {
  const [where] = checkedOutAt(commonDir, target)
  if (where === undefined) return
  const name = branchName(target)
  throw userError(
    'target_checked_out',
    `the branch ${name}, which changes land on, is checked out at ${nameOf(where)}`,
    'check out another branch there; nothing lands while it is',
  )
}

/** Tells whether nothing of the operator's keeps the target where it is: a checkout, or a lock of another git. */
export const mayFollow = (commonDir: string, target: string): boolean =>
  checkedOutAt(commonDir, target).length === 0 && readRefLock(commonDir, target) === null

/**
 * Takes upstream's new commits into the target: by fast-forward, or by a merge that is queued where both moved on.
 * Returns the target's tip.
 */
export async function followUpstream(deps: LandingDeps, signal: AbortSignal): Promise<string | null> {
  claimTarget(deps.repository.commonDir, deps.target, ownerOf(deps))
  const first = await lookUpstream(deps)
  if (!deps.settings.follow) return first.tip
  if (first.kind === 'diverged') await queueMerge(deps, first)
  if (first.kind === 'contained') endMerges(deps)
  if (first.kind !== 'forward') return first.tip
  return withLandingLease(deps, signal, async (fence) => {
    const look = await lookUpstream(deps)
    if (look.kind !== 'forward') return look.tip
    if (!(await forward(deps, look.tip, look.up, fence))) return look.tip
    endMerges(deps)
    return look.up
  })
}

export const ownerOf = ({ repository, store, workspaceUuid }: LandingDeps): Owner => ({
  uuid: workspaceUuid,
  workspace: repository.workspace,
  database: store.db.file,
})

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
      if (allowed) {
        rememberTip(deps, to)
        rememberUpstream(deps, to)
        store.logs.write({ message: 'followed upstream', details: { from, to, upstream: deps.upstream } })
      }
      return allowed
    })
  } catch (thrown) {
    await refs.abort()
    throw thrown
  }
}
