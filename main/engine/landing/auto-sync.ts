/** Brings landed commits to upstream after each landing, where the settings say so and the checkout allows it. */
import { asHyperionError } from '../base/errors.ts'
import { refsStamp } from '../git/refs.ts'
import type { LandingDeps } from './deps.ts'
import { finishInterrupted, sync } from './sync.ts'

/** A checkout that kept them away is looked at again after so long: only its owner can change that. */
const AGAIN_MS = 30_000

/**
 * Returns what syncs when one of the branches moved since it last did, outside of every lease. What keeps it from that
 * is written down by `sync` and stops nothing else.
 */
export function openAutoSync(deps: LandingDeps): () => Promise<void> {
  const { settings, upstream, target, repository, clock } = deps
  if (settings.syncCheckout !== 'when-clean' || upstream === null) return async () => undefined
  let last: { stamp: string; refusedAt: number | null } | null = null
  return async () => {
    const stamp = refsStamp(repository.commonDir, [target, upstream])
    if (last?.stamp === stamp) {
      if (last.refusedAt === null || clock.monotonicMs() - last.refusedAt < AGAIN_MS) return
    }
    try {
      await finishInterrupted(deps)
      await sync(deps)
      last = { stamp: refsStamp(repository.commonDir, [target, upstream]), refusedAt: null }
    } catch (thrown) {
      last = { stamp, refusedAt: clock.monotonicMs() }
      if (asHyperionError(thrown).kind === 'bug') throw thrown
    }
  }
}
