/** Brings landed commits to the operator's branch, by fast-forward, if that loses nothing of the checkout. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nowSeconds } from '../base/clock.ts'
import { asHyperionError, HyperionError, userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { isAlive, ownIdentity } from '../base/process.ts'
import {
  adoptMoved,
  changesBetween,
  moveFiles,
  moveHead,
  refreshIndex,
  type Checkout,
  type PathChange,
} from '../git/checkout.ts'
import { branchName } from '../domain/branch-name.ts'
import { git } from '../git/git.ts'
import { editedSince, obstaclesTo, type Obstacle } from '../git/obstacles.ts'
import { readRef } from '../git/refs.ts'
import type { Repository } from '../git/repository.ts'
import { underWay } from '../git/snapshot.ts'
import { checkedOutAt, nameOf, type CheckedOut } from '../git/worktrees.ts'
import type { Store } from '../store/store.ts'
import type { LandingDeps } from './deps.ts'
import { requireContained, requireUpstream } from './divided.ts'
import { followUpstream } from './target.ts'
import { lookUpstream, rememberUpstream } from './upstream.ts'

export interface SyncResult {
  kind: 'up_to_date' | 'synced'
  upstream: string
  from: string
  to: string
  /** The checkout that was moved; null when only the branch was. */
  checkout: string | null
}

const INDEX_LOCKED = 'index_locked'

/** Follows upstream, then fast-forwards it to the target; refuses, changing nothing, where edits would be lost. */
export async function sync(deps: LandingDeps): Promise<SyncResult> {
  const { store } = deps
  try {
    const done = await bringTo(deps)
    if (store.facts.get('sync_kept') !== null) store.facts.remove('sync_kept')
    return done
  } catch (thrown) {
    const { kind, code, message: sentence, hint: remedy } = asHyperionError(thrown)
    // That somebody else was quicker, or held the queue, keeps nothing away.
    if (kind === 'user' || kind === 'not_landed' || code === INDEX_LOCKED)
      keepInMind(deps, { code, sentence, remedy })
    throw thrown
  }
}

/** Writes down, for whoever looks later, why landed commits were not brought to upstream. */
function keepInMind({ store, clock }: LandingDeps, why: Omit<Kept, 'at'>): void {
  const known = readKept(store)
  if (known?.sentence === why.sentence && known.remedy === why.remedy) return
  store.db.write(() => {
    store.facts.set('sync_kept', JSON.stringify({ ...why, at: nowSeconds(clock) } satisfies Kept))
    store.logs.write({ level: 'warn', message: 'not synced', details: { ...why } })
  })
}

interface Kept {
  code: string
  sentence: string
  remedy: string | null
  at: number
}

/** Returns why landed commits were last not brought to upstream, or null once they were. */
export function readKept(store: Pick<Store, 'facts'>): Kept | null {
  const stored = store.facts.get('sync_kept')
  return stored === null ? null : (JSON.parse(stored) as Kept)
}

