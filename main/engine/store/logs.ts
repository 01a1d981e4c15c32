/** The log of the queue: one row an event, in the same transaction as what it tells of. */
import type { Clock } from '../base/clock.ts'
import { nowSeconds } from '../base/clock.ts'
import { inertJson } from '../base/inert.ts'
import type { Database } from './database.ts'
import { openLogChain, type LogChain } from './log-chain.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogRow {
  id: number
  queue_id: number | null
  task_id: string | null
  level: LogLevel
  message: string
  details: string
  created_at: number
}

export interface LogEntry {
  level?: LogLevel
  message: string
  queueId?: number | null
  taskId?: string | null
  details?: Record<string, unknown>
}

export interface Logs {
  /** Writes a row and what holds it to the one before, in the transaction that is open or in one of its own. */
  write(entry: LogEntry): void
  readonly chain: LogChain
  /** Rows after `afterId`, oldest first. */
  list(filter: LogFilter): LogRow[]
  /** The newest rows of one message, the newest first; from the index of messages, however rare it is. */
  newest(message: string, limit: number): LogRow[]
  count(message: string): number
  /** The newest row's id: it grows with every event, whichever process writes it. */
  lastId(): number
}

export interface LogFilter {
  afterId?: number
  beforeId?: number
  /** In the message, the task or the details, whatever its case. */
  text?: string
  level?: LogLevel
  changeId?: number
  message?: string
  /** The newest this many, still oldest first. */
  limit?: number
}

/** Returns a log entry as one line for a person. */
export const logLine = (entry: LogEntry): string =>
  `[${entry.level ?? 'info'}] ${entry.message}` +
  `${(entry.queueId ?? null) === null ? '' : ` change=${entry.queueId}`} ${inertJson(entry.details ?? {})}`

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

export function openLogs(db: Database, clock: Clock, echo?: (entry: LogEntry) => void): Logs {
  const chain = openLogChain(db)
  return {
    chain,
    write(entry) {
      db.write(() =>
        chain.append({
          queue_id: entry.queueId ?? null,
          task_id: entry.taskId ?? null,
          level: entry.level ?? 'info',
          message: entry.message,
          details: JSON.stringify(entry.details ?? {}),
          created_at: nowSeconds(clock),
        }),
      )
      echo?.(entry)
    },
    list(filter) {
      const levels = Object.keys(RANK).filter((l) => RANK[l as LogLevel] >= RANK[filter.level ?? 'debug'])
      const newest = db
        .sql<LogRow>(
          `SELECT id, queue_id, task_id, level, message, details, created_at FROM change_queue_logs
           WHERE id > ?1 AND (?2 IS NULL OR queue_id = ?2) AND (?3 IS NULL OR message = ?3)
             AND level IN (SELECT value FROM json_each(?4)) AND (?6 IS NULL OR id < ?6)
             AND (?7 IS NULL OR instr(lower(message || ' ' || coalesce(task_id, '') || ' ' || details), lower(?7)) > 0)
           ORDER BY id DESC LIMIT ?5`,
        )
        .all(
          filter.afterId ?? 0,
          filter.changeId ?? null,
          filter.message ?? null,
          JSON.stringify(levels),
          filter.limit ?? -1,
          filter.beforeId ?? null,
          filter.text ?? null,
        )
      return newest.toReversed()
    },
    newest: (message, limit) =>
      db
        .sql<LogRow>(
          `SELECT id, queue_id, task_id, level, message, details, created_at FROM change_queue_logs
           WHERE message = ? ORDER BY created_at DESC, id DESC LIMIT ?`,
        )
        .all(message, limit),
    lastId: () => db.sql<{ id: number | null }>('SELECT max(id) AS id FROM change_queue_logs').get()?.id ?? 0,
    count: (message) =>
      db.sql<{ n: number }>('SELECT count(*) AS n FROM change_queue_logs WHERE message = ?').get(message)
        ?.n ?? 0,
  }
}
