/** Feeds the tail: the newest at first, live rows, what a broken line left out, and older ones on demand. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { failureOf, wasWithdrawn, type Failure } from '../../failure.ts'
import { useApp, useStore } from '../../state/hooks.ts'
import { askOf, fits, type LogFilter } from './log-filter.ts'
import { emptyTail, fillGap, pause, resume, take, takeOlder, type Tail } from './tail-model.ts'

const PAGE = 500
const MOST_PAGES = 10

export interface LiveTail {
  tail: Tail
  error: Failure | null
  loading: boolean
  pause(): void
  resume(): void
  older(): void
  reload(): void
}

export function useTail(filter: LogFilter): LiveTail {
  const app = useApp()
  const online = useStore((state) => state.connection.state === 'online')
  const key = JSON.stringify(filter)
  const [tail, setTail] = useState<Tail>(emptyTail)
  const [error, setError] = useState<Failure | null>(null)
  const [loading, setLoading] = useState(true)
  const now = useRef({ tail, key: '', life: new AbortController(), older: false })
  const keep = useCallback((change: (tail: Tail) => Tail): void => {
    now.current.tail = change(now.current.tail)
    setTail(now.current.tail)
  }, [])

  /** Reads from the newest back to what is there; what the feed brings meanwhile is joined in. */
  const fill = useCallback(async (): Promise<void> => {
    const wanted = JSON.parse(key) as LogFilter
    const { life, tail: before } = now.current
    setLoading(true)
    try {
      const read = ({ before: end, limit }: { before: number | null; limit: number }) =>
        app.api.logs.page({ ...askOf(wanted), before: end, limit }, { signal: life.signal })
      const { events, gapBefore, complete } = await fillGap(before.seen, read, {
        limit: PAGE,
        most: MOST_PAGES,
      })
      if (life.signal.aborted) return
      const fresh = before.seen === null
      keep((is) => ({
        ...take(
          is,
          events.filter((event) => fits(event, wanted)),
          events.at(-1)?.id ?? 0,
        ),
        ...(fresh ? { complete } : {}),
        ...(gapBefore === null || fresh ? {} : { gapBefore }),
      }))
      setError(null)
    } catch (thrown) {
      if (!wasWithdrawn(thrown, life.signal)) setError(failureOf(thrown))
    } finally {
      if (!life.signal.aborted) setLoading(false)
    }
  }, [app, key, keep])

  useEffect(() => {
    const { current } = now
    // Another filter is another list; a line that came back goes on with the same one.
    if (current.key !== key) {
      current.key = key
      keep(() => emptyTail)
    }
    current.life = new AbortController()
    if (online) void fill()
    return () => current.life.abort()
  }, [key, online, fill, keep])

  useEffect(() => {
    const wanted = JSON.parse(key) as LogFilter
    return app.onTurn((turn) => {
      if (turn.reset) {
        if (now.current.tail.seen !== null) void fill()
        return
      }
      if (turn.logs.length === 0) return
      const events = turn.logs.filter((event) => fits(event, wanted))
      keep((is) => take(is, events, turn.seq))
    })
  }, [app, key, fill, keep])

  const older = useCallback((): void => {
    const { tail: is, older: busy, life } = now.current
    const [first] = is.rows
    if (busy || is.complete || first === undefined) return
    now.current.older = true
    const wanted = JSON.parse(key) as LogFilter
    const read = async (): Promise<void> => {
      try {
        const got = await app.api.logs.page(
          { ...askOf(wanted), before: first.id, limit: PAGE },
          { signal: life.signal },
        )
        if (life.signal.aborted) return
        keep((before) =>
          takeOlder(
            before,
            got.filter((event) => fits(event, wanted)),
            got.length < PAGE,
          ),
        )
      } catch (thrown) {
        if (!wasWithdrawn(thrown, life.signal)) setError(failureOf(thrown))
      } finally {
        now.current.older = false
      }
    }
    void read()
  }, [app, key, keep])

  return {
    tail,
    error,
    loading,
    pause: useCallback(() => keep(pause), [keep]),
    resume: useCallback(() => keep(resume), [keep]),
    older,
    reload: useCallback(() => void fill(), [fill]),
  }
}
