/** Reads the pages that the rows on screen need, and keeps them as current as may be without moving rows. */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { ChangeFilter } from '../../../schemas/view.ts'
import { failureOf, wasWithdrawn, type Failure } from '../../failure.ts'
import { useApp, useStore } from '../../state/hooks.ts'
import { applyChanges, freshPages, missingPages, noPages, offsetOf, PAGE_SIZE, pageOf, putPage, type Pages } from './page-cache.ts' // prettier-ignore

/** The whole of what is shown is read again at most so often. */
const REFRESH_EVERY_MS = 1_000

export interface PagedChanges {
  pages: Pages
  error: Failure | null
  loading: boolean
  /** Says which rows are on screen. */
  show(first: number, last: number): void
  /** Reads what is on screen again, now. */
  refresh(): void
}

/** `held`: rows must stay where they are (the pointer is over them). */
export function usePages(filter: ChangeFilter, held: boolean): PagedChanges {
  const app = useApp()
  const online = useStore((state) => state.connection.state === 'online')
  const key = JSON.stringify(filter)
  const [pages, setPages] = useState<Pages>(noPages)
  const [error, setError] = useState<Failure | null>(null)
  const [loading, setLoading] = useState(true)
  const now = useRef({
    pages,
    range: { first: 0, last: 40 },
    asked: new Set<number>(),
    round: new AbortController(),
  })
  const keep = useCallback((next: Pages): void => {
    now.current.pages = next
    setPages(next)
  }, [])

  const read = useCallback(
    async (offset: number, signal: AbortSignal) =>
      app.api.changes.page({ filter: JSON.parse(key) as ChangeFilter, offset, limit: PAGE_SIZE }, { signal }),
    [app, key],
  )

  /** Reads one page that is not there. */
  const load = useCallback(
    async (page: number): Promise<void> => {
      const { asked, round } = now.current
      if (asked.has(page)) return
      asked.add(page)
      const { signal } = round
      try {
        for (let again = true; again && !signal.aborted;) {
          const answer = await read(offsetOf(now.current.pages, page), signal)
          if (signal.aborted) return
          const put = putPage(now.current.pages, page, answer)
          again = put.again
          keep(put.after)
        }
        setError(null)
      } catch (thrown) {
        if (!wasWithdrawn(thrown, signal)) setError(failureOf(thrown))
      } finally {
        asked.delete(page)
        if (!signal.aborted) setLoading(false)
      }
    },
    [read, keep],
  )

  const fill = useCallback((): void => {
    const { pages: there, range } = now.current
    for (const page of missingPages(there, range.first, range.last)) void load(page)
  }, [load])

  /** Reads the pages on screen anew and forgets the others. */
  const refresh = useCallback(async (): Promise<void> => {
    now.current.round.abort()
    const round = new AbortController()
    Object.assign(now.current, { round, asked: new Set<number>() })
    const { first, last } = now.current.range
    setLoading(true)
    try {
      const wanted = [...new Set([pageOf(first), pageOf(last)])]
      const answers = await Promise.all(
        wanted.map(async (page) => [page, await read(page * PAGE_SIZE, round.signal)] as const),
      )
      if (round.signal.aborted) return
      const total = answers.at(-1)?.[1].total ?? 0
      keep(
        freshPages(
          total,
          answers.map(([page, { rows }]) => [page, rows] as const),
        ),
      )
      setError(null)
    } catch (thrown) {
      if (!wasWithdrawn(thrown, round.signal)) setError(failureOf(thrown))
    } finally {
      if (!round.signal.aborted) {
        setLoading(false)
        fill()
      }
    }
  }, [read, keep, fill])

  // Another filter is another list.
  useEffect(() => {
    now.current.range = { first: 0, last: 40 }
    keep(noPages)
    if (online) void refresh()
    return () => now.current.round.abort()
  }, [key, online, refresh, keep])

  const filtered = key !== '{}'
  useEffect(
    () =>
      app.onTurn((turn) => {
        const { pages: before } = now.current
        const after = applyChanges(before, turn.changes, turn.gone, filtered)
        if (turn.reset) keep({ ...after, dirty: true })
        else if (after !== before) keep(after)
      }),
    [app, filtered, keep],
  )

  const restedAt = useRef(0)
  useEffect(() => {
    if (!pages.dirty || held || !online) return
    const pause = Math.max(0, restedAt.current + REFRESH_EVERY_MS - app.clock.now())
    return app.clock.after(pause, () => {
      restedAt.current = app.clock.now()
      void refresh()
    })
  }, [app, pages.dirty, held, online, refresh])

  const show = useCallback(
    (first: number, last: number): void => {
      now.current.range = { first, last }
      fill()
    },
    [fill],
  )
  return { pages, error, loading, show, refresh: () => void refresh() }
}
