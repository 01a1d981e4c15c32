/** `depends_on`: how the tasks a change waits for stand, and when no waiting can bring them about. */
import type { Database } from './database.ts'

/** What stands between a task and `applied`, seen from a change that depends on it. */
export type DependencyState = 'applied' | 'waiting' | 'impossible'

/**
 * Tells how a task stands: applied at least once, still possible (open, waiting for a person, or not submitted yet),
 * or impossible because every change of it failed or was cancelled.
 */
export function dependencyState(db: Database, taskId: string): DependencyState {
  const row = db
    .sql<{ applied: number; ended: number; alive: number }>(
      `SELECT coalesce(sum(status = 'applied'), 0) AS applied,
              coalesce(sum(status IN ('failed', 'cancelled')), 0) AS ended,
              coalesce(sum(status NOT IN ('applied', 'failed', 'cancelled')), 0) AS alive
       FROM (SELECT status FROM change_queue WHERE task_id = ?1
             UNION ALL SELECT status FROM change_archive WHERE task_id = ?1)`,
    )
    .get(taskId)
  if (row === undefined || row.applied > 0) return row === undefined ? 'waiting' : 'applied'
  return row.ended > 0 && row.alive === 0 ? 'impossible' : 'waiting'
}

/** Returns the tasks a change still waits for, with how each stands. */
export function unmetDependencies(
  db: Database,
  changeId: number,
): { taskId: string; state: DependencyState }[] {
  return db
    .sql<{ task_id: string }>('SELECT task_id FROM change_dependencies WHERE change_id = ? ORDER BY task_id')
    .all(changeId)
    .map(({ task_id }) => ({ taskId: task_id, state: dependencyState(db, task_id) }))
    .filter(({ state }) => state !== 'applied')
}

/** Returns the changes that wait and name one of these tasks in their `depends_on`. */
export function dependents(db: Database, taskIds: readonly string[]): number[] {
  return db
    .sql<{ id: number }>(
      `SELECT DISTINCT q.id FROM change_dependencies d JOIN change_queue q ON q.id = d.change_id
       WHERE d.task_id IN (SELECT value FROM json_each(?)) AND q.status IN ('pending', 'held') ORDER BY q.id`,
    )
    .all(JSON.stringify(taskIds))
    .map((row) => row.id)
}
