/** Landed changes that the target no longer holds, with the operator's consent: they have not landed any more. */
import { branchName } from '../domain/branch-name.ts'
import type { Database } from './database.ts'
import type { Store } from './store.ts'

export interface Landing {
  id: number
  commit: string
}

/** Why a change that landed is cancelled. */
const TAKEN_BACK = 'taken_back'

/** Every change on record as landed, archived ones with them. */
export const landings = (db: Database): Landing[] =>
  db
    .sql<Landing>(
      `SELECT id, landed_commit AS "commit" FROM change_queue
         WHERE +status = 'applied' AND landed_commit IS NOT NULL
       UNION ALL
       SELECT id, landed_commit FROM change_archive
         WHERE status = 'applied' AND landed_commit IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM change_queue q WHERE q.id = change_archive.id)
       ORDER BY id`,
    )
    .all()

/** Changes that were leased while what they depend on still counted as landed. */
const builtOnThem = `SELECT DISTINCT q.id, q.fence, q.attempts FROM change_dependencies d
  JOIN change_queue q ON q.id = d.change_id
  WHERE d.task_id IN (SELECT value FROM json_each(?)) AND q.status = 'in_progress' ORDER BY q.id`

/**
 * Marks landed changes as taken back, each with a row of the log that the audit reads: they are cancelled, can be
 * retried, and what depends on them waits again. Call inside a transaction.
 */
export function takeBack(
  { db, changes, logs, records }: Pick<Store, 'db' | 'changes' | 'logs' | 'records'>,
  lost: readonly Landing[],
  { target, tip }: { target: string; tip: string },
): void {
  const branch = branchName(target)
  const sentence = (commit: string): string =>
    `landed as ${commit.slice(0, 12)} and was taken back: ${branch} was moved by hand to where it is not`
  const found = lost.flatMap(({ id, commit }) => {
    const at = changes.find(id)
    return at === undefined ? [] : [{ ...at, commit }]
  })
  for (const { row, commit } of found) {
    const details = { commit, target, tip }
    logs.write({ level: 'warn', message: 'taken back', queueId: row.id, taskId: row.task_id, details })
  }
  changes.moveAll(
    found
      .filter(({ archived }) => !archived)
      .map(({ row, commit }) => ({
        id: row.id,
        to: 'cancelled',
        fields: { takenBack: true, landedCommit: null, reasonCode: TAKEN_BACK, lastError: sentence(commit) },
      })),
  )
  const inArchive = db.sql(
    `UPDATE change_archive SET status = 'cancelled', landed_commit = NULL, reason_code = '${TAKEN_BACK}', last_error = ?
     WHERE id = ?`,
  )
  for (const { row, archived, commit } of found) if (archived) inArchive.run(sentence(commit), row.id)
  const tasks = JSON.stringify(found.map(({ row }) => row.task_id))
  const building = db.sql<{ id: number; fence: number; attempts: number }>(builtOnThem).all(tasks)
  for (const { id, fence } of building) records.endAttempt(id, fence, 'released', 'hyperion')
  changes.moveAll(
    building.map(({ id, attempts }) => ({
      id,
      to: 'pending',
      fields: { attempts: Math.max(0, attempts - 1) },
    })),
  )
}
