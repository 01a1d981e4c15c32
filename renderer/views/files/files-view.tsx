/** Every change to a file of the workspace as it happens, the newest on top. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { FileEvent } from '../../../schemas/intake.ts'
import { fileAddress } from '../../reading/model.ts'
import { FilterField } from '../../filter/filter-field.tsx'
import { navigate, useQuery } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { focusQuietly } from '../../ui/focus.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { absoluteTime, Time } from '../../ui/time.tsx'
import { spellBytes } from '../home/runtime.tsx'
import { FILE_KEYS, fileFilter, fits, KIND_LABEL } from './events.ts'
import styles from './files.module.css'
import { useFileEvents } from './use-file-events.ts'
import { WatchNote } from './watch-note.tsx'

const ROW = 28

function Line({ event, at }: { event: FileEvent; at: number }) {
  const { kind, path, size, created_at } = event
  return (
    <div role="row" aria-rowindex={at + 2} className={styles.line}>
      <span role="cell" className={styles[kind]}>
        {KIND_LABEL[kind]}
      </span>
      <span role="cell" className={styles.path}>
        {kind === 'added' || kind === 'changed' ? (
          <Link to={fileAddress(path, null)} tabIndex={-1}>
            <InertLine text={path} />
          </Link>
        ) : (
          <InertLine text={path} />
        )}
      </span>
      <span role="cell" className={styles.figure}>
        {size === null ? '' : spellBytes(size)}
      </span>
      <span role="cell" className={styles.figure} title={absoluteTime(created_at)}>
        <Time at={created_at} />
      </span>
    </div>
  )
}

/** New rows come in on top; who reads further down stays where they are. */
function useSteady(scroller: { current: HTMLDivElement | null }, rows: readonly FileEvent[]): void {
  const before = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    const element = scroller.current
    const known = before.current
    before.current = rows[0]?.id
    if (element === null || known === undefined || element.scrollTop === 0) return
    const added = rows.findIndex(({ id }) => id === known)
    if (added > 0) element.scrollTop += added * ROW
  }, [scroller, rows])
}

export function FilesView() {
  const reading = useFileEvents()
  const [query, setQuery] = useQuery('q')
  const text = query ?? ''
  const { filter, error: wrong } = useMemo(() => fileFilter(text), [text])
  const events = reading.value?.events
  const rows = useMemo(
    () => (events ?? []).filter((event) => fits(event, filter)).toReversed(),
    [events, filter],
  )
  const scroller = useRef<HTMLDivElement | null>(null)
  const field = useRef<HTMLInputElement | null>(null)
  const [focused, setFocused] = useState(false)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  useSteady(scroller, rows)
  const there = rows.length > 0
  useEffect(() => {
    if (!there || focused || document.activeElement !== document.body) return
    setFocused(true)
    focusQuietly(scroller.current)
  }, [there, focused])
  useCommands([
    {
      id: 'files-read',
      label: 'Read a file of the target',
      group: 'Files',
      keys: 'o',
      run: () => navigate('/file'),
    },
    {
      id: 'files-filter',
      label: 'Filter the file events',
      group: 'Files',
      keys: '/',
      run: () => field.current?.focus(),
    },
  ])
  const watching = reading.value?.watching ?? null
  return (
    <div className={styles.view}>
      <h1 className="unseen">Files</h1>
      <div className={styles.bar}>
        <FilterField
          label="Filter file events"
          placeholder="Filter: kind:removed path:src/ text"
          keys={FILE_KEYS}
          value={text}
          onChange={setQuery}
          inputRef={field}
        />
        {events !== undefined && reading.stale !== null && <StaleNote since={reading.stale} />}
        <Link to="/file" className={styles.read}>
          Read a file
        </Link>
      </div>
      {reading.value !== undefined && watching !== null && watching.trouble !== null && (
        <p className={styles.trouble} role="status">
          <WatchNote watching={watching} />
        </p>
      )}
      {reading.error !== null && (events === undefined || reading.error.code !== 'offline') && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {events === undefined && reading.error === null && <Skeleton lines={8} />}
      {events !== undefined && rows.length === 0 && (
        <EmptyState
          title={text === '' ? 'No file has changed' : 'No event fits'}
          {...(text === ''
            ? {}
            : { actions: <Button onClick={() => setQuery(null)}>Clear the filter</Button> })}
        >
          {wrong?.message ??
            (text === ''
              ? 'What you, an editor or an agent changes in the checkout appears here within a second.'
              : `${events.length.toLocaleString('en')} events are there without it.`)}
        </EmptyState>
      )}
      <div
        role="table"
        aria-label="File events"
        aria-rowcount={rows.length + 1}
        className={cx(styles.table, reading.stale !== null && styles.grey)}
        hidden={rows.length === 0}
      >
        <div role="row" aria-rowindex={1} className={cx(styles.line, styles.head)}>
          <span role="columnheader">What</span>
          <span role="columnheader">Path</span>
          <span role="columnheader" className={styles.figure}>
            Size
          </span>
          <span role="columnheader" className={styles.figure}>
            When
          </span>
        </div>
        <div
          ref={scroller}
          role="rowgroup"
          aria-label="The newest first"
          tabIndex={0}
          className={styles.rows}
        >
          <div className={styles.all} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ key, index, start }) => {
              const event = rows[index]
              return (
                event !== undefined && (
                  <div key={key} className={styles.slot} style={{ transform: `translateY(${start}px)` }}>
                    <Line event={event} at={index} />
                  </div>
                )
              )
            })}
          </div>
        </div>
      </div>
      <p className={styles.foot}>
        {events !== undefined && (
          <>
            {rows.length.toLocaleString('en')} shown
            {rows.length < events.length && ` of ${events.length.toLocaleString('en')}`}.{' '}
            {(watching === null || watching.trouble === null) && <WatchNote watching={watching} />}
          </>
        )}
      </p>
    </div>
  )
}
