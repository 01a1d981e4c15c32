/**
 * What two windows made of one cast, brought together field by field. Where both wrote, what stands here stays, and
 * what the other wrote is handed back; what either wrote is never gone.
 */
import { bare, same, type Work, type WorkItem } from './work.ts'

/** A field that both wrote, and what the other one holds. */
export interface Differing {
  field: string
  theirs: string
}

export interface Merged {
  work: Work
  differing: Differing[]
  /** Items that one window removed while the other wrote to them: they stay. */
  stayed: string[]
}

const said = (value: unknown): string =>
  typeof value === 'string' ? value : (value ?? null) === null ? '' : JSON.stringify(value, null, 2)

interface Picked<T> {
  value: T
  both: boolean
}

function pick<T>(base: T, mine: T, theirs: T): Picked<T> {
  if (same(mine, theirs) || same(theirs, base)) return { value: mine, both: false }
  return same(mine, base) ? { value: theirs, both: false } : { value: mine, both: true }
}

/** Lists as sets in an order: what either added is there, what either took away and the other left alone is gone. */
function mergeList<T>(base: readonly T[], mine: readonly T[], theirs: readonly T[]): T[] {
  if (same(mine, base)) return [...theirs]
  if (same(theirs, base)) return [...mine]
  const has = (list: readonly T[], value: T): boolean => list.some((one) => same(one, value))
  return [
    ...mine.filter((one) => has(theirs, one) || !has(base, one)),
    ...theirs.filter((one) => !has(base, one) && !has(mine, one)),
  ]
}

const SINGLE = [
  'request_id',
  'summary',
  'intent',
  'context',
  'priority',
  'base_commit',
  'complexity',
  'agent_model',
  'sample_diff',
  'kept',
] as const

const OF_ITEM = ['path', 'summary', 'change', 'unfit'] as const

export function merge(base: Work, mine: Work, theirs: Work): Merged {
  const differing: Differing[] = []
  const stayed: string[] = []
  const work: Work = { ...mine }
  for (const field of SINGLE) {
    const { value, both } = pick<unknown>(base[field], mine[field], theirs[field])
    Object.assign(work, { [field]: value })
    if (both) differing.push({ field, theirs: said(theirs[field]) })
  }
  for (const field of ['acceptance_criteria', 'telemetry_anchors', 'approvals'] as const)
    Object.assign(work, { [field]: mergeList<unknown>(base[field], mine[field], theirs[field]) })
  const checks = mergeList(base.checks ?? [], mine.checks ?? [], theirs.checks ?? [])
  work.checks = checks.length === 0 ? null : checks

  const late: { key: string; field: (typeof OF_ITEM)[number]; theirs: string }[] = []
  const of = (work_: Work): Map<string, WorkItem> => new Map(work_.items.map((one) => [one.key, one]))
  const [before, here, there] = [of(base), of(mine), of(theirs)]
  const items: WorkItem[] = []
  for (const item of mine.items) {
    const was = before.get(item.key)
    const other = there.get(item.key)
    if (other === undefined) {
      if (was === undefined) items.push(item)
      else if (!same(was, item)) {
        items.push(item)
        stayed.push(item.path)
      }
      continue
    }
    items.push(mergeItem(was ?? item, item, other, late))
  }
  // Both may have added the same path: then it is one item, of which each wrote a part.
  for (const item of theirs.items) {
    if (here.has(item.key)) continue
    const was = before.get(item.key)
    if (was !== undefined) {
      if (same(was, item)) continue
      stayed.push(item.path)
      items.push(item)
      continue
    }
    const at = items.findIndex((one) => !before.has(one.key) && one.path !== '' && one.path === item.path)
    const twin = items[at]
    if (twin === undefined) items.push(item)
    else items[at] = mergeItem({ ...twin, summary: '', change: null }, twin, item, late)
  }
  work.items = orderedAsTheirs(base, mine, theirs) ? inOrderOf(theirs.items, items) : items
  for (const { key, field, theirs: text } of late) {
    const index = work.items.findIndex((one) => one.key === key)
    differing.push({ field: `items[${index}].${field}`, theirs: text })
  }
  return { work: same(bare(work), bare(mine)) ? mine : work, differing, stayed }
}

function mergeItem(
  base: WorkItem,
  mine: WorkItem,
  theirs: WorkItem,
  late: { key: string; field: (typeof OF_ITEM)[number]; theirs: string }[],
): WorkItem {
  const item: WorkItem = { ...mine }
  for (const field of OF_ITEM) {
    const { value, both } = pick<unknown>(base[field], mine[field], theirs[field])
    if (value === undefined) delete item[field as 'unfit']
    else Object.assign(item, { [field]: value })
    if (both) late.push({ key: mine.key, field, theirs: said(theirs[field]) })
  }
  return same(item, mine) ? mine : item
}

const keysOf = (items: readonly WorkItem[]): string[] => items.map(({ key }) => key)

/** Only they moved items about. */
const orderedAsTheirs = (base: Work, mine: Work, theirs: Work): boolean =>
  same(keysOf(base.items), keysOf(mine.items)) && !same(keysOf(base.items), keysOf(theirs.items))

function inOrderOf(order: readonly WorkItem[], items: readonly WorkItem[]): WorkItem[] {
  const place = new Map(order.map(({ key }, index) => [key, index]))
  return items.toSorted((a, b) => (place.get(a.key) ?? order.length) - (place.get(b.key) ?? order.length))
}
