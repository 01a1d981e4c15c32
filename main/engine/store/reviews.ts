/** What the conflict reviewer keeps: drafts, the sides they were begun on, trials, and decisions to be offered again. */
import type { ConflictRecord } from '../../../schemas/conflict.ts'
import type { DecidedChunk, Draft, Precedent, StoredDraft, Trial } from '../../../schemas/reviewer.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import { sidesKey } from '../domain/sides-key.ts'
import type { Database } from './database.ts'
import type { ConflictRow } from './records.ts'

/** Sides of a path: what `conflicts` has, or what it had when a draft was begun. */
export type SidesRow = Pick<ConflictRow, 'record' | 'base' | 'ours' | 'theirs'>

export interface NewDraft {
  path: string
  sidesKey: string
  /** The one it builds on; null where there was none. */
  revision: number | null
  tab: string
  draft: Draft
}

export interface Reviews {
  draft(changeId: number, path: string): StoredDraft | null
  drafts(changeId: number): StoredDraft[]
  /** The same without what is in them. */
  revisions(changeId: number): { path: string; revision: number; tab: string }[]
  /** Stores a draft unless another was written since the one it builds on; returns what is kept now either way. */
  writeDraft(changeId: number, draft: NewDraft): { stored: boolean; current: StoredDraft | null }
  /** The newest row of the log about a change: whatever replaces its conflict writes one. */
  lastLogged(changeId: number): number | null
  /** Sides that a path had before its present ones. */
  formerSides(changeId: number, path: string, key: string): SidesRow | undefined
  trial(changeId: number): Trial | null
  setTrial(changeId: number, trial: Trial): void
  /** Remembers what was decided for a change, in place of what was decided for it before. Call inside a transaction. */
  decide(changeId: number, by: string, chunks: readonly DecidedChunk[]): void
  /** Newest first for each key. */
  precedents(keys: readonly string[]): Precedent[]
}

/** A longer text is decided anew each time. */
const LONGEST_PRECEDENT = 64 * 1024
const PRECEDENTS_KEPT = 20

interface DraftRow extends Omit<StoredDraft, keyof Draft> {
  draft: string
}

