/** Every run of a check with its verdict and output. */
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

export function ChecksPanel({ detail }: { detail: ChangeDetail }) {
  const asked = detail.payload.checks.map((one) => (typeof one === 'string' ? one : one.run))
  if (detail.check_runs.length === 0) {
    const none = asked.length === 1 && asked[0] === 'none'
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
      {runs.map((run, index) => (
        <CheckRun key={run.id} run={run} open={index === 0 && run.verdict !== 'passed'} />
      ))}
    </div>
  )
}
