/** Inbox: everything that waits for a person in one list, the decision beside it. */
import { CircleAlert, GitBranch, Inbox as InboxIcon, MessageCircleQuestion } from 'lucide-react'
import { memo, useCallback, useEffect, useRef, useState } from 'react'
import type { InboxItem } from '../../../schemas/view.ts'
import { KIND_LABEL } from '../../change/reasons.ts'
import { useQuery } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { useStore } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { StatusIcon } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { Decision } from './decision.tsx'
import { ManyDecision } from './many.tsx'
import { useLeftBehind } from './left-behind.ts'
import { isAside, prune, setAside, shownOf, step, takeBack } from './order.ts'
import { QuestionDecision } from './question-decision.tsx'
import { itemStanding } from './standing.ts'
import { CheckoutDecision, EngineDecision } from './system-decisions.tsx'
import { useInbox } from './use-inbox.tsx'
import styles from './inbox.module.css'

function KindIcon({ kind }: { kind: InboxItem['kind'] }) {
  const label = { 'aria-label': KIND_LABEL[kind], role: 'img' } as const
  if (kind === 'conflict' || kind === 'held' || kind === 'failed') return <StatusIcon status={kind} />
  if (kind === 'checkout') return <GitBranch size={16} className={styles.accent} {...label} />
  if (kind === 'engine') return <CircleAlert size={16} className={styles.danger} {...label} />
  return <MessageCircleQuestion size={16} className={styles.accent} {...label} />
}

interface ItemRowProps {
  item: InboxItem
  current: boolean
  chosen: boolean
  onShow: (item: InboxItem) => void
  onChoose: (item: InboxItem) => void
}

/** Drawn anew only when something of it changed: a key that moves the choice by one must not draw five hundred. */
const ItemRow = memo(function ItemRow({ item, current, chosen, onShow, onChoose }: ItemRowProps) {
  const row = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (current) row.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  return (
    <li ref={row} className={cx(styles.item, current && styles.current)}>
      <input
        type="checkbox"
        className={styles.choose}
        checked={chosen}
        onChange={() => onChoose(item)}
        aria-label={`Choose ${inertLine(item.title, 120)}`}
      />
      <button
        type="button"
        className={styles.row}
        aria-current={current ? 'true' : undefined}
        onClick={() => onShow(item)}
      >
        <KindIcon kind={item.kind} />
        <span className={styles.rowTitle}>
          <InertLine text={item.title} />
        </span>
        <span className={styles.rowTime}>{item.since !== null && <Time at={item.since} suffix="" />}</span>
        <span className={styles.rowReason}>
          {item.task_id !== null && `${item.task_id} · `}
          <InertLine text={item.reason === '' ? KIND_LABEL[item.kind] : item.reason} muted />
        </span>
      </button>
    </li>
  )
})

function Nothing() {
  return (
    <EmptyState icon={<InboxIcon size={20} />} title="Nothing waits for you">
      <p>
        What needs a person appears here by itself: conflicts to settle, changes your policy holds for
        approval, changes that failed, what agents ask, landed commits your own branch does not have yet, and
        whatever keeps the engine from landing.
      </p>
    </EmptyState>
  )
}

