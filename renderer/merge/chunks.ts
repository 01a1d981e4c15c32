/**
 * Three texts as a row of chunks: what nobody touched, what one side alone changed, what both changed alike, and what
 * they changed differently. Edits of both sides that touch, neighbouring lines included, are one conflict, as in git.
 */
import { diffLines, type Edit } from './diff.ts'
import { sameLines, type Lines } from './lines.ts'

export type ChunkKind = 'same' | 'current' | 'incoming' | 'equal' | 'conflict'

export interface Chunk {
  /** Its place in the row. */
  id: number
  kind: ChunkKind
  base: Lines
  /** What the target has. */
  cur: Lines
  /** What the change makes of it. */
  inc: Lines
  /** Index of its first line in each text. */
  at: { base: number; cur: number; inc: number }
}

/** Edits that touch each other, of one side or of both: lines of the base, and how each side is shifted around them. */
interface Cluster {
  from: number
  to: number
  cur: Edit[]
  inc: Edit[]
}

export function chunksOf(base: Lines, cur: Lines, inc: Lines): Chunk[] {
  const chunks: Chunk[] = []
  const at = { base: 0, cur: 0, inc: 0 }
  const push = (kind: ChunkKind | null, to: { base: number; cur: number; inc: number }): void => {
    const one = {
      base: base.slice(at.base, to.base),
      cur: cur.slice(at.cur, to.cur),
      inc: inc.slice(at.inc, to.inc),
    }
    const found = kind ?? (sameLines(one.cur, one.inc) ? 'equal' : 'conflict')
    chunks.push({ id: chunks.length, kind: found, ...one, at: { ...at } })
    Object.assign(at, to)
  }
  const untouched = (to: number): void => {
    const count = to - at.base
    if (count > 0) push('same', { base: to, cur: at.cur + count, inc: at.inc + count })
  }
  for (const cluster of clustersOf(diffLines(base, cur), diffLines(base, inc))) {
    untouched(cluster.from)
    const kind = cluster.inc.length === 0 ? 'current' : cluster.cur.length === 0 ? 'incoming' : null
    const count = cluster.to - cluster.from
    push(kind, {
      base: cluster.to,
      cur: at.cur + count + growth(cluster.cur),
      inc: at.inc + count + growth(cluster.inc),
    })
  }
  untouched(base.length)
  return chunks
}

const growth = (edits: readonly Edit[]): number =>
  edits.reduce((sum, { oldCount, newCount }) => sum + newCount - oldCount, 0)

/** Brings the edits of both sides into one row of clusters. */
function clustersOf(cur: readonly Edit[], inc: readonly Edit[]): Cluster[] {
  const all = [
    ...cur.map((edit) => ({ side: 'cur' as const, edit })),
    ...inc.map((edit) => ({ side: 'inc' as const, edit })),
  ].toSorted((a, b) => a.edit.oldStart - b.edit.oldStart)
  const clusters: Cluster[] = []
  for (const { side, edit } of all) {
    const last = clusters.at(-1)
    const end = edit.oldStart + edit.oldCount
    // At least one line that nobody touched has to lie between.
    if (last !== undefined && edit.oldStart <= last.to) {
      last[side].push(edit)
      last.to = Math.max(last.to, end)
    } else clusters.push({ from: edit.oldStart, to: end, cur: [], inc: [], [side]: [edit] })
  }
  return clusters
}
