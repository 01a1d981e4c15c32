/** A clock that moves only when told to: its wall and its monotonic hand apart, and from boot to boot. */
import type { Clock } from '../../main/engine/base/clock.ts'

export interface ManualClock extends Clock {
  bootId: string
  /** Lets time pass on both hands. */
  advance(ms: number): void
  /** Moves the wall clock alone, as an operator or a time server does; negative is backwards. */
  jumpWall(ms: number): void
  /** Starts another boot: a new id, a monotonic hand near zero, the wall clock where it was. */
  reboot(monotonicMs?: number): void
}

const START_WALL_MS = 1_750_000_000_000
const START_MONOTONIC_MS = 5_000_000

export function manualClock(bootId = 'boot-1'): ManualClock {
  let wall = START_WALL_MS
  let monotonic = START_MONOTONIC_MS
  let boots = 1
  return {
    bootId,
    nowMs: () => wall,
    monotonicMs: () => monotonic,
    stopwatch: () => {
      const started = monotonic
      return () => monotonic - started
    },
    async sleep(ms) {
      wall += ms
      monotonic += ms
    },
    advance(ms) {
      wall += ms
      monotonic += ms
    },
    jumpWall(ms) {
      wall += ms
    },
    reboot(monotonicMs = 1_000) {
      boots += 1
      this.bootId = `boot-${boots}`
      monotonic = monotonicMs
    },
  }
}
