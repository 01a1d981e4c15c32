/** Checks on the result before it is requeued: what they say as they say it, and of which text the verdict is. */
import { Play, Square } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Review } from '../../../schemas/reviewer.ts'
import type { RunningCheck, TrialState } from '../../review/use-trial.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { inertText } from '../../ui/inert.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { Time } from '../../ui/time.tsx'
import styles from './review.module.css'

const VERDICTS: Readonly<Record<string, string>> = {
  passed: 'passed',
  failed: 'failed',
  also_red_on_base: 'failed, and fails without this change as well',
  could_not_run: 'could not run',
  timed_out: 'ran out of time',
  cancelled: 'stopped',
  not_run: 'not run',
}
/** What neither passed nor failed says so in a quiet colour. */
const isBad = (verdict: string): boolean => !['passed', 'not_run', 'cancelled'].includes(verdict)

const wordOf = (verdict: string): string => VERDICTS[verdict] ?? verdict

/** For the header: one or two words that never claim more than is known. */
export function trialSentence({ running, trial, isCurrent }: TrialState): string {
  if (running) return 'running'
  if (trial === null) return 'not run'
  return isCurrent === true
    ? wordOf(trial.verdict)
    : isCurrent === null
      ? '…'
      : trial.verdict === 'not_run'
        ? 'not run'
        : `not run on this result (${wordOf(trial.verdict)} on an older one)`
}

function Output({ check }: { check: Pick<RunningCheck, 'name' | 'output'> }) {
  const place = useRef<HTMLPreElement>(null)
  useEffect(() => {
    const { current } = place
    if (current !== null) current.scrollTop = current.scrollHeight
  }, [check.output])
  if (check.output === '') return null
  return (
    <pre
      ref={place}
      className={styles.output}
      tabIndex={0}
      role="group"
      aria-label={`Output of ${check.name}`}
    >
      {inertText(check.output)}
    </pre>
  )
}

function Check({ name, verdict, output }: { name: string; verdict: string | null; output: string }) {
  return (
    <li>
      <p className={styles.checkHead}>
        <code>{name}</code>
        <span
          className={cx(
            styles.verdict,
            verdict === 'passed' && styles.passed,
            verdict !== null && isBad(verdict) && styles.notPassed,
          )}
        >
          {verdict === null ? 'running' : wordOf(verdict)}
        </span>
      </p>
      <Output check={{ name, output }} />
    </li>
  )
}

export function TrialPanel({
  state,
  review,
  off,
}: {
  state: TrialState
  review: Review
  off: string | null
}) {
  const { running, preparing, checks, trial, isCurrent, failure } = state
  const told = running || checks.length > 0 ? checks : (trial?.checks ?? [])
  return (
    <section className={styles.trial} aria-label="Checks on the result">
      <h3 className={styles.sectionTitle}>
        <span className={styles.grow}>Checks on the result</span>
        {running ? (
          <Button size="small" icon={<Square size={12} />} onClick={state.stop}>
            Stop
          </Button>
        ) : (
          <Button
            size="small"
            icon={<Play size={12} />}
            keys={<Kbd keys="p" />}
            reason={off ?? review.checks_off}
            onClick={state.start}
          >
            Run
          </Button>
        )}
      </h3>
      {failure !== null && <ErrorBanner failure={failure} title="Not checked" />}
      {trial === null && !running && failure === null && (
        <p className={styles.quiet}>
          {review.checks_off ??
            'Not run yet. They run on exactly this result, apart from your checkout, before anything is queued.'}
        </p>
      )}
      {preparing !== null && <p role="status">{preparing} …</p>}
      {trial !== null && !running && (
        <p className={cx(styles.trialVerdict, isCurrent === false && styles.stale)} role="status">
          <span
            className={cx(
              styles.verdict,
              trial.verdict === 'passed' && styles.passed,
              isBad(trial.verdict) && styles.notPassed,
            )}
          >
            {wordOf(trial.verdict)}
          </span>
          {isCurrent === false && <span>of an older text: run them again</span>}
          <Time at={trial.ended_at} />
        </p>
      )}
      {trial !== null && trial.reason !== null && !running && (
        <p className={styles.quiet}>{inertText(trial.reason)}</p>
      )}
      <ul className={cx(styles.checks, !running && isCurrent === false && styles.stale)}>
        {told.map(({ name, verdict, output }) => (
          <Check key={name} name={name} verdict={verdict} output={output} />
        ))}
      </ul>
    </section>
  )
}
