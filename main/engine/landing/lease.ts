/** The landing lease: one process at a time moves a target. */
import type { LandingDeps } from './deps.ts'

const LOOK_MS = 15

/**
 * Runs `work` with the target's landing lease and its fence, waiting until it is free.
 *
 * Returns null when `signal` aborted while waiting. A holder that died is replaced at once, one that stopped when its
 * time is over; either is stopped by the newer fence at its last look.
 */
export async function withLandingLease<T>(
  deps: LandingDeps,
  signal: AbortSignal,
  work: (fence: number) => Promise<T>,
): Promise<T | null> {
  const { landings } = deps.store
  const by = { holder: deps.workerId, process: deps.process }
  await deps.onStep('lease', [])
  for (;;) {
    if (signal.aborted) return null
    const fence = landings.acquire(deps.target, by, deps.settings.landingLeaseMs, deps.isDead)
    if (fence === null) {
      await deps.clock.sleep(LOOK_MS, signal)
      continue
    }
    try {
      return await work(fence)
    } finally {
      landings.release(deps.target, fence)
    }
  }
}
