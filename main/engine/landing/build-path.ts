/** Brings one path of a change onto the target: exactly where nothing moved, by three-way merge where it did. */
import type { ConflictKind } from '../../../schemas/conflict.ts'
import { foldComponent } from '../domain/paths.ts'
import type { GitOptions } from '../git/git.ts'
import { findRename } from '../git/history.ts'
import { mergeFile } from '../git/merge.ts'
import type { Objects } from '../git/objects.ts'
import { findCollision, treeOf } from '../git/trees.ts'
import { fileAt, type File, type Sides } from './sides.ts'

/** One path that no longer fits, with all that a reviewer needs. */
export interface ConflictFinding {
  path: string
  kind: ConflictKind
  base: File | null
  ours: File | null
  theirs: { mode: string; bytes: Buffer } | null
  markers: Buffer | null
  /** The path in the base, where the target has renamed it. */
  renameSource: string | null
  baseCommit: string | null
  origin: 'given' | 'inferred' | 'unknown'
}

export type PathResult =
  /** `exact` where the target still had the base, so that the patch's own line counts must come out. */
  | {
      kind: 'result'
      path: string
      file: { mode: string; bytes: Buffer } | null
      exact: boolean
      isNew: boolean
    }
  | { kind: 'unchanged' }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'conflict'; conflict: ConflictFinding }

export interface MergeContext {
  objects: Objects
  git: GitOptions
  scratch: string
  tipTree: string
  labels: { base: string; ours: string; theirs: string }
}

/** Merges what a change makes of one path with what the target has there. */
export async function bringOnto(context: MergeContext, path: string, sides: Sides): Promise<PathResult> {
  const { objects, tipTree } = context
  const at = await fileAt(objects, tipTree, path)
  const { base, theirs } = sides
  if (at.kind === 'refused') return at
  const ours = at.kind === 'file' ? at.file : null
  const conflict = (kind: ConflictKind, markers: Buffer | null = null): PathResult => ({
    kind: 'conflict',
    conflict: {
      path,
      kind,
      base,
      ours,
      theirs,
      markers,
      renameSource: null,
      baseCommit: sides.baseCommit,
      origin: sides.origin,
    },
  })

  if (theirs === null) {
    if (ours === null)
      return base === null ? { kind: 'unchanged' } : deleteMoved(context, path, sides, conflict)
    if (ours.oid === base?.oid) return { kind: 'result', path, file: null, exact: true, isNew: false }
    return conflict('modify_delete')
  }
  if (ours === null && base === null) {
    const twin = await findCollision(objects, tipTree, path, foldComponent)
    if (twin !== null) {
      const message = `${path} and the tracked ${twin} are one file on some systems; use another name`
      return { kind: 'refused', code: 'name_collision', message }
    }
    return { kind: 'result', path, file: theirs, exact: true, isNew: true }
  }
  if (ours === null) return followRename(context, path, sides, conflict)
  if (ours.bytes.equals(theirs.bytes)) {
    return base !== null || ours.mode === theirs.mode ? { kind: 'unchanged' } : conflict('mode')
  }
  if (ours.oid === base?.oid) {
    // The target may have changed the mode since; a change to the text does not undo that.
    return { kind: 'result', path, file: { mode: ours.mode, bytes: theirs.bytes }, exact: true, isNew: false }
  }
  const merged = await mergeFile(
    context.git,
    context.scratch,
    { base: base?.bytes ?? Buffer.alloc(0), ours: ours.bytes, theirs: theirs.bytes },
    context.labels,
  )
  if (merged.kind === 'binary') return conflict('binary')
  if (base === null) return conflict('add_add', merged.bytes)
  if (merged.kind === 'conflict') return conflict('content', merged.bytes)
  if (merged.bytes.equals(ours.bytes)) return { kind: 'unchanged' }
  return { kind: 'result', path, file: { mode: ours.mode, bytes: merged.bytes }, exact: false, isNew: false }
}

type MakeConflict = (kind: ConflictKind) => PathResult

/** Returns where the target has the file that the base has at `path`, or null. */
async function renamedTo(context: MergeContext, path: string, sides: Sides): Promise<string | null> {
  if (sides.baseCommit === null) return null
  // git compares stored trees; the one built on may still be in memory.
  await context.objects.flush()
  const baseTree = await treeOf(context.objects, sides.baseCommit)
  return findRename(context.git, baseTree, context.tipTree, path)
}

/** The target no longer has the path: where it was renamed the change follows, else a person decides. */
async function followRename(
  context: MergeContext,
  path: string,
  sides: Sides,
  conflict: MakeConflict,
): Promise<PathResult> {
  const renamed = await renamedTo(context, path, sides)
  if (renamed === null) return conflict('delete_modify')
  return asRename(await bringOnto(context, renamed, sides), path)
}

/** A delete of what the target no longer has at the path: done already, unless the file only moved. */
async function deleteMoved(
  context: MergeContext,
  path: string,
  sides: Sides,
  conflict: MakeConflict,
): Promise<PathResult> {
  const renamed = await renamedTo(context, path, sides)
  if (renamed === null) return { kind: 'unchanged' }
  const there = await fileAt(context.objects, context.tipTree, renamed)
  const found = conflict('rename')
  if (there.kind !== 'file' || found.kind !== 'conflict') return found
  return asRename(
    { kind: 'conflict', conflict: { ...found.conflict, path: renamed, ours: there.file } },
    path,
  )
}

const asRename = (result: PathResult, source: string): PathResult =>
  result.kind === 'conflict'
    ? { kind: 'conflict', conflict: { ...result.conflict, kind: 'rename', renameSource: source } }
    : result
