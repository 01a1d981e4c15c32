/** The log's filter: what the field takes, what the engine is asked for, and the same test for what comes live. */
import type { LogEvent, LogLevel } from '../../../schemas/log-event.ts'
import { parseFilter, type FilterError, type FilterKey } from '../../filter/grammar.ts'

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

export const LOG_KEYS: readonly FilterKey[] = [
  { name: 'level', hint: 'this and everything graver', values: LEVELS },
  {
    name: 'change',
    hint: 'number of a change',
    refuse: (value) => (/^[1-9][0-9]{0,14}$/.test(value) ? null : 'change: takes the number of a change'),
  },
  { name: 'anchor', hint: 'telemetry anchor' },
]

export interface LogFilter {
  level: LogLevel
  change: number | null
  anchor: string | null
  text: string | null
}

export function logFilter(input: string): { filter: LogFilter; error: FilterError | null } {
  const { values, text, error } = parseFilter(input, LOG_KEYS)
  const change = values.get('change')?.[0]
  return {
    filter: {
      level: LEVELS.find((level) => level === values.get('level')?.[0]) ?? 'debug',
      change: change === undefined ? null : Number(change),
      anchor: values.get('anchor')?.[0] ?? null,
      text: text === '' ? null : text.slice(0, 400),
    },
    error,
  }
}

/** What the engine is asked: anchors stand in the details, which its text search reads. */
export const askOf = ({ level, change, anchor, text }: LogFilter) => ({
  level,
  change_id: change,
  text: text ?? anchor?.slice(0, 400) ?? null,
})

function hasAnchor({ details }: LogEvent, anchor: string): boolean {
  const anchors = details?.['telemetry_anchors']
  return Array.isArray(anchors) && anchors.includes(anchor)
}

export function fits(event: LogEvent, { level, change, anchor, text }: LogFilter): boolean {
  if (LEVELS.indexOf(event.level) < LEVELS.indexOf(level)) return false
  if (change !== null && event.queue_id !== change) return false
  if (anchor !== null && !hasAnchor(event, anchor)) return false
  if (text === null) return true
  const all = `${event.message} ${event.task_id ?? ''} ${JSON.stringify(event.details ?? {})}`
  return all.toLowerCase().includes(text.toLowerCase())
}
