/** The plain decisions a conflicted path can be settled with, and in which words. */
import type { ConflictKind, ConflictRecord } from '../../../schemas/conflict.ts'

export type Choice = 'ours' | 'theirs' | 'base' | 'delete'

export const CONFLICT_WORDS: Readonly<Record<ConflictKind, string>> = {
  content: 'both changed the same lines',
  add_add: 'both added it',
  modify_delete: 'changed here, deleted by the incoming change',
  delete_modify: 'deleted here, changed by the incoming change',
  mode: 'file modes differ',
  binary: 'a binary file',
  rename: 'renamed here meanwhile',
  base_unknown: 'what it was written against is unknown',
}

/** Sides that are not there are left out: taking one would be a deletion by another name. */
export function conflictChoices({
  kind,
  base,
  ours,
  theirs,
  base_origin,
}: ConflictRecord): { value: Choice; label: string }[] {
  return [
    ...(ours === null ? [] : [{ value: 'ours' as const, label: 'Keep what the target has' }]),
    ...(theirs === null || kind === 'base_unknown'
      ? []
      : [{ value: 'theirs' as const, label: 'Take the incoming change’s' }]),
    ...(base === null || base_origin === 'unknown'
      ? []
      : [{ value: 'base' as const, label: 'Go back to the base' }]),
    { value: 'delete' as const, label: 'Delete the file' },
  ]
}
