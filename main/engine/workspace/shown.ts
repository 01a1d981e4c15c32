/** Rows as people and programs see them: JSON columns taken apart, what is internal left out. */
import type { LogEvent } from '../../../schemas/log-event.ts'
import type { ListRow } from '../../../schemas/records.ts'
import type { Queued } from '../../../schemas/upstream.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { LogRow } from '../store/logs.ts'

export const shownRow = (row: ChangeRow): ListRow => ({
  id: row.id,
  status: row.status,
  task_id: row.task_id,
  agent: row.agent,
  payload: JSON.parse(row.payload) as Queued,
  payload_hash: row.payload_hash,
  priority: row.priority,
  attempts: row.attempts,
  last_error: row.last_error,
  leased_until: row.leased_until,
  lease_owner: row.lease_owner,
  landed_commit: row.landed_commit,
  check_verdict: row.check_verdict as ListRow['check_verdict'],
  created_at: row.created_at,
  updated_at: row.updated_at,
})

export type ShownLog = LogEvent & { details: Record<string, unknown> }

export const shownLog = (row: LogRow): ShownLog => ({
  id: row.id,
  queue_id: row.queue_id,
  task_id: row.task_id,
  level: row.level,
  message: row.message,
  details: JSON.parse(row.details) as Record<string, unknown>,
  created_at: row.created_at,
})
