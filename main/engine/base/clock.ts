/** Time as a dependency: the only file that reads a clock. */
import { readFileSync } from 'node:fs'

export interface Clock {
  /** Wall time in integer epoch milliseconds; for people and retention, never for leases. */
  nowMs(): number
  /**
   * Milliseconds on a clock that never jumps and is shared by all processes of one boot
   * (CLOCK_MONOTONIC on Linux); leases are measured on it.
   */
  monotonicMs(): number
  /** Names the boot the monotonic clock belongs to; a reading from another boot means nothing. */
  readonly bootId: string
  /** Starts a stopwatch; calling what it returns gives fractional milliseconds since. */
  stopwatch(): () => number
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Wall time in integer epoch seconds, the unit of every stored time. */
export const nowSeconds = (clock: Clock): number => Math.floor(clock.nowMs() / 1000)

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    // Without a boot id (macOS, Windows) the monotonic clock restarts at zero with the machine, so an old
    // deadline only makes a lease last longer; a dead owner's lease is still taken over by its process id.
    return 'boot'
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
    bootId: readBootId(),
    stopwatch: () => {
      const started = process.hrtime.bigint()
      return () => Number(process.hrtime.bigint() - started) / 1_000_000
    },
    sleep,
  }
}

/** Writes epoch seconds as people and programs both read them: "2026-01-01T10:00:00Z". */
export const instant = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
