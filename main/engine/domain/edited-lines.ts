/** Which lines of a file a change edits, as its patch numbers them: enough to see early that two changes meet. */
import type { FileChange } from '../../../schemas/change-request.ts'
import type { Hunk } from './patch/model.ts'
import { parsedPatch } from './patch/of-change.ts'

/** Lines of the old text, both included; text that is only put in between has `last` one before `first`. */
export interface LineRange {
  first: number
  last: number
}

/** Null: all of the file, or nobody knows which lines. */
export type EditedLines = readonly LineRange[] | null

/** A patch of more hunks than this is taken for one edit from the first to the last of them. */
const MOST_RANGES = 200

/** Returns the lines a change edits of its path; a whole text, a delete and hunks without numbers edit all of it. */
export function editedLines(change: FileChange): EditedLines {
  if (change.operation !== 'update' || change.patch === undefined) return null
  const parsed = parsedPatch(change, change.patch)
  if (!parsed.ok) return null
  const ranges: LineRange[] = []
  for (const hunk of parsed.patch.hunks) {
    const range = rangeOf(hunk)
    if (range === null) return null
    ranges.push(range)
  }
  ranges.sort((a, b) => a.first - b.first)
  if (ranges.length <= MOST_RANGES) return ranges
  return [{ first: ranges[0]?.first ?? 1, last: Math.max(...ranges.map(({ last }) => last)) }]
}

function rangeOf({ stated, oldLines, leading, trailing }: Hunk): LineRange | null {
  if (stated === null) return null
  // Without any old line git numbers the line before; else the first line of the hunk.
  const first = oldLines === 0 ? stated.oldStart + 1 : stated.oldStart + leading
  return { first, last: first + Math.max(0, oldLines - leading - trailing) - 1 }
}

/** Git takes edits of neighbouring lines for one conflict, so lines that touch meet as well. */
const meet = (a: LineRange, b: LineRange): boolean => a.first <= b.last + 1 && b.first <= a.last + 1

/**
 * Returns where the edits of two changes to one path meet: the lines of `theirs` that do, `whole` where either edits
 * all of it, null where they do not meet.
 */
export function whereEditsMeet(mine: EditedLines, theirs: EditedLines): LineRange | 'whole' | null {
  if (theirs === null) return 'whole'
  if (mine === null) {
    const last = Math.max(...theirs.map((range) => range.last))
    return theirs[0] === undefined ? null : shown({ first: theirs[0].first, last })
  }
  const met: LineRange[] = []
  let at = 0
  for (const range of theirs) {
    // Both are in order: what ends before this one begins meets none of those behind it either.
    while (at < mine.length && (mine[at] as LineRange).last + 1 < range.first) at += 1
    const next = mine[at]
    if (next === undefined) break
    if (meet(next, range)) met.push(range)
  }
  const [first] = met
  return first === undefined
    ? null
    : shown({ first: first.first, last: Math.max(...met.map(({ last }) => last)) })
}

/** An insertion is shown as the line it follows. */
const shown = ({ first, last }: LineRange): LineRange =>
  last < first ? { first: last, last } : { first, last }
