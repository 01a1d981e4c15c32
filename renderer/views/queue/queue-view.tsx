/** The queue: filter, table, acts on many, and the inspector beside it on /change/ID. */
import { ListTree } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import type { ChangeStatus } from '../../../schemas/states.ts'
import type { ChangeFilter, ChangeSummary } from '../../../schemas/view.ts'
import { ActButtons } from '../../change/act-buttons.tsx'
import { ActTrouble } from '../../change/act-trouble.tsx'
import { ACT_WORDS, changes, standingOf, type Selection, type Standing } from '../../change/acts.ts'
import { useActs } from '../../change/use-acts.tsx'
import { ChainPanel } from '../../chain/chain-panel.tsx'
import { layOut, rowWords } from '../../chain/model.ts'
import { useChain, useTarget } from '../../chain/use-chain.ts'
import { FilterField } from '../../filter/filter-field.tsx'
import { withValues } from '../../filter/grammar.ts'
import { navigate, useQuery, useRoute } from '../../router.ts'
import { useAct, useApp, useStale, useStore } from '../../state/hooks.ts'
import { select } from '../../state/store.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { focusQuietly } from '../../ui/focus.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { STATUS, StatusIcon, STATUSES } from '../../ui/status.tsx'
import { QUEUE_KEYS, queueFilter } from './filter.ts'
import { Inspector } from './inspector.tsx'
import { QueueTable } from './queue-table.tsx'
import { usePages } from './use-pages.ts'
import { useKnownValues } from './use-known.ts'
import { useWide } from './use-wide.ts'
import styles from './queue.module.css'

const nothing: Selection = new Map()

/** Whether what is selected stands elsewhere now; what is not selected does not. */
const differs = (before: Standing | undefined, now: Standing): boolean =>
  before !== undefined &&
  (before.status !== now.status || before.code !== now.code || before.priority !== now.priority)

