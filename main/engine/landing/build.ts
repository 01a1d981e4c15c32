/** Builds a change off-tree: from a payload and a tip to a tree, or to the reason why not. Writes to no checkout. */
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import type { TreeEntry } from '../git/trees.ts'
import { editTree, FILE_MODE } from '../git/trees.ts'
import { bringOnto, type ConflictFinding, type MergeContext, type PathResult } from './build-path.ts'
import { fileAt, findSides, type SidesContext } from './sides.ts'

/** A person's decision for one conflicted path. */
export interface PathResolution {
  path: string
  /** Null: the path is to be absent. */
  content: Buffer | null
  mode: string | null
  /** Where the result goes; differs from `path` where the target renamed the file. */
  resolvedPath: string
  /** What the target had there when the decision was made; null: nothing. */
  oursOid: string | null
  /** The same of the incoming side. */
  theirsOid: string | null
  resolvedBy: string
}

/** What the difference between parent and candidate must say about one path. */
export interface ExpectedPath {
  path: string
  status: 'A' | 'M' | 'D'
  oid: string | null
  mode: string | null
  /** The patch's own line counts, where it was applied exactly to what the target has. */
  lines: { added: number; removed: number } | null
}

export type Built =
  | { kind: 'built'; tree: string; expected: ExpectedPath[]; normalised: string[] }
  | { kind: 'already_present' }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'conflict'; conflicts: ConflictFinding[] }

export interface BuildContext extends Omit<SidesContext, 'clear'>, MergeContext {
  resolutions: ReadonlyMap<string, PathResolution>
}

type BuiltFile = Extract<PathResult, { kind: 'result' }>

/** Builds all operations of a change on the context's tree, or none; stages nothing unless all of them go. */
export async function buildChange(context: BuildContext, request: ChangeRequest): Promise<Built> {
  const clear = clearing(context, request)
  const results = new Map<string, { result: BuiltFile; lines: ExpectedPath['lines'] }>()
  const reached = new Set<string>()
  const conflicts: ConflictFinding[] = []
  const normalised: string[] = []
  for (const change of request.changes) {
    const built = await buildPath({ ...context, clear }, request, change)
    const { result } = built
    if (result.kind === 'refused') return result
    if (result.kind === 'unchanged') continue
    const { path } = result.kind === 'conflict' ? result.conflict : result
    if (reached.has(path)) {
      const message = `two parts of the change end up in ${path}, which the target renamed; split it`
      return { kind: 'refused', code: 'paths_meet', message }
    }
    reached.add(path)
    normalised.push(...built.normalised.map((note) => `${change.path}: ${note}`))
    if (result.kind === 'conflict') conflicts.push(result.conflict)
    else results.set(path, { result, lines: built.lines })
  }
  if (conflicts.length > 0) return { kind: 'conflict', conflicts }
  if (results.size === 0) return { kind: 'already_present' }
  const edits = new Map<string, TreeEntry | null>()
  const expected: ExpectedPath[] = []
  for (const [path, { result, lines }] of results) {
    const { file, isNew, exact } = result
    const entry = file === null ? null : { mode: file.mode, oid: context.objects.stage('blob', file.bytes) }
    edits.set(path, entry)
    expected.push({
      path,
      status: entry === null ? 'D' : isNew ? 'A' : 'M',
      oid: entry?.oid ?? null,
      mode: entry?.mode ?? null,
      lines: exact ? lines : null,
    })
  }
  return {
    kind: 'built',
    tree: await editTree(context.objects, context.tipTree, edits),
    expected,
    normalised,
  }
}

/** Returns how trees look to the files a change adds: what it deletes is out of their way. */
function clearing(context: BuildContext, request: ChangeRequest): (tree: string) => Promise<string> {
  const gone = request.changes.filter(({ operation }) => operation === 'delete').map(({ path }) => path)
  if (gone.length === 0) return async (tree) => tree
  const known = new Map<string, Promise<string>>()
  return (tree) => {
    const cleared =
      known.get(tree) ?? editTree(context.objects, tree, new Map(gone.map((path) => [path, null])))
    known.set(tree, cleared)
    return cleared
  }
}

/** Brings one operation of a change, or what a person decided in its place, onto the target. */
async function buildPath(
  context: BuildContext & SidesContext,
  request: ChangeRequest,
  change: FileChange,
): Promise<{ result: PathResult; lines: ExpectedPath['lines']; normalised: readonly string[] }> {
  const resolution = context.resolutions.get(change.path)
  if (resolution !== undefined) {
    return { result: await bringResolution(context, resolution), lines: null, normalised: [] }
  }
  const sides = await findSides(context, request, change)
  if (sides.kind === 'refused') return { result: sides, lines: null, normalised: [] }
  if (sides.kind === 'base_unknown') {
    const conflict = await unknownBase(context, change.path)
    return { result: { kind: 'conflict', conflict }, lines: null, normalised: [] }
  }
  const tipTree = change.operation === 'add' ? await context.clear(context.tipTree) : context.tipTree
  const result = await bringOnto({ ...context, tipTree }, change.path, sides)
  return { result, lines: sides.lines, normalised: sides.normalised }
}

async function unknownBase(context: BuildContext, path: string): Promise<ConflictFinding> {
  const at = await fileAt(context.objects, context.tipTree, path)
  return {
    path,
    kind: 'base_unknown',
    base: null,
    ours: at.kind === 'file' ? at.file : null,
    theirs: null,
    markers: null,
    renameSource: null,
    baseCommit: null,
    origin: 'unknown',
  }
}

/**
 * Takes a person's decision as the change for its path: as it is while the target still has what they saw, by a
 * merge from there when it moved on.
 */
async function bringResolution(context: BuildContext, resolution: PathResolution): Promise<PathResult> {
  const path = resolution.resolvedPath
  const seen = resolution.oursOid === null ? null : await context.objects.read(resolution.oursOid)
  const at = await fileAt(context.objects, context.tipTree, path)
  if (at.kind === 'refused') return at
  const ours = at.kind === 'file' ? at.file : null
  const mode = resolution.mode ?? ours?.mode ?? FILE_MODE
  const file = resolution.content === null ? null : { mode, bytes: resolution.content }
  if ((ours?.oid ?? null) === resolution.oursOid) {
    const same = file === null ? ours === null : ours?.mode === file.mode && ours.bytes.equals(file.bytes)
    if (same) return { kind: 'unchanged' }
    return { kind: 'result', path, file, exact: false, isNew: ours === null }
  }
  const base =
    seen === null || resolution.oursOid === null ? null : { mode, oid: resolution.oursOid, bytes: seen.body }
  return bringOnto(context, path, {
    kind: 'sides',
    base,
    baseCommit: context.tip,
    origin: 'inferred',
    theirs: file,
    lines: null,
    normalised: [],
  })
}
