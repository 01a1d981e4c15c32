/** The newest log rows of one change. */
import type { ChangeDetail } from '../../../schemas/view.ts'
import { Link } from '../../ui/link.tsx'
import { LogEntry } from '../logs/log-entry.tsx'
import styles from './inspector.module.css'

export function LogPanel({ detail }: { detail: ChangeDetail }) {
  return (
    <div className={styles.panel}>
      <p className={styles.small}>
        The newest {detail.log.length} events.{' '}
        <Link to={`/logs?q=${encodeURIComponent(`change:${detail.id}`)}`}>Follow them in Logs</Link>
      </p>
      <ol>
        {detail.log.map((event) => (
          <li key={event.id}>
            <LogEntry event={event} brief />
          </li>
        ))}
      </ol>
    </div>
  )
}
