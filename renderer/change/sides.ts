/** Sides of a conflict a person can take as a whole, and why not where one cannot be taken. */
import type { ConflictKind, ConflictRecord } from '../../schemas/conflict.ts'

export const SIDES = ['ours', 'theirs', 'base', 'delete'] as const
export type Side = (typeof SIDES)[number]

export interface Choice {
  side: Side
  /** What it is, named for what it does. */
  label: string
  detail: string
  reason: string | null
}

export const CONFLICT_LABEL: Readonly<Record<ConflictKind, string>> = {
  content: 'Both changed the same lines',
  add_add: 'Both added this file',
  modify_delete: 'Changed on the target, deleted by this change',
  delete_modify: 'Deleted on the target, changed by this change',
  mode: 'Both changed the mode of the file',
  binary: 'Both changed a binary file',
  rename: 'Renamed on the target',
  base_unknown: 'Nothing is known that its patch fits on',
}

const gone = ' (it deletes the file)'

/** `taskId` names the incoming change. */
export function choicesFor(conflict: ConflictRecord, taskId: string): Choice[] {
  const last = conflict.touched_by.at(-1)
  const by = last?.task_id ?? (last === undefined ? 'the target' : `commit ${last.commit.slice(0, 10)}`)
  const known = conflict.base_origin !== 'unknown'
  const where =
    conflict.kind === 'content' ? ', where both changed the same lines; the rest of both stays' : ''
  return [
    {
      side: 'ours',
      label: `Keep ${by}`,
      detail: `What has landed${conflict.ours === null ? gone : where}`,
      reason: null,
    },
    {
      side: 'theirs',
      label: `Take ${taskId}`,
      detail: `What this change wants${conflict.theirs === null ? gone : where}`,
      reason:
        conflict.kind === 'base_unknown'
          ? 'There is no whole text of it: no base was found that it fits'
          : null,
    },
    {
      side: 'base',
      label: 'Go back to the base',
      detail: 'Neither: the text before both',
      reason: !known
        ? 'The base is not known'
        : conflict.base === null
          ? 'The file did not exist before both'
          : null,
    },
    { side: 'delete', label: 'Delete the file', detail: 'Neither: it is removed', reason: null },
  ]
}

/** The decisions as the engine takes them, or null while a path is undecided. */
export function decisionsOf(
  conflicts: readonly Pick<ConflictRecord, 'path'>[],
  chosen: Readonly<Record<string, Side>>,
): { path: string; how: Side; content: null }[] | null {
  const decisions = conflicts.flatMap(({ path }) => {
    const how = Object.hasOwn(chosen, path) ? chosen[path] : undefined
    return how === undefined ? [] : [{ path, how, content: null }]
  })
  return decisions.length === conflicts.length && decisions.length > 0 ? decisions : null
}