export function QueueView() {
  const app = useApp()
  const route = useRoute()
  const shownId = route.view === 'change' ? route.id : null
  const [query, setQuery] = useQuery('q')
  const [group, setGroup] = useQuery('group')
  const text = query ?? ''
  const { filter, error: wrong } = useMemo(() => queueFilter(text), [text])
  const [held, setHeld] = useState(false)
  const listed = useMemo(
    (): ChangeFilter => (group === 'request' ? { ...filter, group } : filter),
    [filter, group],
  )
  const paged = usePages(listed, held)
  const { pages } = paged
  const [activeId, setActiveId] = useState<number | null>(shownId)
  const [selection, setSelection] = useState<Selection>(nothing)
  const acts = useActs()
  const counts = useStore((state) => state.counts)
  const stale = useStale()
  const root = useRef<HTMLDivElement | null>(null)
  const grid = useRef<HTMLDivElement | null>(null)
  const field = useRef<HTMLInputElement | null>(null)
  const [alone] = useQuery('wide')
  const roomForBoth = useWide(root, 900)
  const wide = roomForBoth && (shownId === null || alone === null)
  const roomy = useWide(root, 760)
  const known = useKnownValues(pages)
  const chain = useChain()
  const target = useTarget()
  const inChain = useMemo(
    () =>
      new Map(
        chain.value === undefined
          ? []
          : layOut(chain.value, target).map((one) => [one.link.change_id, rowWords(one)] as const),
      ),
    [chain.value, target],
  )

  useEffect(() => select(app.store, 'queue', [...selection.keys()]), [app, selection])
  // States of what is selected follow the feed, so that what an act would skip is right when it is pressed.
  useEffect(
    () =>
      app.onTurn(({ changes: changed, gone }) =>
        setSelection((before) => {
          const moved = changed.filter((one) => differs(before.get(one.id), standingOf(one)))
          const left = gone.filter((id) => before.has(id))
          if (moved.length === 0 && left.length === 0) return before
          const next = new Map(before)
          for (const one of moved) next.set(one.id, standingOf(one))
          for (const id of left) next.delete(id)
          return next
        }),
      ),
    [app],
  )
  // Keys work at once, and again where what had the focus went away.
  const there = pages.total !== null && pages.total > 0
  useEffect(() => {
    if (there && document.activeElement === document.body) focusQuietly(grid.current)
  }, [there, shownId])

  const all = useAct(
    async (api) => {
      const given = filter.states ?? STATUSES
      const lists = await Promise.all(
        given.map(async (status) => ({
          status,
          ids: await api.changes.ids({ filter: { ...filter, states: [status] } }),
        })),
      )
      return new Map(
        lists.flatMap(({ status, ids }) =>
          ids.map((id): [number, Standing] => [id, { status, code: null, priority: null }]),
        ),
      )
    },
    { notice: 'Not selected', done: (found: Selection) => setSelection(found) },
  )

  const open = useCallback((id: number) => navigate(`/change/${id}${window.location.search}`), [])
  const close = useCallback(() => {
    navigate(`/queue${window.location.search}`)
    grid.current?.focus()
  }, [])
  const toggle = useCallback((rows: readonly ChangeSummary[], on: boolean) => {
    setSelection((before) => {
      const next = new Map(before)
      for (const row of rows) {
        if (on) next.set(row.id, standingOf(row))
        else next.delete(row.id)
      }
      return next
    })
  }, [])
  const escape = useCallback(() => {
    if (window.location.pathname.startsWith('/change/')) close()
    else setSelection(nothing)
  }, [close])
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const { target, currentTarget, key } = event
    if (!(target instanceof HTMLElement) || !currentTarget.contains(target)) return
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (target.closest('input, textarea, [contenteditable]') !== null) return
    if (key === '/') {
      event.preventDefault()
      field.current?.focus()
    } else if (key === 'Escape' && shownId !== null && target !== grid.current) close()
  }

  const states = filter.states ?? []
  const flip = (status: ChangeStatus): void =>
    setQuery(withValues(text, 'state', states.includes(status) ? states.filter((one) => one !== status) : [...states, status])) // prettier-ignore
  const empty = pages.total === 0
  const beside = shownId !== null && wide
  return (
    <div ref={root} className={styles.view} onKeyDown={onKeyDown}>
      <h1 className="unseen">{shownId === null ? 'Queue' : `Queue, change ${shownId}`}</h1>
      <div className={styles.bar}>
        <FilterField
          label="Filter changes"
          placeholder="Filter: state:failed agent:… path:src/ anchor:… request:… priority:high text"
          keys={QUEUE_KEYS}
          known={known}
          value={text}
          onChange={setQuery}
          inputRef={field}
        />
        <span className={styles.note} role="status">
          {pages.total === null
            ? ''
            : `${changes(pages.total)}${text === '' ? '' : pages.total === 1 ? ' fits' : ' fit'}`}
        </span>
        {stale !== null && <StaleNote since={stale} />}
        <IconButton
          label={group === 'request' ? 'Show as one list' : 'Group by request'}
          pressed={group === 'request'}
          icon={<ListTree size={16} />}
          onClick={() => setGroup(group === 'request' ? null : 'request')}
        />
      </div>
      <div className={styles.chips} role="group" aria-label="States">
        {STATUSES.map((status) => (
          <button
            key={status}
            type="button"
            className={styles.chip}
            aria-pressed={states.includes(status)}
            onClick={() => flip(status)}
          >
            <StatusIcon status={status} size={14} label={false} />
            {STATUS[status].label} {counts === null ? '–' : counts[status].toLocaleString('en')}
          </button>
        ))}
        {wide && (
          <>
            <span className={styles.spring} />
            <span className={styles.note}>
              <Kbd keys="j" /> <Kbd keys="k" /> move · <Kbd keys="x" /> select · <Kbd keys="a" /> all ·{' '}
              <Kbd keys="/" /> filter
            </span>
          </>
        )}
      </div>
      {(shownId === null || wide) && <ChainPanel reading={chain} />}
      <div className={styles.split}>
        <div className={cx(styles.list, beside && styles.beside, shownId !== null && !wide && styles.away)}>
          {paged.error !== null && (paged.error.code !== 'offline' || pages.total === null) && (
            <ErrorBanner failure={paged.error} retry={paged.refresh} busy={paged.loading} />
          )}
          {pages.dirty && held && (
            <div className={styles.pages}>
              <Button size="small" onClick={paged.refresh}>
                The queue moved on · Show
              </Button>
            </div>
          )}
          {pages.total === null && paged.error === null && <Skeleton lines={8} />}
          {empty &&
            (text === '' ? (
              <EmptyState
                title="The queue is empty"
                actions={<Button onClick={() => navigate('/requests')}>New request</Button>}
              >
                Every change an agent submits stands here, from waiting to landed. Compose a request, or
                submit a change with <code>hyperion enqueue FILE</code>.
              </EmptyState>
            ) : (
              <EmptyState
                title="No change fits"
                actions={<Button onClick={() => setQuery(null)}>Clear the filter</Button>}
              >
                {wrong === null ? 'Every part of the filter has to fit.' : wrong.message}
              </EmptyState>
            ))}
          {pages.total !== null && !empty && (
            <QueueTable
              pages={pages}
              grouped={group === 'request'}
              narrow={beside || !roomy}
              shownId={shownId}
              activeId={activeId}
              inChain={inChain}
              onActive={setActiveId}
              selection={selection}
              onToggle={toggle}
              onAll={() => void all.run(undefined)}
              onOpen={open}
              onEscape={escape}
              onRange={paged.show}
              onHold={setHeld}
              gridRef={grid}
            />
          )}
          <ActTrouble acts={acts} />
          {selection.size > 0 && (
            <div className={styles.acts} role="toolbar" aria-label="Acts on the selection">
              <span className={styles.count} role="status">
                {acts.progress === null
                  ? `${selection.size.toLocaleString('en')} selected`
                  : `${ACT_WORDS[acts.progress.act].busy} ${acts.progress.done.toLocaleString('en')} of ${acts.progress.of.toLocaleString('en')}`}
              </span>
              <ActButtons selection={selection} acts={acts} />
              <span className={styles.spring} />
              {pages.total !== null && selection.size < pages.total && (
                <Button size="small" kind="ghost" busy={all.busy} onClick={() => void all.run(undefined)}>
                  All {pages.total.toLocaleString('en')} that fit
                </Button>
              )}
              <Button size="small" kind="ghost" onClick={() => setSelection(nothing)}>
                Clear
              </Button>
            </div>
          )}
        </div>
        {shownId !== null && (
          <div className={styles.inspector}>
            <Inspector key={shownId} id={shownId} onClose={close} />
          </div>
        )}
      </div>
    </div>
  )
}
