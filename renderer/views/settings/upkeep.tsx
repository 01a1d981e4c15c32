/** Doctor's findings with their remedies, and cleaning up. */
import { CircleAlert, CircleCheck, Info } from 'lucide-react'
import { useState } from 'react'
import type { Diagnosis } from '../../../schemas/view.ts'
import { useAct } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertText } from '../../ui/inert-text.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { useDoctor } from '../inbox/system-decisions.tsx'
import styles from './settings.module.css'

const ORDER: Readonly<Record<Diagnosis['state'], number>> = { broken: 0, notice: 1, ok: 2 }
const LABEL: Readonly<Record<Diagnosis['state'], string>> = {
  broken: 'Broken',
  notice: 'Notice',
  ok: 'In order',
}

function StateIcon({ state }: { state: Diagnosis['state'] }) {
  const look = { size: 16, role: 'img', 'aria-label': LABEL[state] } as const
  if (state === 'broken') return <CircleAlert {...look} className={styles.danger} />
  if (state === 'notice') return <Info {...look} className={styles.warn} />
  return <CircleCheck {...look} className={styles.ok} />
}

export function Doctor() {
  const reading = useDoctor()
  const findings = (reading.value ?? []).toSorted((a, b) => ORDER[a.state] - ORDER[b.state])
  const broken = findings.filter(({ state }) => state === 'broken').length
  return (
    <>
      <div className={styles.bar}>
        <span className={styles.quiet}>
          {reading.value === undefined
            ? ''
            : broken === 0
              ? 'Nothing is broken.'
              : `${broken} of ${findings.length} ${broken === 1 ? 'is' : 'are'} broken.`}
        </span>
        <Button size="small" busy={reading.loading} onClick={reading.reload}>
          Look again
        </Button>
      </div>
      {reading.value === undefined && reading.error === null && <Skeleton lines={5} />}
      {reading.error !== null && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      <ul>
        {findings.map((finding, index) => (
          <li key={`${finding.name}-${index}`} className={styles.finding}>
            <StateIcon state={finding.state} />
            <span className={styles.findingName}>{finding.name}</span>
            <div className={styles.findingText}>
              <InertText text={finding.detail} />
              {finding.remedy !== null && (
                <div className={styles.quiet}>
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

export function Cleanup({ offline }: { offline: boolean }) {
  const [asking, setAsking] = useState(false)
  const cleanup = useAct((api) => api.system.cleanup({ ttl_seconds: null }), {
    done: ({ archived }) =>
      tellDone(archived === 0 ? 'Nothing was old enough' : `Archived: ${archived.toLocaleString('en')}`),
  })
  return (
    <div className={styles.setting}>
      <div className={styles.name}>
        <h3>Archive old changes</h3>
        <p className={styles.quiet}>
          Moves what is older than the retention above out of the queue; it can still be looked at. This also
          happens by itself every hour.
        </p>
      </div>
      <div className={styles.value}>
        {cleanup.error !== null && <ErrorBanner failure={cleanup.error} title="Not cleaned up" />}
        <div>
          <Button
            busy={cleanup.busy}
            reason={offline ? 'The engine cannot be reached at the moment' : null}
            onClick={() => setAsking(true)}
          >
            Clean up now…
          </Button>
        </div>
      </div>
      <Confirm
        open={asking}
        danger={false}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false)
          void cleanup.run(undefined)
        }}
        title="Clean up now?"
        verb="Clean up"
      >
        <p>Landed changes and dead letters older than the retention settings are archived.</p>
      </Confirm>
    </div>
  )
}
