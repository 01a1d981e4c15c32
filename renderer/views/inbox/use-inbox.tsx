/** What waits for a person, read once for the whole window: every number of it comes from here. */
import { createContext, use, useMemo, useRef, type ReactNode } from 'react'
import type { InboxItem, Live } from '../../../schemas/view.ts'
import { useRead, useStore, type Reading } from '../../state/hooks.ts'
import { useKept } from './kept.ts'
import { touches, waitingOf, type Aside } from './order.ts'

export interface Inbox {
  reading: Reading<InboxItem[]>
  /** What waits and was not set aside. */
  items: readonly InboxItem[]
  /** What was set aside. */
  later: readonly InboxItem[]
  /** How much waits, beyond what is listed too; null where it is not known. */
  count: number | null
  aside: Aside
  keepAside: (aside: Aside) => void
}

const InboxContext = createContext<Inbox | null>(null)

export function useInbox(): Inbox {
  const inbox = use(InboxContext)
  if (inbox === null) throw new Error('A view stands outside InboxProvider')
  return inbox
}

const isAside = (value: unknown): value is Aside =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((since) => typeof since === 'number')

const nothing: Aside = {}

/** Beside what the feed tells, what has no row in the log (a checkout, an engine) is looked up so often. */
const LOOK_EVERY_MS = 10_000

export function InboxProvider({ children }: { children: ReactNode }) {
  const isOpen = useStore(({ workspace }) => workspace?.state === 'open')
  const changes = useStore((state) => state.inbox)
  const last = useRef<{ items: InboxItem[]; changes: number | null }>({ items: [], changes: null })
  const reading = useRead('inbox', (api, signal) => api.inbox.list({}, { signal }), {
    enabled: isOpen,
    on: (turn: Live) => touches(turn, last.current.items, last.current.changes),
    everyMs: LOOK_EVERY_MS,
  })
  const [kept, keepAside] = useKept('inbox.aside', isAside, { shared: true })
  const aside = kept ?? nothing
  const { value } = reading
  last.current = { items: value ?? [], changes }
  const waiting = useMemo(
    () => (value === undefined ? null : waitingOf(value, aside, changes)),
    [value, aside, changes],
  )
  const inbox: Inbox = {
    reading,
    items: waiting?.items ?? [],
    later: waiting?.later ?? [],
    count: waiting?.count ?? null,
    aside,
    keepAside,
  }
  return <InboxContext value={inbox}>{children}</InboxContext>
}
