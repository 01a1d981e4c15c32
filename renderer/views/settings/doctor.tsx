/** Doctor's findings with their remedies, what is broken first. */
import { CircleAlert, CircleCheck, Info } from 'lucide-react'
import type { Diagnosis } from '../../../schemas/view.ts'
import { useAway } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertText } from '../../ui/inert-text.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { useDoctor } from '../inbox/system-decisions.tsx'
import { asText, STATE_LABEL, summaryOf, worstFirst } from './doctor-text.ts'
import styles from './settings.module.css'

export function StateIcon({ state }: { state: Diagnosis['state'] }) {
  const look = { size: 16, role: 'img', 'aria-label': STATE_LABEL[state] } as const
  if (state === 'broken') return <CircleAlert {...look} className={styles.danger} />
  if (state === 'notice') return <Info {...look} className={styles.warn} />
  return <CircleCheck {...look} className={styles.ok} />
}

export function Doctor() {
  const reading = useDoctor()
  const away = useAway()
  const findings = worstFirst(reading.value ?? [])
  return (
    <>
      <div className={styles.bar}>
        <span className={styles.quiet} role="status">
          {reading.value !== undefined && summaryOf(findings)}
        </span>
        <span className={styles.buttons}>
          {findings.length > 0 && (
            <CopyButton text={() => asText(findings)} label="Copy the findings as text" />
          )}
          <Button size="small" busy={reading.loading} reason={away} onClick={reading.reload}>
            Look again
          </Button>
        </span>
      </div>
      {reading.value === undefined && reading.error === null && <Skeleton lines={5} />}
      {reading.error !== null && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      <ul aria-label="Findings">
        {findings.map((finding, index) => (
          <li key={`${finding.name}-${index}`} className={styles.finding}>
            <StateIcon state={finding.state} />
            <span className={styles.findingName}>{finding.name}</span>
            <div className={styles.findingText}>
              <InertText text={finding.detail} />
              {finding.remedy !== null && (
                <div className={finding.state === 'ok' ? styles.quiet : styles.remedy}>
                  <InertText text={finding.remedy} />
                </div>
              )}
            </div>
          </li>
        ))}
      </ul>
    </>
  )
}
