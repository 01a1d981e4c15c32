/** What is known of one conflicted path: its kind, its old name, and what landed on it meanwhile. */
import type { ConflictRecord } from '../../schemas/conflict.ts'
import { InertLine } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { CONFLICT_LABEL } from './sides.ts'
import styles from './conflict.module.css'

export function ConflictFacts({ conflict }: { conflict: ConflictRecord }) {
  const { kind, rename_source, touched_by } = conflict
  return (
    <div className={styles.known}>
      <p className={styles.kind}>{CONFLICT_LABEL[kind]}</p>
      {rename_source !== null && (
        <p>
          Named <InertLine text={rename_source} /> in the base.
        </p>
      )}
      {touched_by.length > 0 && (
        <ul className={styles.landed} aria-label="Landed on it since the base">
          {touched_by.map(({ commit, change_id, task_id, agent, intent }) => (
            <li key={commit}>
              <code>{commit.slice(0, 10)}</code>
              {change_id !== null && <Link to={`/change/${change_id}`}>change {change_id}</Link>}
              <InertLine text={[task_id, agent, intent].filter((one) => one !== null).join(' · ')} muted />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