export function openReviews(db: Database, clock: Clock): Reviews {
  const shown = ({ draft, ...row }: DraftRow): StoredDraft => ({ ...row, ...(JSON.parse(draft) as Draft) })
  const COLUMNS = 'path, revision, sides_key, tab, updated_at, draft'
  const draftOf = (changeId: number, path: string): StoredDraft | null => {
    const row = db
      .sql<DraftRow>(`SELECT ${COLUMNS} FROM review_drafts WHERE change_id = ? AND path = ?`)
      .get(changeId, path)
    return row === undefined ? null : shown(row)
  }
  return {
    draft: draftOf,
    drafts: (changeId) =>
      db
        .sql<DraftRow>(`SELECT ${COLUMNS} FROM review_drafts WHERE change_id = ? ORDER BY path`)
        .all(changeId)
        .map(shown),
    revisions: (changeId) =>
      db
        .sql<{ path: string; revision: number; tab: string }>(
          'SELECT path, revision, tab FROM review_drafts WHERE change_id = ? ORDER BY path',
        )
        .all(changeId),
    lastLogged: (changeId) =>
      db
        .sql<{ id: number | null }>('SELECT max(id) AS id FROM change_queue_logs WHERE queue_id = ?')
        .get(changeId)?.id ?? null,
    writeDraft: (changeId, { path, sidesKey: key, revision, tab, draft }) =>
      db.write(() => {
        const found = db
          .sql<{ revision: number }>('SELECT revision FROM review_drafts WHERE change_id = ? AND path = ?')
          .get(changeId, path)
        if ((found?.revision ?? null) !== revision) return { stored: false, current: draftOf(changeId, path) }
        const row = {
          path,
          revision: (revision ?? 0) + 1,
          sides_key: key,
          tab,
          updated_at: nowSeconds(clock),
        }
        db.sql(
          `INSERT OR REPLACE INTO review_drafts (change_id, path, revision, sides_key, tab, updated_at, draft)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ).run(changeId, path, row.revision, key, tab, row.updated_at, JSON.stringify(draft))
        return { stored: true, current: { ...row, ...draft } }
      }),
    formerSides: (changeId, path, key) =>
      db
        .sql<SidesRow>(
          `SELECT record, base, ours, theirs FROM review_sides WHERE change_id = ? AND path = ? AND sides_key = ?`,
        )
        .get(changeId, path, key),
    trial(changeId) {
      const row = db
        .sql<{ trial: string }>('SELECT trial FROM review_trials WHERE change_id = ?')
        .get(changeId)
      return row === undefined ? null : (JSON.parse(row.trial) as Trial)
    },
    setTrial(changeId, trial) {
      db.sql('INSERT OR REPLACE INTO review_trials (change_id, trial) VALUES (?, ?)').run(
        changeId,
        JSON.stringify(trial),
      )
    },
    decide(changeId, by, chunks) {
      db.sql('DELETE FROM precedents WHERE change_id = ?').run(changeId)
      const now = nowSeconds(clock)
      for (const { key, choice, text } of chunks) {
        if (choice === 'open' || text.length > LONGEST_PRECEDENT) continue
        db.sql(
          'INSERT INTO precedents (key, choice, text, by, change_id, decided_at) VALUES (?, ?, ?, ?, ?, ?)',
        ).run(key, choice, text, by, changeId, now)
        db.sql(
          `DELETE FROM precedents WHERE id IN
             (SELECT id FROM precedents WHERE key = ? ORDER BY id DESC LIMIT -1 OFFSET ${PRECEDENTS_KEPT})`,
        ).run(key)
      }
    },
    precedents: (keys) =>
      db
        .sql<Precedent>(
          `SELECT p.key, p.text, p.choice, p.by, p.change_id, coalesce(q.task_id, a.task_id) AS task_id,
             coalesce(q.status, a.status, 'gone') AS status,
             CASE WHEN q.id IS NULL THEN a.check_verdict ELSE q.check_verdict END AS check_verdict, p.decided_at
           FROM json_each(?) JOIN precedents p ON p.key = json_each.value
             LEFT JOIN change_queue q ON q.id = p.change_id LEFT JOIN change_archive a ON a.id = p.change_id
           ORDER BY json_each.key, p.id DESC`,
        )
        .all(JSON.stringify([...new Set(keys)])),
  }
}

/**
 * Keeps the sides that are about to be replaced, for drafts that were begun on them and for windows that show them
 * still. Call before the replacement, inside its transaction.
 */
export function keepFormerSides(
  db: Database,
  changeId: number,
  rows: readonly { path: string; record: string }[],
): void {
  const keyIn = new Map(rows.map(({ path, record }) => [path, keyOf(record)]))
  const before = db.sql<ConflictRow>('SELECT * FROM conflicts WHERE change_id = ?').all(changeId)
  for (const { path, record, base, ours, theirs } of before) {
    const key = keyOf(record)
    if (keyIn.get(path) === key) continue
    db.sql(
      `DELETE FROM review_sides WHERE change_id = ?1 AND path = ?2 AND sides_key NOT IN
         (SELECT sides_key FROM review_drafts WHERE change_id = ?1 AND path = ?2)`,
    ).run(changeId, path)
    db.sql(
      `INSERT OR REPLACE INTO review_sides (change_id, path, sides_key, record, base, ours, theirs)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(changeId, path, key, record, base, ours, theirs)
  }
}

const keyOf = (record: string): string => sidesKey(JSON.parse(record) as ConflictRecord)

/** What is kept for a conflict goes when its change has landed: until then it may come back. */
export function dropReviews(db: Database, landed: readonly number[]): void {
  if (landed.length === 0) return
  const ids = JSON.stringify(landed)
  for (const table of ['review_drafts', 'review_sides', 'review_trials'])
    db.sql(`DELETE FROM ${table} WHERE change_id IN (SELECT value FROM json_each(?))`).run(ids)
}
