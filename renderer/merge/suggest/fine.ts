/**
 * One conflict taken apart once more, more finely than git does: edits of neighbouring lines are apart here, and only
 * those that change the same line of the base, or insert at the same place, are together.
 */
import { diffLines, type Edit } from '../diff.ts'
import { sameLines, type Lines } from '../lines.ts'
import type { Sides } from './types.ts'

export interface Piece extends Sides {
  kind: 'same' | 'current' | 'incoming' | 'equal' | 'conflict'
}

interface Cluster {
  from: number
  to: number
  cur: Edit[]
  inc: Edit[]
}

/** Cuts by lines that are equal under `keyOf`; the lines of the pieces are the sides' own. */
export function piecesOf(
  { base, cur, inc }: Sides,
  keyOf: (line: string) => string = (line) => line,
): Piece[] {
  const keys = [base, cur, inc].map((lines) => lines.map(keyOf)) as [string[], string[], string[]]
  const pieces: Piece[] = []
  const at = { base: 0, cur: 0, inc: 0 }
  const push = (kind: Piece['kind'] | null, count: number, grown: { cur: number; inc: number }): void => {
    const to = { base: at.base + count, cur: at.cur + count + grown.cur, inc: at.inc + count + grown.inc }
    const texts = {
      base: base.slice(at.base, to.base),
      cur: cur.slice(at.cur, to.cur),
      inc: inc.slice(at.inc, to.inc),
    }
    pieces.push({ kind: kind ?? (sameLines(texts.cur, texts.inc) ? 'equal' : 'conflict'), ...texts })
    Object.assign(at, to)
  }
  for (const { from, to, ...edits } of clustersOf(diffLines(keys[0], keys[1]), diffLines(keys[0], keys[2]))) {
    if (from > at.base) push('same', from - at.base, { cur: 0, inc: 0 })
    const kind = edits.inc.length === 0 ? 'current' : edits.cur.length === 0 ? 'incoming' : null
    push(kind, to - from, { cur: growth(edits.cur), inc: growth(edits.inc) })
  }
  if (base.length > at.base) push('same', base.length - at.base, { cur: 0, inc: 0 })
  return pieces
}

const growth = (edits: readonly Edit[]): number =>
  edits.reduce((sum, { oldCount, newCount }) => sum + newCount - oldCount, 0)

function clustersOf(cur: readonly Edit[], inc: readonly Edit[]): Cluster[] {
  const all = [
    ...cur.map((edit) => ({ side: 'cur' as const, edit })),
    ...inc.map((edit) => ({ side: 'inc' as const, edit })),
  ].toSorted((a, b) => a.edit.oldStart - b.edit.oldStart || a.edit.oldCount - b.edit.oldCount)
  const clusters: Cluster[] = []
  for (const { side, edit } of all) {
    const last = clusters.at(-1)
    const end = edit.oldStart + edit.oldCount
    const isTogether =
      last !== undefined &&
      (edit.oldStart < last.to ||
        (edit.oldStart === last.from && end === edit.oldStart && last.to === last.from))
    if (isTogether) {
      last[side].push(edit)
      last.to = Math.max(last.to, end)
    } else clusters.push({ from: edit.oldStart, to: end, cur: [], inc: [], [side]: [edit] })
  }
  return clusters
}

/** What a piece is by itself; null where both sides changed it differently. */
export function settledPiece({ kind, cur, inc }: Piece): Lines | null {
  return kind === 'conflict' ? null : kind === 'incoming' ? inc : cur
}
