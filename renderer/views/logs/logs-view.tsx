/** The live tail of the queue's log: scrolling up pauses it, the end follows. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, Pause } from 'lucide-react'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { FilterField } from '../../filter/filter-field.tsx'
import { parseFilter, withValues } from '../../filter/grammar.ts'
import { useQuery } from '../../router.ts'
import { useApp, useStale } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { focusQuietly } from '../../ui/focus.ts'
import { Select } from '../../ui/fields.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { LogEntry } from './log-entry.tsx'
import { LEVELS, LOG_KEYS, logFilter } from './log-filter.ts'
import { useTail } from './use-tail.ts'
import styles from './logs.module.css'

const ROW = 24
/** So near to the end counts as at the end. */
const NEAR = 8
const COPIED = 2_000

export function LogsView() {
  const app = useApp()
  const [query, setQuery] = useQuery('q')
  const text = query ?? ''
  const { filter, error: wrong } = useMemo(() => logFilter(text), [text])
  const live = useTail(filter)
  const { tail } = live
  const stale = useStale()
  const scroller = useRef<HTMLDivElement | null>(null)
  const field = useRef<HTMLInputElement | null>(null)
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const [active, setActive] = useState<number | null>(null)
  const { rows } = tail

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    // Rows are light, but a wheel turned fast draws all of them anew at every frame.
    overscan: 8,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const items = virtual.getVirtualItems()

  // Following means standing at the end; what comes above must not move what is read.
  const before = useRef<{ first: number | undefined; count: number }>({ first: undefined, count: 0 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const first = rows[0]?.id
    const grown = rows.length - before.current.count
    if (!tail.paused) element.scrollTop = element.scrollHeight
    else if (before.current.first !== undefined && first !== before.current.first && grown > 0) {
      element.scrollTop += grown * ROW
    }
    before.current = { first, count: rows.length }
  }, [rows, tail.paused])

  const top = useRef(0)
  const onScroll = (): void => {
    const element = scroller.current
    if (element === null) return
    const up = element.scrollTop < top.current
    top.current = element.scrollTop
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR
    if (!atEnd && up && !tail.paused) live.pause()
    if (atEnd && !up && tail.paused && tail.waiting.length === 0) live.resume()
    if (element.scrollTop < 400) live.older()
  }
  const toEnd = (): void => {
    setActive(null)
    live.resume()
  }
  const latest = useRef({ rows, open, virtual })
  latest.current = { rows, open, virtual }
  // The same function each time, so that rows that did not change are not drawn anew.
  const flip = useCallback((id: number): void => {
    const { rows: there, open: is, virtual: list } = latest.current
    const next = new Set(is)
    if (next.delete(id)) {
      // Only what is open is measured; closed, a row is as high as any other.
      list.resizeItem(
        there.findIndex((row) => row.id === id),
        ROW,
      )
    } else next.add(id)
    setOpen(next)
  }, [])
  const activeAt = active === null ? -1 : rows.findIndex(({ id }) => id === active)
  const go = (to: number): void => {
    const index = Math.max(0, Math.min(rows.length - 1, to))
    const row = rows[index]
    if (row === undefined) return
    if (index < rows.length - 1) live.pause()
    setActive(row.id)
    virtual.scrollToIndex(index)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return
    const at = activeAt < 0 ? rows.length : activeAt
    const moves: Readonly<Record<string, number>> = { j: at + 1, ArrowDown: at + 1, k: at - 1, ArrowUp: at - 1, PageDown: at + 20, PageUp: at - 20, Home: 0 } // prettier-ignore
    const to = moves[event.key]
    if (to !== undefined) {
      event.preventDefault()
      go(to)
    } else if (event.key === 'Enter' && active !== null) {
      flip(active)
      live.pause()
      // Once its height is known.
      app.clock.after(50, () => virtual.scrollToIndex(activeAt))
    } else if (event.key === 'End') toEnd()
    else if (event.key === '/') {
      event.preventDefault()
      field.current?.focus()
    }
  }
  const there = rows.length > 0
  useEffect(() => {
    if (there && document.activeElement === document.body) focusQuietly(scroller.current)
  }, [there])

  const level = parseFilter(text, LOG_KEYS).values.get('level')?.[0] ?? 'debug'
  const copied = (): string =>
    rows
      .slice(-COPIED)
      .map((row) => JSON.stringify(row))
      .join('\n')
  return (
    <div className={styles.view}>
      <h1 className="unseen">Logs</h1>
      <div className={styles.bar}>
        <FilterField
          label="Filter events"
          placeholder="Filter: level:warn change:87 anchor:… text"
          keys={LOG_KEYS}
          value={text}
          onChange={setQuery}
          inputRef={field}
        />
        <Select
          label="Level"
          labelled={false}
          value={level}
          onChange={(next) => setQuery(withValues(text, 'level', next === 'debug' ? [] : [next]))}
          options={LEVELS.map((value) => ({
            value,
            label: value === 'debug' ? 'all levels' : `${value} and up`,
          }))}
        />
        <CopyButton text={copied} label="Copy the newest 2,000 shown, a line of JSON each" />
        {stale !== null && <StaleNote since={stale} />}
        {tail.paused ? (
          <Button size="small" kind="primary" icon={<ArrowDown size={14} />} onClick={toEnd}>
            Paused · {tail.waiting.length.toLocaleString('en')} new · Resume
          </Button>
        ) : (
          <Button size="small" icon={<Pause size={14} />} onClick={live.pause}>
            Following
          </Button>
        )}
      </div>
      {live.error !== null && live.error.code !== 'offline' && (
        <ErrorBanner failure={live.error} retry={live.reload} busy={live.loading} />
      )}
      {tail.gapBefore !== null && (
        <p className={styles.gap} role="status">
          Too much happened while the line was broken: some events before number {tail.gapBefore} are not
          shown.
        </p>
      )}
      {rows.length === 0 && live.loading && <Skeleton lines={8} />}
      {rows.length === 0 && live.error?.code === 'offline' && (
        <ErrorBanner failure={live.error} retry={live.reload} />
      )}
      {rows.length === 0 && !live.loading && live.error === null && (
        <EmptyState
          title={text === '' ? 'Nothing has happened yet' : 'No event fits'}
          {...(text === ''
            ? {}
            : { actions: <Button onClick={() => setQuery(null)}>Clear the filter</Button> })}
        >
          {wrong?.message ?? 'Every step of the queue is told here as it happens.'}
        </EmptyState>
      )}
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label="Events"
        tabIndex={0}
        className={styles.tail}
        hidden={rows.length === 0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {items.map(({ key, index, start }) => {
            const event = rows[index]
            if (event === undefined) return null
            return (
              <div
                key={key}
                ref={open.has(event.id) ? virtual.measureElement : undefined}
                data-index={index}
                data-active={event.id === active || undefined}
                className={styles.slot}
                style={{ transform: `translateY(${start}px)` }}
              >
                <LogEntry event={event} open={open.has(event.id)} onToggle={flip} />
              </div>
            )
          })}
        </div>
      </div>
      <p className={styles.foot} role="status">
        {rows.length.toLocaleString('en')} events shown{tail.complete ? '' : ', older ones as you scroll up'}
      </p>
    </div>
  )
}
