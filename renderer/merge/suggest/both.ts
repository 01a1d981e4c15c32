/** Both sides' lines, one after the other: right where both insert at one place, hardly ever where both edit. */
import { joined, type Lines } from '../lines.ts'
import { RANKS } from './ranks.ts'
import { endOf, withoutBlank } from './text.ts'
import type { Candidate, Move, Sides } from './types.ts'
import { compared } from './versions.ts'

export const both: Move = (sides, context) => {
  const { base, cur, inc } = sides
  if (cur.length === 0 || inc.length === 0) return []
  const isInsert = base.length === 0
  const end = endOf(cur, inc, base)
  const { names } = context
  const again = areAlternatives(sides)
  const ranks =
    isInsert && !again ? [RANKS.both, RANKS.bothReversed] : [RANKS.bothOfEdits, RANKS.bothOfEditsReversed]
  const why = again
    ? 'Both sides insert here, and what they insert begins alike: both would repeat it.'
    : isInsert
      ? 'Both sides insert at the same place.'
      : 'The lines of both sides, one after the other.'
  const newest = isInsert && isNewerLast(cur, inc)
  const one = (first: 'cur' | 'inc', rank: number): Candidate => ({
    id: first === 'cur' ? 'both' : 'both-reversed',
    lines: joined(first === 'cur' ? [cur, inc] : [inc, cur], end),
    label: `Both, ${names[first]} first`,
    why: newest ? `${why.slice(0, -1)}; the newest version stands first.` : why,
    rank,
  })
  const [first, second] = newest ? (['inc', 'cur'] as const) : (['cur', 'inc'] as const)
  const found = [{ ...one(first, ranks[0] as number), swap: one(second, ranks[1] as number) }]
  const lines = !isInsert ? null : sorted(cur, inc, context.before ?? [], context.after ?? [])
  if (lines === null) return found
  const label = 'Both, in the order of the list'
  return [
    {
      id: 'sorted',
      lines: joined([lines], end),
      label,
      why: 'Both sides insert entries into a sorted list.',
      rank: RANKS.sorted,
    },
    ...found,
  ]
}

/** Whether both sides insert another wording of one thing: its first line is the same. */
export function areAlternatives({ base, cur, inc }: Sides): boolean {
  if (base.length > 0) return false
  const [ours, theirs] = [withoutBlank(cur)[0]?.trim(), withoutBlank(inc)[0]?.trim()]
  return ours !== undefined && ours === theirs && /[\p{L}\p{N}]/u.test(ours)
}

const HEADING = /^(?:#+|=+)?\s*\[?v?(\d+\.\d+[\w.+-]*)/

/** Whether both insert a version's section, the incoming of the newer version: such lists have the newest first. */
function isNewerLast(cur: Lines, inc: Lines): boolean {
  const [ours, theirs] = [cur, inc].map((lines) => HEADING.exec(withoutBlank(lines)[0] ?? '')?.[1])
  return ours !== undefined && theirs !== undefined && compared(theirs, ours) > 0
}

/** Entries of both sides as the lines around them are: sorted. Null where they are not, or have more than one line. */
function sorted(cur: Lines, inc: Lines, before: Lines, after: Lines): string[] | null {
  const lines = [...cur, ...inc]
  if (lines.some((line) => !isEntry(line) || indentAndStart(line) !== indentAndStart(lines[0] as string)))
    return null
  const like = (line: string | undefined): line is string =>
    line !== undefined && isEntry(line) && indentAndStart(line) === indentAndStart(lines[0] as string)
  const above = before.slice(-2).filter((_, index, all) => all.slice(index).every(like))
  const below = after.slice(0, 2).filter((_, index, all) => all.slice(0, index + 1).every(like))
  // One line of a list beside them is not much to tell an order from, but none is nothing.
  if (above.length + below.length === 0) return null
  for (const order of ORDERS) {
    const isSorted = (list: Lines): boolean =>
      list.every((line, index) => index === 0 || order(list[index - 1] as string, line) <= 0)
    if (isSorted([...above, ...cur, ...below]) && isSorted([...above, ...inc, ...below])) {
      const all = lines.toSorted(order)
      return all.filter((line, index) => index === 0 || line.trim() !== all[index - 1]?.trim())
    }
  }
  return null
}

/** One entry a line, and no more: no opening or closing of something longer. */
const isEntry = (line: string): boolean => /^\s*["'*\-\w@.#]/.test(line) && !/[{([]\s*$/.test(line)
/** Quoted entries are not compared with bare ones. */
const indentAndStart = (line: string): string => /^\s*["'*\-#]?(?:import\b|from\b)?/.exec(line)?.[0] ?? ''

const bySign = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const keyOf = (line: string): string => line.trim().replace(/^["'*\-\s]+|["',;:].*$/g, '')
const ORDERS = [
  (a: string, b: string): number => bySign(keyOf(a), keyOf(b)),
  (a: string, b: string): number => bySign(keyOf(a).toLowerCase(), keyOf(b).toLowerCase()),
]
