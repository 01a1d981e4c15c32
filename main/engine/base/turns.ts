/** Turns of the event loop, one for each who asks: of many pieces of work that are ready at once none holds up the rest. */
import { setImmediate as nextTurn } from 'node:timers/promises'

let last: Promise<unknown> = Promise.resolve()

/** Resolves in a turn of its own, after those who asked before; what waits for input or a timer comes between. */
export function takeTurn(): Promise<unknown> {
  last = last.then(() => nextTurn())
  return last
}
