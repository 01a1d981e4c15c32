/** What no longer fits, path by path: to be settled, or as it was settled. */
import type { ChangeDetail } from '../../../schemas/view.ts'
import { standingOf } from '../../change/acts.ts'
import { ConflictFacts } from '../../change/conflict-facts.tsx'
import { ReviewLink } from '../../change/review-link.tsx'
import { ConflictForm } from '../../change/conflict-form.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import styles from './inspector.module.css'

export function ConflictPanel({ detail, onDone }: { detail: ChangeDetail; onDone: () => void }) {
  if (detail.status === 'conflict') {
    return (
      <div className={styles.panel}>
        <ReviewLink id={detail.id} />
        <ConflictForm
          id={detail.id}
          taskId={detail.task_id}
          conflicts={detail.conflicts}
          standing={standingOf(detail)}
          onDone={onDone}
        />
      </div>
    )
  }
  const how = new Map(detail.resolutions.map((one) => [one.path, one]))
  return (
    <div className={styles.panel}>
      <p className={styles.small}>This was settled; it is kept as it was.</p>
      {detail.conflicts.map((conflict) => {
        const decided = how.get(conflict.path)
        return (
          <section key={conflict.path} className={styles.conflict} aria-label={conflict.path.slice(0, 200)}>
            <h3 className={styles.entryHead}>
              <span className={styles.grow}>
                <InertLine text={conflict.path} />
              </span>
              {decided !== undefined && (
                <span>
                  {decided.how} · <InertLine text={decided.resolved_by} muted />
                </span>
              )}
            </h3>
            <ConflictFacts conflict={conflict} />
          </section>
        )
      })}
    </div>
  )
}
