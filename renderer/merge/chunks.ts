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

/** Edits of one side or of both that are told apart no further: lines of the base, and each side's edits of them. */
interface Cluster {
  from: number
  to: number
  cur: Edit[]
  inc: Edit[]
}

export interface Cutting {
  /** Lines count as the same where this is; what the chunks hold is the sides' own. */
  keyOf?: ((line: string) => string) | undefined
  /** Whether an edit belongs to the cluster before it; `to` is that of the lines of the base it edits. */
  areTogether?: (last: Readonly<Cluster>, from: number, to: number) => boolean
}

/** At least one line that nobody touched has to lie between. */
const touching: Required<Cutting>['areTogether'] = (last, from) => from <= last.to

export function chunksOf(base: Lines, cur: Lines, inc: Lines, cutting: Cutting = {}): Chunk[] {
  const { keyOf, areTogether = touching } = cutting
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
  const keys = keyOf === undefined ? [base, cur, inc] : [base, cur, inc].map((lines) => lines.map(keyOf))
  const [old = [], ...sides] = keys
  const [ofCur = [], ofInc = []] = sides.map((side) => diffLines(old, side))
  for (const cluster of clustersOf(ofCur, ofInc, areTogether)) {
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
function clustersOf(
  cur: readonly Edit[],
  inc: readonly Edit[],
  areTogether: Required<Cutting>['areTogether'],
): Cluster[] {
  const all = [
    ...cur.map((edit) => ({ side: 'cur' as const, edit })),
    ...inc.map((edit) => ({ side: 'inc' as const, edit })),
  ].toSorted((a, b) => a.edit.oldStart - b.edit.oldStart || a.edit.oldCount - b.edit.oldCount)
  const clusters: Cluster[] = []
  for (const { side, edit } of all) {
    const last = clusters.at(-1)
    const end = edit.oldStart + edit.oldCount
    if (last !== undefined && areTogether(last, edit.oldStart, end)) {
      last[side].push(edit)
      last.to = Math.max(last.to, end)
    } else clusters.push({ from: edit.oldStart, to: end, cur: [], inc: [], [side]: [edit] })
  }
  return clusters
}