async function bringTo(deps: LandingDeps): Promise<SyncResult> {
  const { repoGit, repository, store } = deps
  const upstream = requireUpstream(deps)
  await followUpstream(deps, new AbortController().signal)
  const { up: from, tip: to } = requireContained(deps, await lookUpstream(deps))
  const done = { upstream: branchName(upstream), from, to }
  if (from === to) return { kind: 'up_to_date', checkout: null, ...done }
  const places = checkedOutAt(repository.commonDir, upstream)
  const [found, second] = places
  if (second !== undefined) {
    throw userError(
      'checked_out_twice',
      `${branchName(upstream)} is checked out at ${places.map(nameOf).join(' and ')}`,
      'check out another branch in one of them',
    )
  }
  const place = found === undefined ? undefined : checkoutOf(repository, found)
  if (place === undefined) {
    await git(['update-ref', '-m', 'hyperion: sync', upstream, to, from], repoGit)
  } else {
    try {
      await lookBefore(place, from, to)
    } catch (thrown) {
      // What stands in the way may be what another sync is writing in this very moment.
      if (othersAtWork(store) || (await readRef(repoGit, upstream)) !== from)
        throw syncRunning('somebody else')
      throw thrown
    }
    const journal = store.journal.beginAlone({
      kind: 'sync',
      direction: 'forward',
      details: { ...place, from, to, branch: upstream },
      process: ownIdentity(),
      files: [],
    })
    if (journal === null) throw syncRunning('somebody else')
    // Who was quicker may have been done before ours was written down.
    if ((await readRef(repoGit, upstream)) !== from) {
      store.journal.end(journal, 'undone')
      throw syncRunning('somebody else')
    }
    try {
      await moveCheckout(place, from, to)
    } catch (thrown) {
      // What it began is finished by the next sync, of this process or of another.
      store.journal.orphan(journal)
      throw thrown
    }
    store.journal.end(journal, 'done')
  }
  store.db.write(() => {
    store.facts.set('last_sync', to)
    // Whoever takes this back by hand from now on is not brought it again unasked.
    rememberUpstream(deps, to)
    store.logs.write({ message: 'synced', details: { ...done, checkout: place?.folder ?? null } })
  })
  return { kind: 'synced', checkout: place?.folder ?? null, ...done }
}

const othersAtWork = (store: Store): boolean =>
  store.journal
    .open()
    .some(({ kind, pid, pid_started }) => kind === 'sync' && pid !== process.pid && isAlive({ pid, startedAt: pid_started })) // prettier-ignore

const syncRunning = (who: string): HyperionError =>
  new HyperionError('transient', 'sync_running', `${who} is at work on this checkout`, {
    hint: 'wait for it to end',
  })

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
    INDEX_LOCKED,
    `the index of ${folder} is locked by another git (${lock})`,
    { hint: 'wait for it, or remove the file if no git runs' },
  )
}

function refuseObstacles(
  { folder }: Checkout,
  obstacles: readonly Obstacle[],
  edited: readonly string[] = [],
): void {
  const [first, ...others] = obstacles
  if (first === undefined) return
  const { said, remedy } = OBSTACLES[first.kind]
  const file = inert(join(folder, first.path), 1000)
  const sentence = `${file} ${said}${alsoNamed([...others.map(({ path }) => path), ...edited])}`
  throw userError('would_overwrite', sentence, `${remedy}; nothing was changed`)
}

/** How many paths besides the first a refusal names. */
const ALSO_NAMED = 5

function alsoNamed(paths: readonly string[]): string {
  if (paths.length === 0) return ''
  const more = paths.length > ALSO_NAMED ? ` and ${paths.length - ALSO_NAMED} more` : ''
  return ` (also in the way: ${paths.slice(0, ALSO_NAMED).map((path) => inert(path)).join(', ')}${more})` // prettier-ignore
}

/** The edited file that git named when it refused to move a checkout; in its own words where it named none. */
function editInTheWay({ folder }: Checkout, said: string): { path: string | null; sentence: string } {
  const path = /'(.*)'/.exec(said)?.[1] ?? null
  const sentence =
    path === null
      ? `${folder} has edits that would be lost: ${inert(said.replace(/^error: /, ''))}`
      : `${inert(join(folder, path), 1000)} has edits that would be lost`
  return { path, sentence }
}

/** The files edited since a commit that the move would touch: git stops at the first. */
async function editedAmong(place: Checkout, from: string, changes: readonly PathChange[]): Promise<string[]> {
  const moved = new Set(changes.map(({ path }) => path))
  return (await editedSince(place, from)).filter((path) => moved.has(path))
}

const OBSTACLES: Readonly<Record<Obstacle['kind'], { said: string; remedy: string }>> = {
  untracked: { said: 'is not tracked and would be overwritten', remedy: 'move it away' },
  nested: {
    said: 'is a repository of its own, in which landed files would be written',
    remedy: 'move it away',
  },
  marked: {
    said: 'is marked so that git does not look at it (assume-unchanged or skip-worktree), and would be overwritten',
    remedy: 'clear the mark with `git update-index --no-assume-unchanged --no-skip-worktree`',
  },
  deleted: { said: 'was deleted here and would come back', remedy: 'commit that, or restore it' },
  staged: { said: 'has staged edits that would be lost', remedy: 'commit or stash them' },
  replaced: { said: 'is not the folder that it was, and would be overwritten', remedy: 'move it away' },
}

