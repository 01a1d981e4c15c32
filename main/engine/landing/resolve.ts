/** How a person settles a conflict: what they decided for each path, kept beside the payload, and the change requeued. */
import type { ConflictRecord } from '../../../schemas/conflict.ts'
import type { DecidedChunk } from '../../../schemas/reviewer.ts'
import { userError, type HyperionError } from '../base/errors.ts'
import { leftMarker } from '../domain/markers.ts'
import { sidesKey } from '../domain/sides-key.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { ConflictRow, ResolutionRow } from '../store/records.ts'
import { perform, type ActDeps } from './acts.ts'

export interface PathDecision {
  path: string
  how: 'from' | 'delete' | 'ours' | 'theirs' | 'base'
  /** For `from`: the whole resolved text. */
  content: Buffer | null
  /** On which sides it was decided; without it, on whatever is stored. */
  sidesKey?: string | undefined
  /** How each conflict of the text was decided, to be offered again. */
  chunks?: readonly DecidedChunk[] | undefined
}

type Resolution = Omit<ResolutionRow, 'created_at'>

/** Stores how a person settled every conflicted path and puts the change back into the queue. */
export async function resolveConflict(
  deps: ActDeps,
  id: number,
  by: string,
  decisions: readonly PathDecision[],
): Promise<ChangeRow> {
  const { records, reviews, logs, changes } = deps.store
  const before = records.conflicts(id)
  const merged = await mergedSides(deps, before, decisions)
  return perform(deps, 'resolve', id, (row) => {
    const conflicts = records.conflicts(id)
    const resolutions = resolutionsOf(row, conflicts, decisions, by, merged)
    for (const resolution of resolutions) records.setResolution(resolution)
    const chunks = decisions.flatMap((decision) => decision.chunks ?? [])
    if (chunks.length > 0) reviews.decide(id, by, chunks)
    if (conflicts.length === 0)
      logs.write({ message: 'fits again', queueId: id, taskId: row.task_id, details: { by } })
    changes.move(id, 'pending', { lastError: null, reasonCode: null })
    const paths = decisions.map((decision) => {
      const choices = countsOf(decision)
      return { path: decision.path, how: decision.how, ...(choices === null ? {} : { choices }) }
    })
    return { resolved_by: by, paths }
  })
}

/** Returns what these decisions come to, or throws a sentence that says why they do not settle the conflict. */
export function resolutionsOf(
  row: Pick<ChangeRow, 'id'>,
  conflicts: readonly ConflictRow[],
  decisions: readonly PathDecision[],
  by: string,
  merged: ReadonlyMap<string, Buffer>,
): Resolution[] {
  const given = new Map(decisions.map((decision) => [decision.path, decision]))
  const missing = conflicts.map((c) => c.path).filter((path) => !given.has(path))
  const unknown = decisions.map((d) => d.path).filter((path) => !conflicts.some((c) => c.path === path))
  if (unknown.length > 0)
    throw userError('not_in_conflict', `change ${row.id} has no conflict in ${unknown.join(', ')}`)
  if (missing.length > 0) {
    const hint = 'decide each with --path P and --from FILE, --delete, --ours, --theirs or --base'
    throw userError(
      'paths_missing',
      `change ${row.id} has undecided conflicts in ${missing.join(', ')}`,
      hint,
    )
  }
  return conflicts.map((conflict) => {
    const decision = given.get(conflict.path) as PathDecision
    return resolutionOf(row, conflict, decision, by, merged.get(conflict.path))
  })
}

/** What is said where a decision was made on what is not there any more. */
export const conflictMoved = (path: string): HyperionError =>
  userError(
    'conflict_moved',
    `the target moved: ${path} is another one by now than this was decided on`,
    'look again',
  )

/**
 * Texts for which a side was chosen: that side's lines where both changed them, and elsewhere what either changed. A
 * side is the answer to the conflict, not to what landed, or was asked for, in other places of the file.
 */
export async function mergedSides(
  { favour }: Pick<ActDeps, 'favour'>,
  conflicts: readonly ConflictRow[],
  decisions: readonly PathDecision[],
): Promise<Map<string, Buffer>> {
  const merged = new Map<string, Buffer>()
  for (const { path, how } of decisions) {
    const conflict = conflicts.find((one) => one.path === path)
    if (conflict === undefined || (how !== 'ours' && how !== 'theirs')) continue
    const { base, ours, theirs } = conflict
    if (base === null || ours === null || theirs === null) continue
    const text = await favour({ base, ours, theirs }, how)
    if (text !== null) merged.set(path, text)
  }
  return merged
}

function resolutionOf(
  row: Pick<ChangeRow, 'id'>,
  conflict: ConflictRow,
  d: PathDecision,
  by: string,
  merged: Buffer | undefined,
): Resolution {
  const record = JSON.parse(conflict.record) as ConflictRecord
  if (d.sidesKey !== undefined && d.sidesKey !== sidesKey(record)) throw conflictMoved(d.path)
  const side = d.how === 'ours' || d.how === 'theirs' || d.how === 'base' ? d.how : null
  if (side === 'theirs' && record.kind === 'base_unknown') {
    throw userError(
      'no_such_side',
      `${d.path} has no incoming text, because no base was found on which its patch fits`,
      'give the text with --from FILE, or take --ours',
    )
  }
  if (side === 'base' && record.base_origin === 'unknown') {
    throw userError('no_such_side', `the base of ${d.path} is not known`, 'give the text with --from FILE')
  }
  if (d.how === 'from') refuseUnfinished(conflict, d)
  const content = side === null ? d.content : (merged ?? conflict[side])
  // Where both sides added the file its mode is part of the choice; elsewhere the target's mode is not in question.
  const ofSide = side === null || record.base !== null ? record.ours : record[side]
  const mode = (ofSide ?? record.ours ?? record.theirs)?.mode
  const choices = countsOf(d)
  return {
    change_id: row.id,
    path: record.rename_source ?? record.path,
    how: d.how,
    content: d.how === 'delete' ? null : content,
    mode: mode ?? null,
    resolved_path: record.path,
    tip: record.tip,
    ours_oid: record.ours?.oid ?? null,
    theirs_oid: record.theirs?.oid ?? null,
    resolved_by: by,
    choices: choices === null ? null : JSON.stringify(choices),
  }
}

/** A text that was given has to be there, and to be whole. */
function refuseUnfinished({ base, ours, theirs }: ConflictRow, { path, content }: PathDecision): void {
  if (content === null)
    throw userError('no_text', `${path} was resolved with a text, and none was given`, 'give the text')
  const sides = [base, ours, theirs].filter((side) => side !== null).map((side) => side.toString('latin1'))
  const line = leftMarker(content.toString('latin1'), sides)
  if (line === null) return
  throw userError(
    'markers_left',
    `${path} still has conflict markers, from line ${line} on`,
    'decide that conflict and take its markers out',
  )
}

/** How many conflicts of a text were decided how; null where that was not said. */
function countsOf({ chunks }: PathDecision): Record<string, number> | null {
  if (chunks === undefined) return null
  const counts: Record<string, number> = {}
  for (const { choice } of chunks) counts[choice] = (counts[choice] ?? 0) + 1
  return counts
}
