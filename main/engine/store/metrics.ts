/** Figures read off the log and the queue; null where nothing was measured. */
import type { GuardMetrics, QueueMetrics } from '../../../schemas/metrics.ts'
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
  const looks = guardLooks(db, since)
  const guard = guardFigures(looks)
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
      requests_per_sec: looks.length === 0 ? null : round(looks.length / windowSeconds, 3),
      guard_success_rate: shareOf(guard.passed_first, guard.submissions),
      guard,
      approval_latency_ms: {
        avg:
          latencies.length === 0 ? null : round(latencies.reduce((a, b) => a + b, 0) / latencies.length, 1),
        p50: quantile(latencies, 0.5),
        p95: quantile(latencies, 0.95),
      },
    },
  }
}

interface GuardLook {
  code: string
  repair: number
  /** Counts the submissions of one task; 0 where the first look was before the window. */
  submission: number
  task_id: string | null
}

const guardLooks = (db: Database, since: number): GuardLook[] =>
  db
    .sql<GuardLook>(
      `SELECT code, repair, task_id,
              sum(repair = 0) OVER (PARTITION BY task_id ORDER BY id) AS submission
       FROM (SELECT id, task_id, coalesce(details ->> 'code', '') AS code,
                    coalesce(details ->> 'repair', 0) AS repair
             FROM change_queue_logs WHERE message = 'guard' AND created_at >= ?)
       ORDER BY id`,
    )
    .all(since)

const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : round(part / whole, 4))

const MOST_CODES = 20

function guardFigures(looks: readonly GuardLook[]): GuardMetrics {
  const passed = new Set<string>()
  const refusals = new Map<string, number>()
  for (const { code, submission, task_id } of looks) {
    if (code !== 'ok') refusals.set(code, (refusals.get(code) ?? 0) + 1)
    else if (submission > 0) passed.add(JSON.stringify([task_id, submission]))
  }
  const first = looks.filter(({ repair }) => repair === 0)
  const most = [...refusals].toSorted(([, a], [, b]) => b - a).slice(0, MOST_CODES)
  return {
    submissions: first.length,
    passed_first: first.filter(({ code }) => code === 'ok').length,
    passed: passed.size,
    success_rate_after_repair: shareOf(passed.size, first.length),
    refusals: Object.fromEntries(most),
  }
}

/** Asks for a passive checkpoint, which waits for nobody, and tells what it moved; pages. */
function readWal(db: Database): QueueMetrics['wal_checkpoint_stats'] {
  if (db.inTransaction) return null
  const [row] = db.pragma('wal_checkpoint(PASSIVE)') as { busy: number; log: number; checkpointed: number }[]
  if (row === undefined || row.log < 0) return null
  return { checkpointed: Math.max(0, row.checkpointed), log: row.log, wal: row.log }
}
