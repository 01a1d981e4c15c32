/** The queue as a windowed grid: only rows on screen are in the page, however many there are. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, type KeyboardEvent, type MouseEvent, type Ref } from 'react' // prettier-ignore
import type { ChangeSummary } from '../../../schemas/view.ts'
import type { Selection } from '../../change/acts.ts'
import { useStore } from '../../state/hooks.ts'
import { cx } from '../../ui/cx.ts'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { indexOf, rowAt, type Pages } from './page-cache.ts'
import { QueueRow } from './row.tsx'
import styles from './queue.module.css'

const HEAD = 28
const GROUP = 28

export interface TableProps {
  pages: Pages
  grouped: boolean
  narrow: boolean
  /** The change the inspector shows. */
  shownId: number | null
  activeId: number | null
  /** Where changes stand that are in the chain, in words. */
  inChain: ReadonlyMap<number, string>
  onActive: (id: number) => void
  selection: Selection
  onToggle: (rows: readonly ChangeSummary[], on: boolean) => void
  onAll: () => void
  onOpen: (id: number) => void
  onEscape: () => void
  onRange: (first: number, last: number) => void
  onHold: (held: boolean) => void
  gridRef?: Ref<HTMLDivElement>
}

/** The request a row begins the group of, or null where the row above is of the same. */
function groupAt(pages: Pages, index: number): string | null | undefined {
  const row = rowAt(pages, index)
  if (row === undefined) return undefined
  const above = index === 0 ? undefined : rowAt(pages, index - 1)
  return above !== undefined && above.request_id === row.request_id ? undefined : row.request_id
}

