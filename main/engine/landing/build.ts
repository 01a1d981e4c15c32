/** Builds a change off-tree: from a payload and a tip to a tree, or to the reason why not. Writes to no checkout. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
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

export interface BuildContext extends SidesContext, MergeContext {
  resolutions: ReadonlyMap<string, PathResolution>
}

/** Builds all operations of a change on the context's tree, or none. */
export async function buildChange(context: BuildContext, request: ChangeRequest): Promise<Built> {
  const edits = new Map<string, TreeEntry | null>()
  const expected: ExpectedPath[] = []
  const conflicts: ConflictFinding[] = []
  const normalised: string[] = []
  for (const change of request.changes) {
    const resolution = context.resolutions.get(change.path)
    let result: PathResult
    let lines: ExpectedPath['lines'] = null
    if (resolution !== undefined) {
      result = await bringResolution(context, resolution)
    } else {
      const sides = await findSides(context, request, change)
      if (sides.kind === 'refused') return sides
      if (sides.kind === 'base_unknown') {
        conflicts.push(await unknownBase(context, change.path))
        continue
      }
      normalised.push(...sides.normalised.map((note) => `${change.path}: ${note}`))
      lines = sides.lines
      result = await bringOnto(context, change.path, sides)
    }
    if (result.kind === 'refused') return result
    if (result.kind === 'conflict') conflicts.push(result.conflict)
    if (result.kind !== 'result') continue
    if (edits.has(result.path)) {
      const message = `two parts of the change end up in ${result.path}, which the target renamed; split it`
      return { kind: 'refused', code: 'paths_meet', message }
    }
    const { file } = result
    const oid = file === null ? null : context.objects.stage('blob', file.bytes)
    edits.set(result.path, file === null || oid === null ? null : { mode: file.mode, oid })
    expected.push({
      path: result.path,
      status: file === null ? 'D' : result.isNew ? 'A' : 'M',
      oid,
      mode: file?.mode ?? null,
      lines: result.exact ? lines : null,
    })
  }
  if (conflicts.length > 0) return { kind: 'conflict', conflicts }
  if (edits.size === 0) return { kind: 'already_present' }
  return {
    kind: 'built',
    tree: await editTree(context.objects, context.tipTree, edits),
    expected,
    normalised,
  }
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
  const mode = ours?.mode ?? resolution.mode ?? FILE_MODE
  const file = resolution.content === null ? null : { mode, bytes: resolution.content }
  if ((ours?.oid ?? null) === resolution.oursOid) {
    if (file === null ? ours === null : ours !== null && ours.bytes.equals(file.bytes))
      return { kind: 'unchanged' }
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
