/** Tells a window that has a conflict open what others do about it, this process or another on the same queue. */
import type { ReviewEvent } from '../../../../schemas/reviewer.ts'
import { requireRow } from '../../landing/acts.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import { refsStamp } from '../../git/refs.ts'
import { recordOf } from './sides.ts'
import { movedPaths, tipOf } from './target.ts'

/** How often it is looked whether anybody committed or moved a branch: two looks at files. */
const LOOK_MS = 150
/** Two commits within one tick of the file system's clock may look like one, so that now and then more is read. */
const THOROUGH_LOOKS = 8

/** Yields how a conflict stands now, and again whenever that is another, until `signal` aborts. */
export async function* watchReview(
  deps: LandingDeps,
  id: number,
  signal: AbortSignal,
  writable: () => Promise<void>,
): AsyncGenerator<ReviewEvent> {
  const { store, clock, repository, target } = deps
  requireRow(store, id)
  const look = lookerAt(deps, id)
  let stamp = ''
  let seen = ''
  for (let looks = 0; !signal.aborted; looks += 1) {
    // Stamped before it is read: what happens in between is read again.
    const now = `${store.db.stamp()} ${refsStamp(repository.commonDir, [target])}`
    if ((now !== stamp || looks % THOROUGH_LOOKS === 0) && !store.db.inTransaction) {
      stamp = now
      const event = await look()
      if (event === null || signal.aborted) return
      const text = JSON.stringify(event)
      if (text !== seen) {
        await writable()
        if (signal.aborted) return
        seen = text
        yield event
      }
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

/** Looks at a conflict, asking git only where a branch may have moved or the conflict is another one. */
function lookerAt(deps: LandingDeps, id: number): () => Promise<ReviewEvent | null> {
  const { store, repository, target } = deps
  let refs = ''
  let tip: string | null = null
  let about = ''
  let moved = false
  return async () => {
    const refsNow = refsStamp(repository.commonDir, [target])
    if (refsNow !== refs) {
      tip = await tipOf(deps)
      refs = refsNow
    }
    const row = store.changes.find(id)?.row
    if (row === undefined) return null
    const drafts = store.reviews.revisions(id)
    // Whatever replaces the records writes it down.
    const asked = `${tip} ${store.reviews.lastLogged(id)}`
    if (asked !== about) {
      moved = (await movedPaths(deps, store.records.conflicts(id).map(recordOf), tip)).size > 0
      about = asked
    }
    return { status: row.status, tip, drafts, moved }
  }
}
