/** What a suggestion is, and what the moves that find one are given. */
import type { Chunk } from '../chunks.ts'
import type { Lines } from '../lines.ts'

export type Sides = Pick<Chunk, 'base' | 'cur' | 'inc'>

/** What a suggestion's text equals; `suggestion` where it is none of the others. */
export type SuggestedChoice = 'current' | 'incoming' | 'both' | 'both_reversed' | 'base' | 'suggestion'

/** What somebody decided before about the same three texts, newest first in a list. */
export interface PrecedentLines {
  lines: Lines
  by: string
  /** When, worded for a person. */
  decided: string
  /** How the checks of that change went, worded for a person; null where that is not known. */
  verdict: string | null
}

export interface SuggestContext {
  path: string
  /** What the two sides are called. */
  names: { cur: string; inc: string }
  precedents?: readonly PrecedentLines[]
  /** Settled lines that stand before the chunk (`linesAround`), the nearest last; they tell the order a list is in. */
  before?: Lines
  /** Settled lines that stand behind it. */
  after?: Lines
}

export interface Suggestion {
  /** Its kind; no two of one list have the same. */
  id: string
  lines: Lines
  choice: SuggestedChoice
  label: string
  /** One sentence: why it is offered. */
  why: string
  /** Lines that a side has and the result has not, blank ones left out. */
  loses: { cur: Lines; inc: Lines }
  /** The same with the order of the sides turned round. */
  swap?: Suggestion
}

/** What a move found, before it is ranked and compared with the others. */
export interface Candidate {
  id: string
  lines: Lines
  label: string
  why: string
  /** How likely it is, 0 to 1: `ranks.ts` says where that comes from. */
  rank: number
  swap?: Candidate
}

/** One known move: what it offers for a chunk; nothing where it does not fit. */
export type Move = (sides: Sides, context: SuggestContext) => Candidate[]
