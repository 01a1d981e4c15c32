/** How many changes are speculated on at once: fewer after failures, more after successes. */

/** What is built on a failure has to be built again: below this the chain would not be worth having. */
const FLOOR = 3

/** Returns the window after `landed` changes landed. @see Zuul's gate pipelines: +1 a success. */
export const grown = (window: number, landed: number, most: number): number => Math.min(most, window + landed)

/**
 * Returns the window after a failure that counted: halved, as Zuul does, but never below the number of workers. One
 * that idles would be a certain loss, a check that turns out to be in vain only a possible one.
 */
export const shrunk = (window: number, most: number, workers: number): number =>
  Math.min(most, Math.max(FLOOR, workers, Math.floor(window / 2)))
