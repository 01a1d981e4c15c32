/** What people and checks said about a change: runs, approvals, conflicts, resolutions, attempts, dead letters. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'
import { keepFormerSides } from './reviews.ts'

export interface CheckRunRow {
  id: number
  change_id: number
  fence: number
  name: string | null
  command: string
  run: number
  tree: string
  verdict: string
  exit_code: number | null
  duration_ms: number
  output: string
  created_at: number
  /** Fingerprint of everything but tree and command that the verdict may depend on; null where it is not known. */
  surroundings: string | null
}

export interface ApprovalRow {
  id: number
  change_id: number
  decision: 'approved' | 'rejected'
  approver: string
  role: string | null
  note: string | null
  location: string | null
  content_hash: string
  latency_ms: number | null
  created_at: number
}

export interface ConflictRow {
  change_id: number
  path: string
  record: string
  base: Buffer | null
  ours: Buffer | null
  theirs: Buffer | null
  marker_text: Buffer | null
  created_at: number
}

export interface ResolutionRow {
  change_id: number
  path: string
  how: 'from' | 'delete' | 'ours' | 'theirs' | 'base'
  content: Buffer | null
  mode: string | null
  resolved_path: string
  tip: string
  ours_oid: string | null
  theirs_oid: string | null
  resolved_by: string
  /** How many of its conflicts were decided how, as JSON; null where that was not said. */
  choices: string | null
  created_at: number
}

export interface AttemptRow {
  change_id: number
  fence: number
  worker_id: string
  leased_at_ms: number
  ended_at_ms: number | null
  outcome: string | null
  detail: string | null
}

export interface DeadLetterRow {
  id: number
  queue_id: number
  task_id: string
  agent: string
  payload: string
  error: string
  failed_at: number
}

export interface Records {
  addCheckRun(run: Omit<CheckRunRow, 'id' | 'created_at'>): void
  checkRuns(changeId: number): CheckRunRow[]
  /** Whether this command passed on this very tree in the same surroundings, for whichever change. */
  hasPassed(tree: string, command: string, surroundings: string): boolean
  /** What passed on a tree in surroundings that are known, for whichever change. */
  passedOn(tree: string): CheckRunRow[]
  addApproval(approval: Omit<ApprovalRow, 'id' | 'created_at'>): void
  /** The rows of one change, or of several. */
  approvals(changeIds: number | readonly number[]): ApprovalRow[]
  /** Replaces what is known about a change's conflicts; drafts made on other sides keep theirs. */
  setConflicts(changeId: number, rows: readonly Omit<ConflictRow, 'change_id' | 'created_at'>[]): void
  conflicts(changeId: number): ConflictRow[]
  setResolution(row: Omit<ResolutionRow, 'created_at'>): void
  /** The rows of one change, or of several. */
  resolutions(changeIds: number | readonly number[]): ResolutionRow[]
  clearResolutions(changeId: number): void
  endAttempt(changeId: number, fence: number, outcome: string, detail: string | null): void
  attempts(changeId: number): AttemptRow[]
  addDeadLetter(row: Omit<DeadLetterRow, 'id' | 'failed_at'>): void
  deadLetters(filter: { sinceSeconds?: number; limit?: number }): DeadLetterRow[]
  deadLetterOf(queueId: number): DeadLetterRow | undefined
  removeDeadLetters(queueId: number): void
}

