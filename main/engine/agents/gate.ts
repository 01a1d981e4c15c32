/** How many agents work at once, and when none may begin: one gate a program, in the order of asking. */
import type { Clock } from '../base/clock.ts'

export interface Gate {
  /** Waits for its turn; returns what gives the place back, or null where `signal` ended the wait. */
  enter(signal: AbortSignal): Promise<(() => void) | null>
  /** Lets nobody begin for so long: a service said that it is asked too often. */
  holdOff(ms: number): void
  readonly inside: number
}

export function openGate(clock: Clock, limit: () => number): Gate {
  const line: { let(): void }[] = []
  let inside = 0
  let notBefore = 0
  const admit = (): void => {
    while (inside < limit()) {
      const next = line.shift()
      if (next === undefined) return
      inside += 1
      next.let()
    }
  }
  function leave(): void {
    inside -= 1
    admit()
  }
  async function enter(signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null
    await new Promise<void>((resolve) => {
      const ticket = { let: resolve }
      line.push(ticket)
      signal.addEventListener(
        'abort',
        () => {
          const at = line.indexOf(ticket)
          if (at < 0) return
          line.splice(at, 1)
          // Nobody counts it as inside.
          inside += 1
          resolve()
        },
        { once: true },
      )
      admit()
    })
    for (let now = clock.monotonicMs(); now < notBefore && !signal.aborted; now = clock.monotonicMs())
      await clock.sleep(notBefore - now, signal)
    if (signal.aborted) {
      leave()
      return null
    }
    let isInside = true
    return () => {
      if (isInside) leave()
      isInside = false
    }
  }
  return {
    enter,
    holdOff(ms) {
      notBefore = Math.max(notBefore, clock.monotonicMs() + ms)
    },
    get inside() {
      return inside
    },
  }
}