export function InboxView() {
  const { reading, items, later, count, aside, keepAside } = useInbox()
  const live = useStore((state) => state.changes)
  const [wanted, want] = useQuery('item')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const lastIndex = useRef(0)

  const all = reading.value
  const [showLater, setShowLater] = useState(false)
  const listed = showLater ? [...items, ...later] : items
  // A link leads to what was set aside as well.
  const shown = later.find(({ key }) => key === wanted) ?? shownOf(listed, wanted, lastIndex.current)
  const index = shown === null ? 0 : Math.max(0, listed.indexOf(shown))
  useEffect(() => {
    lastIndex.current = index
  }, [index])
  useLeftBehind(all, shown)

  const go = (by: 1 | -1): void => {
    const next = step(listed, shown?.key ?? null, by)
    if (next !== null) want(next.key)
  }
  const choose = (item: InboxItem | null): void => {
    if (item === null) return
    const next = new Set(chosen)
    if (!next.delete(item.key)) next.add(item.key)
    setChosen(next)
  }
  const latest = useRef({ want, choose })
  latest.current = { want, choose }
  const showItem = useCallback((item: InboxItem) => latest.current.want(item.key), [])
  const chooseItem = useCallback((item: InboxItem) => latest.current.choose(item), [])
  const done = (): void => {
    if (shown === null || all === undefined || isAside(shown, aside)) return
    const before = prune(all, aside)
    const next = listed[index + 1] ?? listed[index - 1]
    keepAside(setAside(shown, before))
    want(next?.key ?? null)
    tellDone('Set aside until something happens to it', { run: () => keepAside(takeBack(shown, before)) })
  }
  const nothing = shown === null ? 'Nothing waits' : null
  useCommands([
    { id: 'inbox-next', label: 'Next', group: 'Inbox', keys: 'j', palette: false, run: () => go(1) },
    { id: 'inbox-previous', label: 'Previous', group: 'Inbox', keys: 'k', palette: false, run: () => go(-1) },
    {
      id: 'inbox-aside',
      label: 'Set aside and go on',
      group: 'Inbox',
      keys: 'e',
      reason: nothing,
      run: done,
    },
    {
      id: 'inbox-choose',
      label: 'Choose for an act on many',
      group: 'Inbox',
      keys: 'x',
      reason: nothing,
      run: () => choose(shown),
    },
  ])

  if (all === undefined) {
    return (
      <div className={styles.view}>
        {reading.error === null ? (
          <Skeleton lines={6} />
        ) : (
          <div className={styles.alone}>
            <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
          </div>
        )}
      </div>
    )
  }
  const picked = listed.filter(({ key }) => chosen.has(key))
  const rowOf = (item: InboxItem) => (
    <ItemRow
      key={item.key}
      item={item}
      current={item === shown}
      chosen={chosen.has(item.key)}
      onShow={showItem}
      onChoose={chooseItem}
    />
  )
  return (
    <div className={styles.view}>
      <section className={styles.list} aria-labelledby="inbox-title">
        <header className={styles.head}>
          <h1 id="inbox-title" className="unseen">
            Inbox
          </h1>
          <span className={styles.quiet}>
            {count === null ? '' : `${count.toLocaleString('en')} waiting`}
            {count !== null && count > items.length && `, the newest ${items.length} listed`}
          </span>
          {reading.stale !== null && <StaleNote since={reading.stale} />}
        </header>
        <div className={cx(styles.items, reading.stale !== null && styles.grey)}>
          {items.length === 0 && (later.length === 0 || !showLater) && <Nothing />}
          <ul>{items.map(rowOf)}</ul>
          {later.length > 0 && (
            <div className={styles.later}>
              <Button
                size="small"
                kind="ghost"
                aria-expanded={showLater}
                onClick={() => setShowLater(!showLater)}
              >
                {showLater ? 'Hide' : 'Show'} {later.length} set aside
              </Button>
            </div>
          )}
          {showLater && <ul>{later.map(rowOf)}</ul>}
        </div>
        <footer className={styles.foot}>
          <Kbd keys="j" />
          <Kbd keys="k" /> next, previous <Kbd keys="e" /> set aside <Kbd keys="x" /> choose
        </footer>
      </section>
      <section className={styles.detail} aria-label="Decision">
        {picked.length > 1 ? (
          <ManyDecision
            selection={
              new Map(
                picked.flatMap((item) =>
                  item.change_id === null
                    ? []
                    : [[item.change_id, itemStanding(item, live.get(item.change_id))]],
                ),
              )
            }
            others={picked.filter((item) => item.change_id === null).length}
            onDone={reading.reload}
            onClear={() => setChosen(new Set())}
          />
        ) : shown === null ? null : shown.kind === 'checkout' ? (
          <CheckoutDecision item={shown} onDone={reading.reload} />
        ) : shown.kind === 'engine' ? (
          <EngineDecision item={shown} onDone={reading.reload} />
        ) : shown.kind === 'question' ? (
          <QuestionDecision key={shown.key} item={shown} onDone={reading.reload} />
        ) : shown.change_id === null ? null : (
          <Decision
            key={shown.key}
            item={shown}
            id={shown.change_id}
            standing={itemStanding(shown, live.get(shown.change_id))}
            onDone={reading.reload}
          />
        )}
      </section>
    </div>
  )
}
