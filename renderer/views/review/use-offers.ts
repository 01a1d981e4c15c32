/** What is offered for the conflicts of the file in sight, with what was decided before about the same lines. */
import { useMemo } from 'react'
import type { Precedent, Review } from '../../../schemas/reviewer.ts'
import type { Suggestion } from '../../merge/suggest/index.ts'
import { partyName } from '../../review/names.ts'
import { suggestedFor, type Suggested } from '../../review/suggested.ts'
import { useRead } from '../../state/hooks.ts'
import type { Place } from './use-place.ts'

/** What was offered for each file, for whoever reads a choice off its text. */
export type Offers = Map<string, Suggested>

const NONE: readonly Precedent[] = []

export function useOffers(place: Place, review: Review, offers: Offers): readonly Suggestion[] {
  const { merge, path, conflict, state } = place
  const incoming = partyName(review.incoming)
  const make = (precedents: readonly Precedent[]): Suggested | null =>
    merge === null ? null : suggestedFor(merge, path, { cur: 'the target', inc: incoming }, precedents)
  const plain = useMemo(() => make(NONE), [merge, path, incoming])
  const keys = useMemo(
    () => (merge === null || plain === null ? [] : merge.conflicts.map(plain.key)),
    [merge, plain],
  )
  const read = useRead(
    `precedents-${path}-${state?.file?.sidesKey ?? ''}`,
    async (api, signal) => await api.conflicts.precedents({ keys }, { signal }),
    { enabled: keys.length > 0 },
  )
  const known = read.value ?? NONE
  const suggested = useMemo(() => (known.length === 0 ? plain : make(known)), [plain, known])
  if (suggested !== null) offers.set(path, suggested)
  return conflict === null || suggested === null ? [] : suggested.of(conflict)
}
