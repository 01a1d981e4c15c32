/** Which words of a line are others than in the base, to be marked; never what a merge decides by. */
import { diffLines } from './diff.ts'
import type { Lines } from './lines.ts'

export interface Piece {
  text: string
  /** Not so in the base. */
  changed: boolean
}

export interface MarkedLine {
  pieces: Piece[]
  /** Whether the base has this very line in this place. */
  same: boolean
}

const WORD = /[\p{L}\p{N}_$]+|[^\S\n]+|[^\p{L}\p{N}_$\s]/gu

/** Beyond this a line is marked as a whole: words of it are no help. */
const MAX_LINES = 1_000
const MAX_LINE = 2_000

const bare = (line: string): string => (line.endsWith('\n') ? line.slice(0, -1) : line)

/** The lines of a side with what is not in the base marked. */
export function markLines(base: Lines, side: Lines): MarkedLine[] {
  const marked = side.map((line): MarkedLine => ({
    pieces: [{ text: bare(line), changed: false }],
    same: true,
  }))
  if (base.length + side.length > MAX_LINES) return marked.map((line) => ({ ...line, same: false }))
  for (const { oldStart, oldCount, newStart, newCount } of diffLines(base, side)) {
    for (let at = 0; at < newCount; at += 1) {
      const line = side[newStart + at] ?? ''
      // Lines that were replaced are paired in order; what was only added is new as a whole.
      const before = at < oldCount ? base[oldStart + at] : undefined
      marked[newStart + at] = { pieces: piecesOf(before, line), same: false }
    }
  }
  return marked
}

function piecesOf(before: string | undefined, line: string): Piece[] {
  const whole = [{ text: bare(line), changed: true }]
  if (before === undefined || before.length > MAX_LINE || line.length > MAX_LINE) return whole
  const [old, now] = [bare(before).match(WORD) ?? [], bare(line).match(WORD) ?? []]
  const edits = diffLines(old, now)
  const changed = edits.reduce((sum, { newCount }) => sum + newCount, 0)
  // Where hardly a word is left of it, it is another line.
  if (changed > now.length * 0.7) return whole
  const pieces: Piece[] = []
  let at = 0
  const push = (to: number, isChanged: boolean): void => {
    if (to > at) pieces.push({ text: now.slice(at, to).join(''), changed: isChanged })
    at = to
  }
  for (const { newStart, newCount } of edits) {
    push(newStart, false)
    push(newStart + newCount, true)
  }
  push(now.length, false)
  return pieces
}
