/** Finds, for one path of a change, what it was written against and what it makes of it. */
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import { applyPatch, applyReplacement, baseRefusal } from '../domain/patch/apply.ts'
import { parsedPatch } from '../domain/patch/of-change.ts'
import type { GitOptions } from '../git/git.ts'
import { commitsTouching } from '../git/history.ts'
import type { Objects } from '../git/objects.ts'
import { EXECUTABLE_MODE, FILE_MODE, isRegularFile, lookUp, treeOf, type TreeEntry } from '../git/trees.ts'

/** How far back a base is looked for when the request names none. */
const HISTORY = 200

export interface File {
  mode: string
  oid: string
  bytes: Buffer
}

export type BaseOrigin = 'given' | 'inferred' | 'unknown'

/** What one path was (`base`) and what the change makes of it (`theirs`); null where there is no file. */
export interface Sides {
  kind: 'sides'
  base: File | null
  /** Null where no commit is known before which the path was not there. */
  baseCommit: string | null
  origin: BaseOrigin
  theirs: { mode: string; bytes: Buffer } | null
  /** Lines the patch adds and removes; null where the whole text was given. */
  lines: { added: number; removed: number } | null
  normalised: readonly string[]
}

export type SidesResult =
  | Sides
  | { kind: 'refused'; code: string; message: string }
  /** No commit was found on which the patch fits. */
  | { kind: 'base_unknown' }

export interface SidesContext {
  objects: Objects
  git: GitOptions
  /** The landed tip: where history is looked up. */
  tip: string
  /** The tree built on, which may be ahead of the tip by candidates not landed yet. */
  tipTree: string
  enqueuedTip: string | null
  /** Returns a tree as a file that the change adds finds it: without the files the change deletes. */
  clear(tree: string): Promise<string>
}

type PathLookup =
  { kind: 'file'; file: File } | { kind: 'absent' } | { kind: 'refused'; code: string; message: string }

/** Returns the regular file at a path of a tree, or why there is none that could be patched. */
export async function fileAt(objects: Objects, tree: string, path: string): Promise<PathLookup> {
  const found = await lookUp(objects, tree, path)
  if (found.kind === 'absent') return { kind: 'absent' }
  if (found.kind === 'under_file') {
    const message = `${path} would go through ${found.at}, which is a file or a link, not a folder`
    return { kind: 'refused', code: 'path_under_file', message }
  }
  const { entry } = found
  if (!isRegularFile(entry.mode)) {
    return { kind: 'refused', code: 'not_a_regular_file', message: `${path} is ${describeMode(entry)}` }
  }
  const object = await objects.read(entry.oid)
  if (object === null) {
    const message = `the contents of ${path} are missing from the repository (a partial clone?)`
    return { kind: 'refused', code: 'object_missing', message }
  }
  return { kind: 'file', file: { ...entry, bytes: object.body } }
}

function describeMode(entry: TreeEntry): string {
  if (entry.mode === '120000') return 'a symbolic link; links cannot be changed'
  if (entry.mode === '160000') return 'a submodule; submodules cannot be changed'
  return 'a folder; name a file in it'
}

interface CandidateBase {
  commit: string
  tree: string
  origin: BaseOrigin
}

/** Yields where a change may have been written, in the order of the landing rules; the tip first if none is given. */
async function* candidateBases(
  context: SidesContext,
  request: ChangeRequest,
  change: FileChange,
): AsyncGenerator<CandidateBase> {
  const { objects } = context
  if (request.base_commit !== undefined) {
    yield { commit: request.base_commit, tree: await treeOf(objects, request.base_commit), origin: 'given' }
    return
  }
  const seen = new Set<string>()
  const fresh = async (commit: string): Promise<CandidateBase | null> => {
    if (seen.has(commit)) return null
    seen.add(commit)
    const object = await objects.read(commit)
    return object?.type === 'commit'
      ? { commit, tree: await treeOf(objects, commit), origin: 'inferred' }
      : null
  }
  // A whole text fits everywhere, so the tip would always win and silently undo what landed in between.
  const writesWhole = change.patch === undefined
  if (!writesWhole || context.enqueuedTip === null) {
    seen.add(context.tip)
    yield { commit: context.tip, tree: context.tipTree, origin: 'inferred' }
  }
  if (context.enqueuedTip !== null) {
    const base = await fresh(context.enqueuedTip)
    if (base !== null) yield base
  }
  if (writesWhole) {
    // What was not there when the change came in, it can only have seen in a change queued before it.
    if (!seen.has(context.tip)) yield { commit: context.tip, tree: context.tipTree, origin: 'inferred' }
    return
  }
  for (const commit of await commitsTouching(context.git, context.tip, change.path, HISTORY)) {
    const base = await fresh(commit)
    if (base !== null) yield base
  }
}

