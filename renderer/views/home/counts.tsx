/** How many changes stand in which state, as live as the feed. */
import type { Home } from '../../../schemas/view.ts'
import { useStore, type Reading } from '../../state/hooks.ts'
import { COLORS } from '../../theme/tokens.ts'
import { cx } from '../../ui/cx.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Link } from '../../ui/link.tsx'
import { Pane } from '../../ui/pane.tsx'
import { STATUS, STATUSES, StatusIcon } from '../../ui/status.tsx'
import { spell } from '../../ui/time.tsx'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

const toneColor = (tone: string): string => `var(--${tone in COLORS ? tone : 'control'})`

export function Counts({ home, slot }: { home: Reading<Home>; slot: PaneSlot }) {
  const live = useStore((state) => state.counts)
  const counts = live ?? home.value?.counts
  const most = counts === undefined ? 0 : Math.max(...STATUSES.map((status) => counts[status]))
  const all = counts === undefined ? 0 : STATUSES.reduce((sum, status) => sum + counts[status], 0)
  const oldest = home.value?.oldest_pending_seconds ?? null
  return (
    <Pane
      title="Queue"
      note={oldest === null ? undefined : `oldest ${spell(oldest)}`}
      reading={{ ...home, value: counts }}
      flush
      empty={
        all > 0 ? undefined : (
          <EmptyState title="The queue is empty" actions={<Link to="/requests">Compose a request</Link>}>
            Changes appear here as soon as a request is split or a change is queued.
          </EmptyState>
        )
      }
      {...slot}
    >
      <div className={styles.counts}>
        {counts !== undefined &&
          STATUSES.map((status) => (
            <Link key={status} to={`/queue?q=state:${status}`} className={styles.countRow}>
              <StatusIcon status={status} label={false} />
              <span>{STATUS[status].label}</span>
              <span className={cx(styles.figure, counts[status] === 0 && styles.zero)}>
                {counts[status].toLocaleString('en')}
              </span>
              <span
                className={styles.bar}
                style={{
                  width: `${most === 0 ? 0 : (100 * counts[status]) / most}%`,
                  minWidth: counts[status] > 0 ? 3 : 0,
                  background: toneColor(STATUS[status].tone),
                }}
              />
            </Link>
          ))}
      </div>
    </Pane>
  )
}
