/** How long a change waits before it is tried again. */

const LONGEST_SECONDS = 300

/** Returns the backoff in seconds after attempt number `attempts` (1 for the first): min(2^n, 300). */
export const backoffSeconds = (attempts: number): number =>
  Math.min(2 ** Math.min(Math.max(attempts, 1), 30), LONGEST_SECONDS)
