/** How the queue is, in one sentence: the engine's part of it, and how much waits for a person here. */
import type { Home } from '../../../schemas/view.ts'

const begun = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** `count` is null where it is not known yet; `later` was set aside. */
export function sentenceOf(
  health: Home['health'],
  inbox: { count: number | null; later: number },
  paused = false,
): string {
  const { level, stopped, queue } = health
  const { count, later } = inbox
  if (stopped !== null) return `Stopped: ${stopped}`
  if (paused) return `Paused: ${queue}${count !== null && count > 0 ? `; ${count} for you` : ''}`
  if (level === 'ok') return `Healthy: ${queue}${count !== null && count > 0 ? `; ${count} for you` : ''}`
  if (count === null) return begun(queue)
  if (count > 0) return `${count} for you; ${queue}`
  return later > 0 ? `Nothing new for you, ${later} set aside; ${queue}` : begun(queue)
}
