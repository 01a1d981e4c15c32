/** Who works on what, and what all of it stands on. */
import type { Home } from '../../../schemas/view.ts'
import type { Reading } from '../../state/hooks.ts'
import { useSeconds } from '../../state/clock.ts'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { Pane } from '../../ui/pane.tsx'
import { spell } from '../../ui/time.tsx'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

type Worker = Home['runtime']['workers'][number]

export function spellBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(0)} KiB`
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`
}

function WorkerLine({ worker }: { worker: Worker }) {
  const now = useSeconds()
  const { id, alive, changes, change_count, leased_until } = worker
  const lease = leased_until === null ? null : leased_until - now
  return (
    <li className={styles.worker}>
      <span>{inertLine(id)}</span>
      <span className={styles.dim}>
        {alive === false && 'not running any more; '}
        {alive === null && 'on another machine; '}
        {change_count === 0
          ? 'waits for work'
          : changes.map((change, index) => (
              <span key={change.id}>
                {index > 0 && ', '}
                <Link to={`/change/${change.id}`}>{change.task_id}</Link>
              </span>
            ))}
        {change_count > changes.length && ` and ${change_count - changes.length} more`}
        {lease !== null && (lease > 0 ? `, lease ends in ${spell(lease)}` : ', lease is over')}
      </span>
    </li>
  )
}

export function Runtime({ home, slot }: { home: Reading<Home>; slot: PaneSlot }) {
  const runtime = home.value?.runtime
  return (
    <Pane title="Runtime" reading={home} flush {...slot}>
      {runtime !== undefined && (
        <dl className={styles.facts}>
          <dt>Workers</dt>
          <dd>
            {runtime.workers.length === 0 ? (
              'none runs; nothing lands until one does'
            ) : (
              <ul className={styles.workers}>
                {runtime.workers.map((worker) => (
                  <WorkerLine key={worker.id} worker={worker} />
                ))}
              </ul>
            )}
          </dd>
          <dt>Agents</dt>
          <dd>
            {inertLine(runtime.harness.name)}, {runtime.harness.ready ? 'ready' : 'not ready'}
            <div className={styles.dim}>{inertLine(runtime.harness.why)}</div>
          </dd>
          <dt>Sessions</dt>
          <dd>{runtime.sessions === 0 ? 'none recorded' : runtime.sessions}</dd>
          <dt>Landing</dt>
          <dd>
            on {inertLine(runtime.target)}
            <div className={styles.dim}>
              {runtime.upstream === null
                ? 'follows no branch'
                : runtime.behind === null
                  ? `follows ${inertLine(runtime.upstream)}`
                  : runtime.behind === 0
                    ? `${inertLine(runtime.upstream)} has all of it`
                    : `${runtime.behind} not in ${inertLine(runtime.upstream)} yet`}
            </div>
          </dd>
          <dt>Database</dt>
          <dd>
            {spellBytes(runtime.database.bytes)}, WAL{' '}
            {runtime.database.wal_pages === null ? 'no data' : `${runtime.database.wal_pages} pages`}
            <div className={styles.dim}>{inertLine(runtime.database.file)}</div>
          </dd>
          <dt>Workspace</dt>
          <dd>{inertLine(runtime.workspace)}</dd>
        </dl>
      )}
    </Pane>
  )
}
