/** Whether something that starts to need a person is to be told outside the window, and in which words. */
import type { InboxItem } from '../../schemas/view.ts'
import { inertLine } from '../ui/inert.ts'
import { MOST_LISTED } from '../views/inbox/order.ts'

/** What comes together is told together. */
export const GATHER_MS = 1_000
/** Between two notices, however much happens. */
export const QUIET_MS = 10_000
/** What has no time of its own and comes and goes (an engine in trouble) is not told again for so long. */
export const AGAIN_MS = 600_000

export interface Memory {
  /** What waits now, by key, and since when. */
  readonly known: ReadonlyMap<string, number | null>
  /** Keys not told yet, and since when the first of them waits. */
  readonly untold: readonly string[]
  readonly since: number
  readonly toldAt: number | null
  /** When what has no time of its own was last there. */
  readonly left: ReadonlyMap<string, number>
}

export interface Decision {
  memory: Memory
  /** What to tell now. */
  say: readonly InboxItem[]
  /** When to look again though nothing happened. */
  again: number | null
}

/** What is older than this was waiting before, beyond the end of a list that is cut off. */
function floorOf({ known }: Memory): number {
  const times = [...known.values()].filter((since) => since !== null)
  return times.length < MOST_LISTED ? -Infinity : Math.min(...times)
}

/** What has no time of its own and was there not long ago, or is there now. */
function leftSince(before: Memory, known: Memory['known'], at: number): Map<string, number> {
  const left = new Map([...before.left].filter(([, when]) => at - when < AGAIN_MS))
  for (const [key, since] of before.known) if (since === null && !known.has(key)) left.set(key, at)
  return left
}

/**
 * Compares what waited with what waits: only what was not there before is told, once, and only while nobody looks.
 *
 * `before` is null where the page knows of nothing yet: what waits then waited already. After a break of the connection
 * it still knows, so that nothing is told again.
 */
export function decide(
  before: Memory | null,
  now: { items: readonly InboxItem[]; focused: boolean; at: number },
): Decision {
  const { items, focused, at } = now
  const known = new Map(items.map(({ key, since }) => [key, since]))
  if (before === null) {
    return { memory: { known, untold: [], since: at, toldAt: null, left: new Map() }, say: [], again: null }
  }
  const left = leftSince(before, known, at)
  const floor = floorOf(before)
  const fresh = items.filter(
    ({ key, since }) => !before.known.has(key) && (since === null ? !left.has(key) : since > floor),
  )
  const still = before.untold.filter((key) => known.has(key))
  const untold = focused ? [] : [...still, ...fresh.map(({ key }) => key)]
  const since = still.length > 0 ? before.since : at
  const memory: Memory = { known, untold, since, toldAt: before.toldAt, left }
  if (untold.length === 0) return { memory, say: [], again: null }
  const due = Math.max(since + GATHER_MS, before.toldAt === null ? 0 : before.toldAt + QUIET_MS)
  if (at < due) return { memory, say: [], again: due }
  const told = new Set(untold)
  return {
    memory: { ...memory, untold: [], toldAt: at },
    say: items.filter(({ key }) => told.has(key)),
    again: null,
  }
}

export interface Notice {
  title: string
  body: string
  /** The place of the page it leads to. */
  path: string
}

const ONE: Readonly<Record<InboxItem['kind'], string>> = {
  conflict: 'Conflict',
  held: 'Held for you',
  failed: 'Failed',
  question: 'Question',
  checkout: 'Landed',
  engine: 'Hyperion',
}

const MANY: Readonly<Record<InboxItem['kind'], readonly [one: string, many: string]>> = {
  engine: ['engine that lands nothing', 'engines that land nothing'],
  conflict: ['conflict', 'conflicts'],
  held: ['held change', 'held changes'],
  failed: ['failed change', 'failed changes'],
  question: ['question', 'questions'],
  checkout: ['branch that lags behind', 'branches that lag behind'],
}

/** One is told by its title, several by how many of what there are; agents' text is made inert and short. */
export function noticeOf(items: readonly InboxItem[], workspace: string): Notice {
  const [first, ...more] = items
  if (first !== undefined && more.length === 0) {
    const reason = inertLine(first.reason, 200)
    return {
      title: `${ONE[first.kind]}: ${inertLine(first.title, 120)}`,
      body: reason === '' ? inertLine(workspace, 100) : `${reason}\n${inertLine(workspace, 100)}`,
      path: `/inbox?item=${encodeURIComponent(first.key)}`,
    }
  }
  const kinds = Object.keys(MANY) as InboxItem['kind'][]
  const parts = kinds.flatMap((kind) => {
    const count = items.filter((item) => item.kind === kind).length
    return count === 0 ? [] : [`${count} ${MANY[kind][count === 1 ? 0 : 1]}`]
  })
  return {
    title: `${items.length} things for you`,
    body: `${parts.join(', ')}\n${inertLine(workspace, 100)}`,
    path: '/inbox',
  }
}
