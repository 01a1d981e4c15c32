/** A titled part of a view with all its states: loading, empty, failed, stale, collapsed. */
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useId, type ReactNode } from 'react'
import type { Reading } from '../state/hooks.ts'
import { useSeconds } from '../state/clock.ts'
import { IconButton } from './button.tsx'
import { cx } from './cx.ts'
import { ErrorBanner } from './error-banner.tsx'
import { spell } from './time.tsx'
import styles from './pane.module.css'

type PaneReading = Pick<Reading<unknown>, 'value' | 'error' | 'loading' | 'stale' | 'reload'>

export interface PaneProps {
  title: string
  /** A short figure beside the title. */
  note?: ReactNode
  actions?: ReactNode
  /** What the pane shows; it decides between loading, failed, stale and the children. */
  reading?: PaneReading | undefined
  /** Stands in place of the children where there is nothing to show. */
  empty?: ReactNode | undefined
  collapsed?: boolean
  /** Given, the pane can be collapsed. */
  onCollapse?: (collapsed: boolean) => void
  /** Whether the body has no padding of its own (tables, lists). */
  flush?: boolean
  className?: string
  children?: ReactNode
}

/** "As of 12 s ago", where a feed stopped. */
export function StaleNote({ since }: { since: number }) {
  const now = useSeconds()
  return <span className={styles.stale}>as of {spell(now - since / 1000)} ago</span>
}

export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={styles.bone} style={{ width: `${[82, 64, 73, 48][index % 4]}%` }} />
      ))}
    </div>
  )
}

function Body({ reading, empty, children }: Pick<PaneProps, 'reading' | 'empty' | 'children'>) {
  if (reading !== undefined && reading.value === undefined) {
    if (reading.error === null) return <Skeleton />
    return <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
  }
  return (
    <>
      {reading !== undefined && reading.error !== null && reading.error.code !== 'offline' && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {empty ?? children}
    </>
  )
}

export function Pane({
  title,
  note,
  actions,
  reading,
  empty,
  collapsed = false,
  onCollapse,
  flush = false,
  className,
  children,
}: PaneProps) {
  const titleId = useId()
  const stale = reading?.value === undefined ? null : reading.stale
  return (
    <section className={cx(styles.pane, collapsed && styles.collapsed, className)} aria-labelledby={titleId}>
      <header className={styles.head}>
        {onCollapse !== undefined && (
          <IconButton
            label={collapsed ? `Expand ${title}` : `Collapse ${title}`}
            aria-expanded={!collapsed}
            icon={collapsed ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
            onClick={() => onCollapse(!collapsed)}
          />
        )}
        <h2 id={titleId} className={styles.title}>
          {title}
        </h2>
        {note !== undefined && <span className={styles.note}>{note}</span>}
        {stale !== null && <StaleNote since={stale} />}
        <span className={styles.spring} />
        {actions}
      </header>
      {!collapsed && (
        // What scrolls is reached by keyboard too.
        <div
          className={cx(styles.body, flush && styles.flush, stale !== null && styles.grey)}
          role="group"
          aria-labelledby={titleId}
          tabIndex={0}
        >
          <Body reading={reading} empty={empty}>
            {children}
          </Body>
        </div>
      )}
    </section>
  )
}
