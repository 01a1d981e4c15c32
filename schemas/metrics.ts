/** Figures about the queue; null wherever nobody measured anything. */
import { z } from 'zod'
import { timeSchema } from './ids.ts'

const count = z.int().min(0)
/** A duration or rate; null means no data, never 0. */
const figure = z.number().min(0).nullable()

export const statusCountsSchema = z.strictObject({
  pending: count,
  in_progress: count,
  applied: count,
  failed: count,
  conflict: count,
  held: count,
  cancelled: count,
})
export type StatusCounts = z.infer<typeof statusCountsSchema>
/** Counted, and none found. */
export const NO_CHANGES: Readonly<StatusCounts> = {
  pending: 0,
  in_progress: 0,
  applied: 0,
  failed: 0,
  conflict: 0,
  held: 0,
  cancelled: 0,
}

/** Pages: moved into the database at the last checkpoint, in the log then, and in the WAL now. */
export const walCheckpointStatsSchema = z
  .strictObject({ checkpointed: count, log: count, wal: count })
  .nullable()
export type WalCheckpointStats = z.infer<typeof walCheckpointStatsSchema>

const share = z.number().min(0).max(1).nullable()

/** A submission is what an agent hands in for an assignment, with all its repairs. */
export const guardMetricsSchema = z.strictObject({
  submissions: count.describe('Handed in for the first time within the window.'),
  passed_first: count.describe('Of these, passed without a repair.'),
  passed: count.describe('Of these, passed in the end.'),
  success_rate_after_repair: share.describe('Passed in the end ÷ submissions.'),
  refusals: z
    .record(z.string(), count)
    .describe('Refusals within the window by code, repairs included; the 20 most frequent.'),
})
export type GuardMetrics = z.infer<typeof guardMetricsSchema>

export const agentMetricsSchema = z.strictObject({
  requests_per_sec: figure.describe('What agents handed in, repairs included.'),
  guard_success_rate: share.describe('First-pass passes ÷ submissions.'),
  // A report that an earlier version wrote has none, and is a report.
  guard: guardMetricsSchema
    .optional()
    .describe('What the rate was counted from, and what became of the rest.'),
  approval_latency_ms: z
    .strictObject({ avg: figure, p50: figure, p95: figure })
    .describe('From waiting for a person to the decision.'),
})
export type AgentMetrics = z.infer<typeof agentMetricsSchema>

/** What `queue-metrics` and the verification report have in common. */
export const flowShape = {
  status_counts: statusCountsSchema,
  throughput_per_minute: figure.describe('Changes landed a minute within the window.'),
  avg_dequeue_latency_ms: figure.describe('How long a claim itself takes.'),
  avg_apply_duration_ms: figure,
  avg_poll_interval_ms: figure,
  lease_contention_events: count.describe('Claims that took longer than the poll interval.'),
  dedup_hits: count,
  wal_checkpoint_stats: walCheckpointStatsSchema.describe('Pages of the write-ahead log.'),
}

export const queueMetricsSchema = z
  .strictObject({
    window_seconds: z.int().min(1),
    ...flowShape,
    timestamp: timeSchema,
    stale_applied_rows: count.describe('Rows older than their retention.'),
    stale_dead_letter_rows: count,
    last_cleanup_timestamp: timeSchema.nullable(),
    timestamp_skew_secs: z.int().nullable().describe('Now minus the newest updated_at.'),
    agent: agentMetricsSchema,
  })
  .meta({ title: 'Queue metrics', description: 'What queue-metrics --format json prints.' })
export type QueueMetrics = z.infer<typeof queueMetricsSchema>
