/** The places at the left edge, with what waits in them. */
import { placeOf, useRoute } from '../router.ts'
import { useStore } from '../state/hooks.ts'
import { cx } from '../ui/cx.ts'
import { Link } from '../ui/link.tsx'
import { useInbox } from '../views/inbox/use-inbox.tsx'
import { PLACES } from './places.tsx'
import styles from './rail.module.css'

export function Rail() {
  const current = placeOf(useRoute())
  const workspace = useStore((state) => state.workspace)
  const { count: inbox } = useInbox()
  const queued = useStore((state) =>
    state.counts === null ? null : state.counts.pending + state.counts.in_progress,
  )
  const figures: Readonly<Record<string, { count: number | null; said: string }>> = {
    inbox: { count: inbox, said: 'waiting for you' },
    queue: { count: queued, said: 'queued' },
  }
  return (
    <nav className={styles.rail} aria-label="Places">
      <div className={styles.brand}>
        <svg width="18" height="18" viewBox="0 0 32 32" aria-hidden>
          <rect width="32" height="32" rx="7" className={styles.mark} />
          <path d="M10 7v18M22 7v18M10 16h12" className={styles.letter} />
        </svg>
        <span className={styles.name} title={workspace?.state === 'open' ? workspace.folder : undefined}>
          {workspace?.state !== 'open' ? 'Hyperion' : workspace.sample ? 'Sample' : workspace.name}
        </span>
      </div>
      <ul className={styles.places}>
        {PLACES.map(({ view, label, key, icon }) => {
          const figure = figures[view]
          const shown = figure?.count ?? 0
          return (
            <li key={view} className={view === 'settings' ? styles.last : undefined}>
              <Link
                to={`/${view}`}
                className={cx(styles.place, current === view && styles.current)}
                title={`${label} (g ${key})`}
                {...(current === view ? { 'aria-current': 'page' as const } : {})}
              >
                <span className={styles.icon}>{icon}</span>
                <span className={styles.label}>{label}</span>
                {shown > 0 && (
                  <span className={cx(styles.count, view === 'inbox' && styles.wanted)}>
                    {shown > 9999 ? '9999+' : shown}
                    <span className="unseen"> {figure?.said}</span>
                  </span>
                )}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
