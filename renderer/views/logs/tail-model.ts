/** A live tail: events in order, each once; what comes while it is paused is kept apart and counted. */
import type { LogEvent } from '../../../schemas/log-event.ts'

/** Rows kept while the end is followed; older ones are asked for again. */
export const FOLLOWED = 5_000
/** Rows kept while somebody reads further up. */
const READ = 20_000

export interface Tail {
  rows: readonly LogEvent[]
  /** What came since it was paused. */
  waiting: readonly LogEvent[]
  paused: boolean
  /** Highest id that was looked at, whether it fits the filter or not; null before the first answer. */
  seen: number | null
  /** Whether everything older is there. */
  complete: boolean
  /** Id before which events may be missing that could not be fetched, or null. */
  gapBefore: number | null
}

export const emptyTail: Tail = {
  rows: [],
  waiting: [],
  paused: false,
  seen: null,
  complete: false,
  gapBefore: null,
}

/** Joins two lists in order of id; an event that is in both stands once. */
export function joined(first: readonly LogEvent[], second: readonly LogEvent[]): readonly LogEvent[] {
  const [head] = second
  if (head === undefined) return first
  const last = first.at(-1)
  if (last === undefined || last.id < head.id) return first.length === 0 ? second : [...first, ...second]
  const byId = new Map([...first, ...second].map((event) => [event.id, event]))
  return [...byId.values()].sort((a, b) => a.id - b.id)
}

const highest = (events: readonly LogEvent[], seen: number | null): number | null =>
  events.reduce<number | null>((most, { id }) => (most === null || id > most ? id : most), seen)

/** Takes in what the feed or a fill brought, in whatever order; `seen` is how far the log was looked through. */
export function take(tail: Tail, events: readonly LogEvent[], seen: number | null = null): Tail {
  const far = highest(events, tail.seen)
  const reached = seen === null ? far : Math.max(far ?? 0, seen)
  if (events.length === 0) return reached === tail.seen ? tail : { ...tail, seen: reached }
  if (tail.paused) return { ...tail, waiting: joined(tail.waiting, events).slice(-READ), seen: reached }
  const rows = joined(tail.rows, events)
  const cut = rows.length > FOLLOWED
  return { ...tail, rows: cut ? rows.slice(-FOLLOWED) : rows, seen: reached, complete: tail.complete && !cut }
}

/** Puts older events on top. */
export function takeOlder(tail: Tail, events: readonly LogEvent[], complete: boolean): Tail {
  const rows = joined(events, tail.rows)
  const over = rows.length > READ
  return { ...tail, rows: over ? rows.slice(0, READ) : rows, complete }
}

export const pause = (tail: Tail): Tail => (tail.paused ? tail : { ...tail, paused: true })

export function resume(tail: Tail): Tail {
  if (!tail.paused) return tail
  return take({ ...tail, paused: false, waiting: [] }, tail.waiting)
}

/** Whether events between what is there and a page of the newest may be missing. */
export const leavesGap = (seen: number | null, newest: readonly LogEvent[], limit: number): boolean => {
  const [first] = newest
  return seen !== null && first !== undefined && newest.length >= limit && first.id > seen + 1
}

export interface PageAsk {
  before: number | null
  limit: number
}

/**
 * Reads backwards from the newest event until what was seen is reached, or `most` pages are read.
 *
 * Returns the events after `seen`, and before which of them some may be missing.
 */
export async function fillGap(
  seen: number | null,
  read: (ask: PageAsk) => Promise<readonly LogEvent[]>,
  { limit, most }: { limit: number; most: number },
): Promise<{ events: readonly LogEvent[]; gapBefore: number | null; complete: boolean }> {
  let events: readonly LogEvent[] = []
  let before: number | null = null
  for (let page = 0; page < most; page += 1) {
    const got = await read({ before, limit })
    events = joined(got, events)
    before = got[0]?.id ?? before
    if (got.length < limit) return { events: after(events, seen), gapBefore: null, complete: true }
    if (seen === null || !leavesGap(seen, got, limit)) {
      return { events: after(events, seen), gapBefore: null, complete: false }
    }
  }
  return { events: after(events, seen), gapBefore: events[0]?.id ?? null, complete: false }
}

const after = (events: readonly LogEvent[], seen: number | null): readonly LogEvent[] =>
  seen === null ? events : events.filter(({ id }) => id > seen)
