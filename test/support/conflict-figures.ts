/** How often what people committed for a real conflict is among what is offered for it, and where. */
import { textOf, type Lines } from '../../renderer/merge/lines.ts'
import { pickable } from '../../renderer/merge/pick.ts'
import { suggestionsFor, type Suggestion } from '../../renderer/merge/suggest/index.ts'
import type { RealChunk } from './real-conflicts.ts'

export interface ConflictFigures {
  files: number
  chunks: number
  /** Chunks of which the committed text is the first suggestion. */
  first: number
  /** … is among the first three. */
  three: number
  /** … is any suggestion, or made of whole lines of the sides and the base. */
  reachable: number
  /** By what stands first: how often it does, and how often it is what was committed. */
  kinds: { id: string; chunks: number; first: number }[]
}

export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** Texts count as equal where they differ in white space alone. */
const bare = (lines: Lines): string => textOf(lines).replace(/\s+/g, '')

export const offered = ({ chunk, path, before, after }: RealChunk): Suggestion[] =>
  suggestionsFor(chunk, { path, names: { cur: 'target', inc: 'change' }, before, after })

/** Whether every line is one of the chunk's, none taken more often than it is there. */
function isPicked(committed: Lines, { chunk }: RealChunk): boolean {
  const left = new Map<string, number>()
  for (const { line } of pickable(chunk)) left.set(bare([line]), (left.get(bare([line])) ?? 0) + 1)
  return committed.every((line) => {
    const key = bare([line])
    const count = left.get(key) ?? 0
    left.set(key, count - 1)
    return key === '' || count > 0
  })
}

export function conflictFigures(chunks: readonly RealChunk[]): ConflictFigures {
  const figures = { files: new Set(chunks.map(({ row }) => row)).size, chunks: chunks.length, first: 0, three: 0, reachable: 0 } // prettier-ignore
  const kinds = new Map<string, { chunks: number; first: number }>()
  for (const real of chunks) {
    const list = offered(real)
    const { committed } = real
    const at = committed === null ? -1 : list.findIndex(({ lines }) => bare(lines) === bare(committed))
    if (at === 0) figures.first += 1
    if (at >= 0 && at < 3) figures.three += 1
    if (at >= 0 || (committed !== null && isPicked(committed, real))) figures.reachable += 1
    const id = list[0]?.id ?? 'nothing'
    const kind = kinds.get(id) ?? { chunks: 0, first: 0 }
    kinds.set(id, { chunks: kind.chunks + 1, first: kind.first + (at === 0 ? 1 : 0) })
  }
  const byCount = [...kinds]
    .map(([id, counts]) => ({ id, ...counts }))
    .toSorted((a, b) => b.chunks - a.chunks)
  return { ...figures, kinds: byCount }
}
