/** Work that goes on by itself, one piece a name at a time; all of it ends, and is waited for, at the close. */
import { takeTurn } from '../../base/turns.ts'

export interface Flights<T> {
  /** Starts once what goes on under the same name is over. */
  start(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  has(name: string): boolean
  readonly signal: AbortSignal
  close(): Promise<void>
}

export function openFlights<T>(): Flights<T> {
  const going = new Map<string, Promise<unknown>>()
  const stop = new AbortController()
  return {
    start(name, work) {
      const before = going.get(name) ?? Promise.resolve()
      const mine = before.then(async () => {
        await takeTurn()
        return work(stop.signal)
      })
      const over: Promise<unknown> = mine
        .catch(() => undefined)
        .finally(() => {
          if (going.get(name) === over) going.delete(name)
        })
      going.set(name, over)
      return mine
    },
    has: (name) => going.has(name),
    signal: stop.signal,
    async close() {
      stop.abort()
      await Promise.all(going.values())
    },
  }
}
