/** The lines of a file that are most like a text that is not in it. */

/** Lines shown, those around included. */
const MOST_SHOWN = 12
/** Of those, before the first that differs. */
const BEFORE = 4
/** Characters of a line that are compared. */
const COMPARED = 120
/** Lines of a file that are compared one by one; where none of all is equal, the beginning has to do. */
const MOST_COMPARED = 20_000

/** A share of pairs of neighbouring letters below which two lines are not like each other. */
const LIKE = 0.5

function pairsOf(line: string): Map<string, number> {
  const pairs = new Map<string, number>()
  const text = line.slice(0, COMPARED)
  for (let at = 0; at + 1 < text.length; at += 1) {
    const pair = text.slice(at, at + 2)
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
  }
  return pairs
}

const sizeOf = (pairs: ReadonlyMap<string, number>): number =>
  [...pairs.values()].reduce((sum, n) => sum + n, 0)

/** Dice's coefficient: 1 for the same pairs of letters, 0 for none in common. */
function likeness(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let common = 0
  for (const [pair, n] of one) common += Math.min(n, other.get(pair) ?? 0)
  const all = sizeOf(one) + sizeOf(other)
  return all === 0 ? 0 : (2 * common) / all
}

/** Where the text would begin if as many of its lines as can be stood where equal ones stand. */
function byEqualLines(lines: readonly string[], wanted: readonly string[]): number | null {
  const at = new Map<string, number>()
  for (const [index, line] of wanted.entries()) {
    // A bracket by itself says nothing of where.
    if (/\w/.test(line) && !at.has(line)) at.set(line, index)
  }
  const votes = new Map<number, number>()
  let best: number | null = null
  for (const [index, line] of lines.entries()) {
    const offset = at.get(line)
    if (offset === undefined) continue
    const from = index - offset
    votes.set(from, (votes.get(from) ?? 0) + 1)
    if (best === null || (votes.get(from) ?? 0) > (votes.get(best) ?? 0)) best = from
  }
  return best
}

function byLikeness(lines: readonly string[], wanted: readonly string[]): number | null {
  const offset = wanted.findIndex((line) => /\w/.test(line))
  const pairs = pairsOf(wanted[offset] ?? '')
  let best: { from: number; like: number } | null = null
  for (const [index, line] of lines.slice(0, MOST_COMPARED).entries()) {
    const like = likeness(pairs, pairsOf(line))
    if (like >= LIKE && like > (best?.like ?? 0)) best = { from: index - offset, like }
  }
  return best === null ? null : best.from
}

export interface Nearest {
  /** Indices of the lines to show. */
  from: number
  to: number
  /** Index of the first line that is not as it was searched for. */
  differs: number
}

/** Returns the lines of a file nearest to a text that is not in it, both without indentation; null where none is like it. */
export function nearestLines(lines: readonly string[], wanted: readonly string[]): Nearest | null {
  const begin = byEqualLines(lines, wanted) ?? byLikeness(lines, wanted)
  if (begin === null) return null
  let differs = Math.max(0, begin)
  while (differs < lines.length - 1 && lines[differs] === wanted[differs - begin]) differs += 1
  const from = Math.max(0, begin - 1, differs - BEFORE)
  return { from, to: Math.min(lines.length, begin + wanted.length + 1, from + MOST_SHOWN), differs }
}
