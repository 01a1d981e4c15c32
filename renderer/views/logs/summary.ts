/** The details of an event on one line: what tells most first, nothing that stands beside it anyway. */
import type { LogEvent } from '../../../schemas/log-event.ts'

const LEFT_OUT = new Set(['telemetry_anchors', 'worker_id', 'tree', 'payload_hash'])
const LONG = 160

function spelled(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text
}

export function summaryOf({ task_id, details }: LogEvent, brief: boolean): string {
  const parts = brief || task_id === null ? [] : [task_id]
  for (const [key, value] of Object.entries(details ?? {})) {
    if (LEFT_OUT.has(key) || value === null || value === '') continue
    parts.push(`${key}=${spelled(value)}`)
  }
  return parts.join('  ')
}
