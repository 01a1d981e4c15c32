/** Task requests and what became of them: brief, assignments, change requests. Persisted before each next step. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'

export type RequestStatus =
  'received' | 'briefed' | 'assigned' | 'queued' | 'needs_answer' | 'failed' | 'cancelled'

export interface RequestRow {
  request_id: string
  status: RequestStatus
  payload: string
  options: string
  base_tip: string | null
  error: string | null
  created_at: number
  updated_at: number
}

export interface AssignmentRow {
  task_id: string
  request_id: string
  seq: number
  agent: string
  assignment: Assignment
  status: 'planned' | 'drafted' | 'queued' | 'failed'
  changeRequest: ChangeRequest | null
  change_id: number | null
  error: string | null
}

interface StoredAssignment extends Omit<AssignmentRow, 'assignment' | 'changeRequest'> {
  assignment: string
  change_request: string | null
}

export interface Requests {
  /** Records a request that is new; returns the row that is there now. */
  receive(request: { requestId: string; payload: string; options: object; baseTip: string | null }): {
    row: RequestRow
    isNew: boolean
  }
  get(requestId: string): RequestRow | undefined
  list(limit: number): RequestRow[]
  setStatus(requestId: string, status: RequestStatus, error: string | null): void
  setBrief(requestId: string, brief: Brief): void
  brief(requestId: string): Brief | null
  setAssignments(requestId: string, assignments: readonly { assignment: Assignment; agent: string }[]): void
  assignments(requestId: string): AssignmentRow[]
  setDraft(taskId: string, change: ChangeRequest): void
  setQueued(taskId: string, changeId: number): void
  setFailed(taskId: string, error: string): void
  /** Returns the request an assignment of this task belongs to, if another one has it. */
  ownerOf(taskId: string): string | null
}

export function openRequests(db: Database, clock: Clock): Requests {
  const get = (requestId: string): RequestRow | undefined =>
    db.sql<RequestRow>('SELECT * FROM task_requests WHERE request_id = ?').get(requestId)
  const now = (): number => nowSeconds(clock)
  return {
    receive: ({ requestId, payload, options, baseTip }) =>
      db.write(() => {
        const known = get(requestId)
        if (known !== undefined) return { row: known, isNew: false }
        db.sql(
          `INSERT INTO task_requests (request_id, status, payload, options, base_tip, created_at, updated_at)
           VALUES (?, 'received', ?, ?, ?, ?, ?)`,
        ).run(requestId, payload, JSON.stringify(options), baseTip, now(), now())
        return { row: get(requestId) as RequestRow, isNew: true }
      }),
    get,
    list: (limit) =>
      db
        .sql<RequestRow>('SELECT * FROM task_requests ORDER BY created_at DESC, rowid DESC LIMIT ?')
        .all(limit),
    setStatus(requestId, status, error) {
      db.sql('UPDATE task_requests SET status = ?, error = ?, updated_at = ? WHERE request_id = ?').run(
        status,
        error,
        now(),
        requestId,
      )
    },
    setBrief(requestId, brief) {
      db.write(() => {
        db.sql('INSERT OR REPLACE INTO briefs (request_id, brief, created_at) VALUES (?, ?, ?)').run(
          requestId,
          JSON.stringify(brief),
          now(),
        )
        db.sql(`UPDATE task_requests SET status = 'briefed', updated_at = ? WHERE request_id = ?`).run(
          now(),
          requestId,
        )
      })
    },
    brief(requestId) {
      const row = db.sql<{ brief: string }>('SELECT brief FROM briefs WHERE request_id = ?').get(requestId)
      return row === undefined ? null : (JSON.parse(row.brief) as Brief)
    },
    setAssignments(requestId, assignments) {
      db.write(() => {
        for (const [index, { assignment, agent }] of assignments.entries()) {
          db.sql(
            `INSERT INTO assignments (task_id, request_id, seq, agent, assignment, status, updated_at)
             VALUES (?, ?, ?, ?, ?, 'planned', ?)`,
          ).run(assignment.task_id, requestId, index + 1, agent, JSON.stringify(assignment), now())
        }
        db.sql(`UPDATE task_requests SET status = 'assigned', updated_at = ? WHERE request_id = ?`).run(
          now(),
          requestId,
        )
      })
    },
    assignments: (requestId) =>
      db
        .sql<StoredAssignment>('SELECT * FROM assignments WHERE request_id = ? ORDER BY seq')
        .all(requestId)
        .map(({ change_request, ...row }) => ({
          ...row,
          assignment: JSON.parse(row.assignment) as Assignment,
          changeRequest: change_request === null ? null : (JSON.parse(change_request) as ChangeRequest),
        })),
    setDraft(taskId, change) {
      db.sql(
        `UPDATE assignments SET status = 'drafted', change_request = ?, error = NULL, updated_at = ? WHERE task_id = ?`,
      ).run(JSON.stringify(change), now(), taskId)
    },
    setQueued(taskId, changeId) {
      db.sql(`UPDATE assignments SET status = 'queued', change_id = ?, updated_at = ? WHERE task_id = ?`).run(
        changeId,
        now(),
        taskId,
      )
    },
    setFailed(taskId, error) {
      db.sql(`UPDATE assignments SET status = 'failed', error = ?, updated_at = ? WHERE task_id = ?`).run(
        error,
        now(),
        taskId,
      )
    },
    ownerOf: (taskId) =>
      db.sql<{ request_id: string }>('SELECT request_id FROM assignments WHERE task_id = ?').get(taskId)
        ?.request_id ?? null,
  }
}
