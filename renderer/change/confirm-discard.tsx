/** Discarding asks first, and many only once their count is typed. */
import { Confirm } from '../ui/dialog.tsx'
import { changes, skippedSentence, type Plan } from './acts.ts'
import type { Acts } from './use-acts.tsx'
import styles from './acts.module.css'

export function ConfirmDiscard({ plan, acts, onClose }: { plan: Plan; acts: Acts; onClose: () => void }) {
  const count = plan.go.size
  const skipped = skippedSentence(plan)
  return (
    <Confirm
      open
      onClose={onClose}
      onConfirm={() => {
        onClose()
        void acts.run(plan)
      }}
      title={`Discard ${changes(count)}?`}
      verb={`Discard ${changes(count)}`}
      {...(count > 1 ? { count } : {})}
    >
      <p>
        {count === 1
          ? 'It is cancelled and its dead letter is removed. '
          : 'They are cancelled and their dead letters are removed. '}
        The log keeps what happened; nothing that landed is touched.
      </p>
      {skipped !== null && <p className={styles.skip}>{skipped}.</p>}
    </Confirm>
  )
}