/** Throws, naming what would be lost, when moving the checkout is not safe. */
async function lookBefore(place: Checkout, from: string, to: string): Promise<void> {
  const busy = underWay(place.gitDir)
  if (busy !== null)
    throw userError(
      'checkout_busy',
      `${place.folder} is in the middle of ${busy}`,
      'finish or abort that first',
    )
  refuseLocked(place)
  await refreshIndex(place)
  const changes = await changesBetween(place, from, to)
  const obstacles = await obstaclesTo(place, changes)
  if (obstacles.length > 0) {
    const known = new Set(obstacles.map(({ path }) => path))
    const edited = (await editedAmong(place, from, changes)).filter((path) => !known.has(path))
    refuseObstacles(place, obstacles, edited)
  }
  const trial = await moveFiles(place, from, to, true)
  if (trial.ok) return
  const { path, sentence } = editInTheWay(place, trial.said)
  const others = (await editedAmong(place, from, changes)).filter((one) => one !== path)
  throw userError(
    'would_overwrite',
    `${sentence}${alsoNamed(others)}`,
    'commit or stash them; nothing was changed',
  )
}

async function moveCheckout(place: Checkout, from: string, to: string): Promise<void> {
  await moveTracked(place, from, to)
  await moveHead(place, from, to)
}

/** Moves files and index alone, whatever branch stands on them. */
async function moveTracked(place: Checkout, from: string, to: string): Promise<void> {
  const moved = await moveFiles(place, from, to, false)
  if (moved.ok) return
  throw userError(
    'would_overwrite',
    editInTheWay(place, moved.said).sentence,
    'commit or stash them, then run `hyperion sync` again',
  )
}

/** Finishes a sync whose process died between the first file and the branch. */
export async function finishInterrupted(
  deps: Pick<LandingDeps, 'store' | 'repoGit' | 'repository'>,
): Promise<void> {
  for (const row of deps.store.journal.open()) {
    if (row.kind !== 'sync') continue
    if (isAlive({ pid: row.pid, startedAt: row.pid_started })) {
      if (row.pid === process.pid) continue
      throw syncRunning(`process ${row.pid}`)
    }
    const { gitDir, folder, from, to, branch } = JSON.parse(row.details) as Checkout & Move
    const place = { gitDir, folder }
    const head = existsSync(folder) ? await readRef({ ...deps.repoGit, gitDir }, 'HEAD') : null
    // Whoever switched to another branch meanwhile has that at the same commit: what was begun is taken back there.
    const isThere = branch === undefined || checkedOutAt(deps.repository.commonDir, branch).some((one) => one.gitDir === gitDir) // prettier-ignore
    if (head === from) {
      refuseLocked(place)
      const changes = await changesBetween(place, from, to)
      await adoptMoved(place, changes)
      // What was put there since the interruption nobody has looked at; what git has removed is to be written.
      const way = isThere ? changes : await changesBetween(place, to, from)
      const obstacles = await obstaclesTo(place, way)
      // What is staged beside the interrupted move itself git refuses to lose.
      const own: readonly string[] = isThere ? ['deleted'] : ['deleted', 'staged']
      refuseObstacles(place, obstacles.filter(({ kind }) => !own.includes(kind))) // prettier-ignore
      if (isThere) await moveCheckout(place, from, to)
      else await moveTracked(place, to, from)
    }
    const finished = head === from && isThere
    // Elsewhere by now: the operator moved on, and what is in the checkout is theirs.
    deps.store.journal.end(row.id, finished || head === to ? 'done' : 'undone')
    const details = { folder, from, to, finished }
    deps.store.logs.write({ level: 'warn', message: 'recovered checkout', details })
  }
}

interface Move {
  from: string
  to: string
  /** The branch to be moved; absent in journals of older programs. */
  branch?: string
}
