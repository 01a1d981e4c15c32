/** Cleaning up. */
import { useState } from 'react'
import { useAct } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import styles from './settings.module.css'

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
