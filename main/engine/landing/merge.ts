/** Builds a merge of upstream off-tree: git's own merge, with what people decided where it found none. */
import type { ConflictKind } from '../../../schemas/conflict.ts'
import { upstreamMergeSchema, type UpstreamMerge } from '../../../schemas/upstream.ts'
import { transientError } from '../base/errors.ts'
import { branchName } from '../domain/branch-name.ts'
import { commitBody } from '../domain/commit-message.ts'
import type { GitOptions } from '../git/git.ts'
import { rawDifferences, type RawDifference } from '../git/history.ts'
import { mergeFile, type MergeResult } from '../git/merge.ts'
import { mergeBases, mergeCommits, type ConflictedPath, type Stage } from '../git/merge-trees.ts'
import type { Objects } from '../git/objects.ts'
import { isAncestor } from '../git/refs.ts'
import { editTree, FILE_MODE, isRegularFile, lookUp, treeOf, type TreeEntry } from '../git/trees.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { ConflictFinding } from './build-path.ts'
import type { Built, ExpectedPath, PathResolution } from './build.ts'
import type { File } from './sides.ts'

export type Merge = UpstreamMerge['upstream']

interface MergeDeps {
  objects: Objects
  buildGit: GitOptions
  scratch: string
  target: string
}

/** What is merged where a row is a merge of upstream, else null. */
export function mergeOf(row: Pick<ChangeRow, 'kind' | 'payload'>): Merge | null {
  return row.kind === 'upstream_merge' ? upstreamMergeSchema.parse(JSON.parse(row.payload)).upstream : null
}

const refused = (code: string, message: string): Built => ({ kind: 'refused', code, message })

const byHand = ({ target }: MergeDeps, merge: Merge, what: string): Built => {
  const done = `merge ${branchName(target)} into ${branchName(merge.ref)} with git, and the target follows`
  return refused('merge_by_hand', `${what}; ${done}`)
}

/** Builds the merge of an upstream commit into `parentTree`, which stands on the tip; writes to no checkout. */
export async function buildMerge(
  deps: MergeDeps,
  on: { tip: string; parentTree: string },
  merge: Merge,
  resolutions: ReadonlyMap<string, PathResolution>,
): Promise<Built> {
  const { objects, buildGit } = deps
  const { tip, parentTree } = on
  if ((await objects.read(merge.commit))?.type !== 'commit') {
    const message = `the commit ${merge.commit} of ${branchName(merge.ref)} is no longer in the repository`
    return refused('upstream_gone', message)
  }
  if (await isAncestor(buildGit, merge.commit, tip)) return { kind: 'already_present' }
  const bases = await mergeBases(buildGit, tip, merge.commit)
  const [base] = bases
  if (base === undefined)
    return byHand(deps, merge, `${branchName(merge.ref)} shares no history with ${branchName(deps.target)}`)
  const ours = await commitOver(objects, tip, parentTree)
  await objects.flush()
  const merged = await mergeCommits(buildGit, ours, merge.commit)
  if (!merged.clean && merged.conflicts.length === 0) return byHand(deps, merge, 'git cannot merge them')

  const edits = new Map<string, TreeEntry | null>()
  const conflicts: ConflictFinding[] = []
  for (const conflicted of merged.conflicts) {
    const sides = await readSides(objects, conflicted)
    if (sides === null) {
      return byHand(deps, merge, `both changed ${conflicted.path} in a way that no text settles`)
    }
    const found = await findConflict(deps, merge, sides, base)
    const decided = decisionFor(resolutions, sides)
    const entry = decided === null ? undefined : await applyDecision(deps, merged.tree, sides, decided)
    if (entry === undefined) conflicts.push(found)
    else edits.set(sides.path, entry)
  }
  if (conflicts.length > 0) {
    const told = await withSources(deps, base, [merge.commit, parentTree], conflicts)
    return { kind: 'conflict', conflicts: told }
  }
  const tree = edits.size === 0 ? merged.tree : await editTree(objects, merged.tree, edits)
  await objects.flush()
  const only = bases.length === 1 ? base : null
  const expected = await expectedPaths(deps, { base: only, parentTree, merge, tree }, edits)
  return { kind: 'built', tree, expected, normalised: [] }
}

