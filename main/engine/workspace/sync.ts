/** Brings landed commits to the operator's branch, by fast-forward, if that loses nothing of the checkout. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { userError } from '../base/errors.ts'
import { isAlive, ownIdentity } from '../base/process.ts'
import { adoptMoved, changesBetween, inTheWay, moveFiles, moveHead, refreshIndex } from '../git/checkout.ts'
import { git } from '../git/git.ts'
import { isAncestor, readRef } from '../git/refs.ts'
import { checkedOutAt, type CheckedOut } from '../git/worktrees.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { followUpstream } from '../landing/target.ts'

export interface SyncResult {
  kind: 'up_to_date' | 'synced'
  upstream: string
  from: string
  to: string
  /** The checkout that was moved; null when only the branch was. */
  checkout: string | null
}

/** What git leaves in a git directory while something of the operator's is under way there. */
const UNDER_WAY = [
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'BISECT_LOG',
  'rebase-merge',
  'rebase-apply',
]

const shortName = (ref: string): string => ref.replace('refs/heads/', '')

/** Follows upstream, then fast-forwards it to the target; refuses, changing nothing, where edits would be lost. */
export async function sync(deps: LandingDeps): Promise<SyncResult> {
  const { upstream, repoGit, repository, target, store } = deps
  if (upstream === null) {
    throw userError(
      'no_upstream',
      'no upstream branch is known',
      'set landing.upstream in hyperion.config.json',
    )
  }
  await finishInterrupted(deps)
  await followUpstream(deps, new AbortController().signal)
  const from = await readRef(repoGit, upstream)
  const to = await readRef(repoGit, target)
  if (from === null || to === null) {
    throw userError(
      'ref_missing',
      `the branch ${shortName(from === null ? upstream : target)} does not exist`,
    )
  }
  const done = { upstream: shortName(upstream), from, to }
  if (from === to) return { kind: 'up_to_date', checkout: null, ...done }
  if (!(await isAncestor(repoGit, from, to))) {
    throw userError(
      'diverged',
      `${shortName(upstream)} has commits that ${shortName(target)} lacks, so it cannot be fast-forwarded`,
      `merge ${shortName(target)} into it with git; the target then follows by itself`,
    )
  }
  const places = checkedOutAt(repository.commonDir, upstream)
  const [place, second] = places
  if (second !== undefined) {
    throw userError(
      'checked_out_twice',
      `${shortName(upstream)} is checked out at ${places.map(({ folder }) => folder).join(' and ')}`,
      'check out another branch in one of them',
    )
  }
  if (place === undefined) {
    await git(['update-ref', '-m', 'hyperion: sync', upstream, to, from], repoGit)
  } else {
    await lookBefore(place, from, to)
    const journal = store.journal.begin({
      kind: 'sync',
      direction: 'forward',
      details: { ...place, from, to },
      process: ownIdentity(),
      files: [],
    })
    await moveCheckout(place, from, to)
    store.journal.end(journal, 'done')
  }
  store.facts.set('last_sync', to)
  store.logs.write({ message: 'synced', details: { ...done, checkout: place?.folder ?? null } })
  return { kind: 'synced', checkout: place?.folder ?? null, ...done }
}

/** Throws, naming what would be lost, when moving the checkout is not safe. */
async function lookBefore(place: CheckedOut, from: string, to: string): Promise<void> {
  const busy = UNDER_WAY.find((name) => existsSync(join(place.gitDir, name)))
  if (busy !== undefined) {
    throw userError(
      'checkout_busy',
      `${place.folder} is in the middle of a merge, rebase or the like (${busy})`,
      'finish or abort that first',
    )
  }
  if (existsSync(join(place.gitDir, 'index.lock'))) {
    throw userError(
      'index_locked',
      `the index of ${place.folder} is locked by another git (${join(place.gitDir, 'index.lock')})`,
      'wait for it, or remove the file if no git runs',
    )
  }
  await refreshIndex(place)
  const blocking = await inTheWay(place, await changesBetween(place, from, to))
  if (blocking.length > 0) {
    const more = blocking.length === 1 ? '' : ` and ${blocking.length - 1} more`
    throw userError(
      'would_overwrite',
      `${join(place.folder, blocking[0] ?? '')}${more} is not tracked and would be overwritten`,
      'move it away; nothing was changed',
    )
  }
  const trial = await moveFiles(place, from, to, true)
  if (!trial.ok) {
    throw userError(
      'would_overwrite',
      `${place.folder} has edits that would be lost: ${trial.said.replace(/^error: /, '')}`,
      'commit or stash them; nothing was changed',
    )
  }
}

async function moveCheckout(place: CheckedOut, from: string, to: string): Promise<void> {
  const moved = await moveFiles(place, from, to, false)
  if (!moved.ok) throw userError('sync_refused', `${place.folder} could not be moved: ${moved.said}`)
  await moveHead(place, from, to)
}

/** Finishes a sync whose process died between the first file and the branch. */
export async function finishInterrupted(deps: Pick<LandingDeps, 'store' | 'repoGit'>): Promise<void> {
  for (const row of deps.store.journal.open()) {
    if (row.kind !== 'sync' || isAlive({ pid: row.pid, startedAt: row.pid_started })) continue
    const { gitDir, folder, from, to } = JSON.parse(row.details) as CheckedOut & { from: string; to: string }
    const place = { gitDir, folder }
    const head = await readRef({ ...deps.repoGit, gitDir }, 'HEAD')
    if (head === from) {
      await adoptMoved(place, await changesBetween(place, from, to))
      await moveCheckout(place, from, to)
    }
    // Elsewhere by now: the operator moved on, and what is in the checkout is theirs.
    deps.store.journal.end(row.id, head === from || head === to ? 'done' : 'undone')
  }
}
