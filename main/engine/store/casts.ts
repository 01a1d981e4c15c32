/** What the cast builder keeps: drafts, the casts that were written, and the approvals people gave to their content. */
import type { CastAnswers, CastDraft, CastStep } from '../../../schemas/cast-draft.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'

/** The file a draft was begun from. */
export interface CastSource {
  name: string
  /** As it was read; written again as it is where nothing was changed. */
  text: string
  remarks: string[]
}

export interface DraftRow extends Omit<CastDraft, 'source'> {
  source: CastSource | null
}

export interface WrittenCast {
  id: number
  request_id: string
  path: string
  sha256: string
  content_hash: string
  cast_json: string
  written_at: number
}

export interface CastApproval {
  id: number
  request_id: string
  content_hash: string
  approver: string
  role: string | null
  note: string | null
  approved_at: number
}

export interface DraftEdit {
  id: string
  /** The one it builds on. */
  revision: number
  tab: string
  step: CastStep
  answers: CastAnswers
}

export interface Casts {
  drafts(): DraftRow[]
  draft(id: string): DraftRow | null
  /** The same without what is in it. */
  revision(id: string): { revision: number; tab: string } | null
  create(draft: Pick<DraftRow, 'id' | 'tab' | 'step' | 'answers' | 'source'>): DraftRow
  /** Stores answers unless another wrote since the revision they build on; returns what is kept now either way. */
  store(edit: DraftEdit): { stored: boolean; current: DraftRow | null }
  /** Puts a draft away, or takes it out again. */
  setDiscarded(id: string, discarded: boolean): void
  /** Remembers a file that was written. */
  written(cast: Omit<WrittenCast, 'id' | 'written_at'>): void
  /** The newest first, one row for each request id. */
  history(limit: number): WrittenCast[]
  /** What was written last under an id. */
  newest(requestId: string): WrittenCast | null
  approve(approval: Omit<CastApproval, 'id' | 'approved_at'>): CastApproval
  withdraw(contentHash: string, approver: string): void
  /** Approvals of exactly this content that nobody took back. */
  approvals(contentHash: string): CastApproval[]
}

type Stored = Omit<DraftRow, 'answers' | 'source'> & { answers: string; source: string | null }

export function openCasts(db: Database, clock: Clock, logs: Logs): Casts {
  const COLUMNS = 'id, revision, tab, step, answers, source, created_at, updated_at'
  const shown = (row: Stored): DraftRow => ({
    ...row,
    answers: JSON.parse(row.answers) as CastAnswers,
    source: row.source === null ? null : (JSON.parse(row.source) as CastSource),
  })
  const draft = (id: string): DraftRow | null => {
    const row = db.sql<Stored>(`SELECT ${COLUMNS} FROM cast_drafts WHERE id = ?`).get(id)
    return row === undefined ? null : shown(row)
  }
  return {
    drafts: () =>
      db
        .sql<Stored>(
          `SELECT ${COLUMNS} FROM cast_drafts WHERE discarded_at IS NULL ORDER BY updated_at DESC, rowid DESC`,
        )
        .all()
        .map(shown),
    draft,
    revision: (id) =>
      db
        .sql<{ revision: number; tab: string }>('SELECT revision, tab FROM cast_drafts WHERE id = ?')
        .get(id) ?? null,
    create({ id, tab, step, answers, source }) {
      const now = nowSeconds(clock)
      db.sql(
        `INSERT INTO cast_drafts (id, revision, tab, step, answers, source, created_at, updated_at)
         VALUES (?, 1, ?, ?, ?, ?, ?, ?)`,
      ).run(id, tab, step, JSON.stringify(answers), source === null ? null : JSON.stringify(source), now, now)
      return { id, revision: 1, tab, step, answers, source, created_at: now, updated_at: now }
    },
    store: ({ id, revision, tab, step, answers }) =>
      db.write(() => {
        const { changes } = db
          .sql(
            `UPDATE cast_drafts SET revision = revision + 1, tab = ?, step = ?, answers = ?, updated_at = ?
             WHERE id = ? AND revision = ?`,
          )
          .run(tab, step, JSON.stringify(answers), nowSeconds(clock), id, revision)
        return { stored: changes === 1, current: draft(id) }
      }),
    setDiscarded(id, discarded) {
      db.sql('UPDATE cast_drafts SET discarded_at = ? WHERE id = ?').run(
        discarded ? nowSeconds(clock) : null,
        id,
      )
    },
    written({ request_id, path, sha256, content_hash, cast_json }) {
      db.write(() => {
        db.sql(
          `INSERT INTO casts (request_id, path, sha256, content_hash, cast_json, written_at) VALUES (?, ?, ?, ?, ?, ?)`,
        ).run(request_id, path, sha256, content_hash, cast_json, nowSeconds(clock))
        logs.write({ message: 'cast written', details: { request_id, path, sha256, content_hash } })
      })
    },
    history: (limit) =>
      db
        .sql<WrittenCast>(
          `SELECT id, request_id, path, sha256, content_hash, cast_json, written_at FROM casts
           WHERE id IN (SELECT max(id) FROM casts GROUP BY request_id) ORDER BY id DESC LIMIT ?`,
        )
        .all(limit),
    newest: (requestId) =>
      db
        .sql<WrittenCast>(
          `SELECT id, request_id, path, sha256, content_hash, cast_json, written_at FROM casts
           WHERE request_id = ? ORDER BY id DESC LIMIT 1`,
        )
        .get(requestId) ?? null,
    approve: ({ request_id, content_hash, approver, role, note }) =>
      db.write(() => {
        const approved_at = nowSeconds(clock)
        const { lastInsertRowid: id } = db
          .sql(
            `INSERT INTO cast_approvals (request_id, content_hash, approver, role, note, approved_at)
             VALUES (?, ?, ?, ?, ?, ?)`,
          )
          .run(request_id, content_hash, approver, role, note, approved_at)
        const details = { request_id, approver, decision: 'approved', content_hash }
        logs.write({ message: 'cast approval', details })
        return { id, request_id, content_hash, approver, role, note, approved_at }
      }),
    withdraw(contentHash, approver) {
      db.write(() => {
        const { changes } = db
          .sql(
            `UPDATE cast_approvals SET withdrawn_at = ?
             WHERE content_hash = ? AND approver = ? AND withdrawn_at IS NULL`,
          )
          .run(nowSeconds(clock), contentHash, approver)
        const details = { approver, decision: 'withdrawn', content_hash: contentHash }
        if (changes > 0) logs.write({ message: 'cast approval', details })
      })
    },
    approvals: (contentHash) =>
      db
        .sql<CastApproval>(
          `SELECT id, request_id, content_hash, approver, role, note, approved_at FROM cast_approvals
           WHERE content_hash = ? AND withdrawn_at IS NULL ORDER BY id`,
        )
        .all(contentHash),
  }
}
