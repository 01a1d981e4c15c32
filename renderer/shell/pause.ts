/** What a pause says, in words. */
import type { Pause } from '../../schemas/acts.ts'
import { inertLine } from '../ui/inert.ts'
import { spell } from '../ui/time.tsx'

/** "Paused by ada for 3 min: release day"; what is not known is left out. */
export function pauseSentence({ by, at, reason }: Pause, now: number): string {
  const who = by === null ? '' : ` by ${inertLine(by, 200)}`
  const since = at === null ? '' : ` for ${spell(now - at)}`
  return `Paused${who}${since}${reason === null ? '' : `: ${inertLine(reason, 500)}`}`
}

/** What ending it means, where Hyperion itself stopped because going on could lose something. */
export const acceptSentence = ({ code, reason }: Pause): string =>
  `Resuming accepts “${code}”: things stay as they are now, although ${
    reason === null ? 'going on could lose something' : inertLine(reason, 500)
  }`

/** Whether a turn of the feed may have made or ended a pause: Hyperion's own come with an error. */
export const tellsOfPause = (logs: readonly { message: string; level: string }[]): boolean =>
  logs.some(({ message, level }) => message === 'paused' || message === 'resumed' || level === 'error')
