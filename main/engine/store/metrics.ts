/** Figures read off the log and the queue; null where nothing was measured. */
import type { QueueMetrics } from '../../../schemas/metrics.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Changes } from './changes.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'
import type { WorkspaceFacts } from './workspace.ts'

export interface RetentionSeconds {
  appliedSeconds: number
  deadLetterSeconds: number
}

const round = (value: number | null, digits: number): number | null =>
  value === null ? null : Math.round(value * 10 ** digits) / 10 ** digits

/** Returns the value below which a share of the sorted values lies (nearest rank); null for none. */
const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null

export interface MetricsSource {
  db: Database
  clock: Clock
  changes: Changes
  logs: Logs
  facts: WorkspaceFacts
}

/** Reads all figures of the last `windowSeconds` (see the metrics contract for what each one means). */
export function readMetrics(
  source: MetricsSource,
  windowSeconds: number,
  retention: RetentionSeconds,
): QueueMetrics {
  const { db, clock, changes, logs, facts } = source
  const now = nowSeconds(clock)
  const since = now - windowSeconds
  const dequeue = db
    .sql<{ latency: number | null; poll: number | null; contention: number | null }>(
      `SELECT avg(details ->> 'dequeue_latency_ms') AS latency, avg(details ->> 'poll_interval_ms') AS poll,
              sum((details ->> 'dequeue_latency_ms') > (details ->> 'poll_interval_ms')) AS contention
       FROM change_queue_logs WHERE message = 'dequeue_metrics' AND created_at >= ?`,
    )
    .get(since)
  const applied = db
    .sql<{ duration: number | null; n: number }>(
      `SELECT avg(details ->> 'apply_duration_ms') AS duration, count(*) AS n
       FROM change_queue_logs WHERE message = 'applied' AND created_at >= ?`,
    )
    .get(since)
  const guard = db
    .sql<{ n: number; passed: number | null }>(
      `SELECT count(*) AS n, sum(details ->> 'code' = 'ok') AS passed
       FROM change_queue_logs WHERE message = 'guard' AND created_at >= ?`,
    )
    .get(since)
  const latencies = db
    .sql<{ ms: number }>(
      `SELECT details ->> 'approval_latency_ms' AS ms FROM change_queue_logs
       WHERE message = 'approval' AND created_at >= ? AND details ->> 'approval_latency_ms' IS NOT NULL ORDER BY 1`,
    )
    .all(since)
    .map((row) => row.ms)
  const stale = (table: string, column: string, where: string, seconds: number): number =>
    db
      .sql<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${column} < ? ${where}`)
      .get(now - seconds)?.n ?? 0
  const newest =
    db.sql<{ at: number | null }>('SELECT max(updated_at) AS at FROM change_queue').get()?.at ?? null
  const lastCleanup = facts.get('last_cleanup')
  const submissions = guard?.n ?? 0
  return {
    window_seconds: windowSeconds,
    status_counts: changes.counts(),
    throughput_per_minute: round(((applied?.n ?? 0) * 60) / windowSeconds, 2),
    avg_dequeue_latency_ms: round(dequeue?.latency ?? null, 2),
    avg_apply_duration_ms: round(applied?.duration ?? null, 2),
    avg_poll_interval_ms: round(dequeue?.poll ?? null, 2),
    lease_contention_events: dequeue?.contention ?? 0,
    timestamp: now,
    stale_applied_rows: stale(
      'change_queue',
      'updated_at',
      `AND status = 'applied'`,
      retention.appliedSeconds,
    ),
    stale_dead_letter_rows: stale('dead_letters', 'failed_at', '', retention.deadLetterSeconds),
    dedup_hits: logs.count('duplicate change request'),
    last_cleanup_timestamp: lastCleanup === null ? null : Number(lastCleanup),
    wal_checkpoint_stats: readWal(db),
    timestamp_skew_secs: newest === null ? null : now - newest,
    agent: {
      requests_per_sec: submissions === 0 ? null : round(submissions / windowSeconds, 3),
      guard_success_rate: submissions === 0 ? null : round((guard?.passed ?? 0) / submissions, 4),
      approval_latency_ms: {
        avg:
          latencies.length === 0 ? null : round(latencies.reduce((a, b) => a + b, 0) / latencies.length, 1),
        p50: quantile(latencies, 0.5),
        p95: quantile(latencies, 0.95),
      },
    },
  }
}

/** Asks for a passive checkpoint, which waits for nobody, and tells what it moved; pages. */
function readWal(db: Database): QueueMetrics['wal_checkpoint_stats'] {
  if (db.inTransaction) return null
  const [row] = db.pragma('wal_checkpoint(PASSIVE)') as { busy: number; log: number; checkpointed: number }[]
  if (row === undefined || row.log < 0) return null
  return { checkpointed: Math.max(0, row.checkpointed), log: row.log, wal: row.log }
}
