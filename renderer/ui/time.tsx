/** Points in time and durations, as a person says them. */
import { useSeconds } from '../state/clock.ts'
import styles from './time.module.css'

/** "now", "38 s", "12 min", "3 h", "5 d". */
export function spell(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min`
  if (whole < 86_400 * 2) return `${Math.floor(whole / 3600)} h`
  return `${Math.floor(whole / 86_400)} d`
}

/** Milliseconds as "12 ms", "1.4 s", "2 min 5 s"; null is "no data". */
export function spellMs(ms: number | null): string {
  if (ms === null) return 'no data'
  if (ms < 1) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

const absolute = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})

export const absoluteTime = (seconds: number): string => absolute.format(new Date(seconds * 1000))

const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** "14:03:12", for log rows. */
export const timeOfDay = (seconds: number): string => clockTime.format(new Date(seconds * 1000))

/** How long ago (epoch seconds); the exact time is in the title. */
export function Time({ at, suffix = ' ago' }: { at: number; suffix?: string }) {
  const now = useSeconds()
  const away = now - at
  return (
    <time className={styles.time} dateTime={new Date(at * 1000).toISOString()} title={absoluteTime(at)}>
      {away < 2 ? 'now' : spell(away) + suffix}
    </time>
  )
}