/** Returns a commit of this tree for git to merge into: the tip, or one on it that is never landed. */
async function commitOver(objects: Objects, tip: string, tree: string): Promise<string> {
  if ((await treeOf(objects, tip)) === tree) return tip
  const message = 'a tree to merge into\n'
  return objects.stage('commit', commitBody({ tree, parents: [tip], agent: null, seconds: 0, message }))
}

interface ReadSides {
  path: string
  base: File | null
  ours: File | null
  theirs: File | null
}

/** Returns the contents of a conflicted path, or null where a side is no regular file or stands alone. */
async function readSides(objects: Objects, { path, ...stages }: ConflictedPath): Promise<ReadSides | null> {
  const { base, ours, theirs } = stages
  // What git puts beside the path, renamed twice or in the way of a folder, is there once.
  const there = [base, ours, theirs].filter((stage) => stage !== null)
  if (there.length < 2 || there.some(({ mode }) => !isRegularFile(mode))) return null
  // A name that is not UTF-8 cannot be named in a decision.
  if (path.includes('\ufffd')) return null
  const read = async (stage: Stage | null): Promise<File | null> => {
    if (stage === null) return null
    const object = await objects.read(stage.oid)
    if (object !== null) return { ...stage, bytes: object.body }
    throw transientError('object_missing', `the repository has no object ${stage.oid}, which ${path} holds`)
  }
  return { path, base: await read(base), ours: await read(ours), theirs: await read(theirs) }
}

async function findConflict(
  deps: MergeDeps,
  merge: Merge,
  { path, base, ours, theirs }: ReadSides,
  baseCommit: string,
): Promise<ConflictFinding> {
  const finding = (kind: ConflictKind, markers: Buffer | null): ConflictFinding => ({
    path,
    kind,
    base,
    ours,
    theirs: theirs === null ? null : { mode: theirs.mode, bytes: theirs.bytes },
    markers,
    renameSource: null,
    baseCommit,
    origin: 'given',
  })
  if (ours === null) return finding('delete_modify', null)
  if (theirs === null) return finding('modify_delete', null)
  if (base === null && ours.bytes.equals(theirs.bytes)) return finding('mode', null)
  const merged = await mergeBytes(deps, base, ours.bytes, theirs.bytes, branchName(merge.ref))
  if (merged.kind === 'binary') return finding('binary', null)
  return finding(base === null ? 'add_add' : 'content', merged.bytes)
}

const mergeBytes = (
  { buildGit, scratch }: MergeDeps,
  base: File | null,
  ours: Buffer,
  theirs: Buffer,
  label: string,
): Promise<MergeResult> =>
  mergeFile(
    buildGit,
    scratch,
    { base: base?.bytes ?? Buffer.alloc(0), ours, theirs },
    { base: 'base', ours: 'target', theirs: label },
  )

/** Returns what a person decided about exactly what upstream has at the path now. */
function decisionFor(
  resolutions: ReadonlyMap<string, PathResolution>,
  { path, theirs }: ReadSides,
): PathResolution | null {
  const found = [...resolutions.values()].find((one) => one.resolvedPath === path)
  return found !== undefined && found.theirsOid === (theirs?.oid ?? null) ? found : null
}

