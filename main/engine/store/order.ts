/** Who waits for whom: changes that share a path keep their order, once what they depend on is applied. */
import type { Database } from './database.ts'

/**
 * Recomputes whether one change waits for an earlier open change on one of its paths.
 *
 * A change whose dependencies are not met is not in line yet and keeps nobody waiting: it might depend on the very
 * change behind it, or on a task that never comes. Only one earlier change is looked for, so the cost does not grow
 * with the queue.
 */
export function refreshBlocked(db: Database, changeId: number): void {
  db.sql(
    `UPDATE change_queue SET blocked = EXISTS (
       SELECT 1 FROM change_paths mine
       JOIN change_paths earlier ON earlier.path = mine.path AND earlier.open = 1 AND earlier.change_id < mine.change_id
       JOIN change_queue q ON q.id = earlier.change_id AND q.unmet = 0
       WHERE mine.change_id = ?1)
     WHERE id = ?1`,
  ).run(changeId)
}

/** Returns, for each path of these changes, the next later open change in line on it. */
export function nextOnPaths(db: Database, changeIds: readonly number[]): number[] {
  return db
    .sql<{ next: number | null }>(
      `SELECT DISTINCT (SELECT later.change_id FROM change_paths later
                JOIN change_queue q ON q.id = later.change_id AND q.unmet = 0
                WHERE later.path = mine.path AND later.open = 1 AND later.change_id > mine.change_id
                ORDER BY later.change_id LIMIT 1) AS next
       FROM change_paths mine WHERE mine.change_id IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(changeIds))
    .flatMap((row) => (row.next === null ? [] : [row.next]))
}

/** Returns those of the changes that a later open one shares a path with: mostly few, and asked about many at once. */
export function followedOnPaths(db: Database, changeIds: readonly number[]): Set<number> {
  const followed = db.sql<{ id: number }>(
    `SELECT DISTINCT mine.change_id AS id FROM change_paths mine
     WHERE mine.change_id IN (SELECT value FROM json_each(?)) AND EXISTS (
       SELECT 1 FROM change_paths later
       WHERE later.path = mine.path AND later.open = 1 AND later.change_id > mine.change_id)`,
  )
  return new Set(followed.all(JSON.stringify(changeIds)).map((row) => row.id))
}

/** Returns the earlier open changes in line that share a path with this one. */
export function earlierOnPaths(db: Database, changeId: number): number[] {
  return db
    .sql<{ id: number }>(
      `SELECT DISTINCT earlier.change_id AS id FROM change_paths mine
       JOIN change_paths earlier ON earlier.path = mine.path AND earlier.open = 1 AND earlier.change_id < mine.change_id
       JOIN change_queue q ON q.id = earlier.change_id AND q.unmet = 0
       WHERE mine.change_id = ? ORDER BY 1`,
    )
    .all(changeId)
    .map((row) => row.id)
}

/** Opens or closes the paths of changes and lets the next in line know. */
export function setPathsOpen(db: Database, changeIds: readonly number[], open: boolean): void {
  if (changeIds.length === 0) return
  const changed = db
    .sql(
      `UPDATE change_paths SET open = ?1
       WHERE change_id IN (SELECT value FROM json_each(?2)) AND open <> ?1`,
    )
    .run(open ? 1 : 0, JSON.stringify(changeIds))
  if (changed.changes === 0) return
  // What is open no more waits for nobody; only those behind it need to know.
  if (open) for (const id of changeIds) refreshBlocked(db, id)
  for (const next of nextOnPaths(db, changeIds)) refreshBlocked(db, next)
}

/** Recomputes who waits after a change came into line or left it. */
function refreshLine(db: Database, changeId: number): void {
  refreshBlocked(db, changeId)
  for (const next of nextOnPaths(db, [changeId])) refreshBlocked(db, next)
}

/** Writes down how many dependencies of a change are not met, which decides whether it is in line. */
export function setUnmet(db: Database, changeId: number, unmet: number): void {
  const before = db.sql<{ unmet: number }>('SELECT unmet FROM change_queue WHERE id = ?').get(changeId)?.unmet
  if (before === unmet) return
  db.sql('UPDATE change_queue SET unmet = ? WHERE id = ?').run(unmet, changeId)
  if ((before === 0) !== (unmet === 0)) refreshLine(db, changeId)
}
