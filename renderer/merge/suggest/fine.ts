/**
 * One conflict taken apart once more, more finely than git does: edits of neighbouring lines are apart here, and only
 * those that change the same line of the base, or insert at the same place, are together.
 */
import { chunksOf, type Chunk, type Cutting } from '../chunks.ts'
import type { Sides } from './types.ts'

const overlapping: Required<Cutting>['areTogether'] = (last, from, to) =>
  from < last.to || (from === last.from && to === from && last.to === last.from)

/** Cuts by lines that are equal under `keyOf`; the lines of the pieces are the sides' own. */
export const piecesOf = ({ base, cur, inc }: Sides, keyOf?: Cutting['keyOf']): Chunk[] =>
  chunksOf(base, cur, inc, { areTogether: overlapping, keyOf })
