/** Turns of the live feed put together, so that the screen is painted at most four times a second. */
import type { Live } from '../../schemas/view.ts'
import type { Clock } from './clock.ts'

export const PAINT_EVERY_MS = 250

/** Joins two turns into what both said; the later one wins where they speak of the same. */
export function joinTurns(first: Live, second: Live): Live {
  if (second.reset) return second
  const changes = new Map(first.changes.map((change) => [change.id, change]))
  for (const change of second.changes) changes.set(change.id, change)
  for (const id of second.gone) changes.delete(id)
  return {
    seq: Math.max(first.seq, second.seq),
    reset: first.reset,
    at: second.at,
    logs: [...first.logs, ...second.logs],
    changes: [...changes.values()],
    gone: [...new Set([...first.gone, ...second.gone])],
    requests: [...new Set([...first.requests, ...second.requests])],
    counts: second.counts ?? first.counts,
    inbox: second.inbox ?? first.inbox,
  }
}

/** Hands turns on at once when it was quiet, else joined at the end of the interval. */
export function pacer(clock: Clock, hand: (turn: Live) => void): (turn: Live) => void {
  let waiting: Live | null = null
  let resting = false
  const rest = (): void => {
    resting = true
    clock.after(PAINT_EVERY_MS, () => {
      resting = false
      const turn = waiting
      waiting = null
      if (turn === null) return
      hand(turn)
      rest()
    })
  }
  return (turn) => {
    if (resting) {
      waiting = waiting === null ? turn : joinTurns(waiting, turn)
      return
    }
    hand(turn)
    rest()
  }
}

/** Whether a turn says that something happened at all. */
export const saysAnything = (turn: Live): boolean =>
  turn.reset ||
  turn.logs.length > 0 ||
  turn.changes.length > 0 ||
  turn.gone.length > 0 ||
  turn.requests.length > 0
