/** File events: joined as they come, and found again by a filter. */
import type { FileEvent } from '../../../schemas/intake.ts'
import { parseFilter, type FilterError, type FilterKey } from '../../filter/grammar.ts'

/** As many as the engine keeps. */
export const KEPT = 10_000
/** How many are asked for at once. */
export const ASKED = 2_000

const KINDS = ['added', 'changed', 'removed', 'many'] as const

export const KIND_LABEL: Readonly<Record<FileEvent['kind'], string>> = {
  added: 'Added',
  changed: 'Changed',
  removed: 'Removed',
  many: 'Many',
}

export const FILE_KEYS: readonly FilterKey[] = [
  { name: 'kind', hint: 'what happened', values: KINDS, many: true },
  { name: 'path', hint: 'paths that begin like this' },
]

export interface FileFilter {
  kinds: readonly string[]
  path: string
  text: string
}

export function fileFilter(input: string): { filter: FileFilter; error: FilterError | null } {
  const { values, text, error } = parseFilter(input, FILE_KEYS)
  const filter = {
    kinds: values.get('kind') ?? [],
    path: values.get('path')?.[0] ?? '',
    text: text.toLowerCase(),
  }
  return { filter, error }
}

export const fits = ({ kind, path }: FileEvent, filter: FileFilter): boolean =>
  (filter.kinds.length === 0 || filter.kinds.includes(kind)) &&
  path.startsWith(filter.path) &&
  path.toLowerCase().includes(filter.text)

/**
 * Joins what was read since `known` ended, both oldest first. Times are whole seconds, so what is asked for overlaps; an
 * answer that is full and does not overlap leaves a gap, and then only it counts.
 */
export function join(known: readonly FileEvent[], fresh: readonly FileEvent[], asked = ASKED): FileEvent[] {
  const last = known.at(-1)?.id ?? 0
  const [first] = fresh
  if (first === undefined) return [...known]
  if (fresh.length >= asked && first.id > last + 1) return [...fresh]
  return [...known, ...fresh.filter(({ id }) => id > last)].slice(-KEPT)
}
