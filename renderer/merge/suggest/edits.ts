/** Both sides' edits: where none of them changed a line the other changed, and where none changed the same word. */
import type { Chunk } from '../chunks.ts'
import { linesOf, sameLines, textOf, type Lines } from '../lines.ts'
import { MAX_WORDS_TEXT } from './bounds.ts'
import { settledLines } from '../markers.ts'
import { piecesOf } from './fine.ts'
import { RANKS } from './ranks.ts'
import { isBlank, lengthOf, repeats } from './text.ts'
import type { Candidate, Move } from './types.ts'
import { mergedWords, wordChunks } from './words.ts'

export const edits: Move = (sides, { names }) => {
  if (sides.base.length === 0) return []
  const pieces = piecesOf(sides)
  const open = pieces.filter(({ kind }) => kind === 'conflict')
  const rankOf = (lines: Lines, rank: number): number => (repeats(lines, sides) ? RANKS.repeating : rank)
  if (open.length === 0) {
    const lines = pieces.flatMap((piece) => settledLines(piece) ?? [])
    const why = 'The sides edit neighbouring lines, but no line is edited by both.'
    return [
      { id: 'touching', lines, label: 'Both edits, line by line', why, rank: rankOf(lines, RANKS.touching) },
    ]
  }
  if (lengthOf(...open.flatMap(({ base, cur, inc }) => [base, cur, inc])) > MAX_WORDS_TEXT) return []
  const parts = pieces.map(taken)
  const one = merged(parts, 'cur', null)
  if (one !== null) {
    const why = one.isOrdered
      ? 'Both sides add entries to one list; which come first is a guess.'
      : 'Both sides edit the same lines, but no word is edited by both.'
    const candidate: Candidate = {
      id: 'words',
      lines: one.lines,
      label: 'Both edits, word by word',
      why,
      rank: rankOf(one.lines, RANKS.words),
    }
    const other = one.isOrdered ? merged(parts, 'inc', null) : null
    if (other !== null && !sameLines(other.lines, one.lines))
      candidate.swap = {
        ...candidate,
        id: 'words-reversed',
        lines: other.lines,
        rank: rankOf(other.lines, RANKS.wordsReversed),
      }
    return [candidate]
  }
  return (['cur', 'inc'] as const).flatMap((side) => {
    const preferred = merged(parts, side, side)
    if (preferred === null) return []
    const why = `Both sides edit the same words; those are as in ${names[side]}, the other edits are of both.`
    const id = side === 'cur' ? 'words-current' : 'words-incoming'
    return [
      {
        id,
        lines: preferred.lines,
        label: `Both edits, ${names[side]} where they meet`,
        why,
        rank: rankOf(preferred.lines, RANKS.wordsPreferred),
      },
    ]
  })
}

interface Merged {
  lines: Lines
  isOrdered: boolean
}

/** A piece with its text where it is settled, else its words. */
type Taken = { settled: Lines } | { settled: null; piece: Chunk; words: readonly Chunk[] }

function taken(piece: Chunk): Taken {
  const settled = settledLines(piece)
  if (settled !== null) return { settled }
  const { base, cur, inc } = piece
  return { settled, piece, words: wordChunks(textOf(base), textOf(cur), textOf(inc)) }
}

function merged(parts: readonly Taken[], first: 'cur' | 'inc', prefer: 'cur' | 'inc' | null): Merged | null {
  const out: string[] = []
  let isOrdered = false
  for (const part of parts) {
    if (part.settled !== null) out.push(...part.settled)
    else if (part.piece.base.every(isBlank)) {
      // Where the base has no word there is nothing to hold on to.
      if (prefer === null) return null
      out.push(...part.piece[prefer])
    } else {
      const words = mergedWords(part.words, first, prefer)
      if (words === null) return null
      isOrdered ||= words.isOrdered
      out.push(...linesOf(words.text))
    }
  }
  return { lines: out, isOrdered }
}
