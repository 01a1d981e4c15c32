/** What is offered for each conflict of a file, worked out once. */
import type { Precedent } from '../../schemas/reviewer.ts'
import { linesOf, textOf } from '../merge/lines.ts'
import type { Conflict, Merge } from '../merge/result.ts'
import {
  chunkKey,
  linesAround,
  suggestionsFor,
  type PrecedentLines,
  type Suggestion,
} from '../merge/suggest/index.ts'
import { absoluteTime } from '../ui/time.tsx'

/** Beyond so many a list is no help. */
const SHOWN = 3

const asLines = (one: Precedent): PrecedentLines => ({
  lines: linesOf(one.text),
  by: one.by,
  decided: absoluteTime(one.decided_at),
  verdict: one.check_verdict?.replaceAll('_', ' ') ?? null,
})

export interface Suggested {
  of(conflict: Conflict): readonly Suggestion[]
  /** Texts of all that were offered, turned round ones included. */
  texts(conflict: Conflict): readonly string[]
  key(conflict: Conflict): string
}

export function suggestedFor(
  merge: Merge,
  path: string,
  names: { cur: string; inc: string },
  precedents: readonly Precedent[],
): Suggested {
  const known = new Map<Conflict, readonly Suggestion[]>()
  const keys = new Map<Conflict, string>()
  const key = (conflict: Conflict): string => {
    const found = keys.get(conflict) ?? chunkKey(conflict.chunk)
    keys.set(conflict, found)
    return found
  }
  const of = (conflict: Conflict): readonly Suggestion[] => {
    const found =
      known.get(conflict) ??
      suggestionsFor(conflict.chunk, {
        path,
        names,
        precedents: precedents.filter((one) => one.key === key(conflict)).map(asLines),
        ...linesAround(merge.chunks, conflict.chunk),
      })
    known.set(conflict, found)
    return found
  }
  return {
    key,
    of: (conflict) => of(conflict).slice(0, SHOWN),
    texts: (conflict) =>
      of(conflict).flatMap(({ lines, swap }) => [
        textOf(lines),
        ...(swap === undefined ? [] : [textOf(swap.lines)]),
      ]),
  }
}
