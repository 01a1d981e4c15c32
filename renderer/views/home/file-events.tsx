/** The newest changes to files of the workspace. */
import { Link } from '../../ui/link.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { Pane } from '../../ui/pane.tsx'
import { timeOfDay } from '../../ui/time.tsx'
import { KIND_LABEL } from '../files/events.ts'
import { useFileEvents } from '../files/use-file-events.ts'
import { WatchNote } from '../files/watch-note.tsx'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

const SHOWN = 50

export function FileEventsPane({ slot }: { slot: PaneSlot }) {
  const reading = useFileEvents()
  const newest = (reading.value?.events ?? []).slice(-SHOWN).toReversed()
  return (
    <Pane
      title="File events"
      reading={reading}
      flush
      empty={
        newest.length > 0 ? undefined : (
          <EmptyState title="No file has changed">
            <WatchNote watching={reading.value?.watching ?? null} />
          </EmptyState>
        )
      }
      {...slot}
    >
      <ul>
        {newest.map(({ id, path, kind, created_at }) => (
          <li key={id} className={styles.file}>
            <span className={styles.dim}>{timeOfDay(created_at)}</span>
            <span className={styles.dim}>{KIND_LABEL[kind]}</span>
            <InertLine text={path} />
          </li>
        ))}
      </ul>
      <p className={styles.filesMore}>
        <Link to="/files">All file events</Link>
      </p>
    </Pane>
  )
}
