/** What is under review, how far it has come, and the way back into the queue; what happened meanwhile beneath. */
import { RefreshCw } from 'lucide-react'
import type { Review } from '../../../schemas/reviewer.ts'
import { partyName } from '../../review/names.ts'
import type { ReviewLayout } from '../../review/settings.ts'
import type { ReviewState, Session } from '../../review/session.ts'
import type { TrialState } from '../../review/use-trial.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { inertText } from '../../ui/inert.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { trialSentence } from './trial-panel.tsx'
import type { Place } from './use-place.ts'
import styles from './review.module.css'

const LAYOUT_WORDS: Readonly<Record<ReviewLayout, string>> = {
  focus: 'Focus',
  inline: 'Inline',
  three: 'Three panes',
}

function progress({ stops, conflict, number, left }: Place): string {
  if (stops.length === 0) return 'nothing left to decide'
  const where = conflict === null && stops.length === 1 ? '1 file' : `conflict ${number} of ${stops.length}`
  return `${where} · ${left === 0 ? 'all decided' : `${left} open`}`
}

const savedWord = (files: ReviewState['files']): string => {
  if (files.some(({ saved }) => saved === 'failed')) return 'not saved, tried again'
  return files.some(({ saved }) => saved === 'saving') ? 'saving' : 'saved'
}

export interface HeadProps {
  review: Review
  place: Place
  files: ReviewState['files']
  trial: TrialState
  layout: ReviewLayout
  onLayout: () => void
  onRequeue: () => void
}

export function Head({ review, place, files, trial, layout, onLayout, onRequeue }: HeadProps) {
  return (
    <header className={styles.head}>
      <h1 className={styles.title}>
        <InertLine text={`${partyName(review.incoming)} → ${review.target}`} />
      </h1>
      <p className={styles.facts}>
        {progress(place)} · checks: {trialSentence(trial)} · {savedWord(files)}
      </p>
      <Button size="small" kind="ghost" keys={<Kbd keys="v" />} onClick={onLayout}>
        <span className="unseen">Layout: </span>
        {LAYOUT_WORDS[layout]}
      </Button>
      <Button size="small" kind="primary" keys={<Kbd keys="mod+shift+enter" />} onClick={onRequeue}>
        Requeue
      </Button>
    </header>
  )
}

export function Remarks({
  review,
  session,
  state,
}: {
  review: Review
  session: Session
  state: ReviewState
}) {
  const { remarks, refreshing, failure } = state
  if (remarks.length === 0 && !refreshing && review.target_problem === null && failure === null) return null
  return (
    <div className={styles.remarks} role="status">
      {review.target_problem !== null && (
        <p className={styles.problem}>
          <InertLine text={review.target_problem} />
        </p>
      )}
      {failure !== null && (
        <p className={styles.problem}>
          <InertLine text={failure.hint === null ? failure.message : `${failure.message}; ${failure.hint}`} />
          <Button size="small" onClick={() => void session.refresh()}>
            Look again
          </Button>
        </p>
      )}
      {refreshing && (
        <p>
          <RefreshCw size={14} aria-hidden /> {review.target} moved: looking at where it is now
        </p>
      )}
      {remarks.map(({ id, text, kept }) => (
        <div key={id} className={styles.remark}>
          <p className={styles.grow}>
            <InertLine text={text} />
          </p>
          {kept !== null && (
            <details className={styles.grow}>
              <summary>Show it</summary>
              <pre className={styles.output}>{inertText(kept)}</pre>
              <CopyButton text={kept} label="Copy it" />
            </details>
          )}
          <Button size="small" kind="ghost" onClick={() => session.dismiss(id)}>
            Put away
          </Button>
        </div>
      ))}
    </div>
  )
}

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['j', 'k'], 'conflict'],
  [['[', ']'], 'file'],
  [['1'], 'keep'],
  [['2'], 'take'],
  [['3'], 'both'],
  [['0'], 'base'],
  [['l'], 'pick lines'],
  [['e'], 'edit'],
  [['u'], 'reopen'],
  [['b'], 'show base'],
  [['w'], 'why'],
  [['p'], 'checks'],
  [['mod+enter'], 'file done'],
]

export function Foot() {
  return (
    <footer className={styles.foot}>
      {KEYS.map(([keys, what]) => (
        <span key={what}>
          {keys.map((one) => (
            <Kbd key={one} keys={one} />
          ))}{' '}
          {what}
        </span>
      ))}
      <span className={styles.last}>
        with <Kbd keys="alt" /> inside the text
      </span>
    </footer>
  )
}
