/** An hour of figures, a value a minute, from the log; a minute that is over is counted once. */
import type { Home } from '../../../schemas/view.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'

export type Hour = Home['hour']
type Minute = { [K in keyof Hour]: number | null }

const MINUTES = 60
const EMPTY: Minute = {
  throughput: null,
  dequeue_latency_ms: null,
  apply_duration_ms: null,
  poll_interval_ms: null,
  lease_contention: null,
  guard_success_rate: null,
  requests: null,
  approval_latency_ms: null,
}

interface Counted {
  minute: number
  message: string
  n: number
  latency: number | null
  poll: number | null
  contention: number | null
  duration: number | null
  passed: number | null
  first: number
  approval: number | null
}

/** Returns what reads the hour; figures of minutes that are over are kept. */
export function openHour(db: Database, clock: Clock): () => Hour {
  const over = new Map<number, Minute>()

  function count(from: number): Map<number, Minute> {
    const rows = db
      .sql<Counted>(
        `SELECT created_at / 60 AS minute, message, count(*) AS n,
           avg(details ->> 'dequeue_latency_ms') AS latency, avg(details ->> 'poll_interval_ms') AS poll,
           sum((details ->> 'dequeue_latency_ms') > (details ->> 'poll_interval_ms')) AS contention,
           avg(details ->> 'apply_duration_ms') AS duration, sum(details ->> 'code' = 'ok' AND coalesce(details ->> 'repair', 0) = 0) AS passed,
           sum(coalesce(details ->> 'repair', 0) = 0) AS first,
           avg(details ->> 'approval_latency_ms') AS approval
         FROM change_queue_logs
         WHERE message IN ('dequeue_metrics', 'applied', 'guard', 'approval') AND created_at >= ?
         GROUP BY minute, message`,
      )
      .all(from * 60)
    const minutes = new Map<number, Minute>()
    for (const row of rows) {
      const minute = minutes.get(row.minute) ?? { ...EMPTY }
      minutes.set(row.minute, minute)
      if (row.message === 'applied') {
        minute.throughput = row.n
        minute.apply_duration_ms = row.duration
      } else if (row.message === 'guard') {
        minute.requests = row.n
        minute.guard_success_rate = row.first === 0 ? null : (row.passed ?? 0) / row.first
      } else if (row.message === 'approval') {
        minute.approval_latency_ms = row.approval
      } else {
        minute.dequeue_latency_ms = row.latency
        minute.poll_interval_ms = row.poll
        minute.lease_contention = row.contention
      }
    }
    return minutes
  }

  return () => {
    const now = Math.floor(nowSeconds(clock) / 60)
    const first = now - MINUTES + 1
    for (const minute of over.keys()) if (minute < first) over.delete(minute)
    const known = [...over.keys()]
    // The last minute that is over may still get rows of a transaction that began in it.
    const from = known.length === 0 ? first : Math.max(first, Math.max(...known))
    const counted = count(from)
    for (let minute = from; minute < now; minute += 1) over.set(minute, counted.get(minute) ?? EMPTY)
    const all = Array.from({ length: MINUTES }, (_, index) =>
      first + index === now ? (counted.get(now) ?? EMPTY) : (over.get(first + index) ?? EMPTY),
    )
    const series = (key: keyof Hour): (number | null)[] => all.map((minute) => minute[key])
    return {
      throughput: series('throughput'),
      dequeue_latency_ms: series('dequeue_latency_ms'),
      apply_duration_ms: series('apply_duration_ms'),
      poll_interval_ms: series('poll_interval_ms'),
      lease_contention: series('lease_contention'),
      guard_success_rate: series('guard_success_rate'),
      requests: series('requests'),
      approval_latency_ms: series('approval_latency_ms'),
    }
  }
}