type Effect =
  | { kind: 'fits'; sides: Omit<Sides, 'kind' | 'baseCommit' | 'origin'> }
  | { kind: 'no'; code: string; message: string }

/** Applies one file change to the file it was written against, exactly. */
function applyTo(base: File | null, change: FileChange): Effect {
  const mode = base?.mode ?? (change.executable === true ? EXECUTABLE_MODE : FILE_MODE)
  if (base === null && change.operation !== 'add') {
    return { kind: 'no', code: 'path_missing', message: `${change.path} does not exist in the base` }
  }
  if (base !== null && change.operation === 'add') {
    return {
      kind: 'no',
      code: 'path_exists',
      message: `${change.path} exists already in the base; use "update"`,
    }
  }
  if (change.operation === 'delete' && change.patch === undefined) {
    return { kind: 'fits', sides: { base, theirs: null, lines: null, normalised: [] } }
  }
  const refusal = base === null ? null : baseRefusal(base.bytes)
  if (refusal !== null)
    return { kind: 'no', code: refusal.code, message: `${change.path}: ${refusal.message}` }
  if (change.patch === undefined) {
    const text = applyReplacement(base?.bytes ?? null, change.replacement ?? '')
    if (!text.ok) return { kind: 'no', code: text.code, message: `${change.path}: ${text.message}` }
    const { normalised } = text
    return { kind: 'fits', sides: { base, theirs: { mode, bytes: text.result }, lines: null, normalised } }
  }
  const parsed = parsedPatch(change, change.patch)
  if (!parsed.ok) return { kind: 'no', code: parsed.code, message: `${change.path}: ${parsed.message}` }
  const applied = applyPatch(base?.bytes ?? null, parsed.patch, change.operation)
  if (!applied.ok) return { kind: 'no', code: applied.code, message: `${change.path}: ${applied.message}` }
  const executable = base === null && (change.executable === true || parsed.patch.executable === true)
  const theirs =
    applied.result === null ? null : { mode: executable ? EXECUTABLE_MODE : mode, bytes: applied.result }
  const lines = { added: applied.added, removed: applied.removed }
  return { kind: 'fits', sides: { base, theirs, lines, normalised: applied.normalised } }
}

/** Refusals that another base could cure; anything else is wrong with the patch itself. */
const DEPENDS_ON_BASE: ReadonlySet<string> = new Set([
  'does_not_apply',
  'ambiguous_hunk',
  'path_missing',
  'path_exists',
  'overlapping_hunks',
  'incomplete_delete',
  'mixed_line_endings',
])

/** Finds the base of one file change and applies the change to it. */
export async function findSides(
  context: SidesContext,
  request: ChangeRequest,
  change: FileChange,
): Promise<SidesResult> {
  const given = request.base_commit
  if (given !== undefined && (await context.objects.read(given))?.type !== 'commit') {
    const message = `base_commit ${given} is no longer in the repository; submit the change again on another base`
    return { kind: 'refused', code: 'base_missing', message }
  }
  const isAdd = change.operation === 'add'
  let firstNo: { code: string; message: string } | null = null
  let pathSeen = false
  for await (const base of candidateBases(context, request, change)) {
    const tree = isAdd ? await context.clear(base.tree) : base.tree
    const at = await fileAt(context.objects, tree, change.path)
    if (at.kind === 'refused') return at
    const effect = applyTo(at.kind === 'file' ? at.file : null, change)
    if (effect.kind === 'fits') {
      return { kind: 'sides', baseCommit: base.commit, origin: base.origin, ...effect.sides }
    }
    const { code, message } = effect
    if (base.origin === 'given' || !DEPENDS_ON_BASE.has(code)) return { kind: 'refused', code, message }
    if (at.kind === 'file') pathSeen = true
    firstNo ??= { code, message }
  }
  // What an added file holds does not hang on a base, so a person can at least be shown both texts.
  const alone = isAdd ? applyTo(null, change) : null
  if (alone?.kind === 'fits') return { kind: 'sides', baseCommit: null, origin: 'unknown', ...alone.sides }
  const no = firstNo ?? { code: 'path_missing', message: `${change.path} does not exist` }
  // What nowhere ever existed, fits several places of the tip, or is a wrong text by itself is the submitter's to
  // mend; the rest is a person's.
  const byItself = change.patch === undefined || no.code === 'ambiguous_hunk'
  if (!isAdd && (byItself || !pathSeen)) return { kind: 'refused', ...no }
  return { kind: 'base_unknown' }
}
