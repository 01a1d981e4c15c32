/**
 * One whole side. Of two edits of the same lines the larger one has mostly been kept: who rewrote a passage knew of
 * more than who touched a word of it.
 */
import { textOf, type Lines } from '../lines.ts'
import { areAlternatives } from './both.ts'
import { isDeleteEdit } from './delete-edit.ts'
import { isGenerated } from './generated.ts'
import { RANKS } from './ranks.ts'
import type { Candidate, Move, Sides } from './types.ts'

export const sides: Move = (texts, { names, path }) => {
  const { cur, inc } = texts
  // There the question is another one.
  if (isDeleteEdit(texts)) return []
  // Of two insertions both are wanted sooner than either, unless they are of one thing.
  const areAdditions = texts.base.length === 0 && !areAlternatives(texts)
  const changed = { cur: changedNames(texts, 'cur'), inc: changedNames(texts, 'inc') }
  const total = changed.cur + changed.inc
  /** From 0, where both changed as much, to 1, where the other one changed nothing. */
  const lead = total === 0 ? 0 : Math.abs(changed.cur - changed.inc) / total
  const larger = changed.inc > changed.cur ? 'inc' : 'cur'
  const first = areAdditions ? RANKS.sideOfInserts : RANKS.side + RANKS.sideLead * lead
  const one = (side: 'cur' | 'inc'): Candidate => ({
    id: side === 'cur' ? 'current' : 'incoming',
    lines: side === 'cur' ? cur : inc,
    label: `${side === 'cur' ? 'Keep' : 'Take'} ${names[side]}`,
    why: isGenerated(path)
      ? 'A program writes this file: take a side whole, and let the program write it anew.'
      : lead === 0
        ? `All of ${names[side]}, as it stands.`
        : side === larger
          ? `${names[side]} changed more here.`
          : `${names[side]} changed less here.`,
    rank: side === larger ? first : RANKS.otherSide,
  })
  return [one('cur'), one('inc')]
}

/** Names and numbers that a side took out of the base or brought in; signs and blanks are mostly a formatter's. */
export function changedNames({ base, ...texts }: Sides, side: 'cur' | 'inc'): number {
  const [before, after] = [namesIn(base), namesIn(texts[side])]
  let changed = 0
  for (const name of before) if (!after.has(name)) changed += 1
  for (const name of after) if (!before.has(name)) changed += 1
  return changed
}

const namesIn = (lines: Lines): Set<string> => new Set(textOf(lines).match(/[\p{L}\p{N}_$]+/gu))
