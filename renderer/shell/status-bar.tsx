/** The line at the bottom: connection, what the queue holds, which engine. */
import type { ConnectionState } from '../client.ts'
import { useApp, useRead, useStale, useStore } from '../state/hooks.ts'
import { useSeconds } from '../state/clock.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { Link } from '../ui/link.tsx'
import { STATUS, STATUSES, StatusIcon } from '../ui/status.tsx'
import { spell } from '../ui/time.tsx'
import { AgentsAtWork } from '../agents/stop.tsx'
import { PauseControl } from './pause-control.tsx'
import { tellsOfPause } from './pause.ts'
import { AuditPart } from './audit-part.tsx'
import styles from './status-bar.module.css'

interface Standing {
  tone: 'ok' | 'warn' | 'danger'
  text: string
}

export function standingOf(
  connection: ConnectionState,
  stale: number | null,
  now: number,
  open: boolean,
): Standing {
  const age = (since: number): string => spell(now - since / 1000)
  switch (connection.state) {
    case 'connecting':
      return { tone: 'warn', text: 'Connecting' }
    case 'refused':
      return { tone: 'danger', text: 'Not let in: open the address with its token again' }
    case 'offline':
      return { tone: 'danger', text: `Engine away for ${age(connection.since)}` }
    case 'online':
      return stale === null
        ? { tone: 'ok', text: open ? 'Live' : 'Connected' }
        : { tone: 'warn', text: `Nothing heard for ${age(stale)}` }
  }
}

function Connection({ open }: { open: boolean }) {
  const app = useApp()
  const connection = useStore((state) => state.connection)
  const stale = useStale()
  const { tone, text } = standingOf(connection, stale, useSeconds(), open)
  return (
    <span className={styles.part}>
      <span className={cx(styles.dot, styles[tone])} />
      <span role="status">{text}</span>
      {connection.state === 'offline' && (
        <Button size="small" kind="ghost" className={styles.retry} onClick={() => app.connection.retry()}>
          Try now
        </Button>
      )}
    </span>
  )
}

export function StatusBar() {
  const open = useStore((state) => state.workspace?.state === 'open')
  const counts = useStore((state) => state.counts)
  const stale = useStale()
  const home = useRead('home', (api, signal) => api.home.read({}, { signal }), {
    enabled: open,
    on: ({ logs }) => tellsOfPause(logs),
  })
  return (
    <footer className={styles.bar} aria-label="Status">
      <Connection open={open} />
      {open && counts !== null && (
        <span className={cx(styles.counts, stale !== null && styles.old)}>
          {STATUSES.map((status) => (
            <Link
              key={status}
              to={`/queue?q=state:${status}`}
              className={styles.count}
              title={`${STATUS[status].label}: ${counts[status]}`}
            >
              <StatusIcon status={status} size={14} />
              {counts[status]}
            </Link>
          ))}
        </span>
      )}
      {open && home.value !== undefined && <PauseControl pause={home.value.paused} reload={home.reload} />}
      {open && <AgentsAtWork />}
      <span className={styles.spring} />
      {open && <AuditPart />}
      {open && home.value !== undefined && (
        <>
          <span className={styles.target} title={home.value.runtime.workspace}>
            lands on {home.value.runtime.target}
          </span>
          <span>Hyperion {home.value.runtime.version}</span>
        </>
      )}
    </footer>
  )
}
