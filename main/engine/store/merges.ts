/** Merges of upstream among the rows of the queue. */
import type { ChangeRow, Changes } from './changes.ts'
import type { Database } from './database.ts'
import type { Records } from './records.ts'

export interface Merges {
  /** Every merge of the live queue, newest first. */
  all(): ChangeRow[]
  /** Whether there is one that has not ended well, without reading any. */
  anyOpen(): boolean
  /** Has a merge that waits or failed bring another commit instead; what people decided stays beside it. */
  replace(id: number, fresh: { taskId: string; payload: string; payloadHash: string; tip: string }): void
  /** Has a merge built again from the beginning. */
  again(id: number): void
}

const OPEN = `('pending', 'in_progress', 'conflict', 'held', 'failed')`

export function openMerges(db: Database, changes: Changes, records: Records): Merges {
  const again = (id: number): void => {
    const row = changes.get(id)
    if (row === undefined) return
    records.removeDeadLetters(id)
    if (row.status !== 'pending')
      changes.move(id, 'pending', { attempts: 0, lastError: null, reasonCode: null, verdict: null })
  }
  return {
    all: () =>
      db
        .sql<ChangeRow>(
          `SELECT * FROM change_queue INDEXED BY change_queue_merges WHERE kind = 'upstream_merge' ORDER BY id DESC`,
        )
        .all(),
    anyOpen: () =>
      db
        .sql<{ found: number }>(
          `SELECT EXISTS (SELECT 1 FROM change_queue INDEXED BY change_queue_merges
                          WHERE kind = 'upstream_merge' AND status IN ${OPEN}) AS found`,
        )
        .get()?.found === 1,
    again,
    replace(id, { taskId, payload, payloadHash, tip }) {
      db.sql(
        'UPDATE change_queue SET task_id = ?, payload = ?, payload_hash = ?, enqueued_tip = ? WHERE id = ?',
      ).run(taskId, payload, payloadHash, tip, id)
      again(id)
    },
  }
}
