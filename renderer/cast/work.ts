/** The answers of a cast as a window works on them: each item under a name of its own, so that a renamed one stays itself. */
import type { CastAnswers, CastItemAnswer } from '../../schemas/cast-draft.ts'

export interface WorkItem extends CastItemAnswer {
  /** Of this window alone; never stored. */
  key: string
}

/** An edit of an item: the finished one, and what was written as one and is none. */
export type Edited = Pick<WorkItem, 'change' | 'unfit'>

/** The item with another edit, or with none. */
export function withEdit({ unfit: _before, ...item }: WorkItem, { change, unfit }: Edited): WorkItem {
  return unfit === undefined ? { ...item, change } : { ...item, change, unfit }
}

export type Work = Omit<CastAnswers, 'items'> & { items: readonly WorkItem[] }

export type NewKey = () => string

export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>]
  const keys = Object.keys(a).filter((key) => a[key] !== undefined)
  if (keys.length !== Object.keys(b).filter((key) => b[key] !== undefined).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
}

export const bare = ({ items, ...rest }: Work): CastAnswers => ({
  ...rest,
  items: items.map(({ path, summary, change, unfit }) => ({
    path,
    summary,
    change,
    ...(unfit === undefined ? {} : { unfit }),
  })),
})

/** Gives each item the name it has in `known`: that of the same path, else of what says the same. */
export function keyed(answers: CastAnswers, known: Work | null, newKey: NewKey): Work {
  const free = new Set(known?.items ?? [])
  const take = (found: WorkItem | undefined): string | null => {
    if (found === undefined) return null
    free.delete(found)
    return found.key
  }
  const byPath = new Map<string, WorkItem[]>()
  for (const item of free) byPath.set(item.path, [...(byPath.get(item.path) ?? []), item])
  const keys = answers.items.map(({ path }) => take(byPath.get(path)?.shift()))
  // A renamed item says what it said before; one that says nothing stands where it stood.
  answers.items.forEach((item, index) => {
    if (keys[index] !== null) return
    const left = [...free]
    const told = left.find((one) => one.summary !== '' && one.summary === item.summary)
    const placed = left.find((one) => one === known?.items[index] && one.summary === item.summary)
    keys[index] = take(told ?? placed)
  })
  return {
    ...answers,
    items: answers.items.map((item, index) => ({ ...item, key: keys[index] ?? newKey() })),
  }
}

/** Other items; what the finished edits were written against is pinned for as long as there is one. */
export const withItems = (work: Work, items: readonly WorkItem[], base: string | null = null): Work => ({
  ...work,
  items,
  base_commit: items.some(({ change }) => change !== null) ? (work.base_commit ?? base) : null,
})
