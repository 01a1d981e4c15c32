/** How many changes stand where: one icon and number for each state that occurs. */
import type { StatusCounts } from '../../../schemas/metrics.ts'
import { STATUS, StatusIcon, STATUSES } from '../../ui/status.tsx'
import styles from './requests.module.css'

export function Counts({ counts }: { counts: StatusCounts }) {
  const some = STATUSES.filter((status) => counts[status] > 0)
  if (some.length === 0) return <span className={styles.quiet}>none yet</span>
  return (
    <span className={styles.counts}>
      {some.map((status) => (
        <span key={status} className={styles.count} title={STATUS[status].label}>
          <StatusIcon status={status} size={14} />
          {counts[status]}
        </span>
      ))}
    </span>
  )
}
