/** Moves what has ended long ago to the archive, where `show` and the audit still find it. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'
import type { WorkspaceFacts } from './workspace.ts'

const COLUMNS =
  'id, task_id, agent, request_id, status, payload, payload_hash, priority, enqueued_tip, attempts, last_error, ' +
  'reason_code, fence, landed_commit, check_verdict, kind, created_at, updated_at'

/** Archives ended rows not updated for `ttlSeconds`; returns how many went. Their task and payload may come again. */
export function cleanUp(
  deps: { db: Database; clock: Clock; logs: Logs; facts: WorkspaceFacts },
  ttlSeconds: number,
): number {
  const { db, logs, facts } = deps
  return db.write(() => {
    const now = nowSeconds(deps.clock)
    const where = `status IN ('applied', 'failed', 'cancelled') AND updated_at < ?`
    const open = `AND id NOT IN (SELECT change_id FROM landing_attempts WHERE state = 'open')`
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
