/** Which item is looked at, and which one comes after it. */
import type { InboxItem } from '../../../schemas/view.ts'

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
