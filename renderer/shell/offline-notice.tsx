/** Says above every view that nothing here is live, since when, and what to do. */
import { useApp, useStale, useStore } from '../state/hooks.ts'
import { useSeconds } from '../state/clock.ts'
import { Button } from '../ui/button.tsx'
import { spell } from '../ui/time.tsx'
import styles from './shell.module.css'

/** Shorter gaps heal before they are read. */
const SHOWN_AFTER_SECONDS = 2

export function OfflineNotice() {
  const app = useApp()
  const connection = useStore((state) => state.connection)
  const stale = useStale()
  const now = useSeconds()
  if (connection.state === 'connecting' || connection.state === 'online') return null
  const away = now - connection.since / 1000
  if (away < SHOWN_AFTER_SECONDS) return null
  const refused = connection.state === 'refused'
  const retryIn =
    connection.state === 'offline' && connection.retryAt !== null
      ? Math.max(0, Math.ceil(connection.retryAt / 1000 - now))
      : null
  return (
    <div className={styles.notice} role="alert">
      <div className={styles.noticeText}>
        <span className={styles.noticeTitle}>
          {refused ? 'This page is not let in any more. ' : 'The engine is away. '}
        </span>
        {refused
          ? 'Open the address with its token that the terminal printed.'
          : `What you see is ${stale === null ? 'not live' : `${spell(now - stale / 1000)} old`}. It comes back by itself${retryIn === null ? '' : ` (next try ${retryIn === 0 ? 'now' : `in ${retryIn} s`})`}; if it was stopped, start it again in the terminal.`}
      </div>
      <Button size="small" onClick={() => app.connection.retry()}>
        Try now
      </Button>
    </div>
  )
}