/** Returns what a decision makes of a path now (null: nothing); undefined where it has to be made again. */
async function applyDecision(
  deps: MergeDeps,
  mergedTree: string,
  { path, base, ours, theirs }: ReadSides,
  decided: PathResolution,
): Promise<TreeEntry | null | undefined> {
  const { objects } = deps
  const untouched = (ours?.oid ?? null) === decided.oursOid
  if (decided.content === null) return untouched ? null : undefined
  // Where both had the file git has merged its mode; else it came with the side that was chosen.
  const at = base !== null && theirs !== null ? await lookUp(objects, mergedTree, path) : null
  const merged = at?.kind === 'entry' && isRegularFile(at.entry.mode) ? at.entry.mode : null
  const mode = merged ?? decided.mode ?? ours?.mode ?? theirs?.mode ?? FILE_MODE
  if (untouched) return { mode, oid: objects.stage('blob', decided.content) }
  const seen = decided.oursOid === null ? null : await objects.read(decided.oursOid)
  if (ours === null || seen === null || decided.oursOid === null) return undefined
  const before = { mode, oid: decided.oursOid, bytes: seen.body }
  const again = await mergeBytes(deps, before, ours.bytes, decided.content, 'resolution')
  return again.kind === 'clean' ? { mode, oid: objects.stage('blob', again.bytes) } : undefined
}

/** Says of conflicts where the file had another name in the base. */
async function withSources(
  { objects, buildGit }: MergeDeps,
  base: string,
  sides: readonly string[],
  conflicts: readonly ConflictFinding[],
): Promise<ConflictFinding[]> {
  const tree = await treeOf(objects, base)
  const told: ConflictFinding[] = []
  for (const conflict of conflicts) {
    const at = conflict.base === null ? null : await lookUp(objects, tree, conflict.path)
    if (at === null || at.kind === 'entry') {
      told.push(conflict)
      continue
    }
    const source = await sourceOf(buildGit, base, sides, conflict.base?.oid ?? '')
    told.push(source === null ? conflict : { ...conflict, kind: 'rename', renameSource: source })
  }
  return told
}

/** Returns the path from which one of the sides took a file with this content away. */
async function sourceOf(
  git: GitOptions,
  base: string,
  sides: readonly string[],
  oid: string,
): Promise<string | null> {
  for (const side of sides) {
    const changed = await rawDifferences(git, base, side)
    const gone = changed.find(({ status, oldOid }) => status === 'D' && oldOid === oid)
    if (gone !== undefined) return gone.path
  }
  return null
}

interface Result {
  /** Null where there are several: git merges those first. */
  base: string | null
  parentTree: string
  merge: Merge
  tree: string
}

/**
 * Returns what the merge has to differ in from its parent: what upstream changed alone is exactly as upstream has it;
 * what both changed, or a rename led elsewhere, is as git or a person merged it.
 */
async function expectedPaths(
  { buildGit }: MergeDeps,
  { base, parentTree, merge, tree }: Result,
  edits: ReadonlyMap<string, TreeEntry | null>,
): Promise<ExpectedPath[]> {
  const made = await rawDifferences(buildGit, parentTree, tree)
  if (base === null) return made.map(asExpected)
  const [theirs, ours] = await Promise.all([
    rawDifferences(buildGit, base, merge.commit),
    rawDifferences(buildGit, base, parentTree),
  ])
  const oursAt = new Map(ours.map((one) => [one.path, one]))
  const theirsAt = new Set(theirs.map((one) => one.path))
  const mayMove = theirs.some(({ path, status }) => status === 'D' && oursAt.has(path))
  const alone = theirs.filter(
    ({ path, status }) => !oursAt.has(path) && !edits.has(path) && !(status === 'A' && mayMove),
  )
  const settled = new Set(alone.map(({ path }) => path))
  const merged = made.filter(
    ({ path }) => !settled.has(path) && (theirsAt.has(path) || oursAt.has(path) || edits.has(path)),
  )
  return [...alone, ...merged].map(asExpected)
}

const asExpected = ({ path, status, mode, oid }: RawDifference): ExpectedPath => {
  const deleted = status === 'D'
  const kind = deleted ? 'D' : status === 'A' ? 'A' : 'M'
  return { path, status: kind, oid: deleted ? null : oid, mode: deleted ? null : mode, lines: null }
}
