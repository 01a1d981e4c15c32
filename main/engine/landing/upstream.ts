/** How upstream stands to the target, and the merge that is queued where both moved on. */
import { MERGE_AGENT, type UpstreamMerge } from '../../../schemas/upstream.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'
import { branchName } from '../domain/branch-name.ts'
import { isAncestor, readRefs } from '../git/refs.ts'
import { lookUp, treeOf } from '../git/trees.ts'
import type { ConflictRecord } from '../../../schemas/conflict.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { LandingDeps } from './deps.ts'
import { mergeOf } from './merge.ts'
import { leftAt, requireNotRewound } from './rewound.ts'

export type UpstreamLook =
  /** One of the two is not there, or none is followed. */
  | { kind: 'alone'; tip: string | null; up: string | null }
  /** The target has all of upstream. */
  | { kind: 'contained'; tip: string; up: string }
  | { kind: 'forward'; tip: string; up: string }
  | { kind: 'diverged'; tip: string; up: string }
  /** Commits that the target took from upstream are gone from there: its history was written anew. */
  | { kind: 'rewritten'; tip: string; up: string; seen: string }

interface Seen {
  ref: string
  commit: string
}

const readSeen = ({ store }: Pick<LandingDeps, 'store'>): { stored: string | null; seen: Seen | null } => {
  const stored = store.facts.get('upstream_seen')
  return { stored, seen: stored === null ? null : (JSON.parse(stored) as Seen) }
}

/** Looks where both branches are; throws where the target lost what landed. */
export async function lookUpstream(deps: LandingDeps): Promise<UpstreamLook> {
  // Remembered before the branches are read, which then are never older than what is remembered of them.
  const left = leftAt(deps)
  const { stored, look } = await lookAt(deps)
  if (look.tip !== null) await requireNotRewound(deps, left, look.tip)
  if (look.kind === 'contained' && deps.upstream !== null)
    remember(deps, stored, { ref: deps.upstream, commit: look.up })
  return look
}

/** Looks where both branches are, for whoever only wants to know: writes nothing. */
export const peekUpstream = async (deps: LandingDeps): Promise<UpstreamLook> => (await lookAt(deps)).look

async function lookAt(deps: LandingDeps): Promise<{ stored: string | null; look: UpstreamLook }> {
  const { repoGit, target, upstream } = deps
  const { stored, seen } = readSeen(deps)
  const found = (look: UpstreamLook): { stored: string | null; look: UpstreamLook } => ({ stored, look })
  const [tip = null, up = null] = await readRefs(repoGit, [target, upstream ?? target])
  if (upstream === null || tip === null || up === null)
    return found({ kind: 'alone', tip, up: upstream === null ? null : up })
  if (seen?.ref === upstream && seen.commit !== up && (await wasRewritten(deps, seen.commit, tip, up)))
    return found({ kind: 'rewritten', tip, up, seen: seen.commit })
  // The target nearly always has all of upstream, so that is asked first.
  if (tip === up || (await isAncestor(repoGit, up, tip))) return found({ kind: 'contained', tip, up })
  return found({ kind: (await isAncestor(repoGit, tip, up)) ? 'forward' : 'diverged', tip, up })
}

const wasRewritten = async (
  { repoGit }: LandingDeps,
  seen: string,
  tip: string,
  up: string,
): Promise<boolean> => !(await isAncestor(repoGit, seen, up)) && (await isAncestor(repoGit, seen, tip))

/** Writes down that the target has a commit of upstream. Call inside the transaction that tells of it. */
export function rememberUpstream(
  { store, upstream }: Pick<LandingDeps, 'store' | 'upstream'>,
  commit: string,
): void {
  if (upstream !== null)
    store.facts.set('upstream_seen', JSON.stringify({ ref: upstream, commit } satisfies Seen))
}

function remember({ store }: LandingDeps, stored: string | null, seen: Seen): void {
  const fresh = JSON.stringify(seen)
  if (stored === fresh) return
  store.db.write(() => {
    // Whoever looked at the same time and wrote first may have seen more.
    if (store.facts.get('upstream_seen') === stored) store.facts.set('upstream_seen', fresh)
  })
}

/** Takes upstream as it was written anew: what the target has of its former history stays there. */
export async function acceptUpstream(deps: LandingDeps): Promise<boolean> {
  const look = await lookUpstream(deps)
  if (look.kind !== 'rewritten' || deps.upstream === null) return false
  const seen: Seen = { ref: deps.upstream, commit: look.up }
  deps.store.db.write(() => {
    deps.store.facts.set('upstream_seen', JSON.stringify(seen))
    const details = { upstream: deps.upstream, from: look.seen, to: look.up }
    deps.store.logs.write({ level: 'warn', message: 'upstream accepted', details })
  })
  return true
}

