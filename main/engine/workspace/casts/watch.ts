/** Tells a window that has a draft open when another one, of this program or another, has written to it. */
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../store/store.ts'

export interface DraftEvent {
  revision: number
  tab: string
}

/** How often it is looked whether anybody committed: one look at files. */
const LOOK_MS = 150
/** Two commits within one tick of the file system's clock may look like one, so that now and then the row is read. */
const THOROUGH_LOOKS = 8

/** Yields the revision of a draft, and again whenever that is another, until `signal` aborts or the draft is gone. */
export async function* watchDraft(
  store: Store,
  clock: Clock,
  id: string,
  signal: AbortSignal,
  writable: () => Promise<void>,
): AsyncGenerator<DraftEvent> {
  let stamp = ''
  let seen = 0
  for (let looks = 0; !signal.aborted; looks += 1) {
    // Stamped before it is read: what happens in between is read again.
    const now = store.db.stamp()
    if ((now !== stamp || looks % THOROUGH_LOOKS === 0) && !store.db.inTransaction) {
      stamp = now
      const row = store.casts.revision(id)
      if (row === null || signal.aborted) return
      if (row.revision !== seen) {
        await writable()
        if (signal.aborted) return
        seen = row.revision
        yield row
      }
    }
    await clock.sleep(LOOK_MS, signal)
  }
}
