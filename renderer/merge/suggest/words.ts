/** A three-way merge by words, for where lines are too coarse; only ever offered, never applied by itself. */
import { chunksOf, type Chunk } from '../chunks.ts'
import { settledLines } from '../markers.ts'

/** Names, numbers, runs of blanks and single signs: what an edit replaces as a whole. */
const WORD = /[\p{L}\p{N}_$]+|[^\S\n]+|\n|[^\p{L}\p{N}_$\s]/gu

export const wordsOf = (text: string): string[] => text.match(WORD) ?? []

/** What parts the entries of a list: both sides may add some at one place, each with its own. */
const SEPARATOR = /^[,|;]$/

export interface MergedWords {
  text: string
  /** Whether both sides added entries to a list at one place, so that their order is a guess. */
  isOrdered: boolean
}

/** The words of three texts, merged as far as no two edits of different sides touch. */
export function wordChunks(base: string, cur: string, inc: string): Chunk[] {
  const chunks: Chunk[] = []
  for (const chunk of chunksOf(wordsOf(base), wordsOf(cur), wordsOf(inc))) {
    const [last, between] = [chunks.at(-2), chunks.at(-1)]
    // Two values with a blank between them are as near as two words can be: that is no word between.
    const isNear =
      last !== undefined && between?.kind === 'same' && between.base.every(isGap) && isOther(last, chunk)
    if (isNear) chunks.splice(-2, 2, together([last, between, chunk]))
    else chunks.push(chunk)
  }
  return chunks
}

const isGap = (word: string): boolean => word !== '\n' && word.trim() === ''

/** Whether an edit of one side stands behind one of the other. */
const isOther = (a: Chunk, b: Chunk): boolean =>
  a.kind !== b.kind &&
  [a, b].every(({ kind }) => kind === 'current' || kind === 'incoming' || kind === 'conflict')

const together = (chunks: readonly [Chunk, ...Chunk[]]): Chunk => ({
  ...chunks[0],
  kind: 'conflict',
  base: chunks.flatMap(({ base }) => base),
  cur: chunks.flatMap(({ cur }) => cur),
  inc: chunks.flatMap(({ inc }) => inc),
})

/**
 * Returns the text with the edits of both sides: between any two of different sides there has to be at least one word
 * that nobody changed. Where two touch, entries that both add to a list follow one another, `first` first; for others
 * the words of `prefer` are taken, and null is returned where it is null.
 */
export function mergedWords(
  chunks: readonly Chunk[],
  first: 'cur' | 'inc',
  prefer: 'cur' | 'inc' | null,
): MergedWords | null {
  let isOrdered = false
  const out: string[] = []
  for (const chunk of chunks) {
    const settled = settledLines(chunk)
    if (settled !== null) out.push(...settled)
    else if (areEntries(chunk)) {
      isOrdered = true
      out.push(...chunk[first], ...chunk[first === 'cur' ? 'inc' : 'cur'])
    } else if (prefer === null) return null
    else out.push(...chunk[prefer])
  }
  return { text: out.join(''), isOrdered }
}

/** Whether both insert something that begins with the separator of a list, or ends with it. */
function areEntries({ base, cur, inc }: Chunk): boolean {
  if (base.length > 0) return false
  const [x, y] = [cur, inc].map((words) => words.filter((word) => word.trim() !== '')) as [string[], string[]]
  const isSame = (m: string | undefined, n: string | undefined): boolean =>
    m !== undefined && m === n && SEPARATOR.test(m)
  if (x.length < 2 || y.length < 2) return false
  return isSame(x[0], y[0]) || isSame(x.at(-1), y.at(-1))
}
