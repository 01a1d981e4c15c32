/** Which item is looked at, and which one comes after it. */
import type { InboxItem, Live } from '../../../schemas/view.ts'

/** Items set aside by a person, by key, as they stood then. */
export type Aside = Readonly<Record<string, number>>

/** What is set aside comes back by itself once something happened to it. */
export const isAside = (item: InboxItem, aside: Aside): boolean =>
  Object.hasOwn(aside, item.key) && aside[item.key] === (item.since ?? 0)

export const setAside = (item: InboxItem, aside: Aside): Aside => ({ ...aside, [item.key]: item.since ?? 0 })

export const takeBack = (item: InboxItem, aside: Aside): Aside =>
  Object.fromEntries(Object.entries(aside).filter(([key]) => key !== item.key))

/** Forgets what does not wait any more, so that the record does not grow. */
export const prune = (items: readonly InboxItem[], aside: Aside): Aside => {
  const keys = new Set(items.map(({ key }) => key))
  return Object.fromEntries(Object.entries(aside).filter(([key]) => keys.has(key)))
}

/** The item to show: the chosen one, or where it is gone whatever took its place. */
export function shownOf(
  items: readonly InboxItem[],
  key: string | null,
  lastIndex: number,
): InboxItem | null {
  const chosen = items.find((item) => item.key === key)
  return chosen ?? items[Math.min(Math.max(0, lastIndex), items.length - 1)] ?? null
}

export function step(items: readonly InboxItem[], key: string | null, by: 1 | -1): InboxItem | null {
  const at = items.findIndex((item) => item.key === key)
  if (at === -1) return items[0] ?? null
  return items[Math.min(items.length - 1, Math.max(0, at + by))] ?? null
}

/** As many changes as the engine lists; the rest is only counted. */
export const MOST_LISTED = 500

export interface Waiting {
  /** What waits and was not set aside. */
  items: readonly InboxItem[]
  later: readonly InboxItem[]
  /** The one number of what waits, wherever one is shown. */
  count: number
}

/** `changes` is how many changes wait and agents ask, as the feed told last; it matters only where not all of them are listed. */
export function waitingOf(all: readonly InboxItem[], aside: Aside, changes: number | null): Waiting {
  const items = all.filter((item) => !isAside(item, aside))
  const later = all.filter((item) => isAside(item, aside))
  const listed = all.filter(({ change_id }) => change_id !== null).length
  const asked = all.filter(({ kind }) => kind === 'question').length
  const unlisted = listed < MOST_LISTED ? 0 : Math.max(0, (changes ?? 0) - listed - asked)
  return { items, later, count: items.length + unlisted }
}

/** Whether a turn of the feed may have changed what waits: most of what happens does not. */
export function touches(turn: Live, items: readonly InboxItem[], changes: number | null): boolean {
  const listed = new Set(items.map(({ change_id }) => change_id))
  const lags = items.some(({ kind }) => kind === 'checkout')
  const asking = new Set(items.flatMap(({ kind, request_id }) => (kind === 'question' ? [request_id] : [])))
  return (
    (turn.inbox !== null && turn.inbox !== changes) ||
    turn.gone.some((id) => listed.has(id)) ||
    // Answered elsewhere, or asked anew: the number may be the same.
    turn.requests.some((id) => asking.has(id)) ||
    turn.logs.some(({ message }) => message === 'request waits' || message === 'widening asked') ||
    turn.changes.some(
      ({ id, status }) =>
        listed.has(id) ||
        status === 'conflict' ||
        status === 'held' ||
        status === 'failed' ||
        (status === 'applied' && !lags),
    )
  )
}