export function QueueTable(props: TableProps) {
  const {
    pages,
    grouped,
    narrow,
    shownId,
    activeId,
    inChain,
    onActive,
    selection,
    onToggle,
    onAll,
    onOpen,
    onEscape,
  } = props
  const { onRange, onHold, gridRef } = props
  const id = useId()
  const scroller = useRef<HTMLDivElement | null>(null)
  const anchor = useRef<number | null>(null)
  const comfortable = useStore((state) => state.preferences.density === 'comfortable')
  const height = comfortable ? 36 : 28
  const count = pages.total ?? 0
  const size = useCallback(
    (index: number) => height + (grouped && groupAt(pages, index) !== undefined ? GROUP : 0),
    [grouped, height, pages],
  )
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: size,
    overscan: 12,
    scrollPaddingStart: HEAD,
    getItemKey: useCallback((index: number) => rowAt(pages, index)?.id ?? `at-${index}`, [pages]),
  })
  useEffect(() => virtual.measure(), [virtual, size])

  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 40
  useEffect(() => onRange(first, last), [onRange, first, last])

  // What stood at the top of the screen stays there when rows came on top of the list meanwhile.
  const top = useRef<{ id: number; index: number } | null>(null)
  useLayoutEffect(() => {
    const element = scroller.current
    const before = top.current
    if (element !== null && before !== null && element.scrollTop > height / 2) {
      const at = indexOf(pages, before.id)
      if (at !== null && at !== before.index) element.scrollTop += (at - before.index) * height
    }
    const visible = items.find(({ end }) => end > (element?.scrollTop ?? 0))
    const row = visible === undefined ? undefined : rowAt(pages, visible.index)
    top.current = row === undefined || visible === undefined ? null : { id: row.id, index: visible.index }
  })

  const activeIndex = activeId === null ? null : indexOf(pages, activeId)
  const rowsBetween = useCallback(
    (a: number, b: number): ChangeSummary[] => {
      const rows: ChangeSummary[] = []
      for (let at = Math.min(a, b); at <= Math.max(a, b); at += 1) {
        const row = rowAt(pages, at)
        if (row !== undefined) rows.push(row)
      }
      return rows
    },
    [pages],
  )
  const go = (to: number, extend: boolean): void => {
    const index = Math.max(0, Math.min(count - 1, to))
    virtual.scrollToIndex(index, { align: 'auto' })
    const row = rowAt(pages, index)
    if (row === undefined) return
    onActive(row.id)
    if (!extend) anchor.current = index
    else onToggle(rowsBetween(anchor.current ?? activeIndex ?? index, index), true)
  }
  const toggle = useCallback(
    (index: number, extend: boolean): void => {
      const row = rowAt(pages, index)
      if (row === undefined) return
      onActive(row.id)
      if (extend && anchor.current !== null) onToggle(rowsBetween(anchor.current, index), true)
      else {
        anchor.current = index
        onToggle([row], !selection.has(row.id))
      }
    },
    [pages, onActive, onToggle, rowsBetween, selection],
  )
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / height) - 2)

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return
    const at = activeIndex ?? -1
    const moves: Readonly<Record<string, number>> = {
      j: at + 1,
      k: Math.max(0, at - 1),
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: count - 1,
    }
    const to = moves[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (to !== undefined) {
      event.preventDefault()
      go(to, event.shiftKey)
      return
    }
    if (event.key === 'x' || event.key === 'X' || event.key === ' ') {
      event.preventDefault()
      if (activeIndex !== null) toggle(activeIndex, event.shiftKey)
    } else if (event.key === 'a') {
      event.preventDefault()
      onAll()
    } else if (event.key === 'Enter' && activeId !== null) {
      event.preventDefault()
      onOpen(activeId)
    } else if (event.key === 'Escape') onEscape()
  }

  const onPick = useCallback(
    (index: number, event: MouseEvent): void => {
      const row = rowAt(pages, index)
      if (row === undefined) return
      if (event.shiftKey || event.ctrlKey || event.metaKey) {
        toggle(index, event.shiftKey)
        return
      }
      anchor.current = index
      onActive(row.id)
      onOpen(row.id)
    },
    [pages, toggle, onActive, onOpen],
  )
  const onTick = useCallback((index: number, event: MouseEvent) => toggle(index, event.shiftKey), [toggle])
  const rowId = useCallback((changeId: number) => `${id}-${changeId}`, [id])
  const columns = useMemo(() => COLUMNS.filter(({ wide }) => !narrow || !wide), [narrow])

  return (
    <div
      ref={(element) => {
        scroller.current = element
        if (typeof gridRef === 'function') gridRef(element)
        else if (gridRef !== null && gridRef !== undefined) gridRef.current = element
      }}
      role="grid"
      tabIndex={0}
      aria-label="Changes"
      aria-multiselectable
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      {...(activeId !== null && activeIndex !== null && activeIndex >= first && activeIndex <= last
        ? { 'aria-activedescendant': rowId(activeId) }
        : {})}
      className={cx(styles.grid, narrow && styles.narrow)}
      onKeyDown={onKeyDown}
      onPointerEnter={() => onHold(true)}
      onPointerLeave={() => onHold(false)}
    >
      <div role="row" aria-rowindex={1} className={styles.head}>
        {columns.map(({ key, head, className }) => (
          <div key={key} role="columnheader" className={styles[className]}>
            {head === '' ? <span className="unseen">{key}</span> : head}
          </div>
        ))}
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ key, index, start, size: tall }) => {
          const row = rowAt(pages, index)
          const group = grouped ? groupAt(pages, index) : undefined
          return (
            <div
              key={key}
              role="presentation"
              className={styles.slot}
              style={{ transform: `translateY(${start}px)`, height: tall }}
            >
              {group !== undefined && (
                <div role="row" className={styles.group}>
                  <div role="gridcell" aria-colspan={columns.length}>
                    {group === null ? (
                      <span>Without a request</span>
                    ) : (
                      <Link to={`/request/${group}`}>{inertLine(group, 120)}</Link>
                    )}
                  </div>
                </div>
              )}
              {row === undefined ? (
                <div role="row" aria-rowindex={index + 2} className={styles.row}>
                  <div role="gridcell" className={styles.bone}>
                    <span className="unseen">Loading</span>
                  </div>
                </div>
              ) : (
                <QueueRow
                  row={row}
                  index={index}
                  rowId={rowId(row.id)}
                  selected={selection.has(row.id)}
                  active={row.id === activeId}
                  shown={row.id === shownId}
                  narrow={narrow}
                  inChain={inChain.get(row.id) ?? null}
                  onPick={onPick}
                  onTick={onTick}
                />
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

const COLUMNS = [
  { key: 'Selected', head: '', className: 'tick', wide: false },
  { key: 'State', head: '', className: 'state', wide: false },
  { key: 'Change', head: '#', className: 'number', wide: false },
  { key: 'Task', head: 'Task', className: 'main', wide: false },
  { key: 'Reason', head: 'Where it stands', className: 'reason', wide: false },
  { key: 'Agent', head: 'Agent', className: 'agent', wide: true },
  { key: 'Paths', head: 'Paths', className: 'paths', wide: true },
  { key: 'Changed', head: 'Changed', className: 'time', wide: false },
] as const
