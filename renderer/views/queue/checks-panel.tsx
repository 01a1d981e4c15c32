/** What proves the change: its criteria by their probes, and every run of a check with its verdict and output. */
import { useState } from 'react'
import type { ChangeDetail } from '../../../schemas/view.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { spellMs, Time } from '../../ui/time.tsx'
import { spoken, verdictTone } from './waterfall.ts'
import styles from './inspector.module.css'

type Run = ChangeDetail['check_runs'][number]

function CheckRun({ run, open: atFirst }: { run: Run; open: boolean }) {
  const [open, setOpen] = useState(atFirst)
  return (
    <details className={styles.run} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.runHead}>
        <span className={styles[`ink-${verdictTone(run.verdict)}`]}>{spoken(run.verdict)}</span>
        <span className={styles.grow}>
          <InertLine text={run.name ?? run.command} />
        </span>
        <span className={styles.muted}>
          {run.exit_code === null ? 'no exit code' : `exit ${run.exit_code}`} · {spellMs(run.duration_ms)}
          {run.run > 1 && ` · run ${run.run}`}
        </span>
        <Time at={run.created_at} />
      </summary>
      {open && (
        <div className={styles.output}>
          {run.name !== null && (
            <p className={styles.small}>
              <InertLine text={run.command} muted />
            </p>
          )}
          {run.output === '' ? (
            <p className={styles.muted}>It printed nothing.</p>
          ) : (
            <>
              <span className={styles.corner}>
                <CopyButton text={run.output} label="Copy the output" />
              </span>
              <InertText text={run.output} code />
            </>
          )}
        </div>
      )}
    </details>
  )
}

type Criterion = ChangeDetail['criteria'][number]

/** A probe that passes before the change as well says nothing about it. */
const CRITERION: Readonly<
  Record<Criterion['verdict'], { label: string; tone: 'ok' | 'warn' | 'danger' | 'muted'; why: string }>
> = {
  proven: { label: 'Proven', tone: 'ok', why: 'Its probe fails before the change and passes with it.' },
  not_proven: {
    label: 'Not proven by this probe',
    tone: 'warn',
    why: 'The probe passes before the change as well.',
  },
  unmet: { label: 'Not met', tone: 'danger', why: 'Its probe fails with the change.' },
  could_not_run: { label: 'Unknown', tone: 'warn', why: 'The probe could not run.' },
  not_allowed: {
    label: 'Unknown',
    tone: 'muted',
    why: 'The probe is not among the allowed checks, so it did not run.',
  },
}

function Criteria({ criteria }: { criteria: readonly Criterion[] }) {
  if (criteria.length === 0) return null
  return (
    <section aria-label="Acceptance criteria">
      {criteria.map((one) => {
        const { label, tone, why } = CRITERION[one.verdict]
        return (
          <details key={one.criterion} className={styles.run}>
            <summary className={styles.runHead}>
              <span className={styles[`ink-${tone}`]}>{label}</span>
              <span className={styles.grow}>
                <InertLine text={one.criterion} />
              </span>
              <Time at={one.created_at} />
            </summary>
            <div className={styles.output}>
              <p className={styles.small}>{why}</p>
              {one.output !== '' && <InertText text={one.output} code />}
            </div>
          </details>
        )
      })}
    </section>
  )
}

export function ChecksPanel({ detail }: { detail: ChangeDetail }) {
  const asked = detail.payload.checks.map((one) => (typeof one === 'string' ? one : one.run))
  if (detail.check_runs.length === 0) {
    const none = asked.length === 1 && asked[0] === 'none'
    if (detail.criteria.length > 0) {
      return (
        <div className={styles.panel}>
          <Criteria criteria={detail.criteria} />
        </div>
      )
    }
    return (
      <EmptyState title="No check has run">
        {none
          ? 'This change asks for none.'
          : `Asked for: ${asked.length}. They run on the tree that would land.`}
      </EmptyState>
    )
  }
  const runs = detail.check_runs.toSorted((a, b) => b.id - a.id)
  return (
    <div className={styles.panel}>
      <Criteria criteria={detail.criteria} />
      {runs.map((run, index) => (
        <CheckRun key={run.id} run={run} open={index === 0 && run.verdict !== 'passed'} />
      ))}
    </div>
  )
}
