/** What changed in the files of the workspace, the newest thousands of it. */
import type { FILE_EVENT_KINDS, FileEvent } from '../../../schemas/intake.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'

export type FileEventKind = (typeof FILE_EVENT_KINDS)[number]

export interface NewFileEvent {
  path: string
  kind: FileEventKind
  size: number | null
}

export interface FileEvents {
  /** Writes events down in one transaction; what another program has just written is not written again. */
  record(events: readonly NewFileEvent[]): void
  /** Oldest first; `limit` the newest this many. */
  list(filter: { sinceSeconds?: number; limit?: number }): FileEvent[]
}

/** Rows kept. */
export const FILE_EVENTS_KEPT = 10_000
/** Two programs over one workspace see the same change within so long. */
const SAME_SECONDS = 2

export function openFileEvents(db: Database, clock: Clock): FileEvents {
  return {
    record(events) {
      if (events.length === 0) return
      db.write(() => {
        const now = nowSeconds(clock)
        const insert = db.sql(
          `INSERT INTO file_modifications (path, kind, size, created_at)
           SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (
             SELECT 1 FROM file_modifications INDEXED BY file_modifications_created
             WHERE created_at >= ?5 AND path = ?1 AND kind = ?2 AND size IS ?3)`,
        )
        for (const { path, kind, size } of events) insert.run(path, kind, size, now, now - SAME_SECONDS)
        db.sql(
          `DELETE FROM file_modifications WHERE id <= (SELECT max(id) FROM file_modifications) - ${FILE_EVENTS_KEPT}`,
        ).run()
      })
    },
    list: ({ sinceSeconds, limit }) =>
      db
        .sql<FileEvent>(
          `SELECT id, path, kind, size, created_at FROM file_modifications
           WHERE ?1 IS NULL OR created_at >= ?1 ORDER BY id DESC LIMIT ?2`,
        )
        .all(sinceSeconds ?? null, limit ?? -1)
        .toReversed(),
  }
}
