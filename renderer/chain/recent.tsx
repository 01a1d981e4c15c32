/** What landed or had to leave last, the newest first, each with why. */
import type { ChainView } from '../../schemas/view.ts'
import { InertLine } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { Time } from '../ui/time.tsx'
import { LinkIcon } from './link-icon.tsx'
import { LEFT } from './model.ts'
import styles from './chain.module.css'

/** `label` is what a screen reader calls the list. */
export function Recent({ recent, search = '' }: { recent: ChainView['recent']; search?: string }) {
  return (
    <ul className={styles.recent} aria-label="Landed or left last">
      {recent.map(({ change_id, task_id, how, reason, at }) => (
        <li key={`${change_id}-${how}-${at}`} className={styles.left}>
          <span className={styles.leftHow} data-tone={LEFT[how].tone}>
            <LinkIcon of={how} />
            {LEFT[how].label}
          </span>
          <Link to={`/change/${change_id}${search}`} className={styles.leftTask}>
            <span className={styles.number}>{change_id}</span>
            <InertLine text={task_id} />
          </Link>
          <span className={styles.leftWhy}>{reason !== null && <InertLine text={reason} muted />}</span>
          <span className={styles.leftAt}>
            <Time at={at} />
          </span>
        </li>
      ))}
    </ul>
  )
}