export function openRecords(db: Database, clock: Clock): Records {
  const listFor = <R>(table: string, order: string) => {
    const text = `SELECT * FROM ${table} WHERE change_id IN (SELECT value FROM json_each(?)) ORDER BY ${order}`
    return (changeIds: number | readonly number[]): R[] =>
      db.sql<R>(text).all(JSON.stringify([changeIds].flat()))
  }
  return {
    addCheckRun(run) {
      db.sql(
        `INSERT INTO check_runs (change_id, fence, name, command, run, tree, verdict, exit_code, duration_ms, output,
           surroundings, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        run.change_id,
        run.fence,
        run.name,
        run.command,
        run.run,
        run.tree,
        run.verdict,
        run.exit_code,
        run.duration_ms,
        run.output,
        run.surroundings,
        nowSeconds(clock),
      )
    },
    checkRuns: listFor<CheckRunRow>('check_runs', 'id'),
    hasPassed: (tree, command, surroundings) =>
      db
        .sql(
          `SELECT 1 FROM check_runs INDEXED BY check_runs_passed
           WHERE tree = ? AND command = ? AND verdict = 'passed' AND surroundings = ? LIMIT 1`,
        )
        .get(tree, command, surroundings) !== undefined,
    passedOn: (tree) =>
      db
        .sql<CheckRunRow>(
          `SELECT * FROM check_runs INDEXED BY check_runs_passed
           WHERE tree = ? AND verdict = 'passed' AND surroundings IS NOT NULL ORDER BY id`,
        )
        .all(tree),
    addApproval(a) {
      db.sql(
        `INSERT INTO approvals (change_id, decision, approver, role, note, location, content_hash, latency_ms, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        a.change_id,
        a.decision,
        a.approver,
        a.role,
        a.note,
        a.location,
        a.content_hash,
        a.latency_ms,
        nowSeconds(clock),
      )
    },
    approvals: listFor<ApprovalRow>('approvals', 'id'),
    setConflicts(changeId, rows) {
      keepFormerSides(db, changeId, rows)
      db.sql('DELETE FROM conflicts WHERE change_id = ?').run(changeId)
      const insert = db.sql(
        `INSERT INTO conflicts (change_id, path, record, base, ours, theirs, marker_text, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      for (const row of rows) {
        insert.run(
          changeId,
          row.path,
          row.record,
          row.base,
          row.ours,
          row.theirs,
          row.marker_text,
          nowSeconds(clock),
        )
      }
    },
    conflicts: listFor<ConflictRow>('conflicts', 'path'),
    setResolution(row) {
      db.sql(
        `INSERT OR REPLACE INTO resolutions (change_id, path, how, content, mode, resolved_path, tip, ours_oid,
           theirs_oid, resolved_by, choices, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        row.change_id,
        row.path,
        row.how,
        row.content,
        row.mode,
        row.resolved_path,
        row.tip,
        row.ours_oid,
        row.theirs_oid,
        row.resolved_by,
        row.choices,
        nowSeconds(clock),
      )
    },
    resolutions: listFor<ResolutionRow>('resolutions', 'path'),
    clearResolutions(changeId) {
      db.sql('DELETE FROM resolutions WHERE change_id = ?').run(changeId)
    },
    endAttempt(changeId, fence, outcome, detail) {
      db.sql(
        `UPDATE change_attempts SET ended_at_ms = ?, outcome = ?, detail = ?
         WHERE change_id = ? AND fence <= ? AND ended_at_ms IS NULL`,
      ).run(clock.nowMs(), outcome, detail, changeId, fence)
    },
    attempts: listFor<AttemptRow>('change_attempts', 'fence'),
    addDeadLetter(row) {
      db.sql(
        'INSERT INTO dead_letters (queue_id, task_id, agent, payload, error, failed_at) VALUES (?, ?, ?, ?, ?, ?)',
      ).run(row.queue_id, row.task_id, row.agent, row.payload, row.error, nowSeconds(clock))
    },
    deadLetters: (filter) =>
      db
        .sql<DeadLetterRow>(
          `SELECT * FROM (SELECT * FROM dead_letters WHERE (?1 IS NULL OR failed_at >= ?1)
             ORDER BY id DESC LIMIT ?2) ORDER BY id`,
        )
        .all(filter.sinceSeconds ?? null, filter.limit ?? -1),
    deadLetterOf: (queueId) =>
      db
        .sql<DeadLetterRow>('SELECT * FROM dead_letters WHERE queue_id = ? ORDER BY id DESC LIMIT 1')
        .get(queueId),
    removeDeadLetters(queueId) {
      db.sql('DELETE FROM dead_letters WHERE queue_id = ?').run(queueId)
    },
  }
}
