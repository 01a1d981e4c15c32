/** Moves what has ended long ago to the archive, where `show` and the audit still find it. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'
import type { RetentionSeconds } from './metrics.ts'
import type { WorkspaceFacts } from './workspace.ts'

const COLUMNS =
  'id, task_id, agent, request_id, status, payload, payload_hash, priority, enqueued_tip, attempts, last_error, ' +
  'reason_code, fence, landed_commit, check_verdict, kind, created_at, updated_at'

export interface SweepDeps {
  db: Database
  clock: Clock
  logs: Logs
  facts: WorkspaceFacts
}

/** How often whoever runs workers sweeps. */
const SWEEP_SECONDS = 3600

/**
 * Sweeps by the retention unless somebody did within the hour; returns what went, null where it is not due.
 *
 * It is looked and written down in one transaction, so that of many programs one does it.
 */
export function sweepIfDue(
  deps: SweepDeps,
  retention: RetentionSeconds,
): { archived: number; deadLetters: number } | null {
  const { db, facts } = deps
  const isDue = (): boolean => {
    const now = nowSeconds(deps.clock)
    const swept = facts.get('last_cleanup')
    // A queue that was never swept has had nothing to sweep before its first hour is over.
    const first = db.sql<{ at: number }>('SELECT created_at AS at FROM change_queue_logs ORDER BY id LIMIT 1')
    const since = now - (swept === null ? (first.get()?.at ?? now) : Number(swept))
    // A last time that lies ahead was told by a clock that has been set back since.
    return since >= SWEEP_SECONDS || since < 0
  }
  // Mostly it is not: then nobody is kept waiting for the right to write.
  if (!isDue()) return null
  return db.write(() => {
    if (!isDue()) return null
    const archived = cleanUp(deps, retention.appliedSeconds)
    const before = nowSeconds(deps.clock) - retention.deadLetterSeconds
    // The payload stays in the archive, with the change.
    const { changes } = db.sql('DELETE FROM dead_letters WHERE failed_at < ?').run(before)
    if (changes > 0) {
      const details = { ttl_seconds: retention.deadLetterSeconds, removed: changes }
      deps.logs.write({ message: 'cleanup_dead_letters', details })
    }
    return { archived, deadLetters: changes }
  })
}

/** Archives ended rows not updated for `ttlSeconds`; returns how many went. Their task and payload may come again. */
export function cleanUp(deps: SweepDeps, ttlSeconds: number): number {
  const { db, logs, facts } = deps
  return db.write(() => {
    const now = nowSeconds(deps.clock)
    const where = `status IN ('applied', 'failed', 'cancelled') AND updated_at < ?`
    // The newest merge of upstream tells that this commit was decided about, however long ago.
    const open = `AND id NOT IN (SELECT change_id FROM landing_attempts WHERE state = 'open')
      AND id IS NOT (SELECT max(id) FROM change_queue WHERE kind = 'upstream_merge' AND status <> 'applied')`
    // An id that was brought back from the archive and ended again replaces its older entry.
    db.sql(
      `INSERT OR REPLACE INTO change_archive (${COLUMNS}, archived_at)
       SELECT ${COLUMNS}, ? FROM change_queue WHERE ${where} ${open}`,
    ).run(now, now - ttlSeconds)
    const { changes } = db.sql(`DELETE FROM change_queue WHERE ${where} ${open}`).run(now - ttlSeconds)
    facts.set('last_cleanup', String(now))
    logs.write({ message: 'cleanup_stale_records', details: { ttl_seconds: ttlSeconds, archived: changes } })
    return changes
  })
}
