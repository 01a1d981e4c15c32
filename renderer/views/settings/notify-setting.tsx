/** Whether to be notified, and what the browser has to say about it; it is asked only here, by the person's own act. */
import { useSyncExternalStore } from 'react'
import type { Permission } from '../../notify/outside.ts'
import { useApp, useStore } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/fields.tsx'
import styles from './settings.module.css'

const SAID: Readonly<Record<Permission, string | null>> = {
  granted: null,
  unasked: 'This browser has not been asked whether it may show notifications.',
  denied:
    'This browser blocks notifications of this address: nothing is shown until you allow them in its settings for the site.',
  none: 'This browser has no notifications: nothing is shown. The title of the tab tells how much waits.',
}

export function NotifySetting() {
  const app = useApp()
  const notify = useStore((state) => state.preferences.notify)
  const permission = useSyncExternalStore(app.outside.subscribe, app.outside.permission)
  const said = notify ? SAID[permission] : null
  const set = (next: boolean): void => {
    app.prefer({ notify: next })
    if (next && permission === 'unasked') void app.outside.ask()
  }
  return (
    <div className={styles.setting}>
      <div className={styles.name}>
        <h3>Notifications</h3>
        <p className={styles.quiet}>When something starts to need a person and the window is not in front.</p>
      </div>
      <div className={styles.value}>
        <Checkbox label="Notify me" checked={notify} onChange={set} />
        {said !== null && (
          <p className={permission === 'unasked' ? styles.quiet : styles.blocked} role="status">
            {said}
          </p>
        )}
        {notify && permission === 'unasked' && (
          <div>
            <Button size="small" onClick={() => void app.outside.ask()}>
              Allow notifications
            </Button>
          </div>
        )}
      </div>
    </div>
  )
}
