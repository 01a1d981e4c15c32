/** Changes in a few words each: no payload is read, however large they are. */
import type { ChangeStatus } from '../../../schemas/states.ts'
import type { Database } from './database.ts'

export interface ListedRow {
  id: number
  task_id: string
  agent: string
  status: ChangeStatus
  last_error: string | null
  landed_commit: string | null
  check_verdict: string | null
  updated_at: number
  /** The first paths, as a JSON list. */
  paths: string
  paths_total: number
}

export interface ListedFilter {
  status: ChangeStatus | null
  taskId: string | null
  /** The newest this many. */
  limit: number
}

/** Returns changes of the live queue, oldest first, with at most `paths` of their paths. */
export function readListed(db: Database, filter: ListedFilter, paths: number): ListedRow[] {
  return db
    .sql<ListedRow>(
      `SELECT id, task_id, agent, status, last_error, landed_commit, check_verdict, updated_at,
         (SELECT json_group_array(path) FROM
           (SELECT path FROM change_paths WHERE change_id = found.id ORDER BY path LIMIT ?4)) AS paths,
         (SELECT count(*) FROM change_paths WHERE change_id = found.id) AS paths_total
       FROM (SELECT * FROM change_queue
         WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR task_id = ?2)
         ORDER BY id DESC LIMIT ?3) AS found
       ORDER BY id`,
    )
    .all(filter.status, filter.taskId, filter.limit, paths)
}
