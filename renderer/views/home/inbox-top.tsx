/** The first of what waits for a person. */
import { CircleHelp, GitBranch, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { InboxItem } from '../../../schemas/view.ts'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { StatusIcon } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useInbox } from '../inbox/use-inbox.tsx'
import styles from './home.module.css'

const SHOWN = 4

const ICONS: Readonly<Record<InboxItem['kind'], ReactNode>> = {
  conflict: <StatusIcon status="conflict" />,
  held: <StatusIcon status="held" />,
  failed: <StatusIcon status="failed" />,
  question: <CircleHelp size={16} aria-label="Question" role="img" />,
  checkout: <GitBranch size={16} aria-label="Checkout" role="img" />,
  engine: <TriangleAlert size={16} aria-label="Engine" role="img" />,
}

export function InboxTop() {
  const { reading: inbox, items, count } = useInbox()
  if (inbox.value === undefined) {
    return inbox.error === null ? null : (
      <ErrorBanner failure={inbox.error} retry={inbox.reload} busy={inbox.loading} />
    )
  }
  if (items.length === 0) return null
  return (
    <section className={cx(styles.waits, inbox.stale !== null && styles.grey)} aria-label="Top of the Inbox">
      <ul>
        {items.slice(0, SHOWN).map((item) => (
          <li key={item.key}>
            <Link to={`/inbox?item=${encodeURIComponent(item.key)}`} className={styles.item}>
              {ICONS[item.kind]}
              <span className={styles.cut}>{inertLine(item.title)}</span>
              <span className={styles.why}>{inertLine(item.reason)}</span>
              {item.since === null ? <span /> : <Time at={item.since} />}
            </Link>
          </li>
        ))}
      </ul>
      {count !== null && count > SHOWN && (
        <Link to="/inbox" className={styles.more}>
          {(count - SHOWN).toLocaleString('en')} more in the Inbox
        </Link>
      )}
    </section>
  )
}