/** The merge that is queued, or waits for a person; null where there is none. */
export function openMerge({ store }: Pick<LandingDeps, 'store'>): ChangeRow | null {
  return store.merges.all().find(({ status }) => status !== 'applied' && status !== 'cancelled') ?? null
}

/**
 * Queues the merge of upstream, once however many look.
 *
 * A merge that waits or failed is not superseded by another row but brings the newer commit from then on: it keeps its
 * place in front of the operator, and what they decided about paths that stayed the same. One that somebody cancelled,
 * or that failed, comes back only with another commit.
 */
export async function queueMerge(deps: LandingDeps, look: { tip: string; up: string }): Promise<void> {
  const { store, upstream } = deps
  if (upstream === null) return
  const moved = await movedUnder(deps, look.tip)
  if (!moved && isKnown(deps, look.up)) return
  const policy = await deps.readPolicy(look.tip)
  store.db.write(() => {
    // Somebody merged it since this look at the branches.
    if (hasLanded(deps, look.up) && leftAt(deps) !== look.tip) return
    const row = openMerge(deps)
    if (isKnown(deps, look.up)) {
      if (moved && row?.status === 'conflict') {
        store.merges.again(row.id)
        const event = { queueId: row.id, taskId: row.task_id, details: { tip: look.tip } }
        store.logs.write({ message: 'merge built again', ...event })
      }
      return
    }
    // It ends first, one way or the other: nobody takes it from the worker that has it.
    if (row?.status === 'in_progress') return
    const merge = makeMerge(deps, upstream, look.up, Object.keys(policy.checks.allow), row)
    const stored = { payload: JSON.stringify(merge), payloadHash: sha256(canonicalJson(merge)) }
    if (row !== null) {
      store.merges.replace(row.id, { taskId: merge.task_id, tip: look.tip, ...stored })
      const details = { commit: look.up, before: mergeOf(row)?.commit ?? null, was: row.status }
      store.logs.write({ message: 'upstream moved on', queueId: row.id, taskId: merge.task_id, details })
      return
    }
    store.changes.insert({
      kind: 'upstream_merge',
      taskId: merge.task_id,
      agent: merge.agent,
      requestId: null,
      priority: merge.priority,
      enqueuedTip: look.tip,
      // It waits for no other change and keeps none waiting: what stands behind it is merged with it.
      paths: [],
      dependsOn: [],
      telemetryAnchors: [],
      ...stored,
    })
  })
}

/** Tells whether a merge of this commit is there already, however it stands; one that landed was undone by hand. */
const isKnown = ({ store }: LandingDeps, commit: string): boolean =>
  store.merges.all().some((row) => row.status !== 'applied' && mergeOf(row)?.commit === commit)

const hasLanded = ({ store }: LandingDeps, commit: string): boolean =>
  store.merges.all().some((row) => row.status === 'applied' && mergeOf(row)?.commit === commit)

/** Tells whether the target has something else by now in a path that the merge is in conflict about. */
async function movedUnder({ store, objects }: LandingDeps, tip: string): Promise<boolean> {
  const row = openMerge({ store })
  if (row?.status !== 'conflict') return false
  const tree = await treeOf(objects, tip)
  for (const { record } of store.records.conflicts(row.id)) {
    const { path, ours, tip: seenAt } = JSON.parse(record) as ConflictRecord
    if (seenAt === tip) continue
    const at = await lookUp(objects, tree, path)
    if ((at.kind === 'entry' ? at.entry.oid : null) !== (ours?.oid ?? null)) return true
  }
  return false
}

function makeMerge(
  { store, target }: LandingDeps,
  ref: string,
  commit: string,
  checks: string[],
  replaced: ChangeRow | null,
): UpstreamMerge {
  const name = `upstream-${commit.slice(0, 10)}`
  // A commit is merged again where the target was moved back by hand; the archive and the log tell both apart.
  const taken = new Set(store.merges.all().filter(({ id }) => id !== replaced?.id).map((row) => row.task_id)) // prettier-ignore
  let taskId = name
  for (let more = 2; taken.has(taskId); more += 1) taskId = `${name}-${more}`
  return {
    task_id: taskId,
    agent: MERGE_AGENT,
    upstream: { commit, ref },
    priority: 'urgent',
    changes: [],
    checks,
    metadata: { intent: `merge ${branchName(ref)} at ${commit.slice(0, 10)} into ${branchName(target)}` },
  }
}

/** Puts merges that wait for nothing any more back into line, where each finds that it is present already. */
export function endMerges({ store }: LandingDeps): void {
  if (!store.merges.anyOpen()) return
  store.db.write(() => {
    for (const { id, status } of store.merges.all()) {
      if (status === 'conflict' || status === 'held' || status === 'failed') store.merges.again(id)
    }
  })
}
