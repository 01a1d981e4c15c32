/** One side has every line that the other has: it is what the other one grew into, or was cut from. */
import type { Lines } from '../lines.ts'
import { RANKS } from './ranks.ts'
import { bareOf, isWithin, withoutBlank } from './text.ts'
import type { Move } from './types.ts'

export const contains: Move = ({ base, cur, inc }, { names }) => {
  const [ours, theirs] = [withoutBlank(cur), withoutBlank(inc)]
  if (ours.length === 0 || theirs.length === 0 || bareOf(cur) === bareOf(inc)) return []
  // Where the smaller side only took lines away, the larger one has them because it left them alone.
  const isCut = (smaller: Lines): boolean => base.length > 0 && isWithin(smaller, base)
  if (isWithin(theirs, ours) && !isCut(theirs)) {
    const why = `${names.cur} has every line that ${names.inc} has, and more.`
    return [{ id: 'current-contains', lines: cur, label: `Keep ${names.cur}`, why, rank: RANKS.contains }]
  }
  if (isWithin(ours, theirs) && !isCut(ours)) {
    const why = `${names.inc} has every line that ${names.cur} has, and more.`
    return [{ id: 'incoming-contains', lines: inc, label: `Take ${names.inc}`, why, rank: RANKS.contains }]
  }
  return []
}
