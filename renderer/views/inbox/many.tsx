/** One decision about many chosen items: each act says how many it takes and how many it skips. */
import { useState } from 'react'
import { useDecider } from '../../state/decider.ts'
import { useApp, useStore } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { ACT_LABEL, split, type Act, type Standing } from './acts.ts'
import { useDecide } from './use-decide.ts'
import styles from './inbox.module.css'

const OF_MANY = ['approve', 'reject', 'retry', 'cancel', 'discard'] as const satisfies readonly Act[]
type Many = (typeof OF_MANY)[number]

export interface Chosen {
  id: number
  standing: Standing
}

export function ManyDecision({
  chosen,
  others,
  offline,
  onDone,
  onClear,
}: {
  chosen: readonly Chosen[]
  /** Chosen items that are no changes. */
  others: number
  offline: boolean
  onDone: () => void
  onClear: () => void
}) {
  const app = useApp()
  const name = useStore((state) => state.preferences.name)
  // Until it is written here it is the known one, which may be read later than this is drawn.
  const [written, setBy] = useState<string | null>(null)
  const decider = useDecider()
  const by = written ?? decider
  const [note, setNote] = useState('')
  const [asking, setAsking] = useState<Many | null>(null)
  const { busy, failure, decide } = useDecide(onDone)

  const offOf = (act: Many, takes: number): string | null => {
    if (offline) return 'The engine cannot be reached at the moment'
    if (takes === 0) return 'None of the chosen can be'
    if (act !== 'approve' && act !== 'reject') return null
    if (by.trim() === '') return 'Say who decides first'
    return act === 'reject' && note.trim() === '' ? 'Write the reason into the note first' : null
  }
  const run = (act: Many): void => {
    setAsking(null)
    if ((act === 'approve' || act === 'reject') && name === '') app.prefer({ name: by.trim() })
    void decide(act, split(act, chosen).ids, { by: by.trim(), note }).then((all) => all && onClear())
  }
  const asked = asking === null ? null : split(asking, chosen)
  return (
    <article className={styles.decision} aria-label="Decision about all chosen">
      <header className={styles.title}>
        <h2>{chosen.length + others} chosen</h2>
        {others > 0 && <p className={styles.quiet}>{others} of them are no changes and stay as they are.</p>}
      </header>
      <section className={styles.why}>
        <div className={styles.who}>
          <TextField label="Decided by" value={by} onChange={setBy} maxLength={200} />
          <TextField
            label="Note (the reason, to reject)"
            value={note}
            onChange={setNote}
            maxLength={10_000}
          />
        </div>
        {failure !== null && <ErrorBanner failure={failure} title="Not all of it was done" />}
        <ul className={styles.bulk}>
          {OF_MANY.map((act) => {
            const { ids, skipped } = split(act, chosen)
            return (
              <li key={act}>
                <Button
                  reason={offOf(act, ids.length)}
                  busy={busy === act}
                  onClick={() => (act === 'discard' || act === 'reject' ? setAsking(act) : run(act))}
                >
                  {ACT_LABEL[act].replace(' change', '')} {ids.length}
                  {act === 'discard' || act === 'reject' ? '…' : ''}
                </Button>
                <span className={styles.quiet}>{skipped > 0 ? `skips ${skipped}` : ''}</span>
              </li>
            )
          })}
        </ul>
        <div className={styles.buttons}>
          <Button kind="ghost" onClick={onClear}>
            Choose none
          </Button>
        </div>
      </section>
      {asking !== null && asked !== null && (
        <Confirm
          open
          onClose={() => setAsking(null)}
          onConfirm={() => run(asking)}
          title={`${ACT_LABEL[asking]} ${asked.ids.length} changes?`}
          verb={`${ACT_LABEL[asking]} ${asked.ids.length}`}
          {...(asking === 'discard' && asked.ids.length > 1 ? { count: asked.ids.length } : {})}
        >
          <p>
            {asking === 'discard'
              ? 'Their dead letters are removed and they are not tried again. The log keeps what happened.'
              : 'Each of them fails with your reason.'}
            {asked.skipped > 0 && ` ${asked.skipped} of the chosen are skipped.`}
          </p>
        </Confirm>
      )}
    </article>
  )
}
