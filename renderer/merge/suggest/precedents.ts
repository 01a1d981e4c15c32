/** What was decided before about the same three texts. */
import { RANKS } from './ranks.ts'
import type { Move } from './types.ts'

/** The newest first; each older one just behind. */
export const precedents: Move = (_, { precedents: given = [] }) =>
  given.map(({ lines, by, decided, verdict }, index) => ({
    id: index === 0 ? 'precedent' : `precedent-${index + 1}`,
    lines,
    label: `As ${by} decided before`,
    why: `${by} decided the same conflict so, ${decided}; ${verdict === null ? 'how its checks went is not known' : `its checks: ${verdict}`}.`,
    rank: RANKS.precedent - index / (100 * given.length),
  }))
