/** Rows of change_queue_logs, and the messages other programs rely on. */
import { z } from 'zod'
import { CHECK_VERDICTS } from './check.ts'
import { idSchema, oidSchema, rowIdSchema, sha256Schema, timeSchema } from './ids.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const logEventSchema = z
  .strictObject({
    id: rowIdSchema,
    queue_id: rowIdSchema.nullable(),
    task_id: idSchema.nullable(),
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    details: z.looseObject({}).nullable().describe('JSON; carries the telemetry anchors of the work.'),
    created_at: timeSchema,
  })
  .meta({ title: 'Log event', description: 'One row of change_queue_logs.' })
export type LogEvent = z.infer<typeof logEventSchema>

const milliseconds = z.number().min(0)

/** The details each known message carries at least; a message may carry more. */
export const LOG_DETAILS = {
  enqueued: z.looseObject({}),
  dequeued: z.looseObject({}),
  dequeue_metrics: z.looseObject({
    dequeue_latency_ms: milliseconds,
    poll_interval_ms: milliseconds,
    worker_id: z.string(),
  }),
  'validation failed': z.looseObject({}),
  'apply failed': z.looseObject({}),
  'checks failed': z.looseObject({}),
  check: z.looseObject({
    command: z.string(),
    verdict: z.enum(CHECK_VERDICTS),
    exit_code: z.int().nullable(),
    duration_ms: milliseconds,
    tree: oidSchema,
  }),
  applied: z.looseObject({ apply_duration_ms: milliseconds, commit: oidSchema }),
  'already present': z.looseObject({}),
  conflict: z.looseObject({}),
  held: z.looseObject({}),
  'duplicate change request': z.looseObject({}),
  cleanup_stale_records: z.looseObject({}),
  'max attempts reached': z.looseObject({}),
  guard: z.looseObject({
    code: z.string(),
    output: z.string(),
    duration_ms: milliseconds,
    /** 0, or absent, for what was handed in first. */
    repair: z.int().min(0).optional(),
  }),
  approval: z.looseObject({
    approver: z.string(),
    decision: z.string(),
    approval_latency_ms: milliseconds.nullable(),
    payload_hash: sha256Schema,
  }),
} as const

/** A message whose wording and details other programs may rely on. */
export type LogMessage = keyof typeof LOG_DETAILS
export const LOG_MESSAGES = Object.keys(LOG_DETAILS) as LogMessage[]
export type LogDetails<M extends LogMessage> = z.infer<(typeof LOG_DETAILS)[M]>
