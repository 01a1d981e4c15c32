/** Work on the operator's checkout, written down before it begins so that it can be finished or undone. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { ProcessIdentity } from '../base/process.ts'
import type { Database } from './database.ts'

/** A process id that no system gives. */
const NOBODY = 2 ** 31 - 1

export interface JournalFile {
  path: string
  /** Null: the file was not there. */
  oldBytes: Buffer | null
  oldMode: number | null
  /** Null: the file is to go. */
  newBytes: Buffer | null
  newMode: number | null
}

export interface JournalRow {
  id: number
  kind: 'apply' | 'sync'
  state: 'open' | 'done' | 'undone'
  direction: 'forward' | 'back'
  details: string
  pid: number
  pid_started: string | null
}

export interface Journal {
  /** `direction` says where a restart takes it. */
  begin(entry: {
    kind: 'apply' | 'sync'
    direction: 'forward' | 'back'
    details: object
    process: ProcessIdentity
    files: readonly JournalFile[]
  }): number
  /** The same, unless other work on a checkout is open: of two at once one is refused (null). */
  beginAlone(entry: Parameters<Journal['begin']>[0]): number | null
  /** Whoever began it does not go on: it is as after a death. */
  orphan(id: number): void
  /** What was to go forward is taken back from now on, even by a restart. */
  turnBack(id: number): void
  end(id: number, state: 'done' | 'undone'): void
  open(): JournalRow[]
  files(id: number): JournalFile[]
}

export function openJournal(db: Database, clock: Clock): Journal {
  const journal: Journal = {
    begin: (entry) =>
      db.write(() => {
        const id = db
          .sql(
            `INSERT INTO checkout_journal (kind, state, direction, details, pid, pid_started, created_at)
             VALUES (?, 'open', ?, ?, ?, ?, ?)`,
          )
          .run(
            entry.kind,
            entry.direction,
            JSON.stringify(entry.details),
            entry.process.pid,
            entry.process.startedAt,
            nowSeconds(clock),
          ).lastInsertRowid
        const insert = db.sql(
          `INSERT INTO checkout_journal_files (journal_id, path, old_bytes, old_mode, new_bytes, new_mode)
           VALUES (?, ?, ?, ?, ?, ?)`,
        )
        for (const f of entry.files) insert.run(id, f.path, f.oldBytes, f.oldMode, f.newBytes, f.newMode)
        return id
      }),
    beginAlone: (entry) => db.write(() => (journal.open().length > 0 ? null : journal.begin(entry))),
    orphan(id) {
      db.sql(`UPDATE checkout_journal SET pid = ${NOBODY} WHERE id = ?`).run(id)
    },
    turnBack(id) {
      db.sql(`UPDATE checkout_journal SET direction = 'back' WHERE id = ?`).run(id)
    },
    end(id, state) {
      db.write(() => {
        db.sql('UPDATE checkout_journal SET state = ? WHERE id = ?').run(state, id)
        // The bytes were kept for a restart; what is done needs none.
        db.sql('DELETE FROM checkout_journal_files WHERE journal_id = ?').run(id)
      })
    },
    open: () => db.sql<JournalRow>(`SELECT * FROM checkout_journal WHERE state = 'open' ORDER BY id`).all(),
    files: (id) =>
      db
        .sql<{
          path: string
          old_bytes: Buffer | null
          old_mode: number | null
          new_bytes: Buffer | null
          new_mode: number | null
        }>('SELECT * FROM checkout_journal_files WHERE journal_id = ? ORDER BY path')
        .all(id)
        .map((row) => ({
          path: row.path,
          oldBytes: row.old_bytes,
          oldMode: row.old_mode,
          newBytes: row.new_bytes,
          newMode: row.new_mode,
        })),
  }
  return journal
}
