/** `sync --watch`: syncs whenever one of the branches moved. */
import { asHyperionError, type HyperionError } from '../base/errors.ts'
import { refsStamp } from '../git/refs.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { requireUpstream } from '../landing/divided.ts'
import { sync, type SyncResult } from '../landing/sync.ts'

const LOOK_MS = 500
/** What kept it away is looked at again after so long; the branches do not tell when it is gone. */
const AGAIN_MS = 5_000

/** Runs until `signal`; throws only what no waiting mends. */
export async function watchSync(
  deps: LandingDeps,
  recover: () => Promise<void>,
  tell: (outcome: SyncResult | HyperionError) => void,
  signal: AbortSignal,
): Promise<void> {
  const { repository, target, clock } = deps
  const upstream = requireUpstream(deps)
  const stampNow = (): string => refsStamp(repository.commonDir, [target, upstream])
  let last = { stamp: '', refusedAt: null as number | null, said: '', done: false }
  for (; !signal.aborted; await clock.sleep(LOOK_MS, signal)) {
    const stamp = stampNow()
    const waiting = last.refusedAt === null || clock.monotonicMs() - last.refusedAt < AGAIN_MS
    if (last.stamp === stamp && waiting) continue
    try {
      await recover()
      const done = await sync(deps)
      if (!last.done || done.kind === 'synced') tell(done)
      last = { stamp: stampNow(), refusedAt: null, said: '', done: true }
    } catch (thrown) {
      const error = asHyperionError(thrown)
      if (error.kind === 'bug') throw thrown
      if (last.said !== error.message) tell(error)
      last = { stamp, refusedAt: clock.monotonicMs(), said: error.message, done: last.done }
    }
  }
}
