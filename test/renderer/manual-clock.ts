/** A window's clock that stands until it is told to go on. */
import type { Clock } from '../../renderer/state/clock.ts'

export interface ManualClock extends Clock {
  /** Goes on by so many milliseconds, calling back what is due in its order. */
  advance(ms: number): Promise<void>
}

interface Due {
  at: number
  run: () => void
}

/** Lets everything that is only waiting for promises happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

export function manualClock(start = 1_000_000): ManualClock {
  let now = start
  let due: Due[] = []
  return {
    now: () => now,
    after(ms, callback) {
      const one = { at: now + ms, run: callback }
      due.push(one)
      return () => {
        due = due.filter((other) => other !== one)
      }
    },
    async advance(ms) {
      const end = now + ms
      await settled()
      for (;;) {
        const [next] = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        due = due.filter((other) => other !== next)
        now = next.at
        next.run()
        await settled()
      }
      now = end
      await settled()
    },
  }
}
