/** Brings landed commits to the operator's branch, by fast-forward, if that loses nothing of the checkout. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HyperionError, userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { isAlive, ownIdentity } from '../base/process.ts'
import {
  adoptMoved,
  changesBetween,
  inTheWay,
  moveFiles,
  moveHead,
  refreshIndex,
  type Checkout,
} from '../git/checkout.ts'
import { git } from '../git/git.ts'
import { isAncestor, readRef } from '../git/refs.ts'
import type { Repository } from '../git/repository.ts'
import { checkedOutAt, nameOf, type CheckedOut } from '../git/worktrees.ts'
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
  const [found, second] = places
  if (second !== undefined) {
    throw userError(
      'checked_out_twice',
      `${shortName(upstream)} is checked out at ${places.map(nameOf).join(' and ')}`,
      'check out another branch in one of them',
    )
  }
  const place = found === undefined ? undefined : checkoutOf(repository, found)
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

/** Returns where the files of a checkout are, or throws when nobody can say. */
function checkoutOf(repository: Repository, found: CheckedOut): Checkout {
  const folder = found.gitDir === repository.gitDir ? repository.workspace : found.folder
  if (folder === null || !existsSync(folder)) {
    throw userError(
      'checkout_missing',
      `the folder of ${nameOf(found)} ${folder === null ? 'is not known here' : 'does not exist'}`,
      'run `hyperion sync` inside it, or `git worktree prune` if it is gone',
    )
  }
  return { gitDir: found.gitDir, folder }
}

/** A lock may be that of a git which still runs, even one that outlived an interrupted sync. */
function refuseLocked({ gitDir, folder }: Checkout): void {
  const lock = join(gitDir, 'index.lock')
  if (!existsSync(lock)) return
  throw new HyperionError(
    'transient',
    'index_locked',
    `the index of ${folder} is locked by another git (${lock})`,
    { hint: 'wait for it, or remove the file if no git runs' },
  )
}

/** Throws, naming what would be lost, when moving the checkout is not safe. */
async function lookBefore(place: Checkout, from: string, to: string): Promise<void> {
  const busy = UNDER_WAY.find((name) => existsSync(join(place.gitDir, name)))
  if (busy !== undefined) {
    throw userError(
      'checkout_busy',
      `${place.folder} is in the middle of a merge, rebase or the like (${busy})`,
      'finish or abort that first',
    )
  }
  refuseLocked(place)
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
      `${place.folder} has edits that would be lost: ${inert(trial.said.replace(/^error: /, ''))}`,
      'commit or stash them; nothing was changed',
    )
  }
}

async function moveCheckout(place: Checkout, from: string, to: string): Promise<void> {
  const moved = await moveFiles(place, from, to, false)
  if (!moved.ok) {
    throw userError(
      'would_overwrite',
      `${place.folder} has edits that would be lost: ${inert(moved.said.replace(/^error: /, ''))}`,
      'commit or stash them, then run `hyperion sync` again',
    )
  }
  await moveHead(place, from, to)
}

/** Finishes a sync whose process died between the first file and the branch. */
export async function finishInterrupted(deps: Pick<LandingDeps, 'store' | 'repoGit'>): Promise<void> {
  for (const row of deps.store.journal.open()) {
    if (row.kind !== 'sync') continue
    if (isAlive({ pid: row.pid, startedAt: row.pid_started })) {
      if (row.pid === process.pid) continue
      const said = `process ${row.pid} is syncing this checkout`
      throw new HyperionError('transient', 'sync_running', said, { hint: 'wait for it to end' })
    }
    const { gitDir, folder, from, to } = JSON.parse(row.details) as Checkout & { from: string; to: string }
    const place = { gitDir, folder }
    const head = existsSync(folder) ? await readRef({ ...deps.repoGit, gitDir }, 'HEAD') : null
    if (head === from) {
      refuseLocked(place)
      await adoptMoved(place, await changesBetween(place, from, to))
      await moveCheckout(place, from, to)
    }
    // Elsewhere by now: the operator moved on, and what is in the checkout is theirs.
    deps.store.journal.end(row.id, head === from || head === to ? 'done' : 'undone')
    const details = { folder, from, to, finished: head === from }
    deps.store.logs.write({ level: 'warn', message: 'recovered checkout', details })
  }
}
