/** One decision about many chosen items: each act says how many it takes and how many it skips. */
import { ActButtons } from '../../change/act-buttons.tsx'
import { ActTrouble } from '../../change/act-trouble.tsx'
import type { Selection } from '../../change/acts.ts'
import { useActs } from '../../change/use-acts.tsx'
import { Button } from '../../ui/button.tsx'
import styles from './inbox.module.css'

export function ManyDecision({
  selection,
  others,
  onDone,
  onClear,
}: {
  selection: Selection
  /** Chosen items that are no changes. */
  others: number
  onDone: () => void
  onClear: () => void
}) {
  const acts = useActs(onDone)
  return (
    <article className={styles.decision} aria-label="Decision about all chosen">
      <header className={styles.title}>
        <h2>{selection.size + others} chosen</h2>
        {others > 0 && (
          <p className={styles.quiet}>
            {others === 1 ? '1 of them is no change and stays' : `${others} of them are no changes and stay`}{' '}
            as it is.
          </p>
        )}
      </header>
      <section className={styles.why}>
        <ActTrouble acts={acts} />
        <div className={styles.buttons} role="toolbar" aria-label="Acts on all chosen">
          <ActButtons selection={selection} acts={acts} />
          <Button size="small" kind="ghost" onClick={onClear}>
            Choose none
          </Button>
        </div>
      </section>
    </article>
  )
}
