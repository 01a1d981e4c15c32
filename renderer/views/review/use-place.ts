/** Where somebody is in a review: the file, the conflict in it, and what is known of that. */
import { useEffect, useMemo, useState } from 'react'
import type { Review, WhyCommits } from '../../../schemas/reviewer.ts'
import type { Choice, Conflict, Merge } from '../../merge/result.ts'
import type { Span } from '../../merge/spans.ts'
import type { ResultDoc } from '../../review/doc.ts'
import { culprits, currentName, incomingName } from '../../review/names.ts'
import type { FileState } from '../../review/session.ts'
import { isAt, stopAt, stopsOf, type Stop } from '../../review/stops.ts'
import { useSeconds } from '../../state/clock.ts'
import { useRead, type Reading } from '../../state/hooks.ts'

export interface Place {
  stops: readonly Stop[]
  stop: Stop | null
  /** The how-manieth of all it is, from 1. */
  number: number
  /** How many are open. */
  left: number
  state: FileState | null
  path: string
  index: number | null
  merge: Merge | null
  /** Null where the path is decided as a whole. */
  conflict: Conflict | null
  doc: ResultDoc | null
  span: Span | undefined
  text: string
  choice: Choice
  why: Reading<WhyCommits>
  /** Who landed what the conflict is with. */
  by: WhyCommits['commits']
  names: { cur: string; inc: string }
  /** Counts up whenever somebody goes somewhere, also to where they are. */
  gone: number
  goTo(stop: Stop): void
  /** The same without moving the text. */
  stay(stop: Stop): void
}

export function usePlace(id: number, review: Review, files: readonly FileState[]): Place {
  const [wanted, setWanted] = useState<Stop | null>(null)
  const [gone, setGone] = useState(0)
  const stops = useMemo(() => stopsOf(files), [files])
  const stop = stopAt(stops, wanted)
  const state = files.find(({ path }) => path === stop?.path) ?? files[0] ?? null
  const file = state?.file ?? null
  // Pinned as soon as it is read: what is decided or typed leads nowhere by itself.
  useEffect(() => {
    if (wanted === null && file !== null && stop !== null) setWanted(stop)
  }, [wanted, file, stop])
  const path = state?.path ?? ''
  const index = stop?.index ?? null
  const merge = file?.merged?.isMerge === true ? file.merged.merge : null
  const conflict = index === null ? null : (merge?.conflicts[index] ?? null)
  const doc = file?.doc() ?? null
  const span = index === null ? undefined : doc?.spans()[index]
  const why = useRead(
    `why-${id}-${path}-${file?.sidesKey ?? ''}`,
    (api, signal) => api.conflicts.why({ id, path }, { signal }),
    { enabled: file !== null },
  )
  const by = conflict === null ? [] : culprits(conflict.chunk, why.value ?? null)
  const now = useSeconds() * 1000
  return {
    stops,
    stop,
    number: stop === null ? 0 : stops.findIndex((one) => isAt(one, stop)) + 1,
    left: stops.filter(({ decided }) => !decided).length,
    state,
    path,
    index,
    merge,
    conflict,
    doc,
    span,
    text: doc === null || span === undefined ? '' : doc.slice(span),
    choice: index === null ? 'open' : (state?.choices[index] ?? 'open'),
    why,
    by,
    names: { cur: currentName(by, review.target, now), inc: incomingName(review) },
    gone,
    goTo(next) {
      setWanted(next)
      setGone((count) => count + 1)
    },
    stay: setWanted,
  }
}
