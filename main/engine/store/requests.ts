/** Task requests and what became of them: brief, assignments, change requests. Persisted before each next step. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import { ownIdentity, type ProcessIdentity } from '../base/process.ts'
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
  /** When its open questions are taken as skipped; null where they wait for as long as it takes. */
  answer_by: number | null
  /** Whether its plan waits for a person, or was let run; null where it never waited. */
  plan_hold: 'held' | 'released' | null
  created_at: number
  updated_at: number
}

/** `asks`: its agent wants more files than it was given, and a person decides. */
export type AssignmentStatus = 'planned' | 'asks' | 'drafted' | 'queued' | 'failed' | 'cancelled'

export interface AssignmentRow {
  task_id: string
  request_id: string
  seq: number
  agent: string
  assignment: Assignment
  status: AssignmentStatus
  changeRequest: ChangeRequest | null
  change_id: number | null
  error: string | null
  /** Why a person sent its last change back. */
  sent_back: string | null
  /** Changes of others that were open on its files when it was planned. */
  inFlight: number[]
}

interface StoredAssignment extends Omit<AssignmentRow, 'assignment' | 'changeRequest' | 'inFlight'> {
  assignment: string
  in_flight: string
  change_request: string | null
}

export interface PlannedAssignment {
  assignment: Assignment
  agent: string
  inFlight: readonly number[]
  /** Its place where that is not the one in the list, from 1. */
  seq?: number
}

export interface Requests {
  /** Records a request that is new, led by this process from its first moment; returns the row that is there now. */
  receive(request: { requestId: string; payload: string; options: object; baseTip: string | null }): {
    row: RequestRow
    isNew: boolean
  }
  get(requestId: string): RequestRow | undefined
  list(limit: number): RequestRow[]
  setStatus(requestId: string, status: RequestStatus, error: string | null): void
  setBrief(requestId: string, brief: Brief): void
  brief(requestId: string): Brief | null
  setAssignments(requestId: string, assignments: readonly PlannedAssignment[]): void
  /** Puts another plan in the place of the whole one, of which nothing was drafted. */
  replacePlan(requestId: string, assignments: readonly PlannedAssignment[]): void
  /** Has the plan wait for a person. */
  holdPlan(requestId: string): void
  /** Lets a plan run that was held; it is drafted on what there is by then. */
  releasePlan(requestId: string): void
  /** Whether its plan waits for a person now. */
  isPlanHeld(requestId: string): boolean
  setOptions(requestId: string, options: object): void
  assignments(requestId: string): AssignmentRow[]
  setDraft(taskId: string, change: ChangeRequest): void
  setQueued(taskId: string, changeId: number): void
  setFailed(taskId: string, error: string): void
  /** Its agent waits for a person's word. */
  setAsks(taskId: string, error: string): void
  /** Has it drafted anew, as it is or as it is now; `sentBack` is why. */
  replan(taskId: string, assignment: Assignment, sentBack: string | null): void
  /** Takes the lead of a request, unless a living process other than this one has it. */
  lead(requestId: string, isAlive: (owner: ProcessIdentity) => boolean): boolean
  letGo(requestId: string): void
  /** Requests that are neither done nor waiting for a person, and that nobody leads. */
  abandoned(isAlive: (owner: ProcessIdentity) => boolean): string[]
  /** Who leads it now; null for nobody. */
  leader(requestId: string): ProcessIdentity | null
  waitUntil(requestId: string, answerBy: number | null): void
  /** One that failed is worked on again. */
  resume(requestId: string): void
  /** Nothing keeps it waiting any more. */
  waitNoLonger(requestId: string): void
  /** Requests whose questions have waited for long enough. */
  overdue(): string[]
  /** What its drafts are written against from now on. */
  setBase(requestId: string, baseTip: string): void
  /** Ends what was not queued yet of a request. */
  cancel(requestId: string, error: string): void
  isCancelled(requestId: string): boolean
  agentOf(taskId: string): string | null
  /** Acceptance criteria of a task's assignment; none where nobody assigned it. */
  criteriaOf(taskId: string): readonly string[]
  /** Returns the request an assignment of this task belongs to, if another one has it. */
  ownerOf(taskId: string): string | null
}

export function openRequests(db: Database, clock: Clock): Requests {
  const get = (requestId: string): RequestRow | undefined =>
    db.sql<RequestRow>('SELECT * FROM task_requests WHERE request_id = ?').get(requestId)
  const now = (): number => nowSeconds(clock)
  function leaderOf(requestId: string): ProcessIdentity | null {
    const row = db
      .sql<{ runner_pid: number | null; runner_started: string | null }>(
        'SELECT runner_pid, runner_started FROM task_requests WHERE request_id = ?',
      )
      .get(requestId)
    const pid = row?.runner_pid ?? null
    return pid === null ? null : { pid, startedAt: row?.runner_started ?? null }
  }
  function insertPlan(requestId: string, assignments: readonly PlannedAssignment[]): void {
    for (const [index, { assignment, agent, inFlight, seq }] of assignments.entries()) {
      db.sql(
        `INSERT INTO assignments (task_id, request_id, seq, agent, assignment, status, in_flight, updated_at)
         VALUES (?, ?, ?, ?, ?, 'planned', ?, ?)`,
      ).run(
        assignment.task_id,
        requestId,
        seq ?? index + 1,
        agent,
        JSON.stringify(assignment),
        JSON.stringify(inFlight),
        now(),
      )
    }
  }
  return {
    receive: ({ requestId, payload, options, baseTip }) =>
      db.write(() => {
        const known = get(requestId)
        if (known !== undefined) return { row: known, isNew: false }
        db.sql(
          `INSERT INTO task_requests (request_id, status, payload, options, base_tip, runner_pid, runner_started,
             created_at, updated_at) VALUES (?, 'received', ?, ?, ?, ?, ?, ?, ?)`,
        ).run(
          requestId,
          payload,
          JSON.stringify(options),
          baseTip,
          ownIdentity().pid,
          ownIdentity().startedAt,
          now(),
          now(),
        )
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
        db.sql(
          `UPDATE task_requests SET status = 'briefed', error = NULL, updated_at = ? WHERE request_id = ?`,
        ).run(now(), requestId)
      })
    },
    brief(requestId) {
      const row = db.sql<{ brief: string }>('SELECT brief FROM briefs WHERE request_id = ?').get(requestId)
      return row === undefined ? null : (JSON.parse(row.brief) as Brief)
    },
    setAssignments(requestId, assignments) {
      db.write(() => {
        insertPlan(requestId, assignments)
        // Its questions are over, whoever answered them: no time of theirs may set it going again.
        db.sql(
          `UPDATE task_requests SET status = 'assigned', answer_by = NULL, error = NULL, updated_at = ? WHERE request_id = ?`,
        ).run(now(), requestId)
      })
    },
    replacePlan(requestId, assignments) {
      db.write(() => {
        db.sql('DELETE FROM assignments WHERE request_id = ?').run(requestId)
        insertPlan(requestId, assignments)
        db.sql('UPDATE task_requests SET updated_at = ? WHERE request_id = ?').run(now(), requestId)
      })
    },
    holdPlan(requestId) {
      db.sql(
        `UPDATE task_requests SET status = 'needs_answer', plan_hold = 'held', error = NULL, updated_at = ? WHERE request_id = ?`,
      ).run(now(), requestId)
    },
    releasePlan(requestId) {
      db.sql(
        `UPDATE task_requests SET status = 'assigned', plan_hold = 'released', base_tip = NULL, error = NULL, updated_at = ?
         WHERE request_id = ?`,
      ).run(now(), requestId)
    },
    isPlanHeld: (requestId) => get(requestId)?.plan_hold === 'held',
    setOptions(requestId, options) {
      db.sql('UPDATE task_requests SET options = ? WHERE request_id = ?').run(
        JSON.stringify(options),
        requestId,
      )
    },
    assignments: (requestId) =>
      db
        .sql<StoredAssignment>('SELECT * FROM assignments WHERE request_id = ? ORDER BY seq')
        .all(requestId)
        .map(({ change_request, in_flight, ...row }) => ({
          ...row,
          inFlight: JSON.parse(in_flight) as number[],
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
    setAsks(taskId, error) {
      db.sql(`UPDATE assignments SET status = 'asks', error = ?, updated_at = ? WHERE task_id = ?`).run(
        error,
        now(),
        taskId,
      )
    },
    replan(taskId, assignment, sentBack) {
      db.write(() => {
        db.sql(
          `UPDATE assignments SET status = 'planned', assignment = ?, change_request = NULL, change_id = NULL, error = NULL,
             sent_back = ?, updated_at = ? WHERE task_id = ?`,
        ).run(JSON.stringify(assignment), sentBack, now(), taskId)
        db.sql(
          `UPDATE task_requests SET status = CASE WHEN plan_hold = 'held' THEN 'needs_answer' ELSE 'assigned' END,
             error = NULL, updated_at = ? WHERE request_id = ?`,
        ).run(now(), assignment.parent_request_id)
      })
    },
    lead: (requestId, isAlive) =>
      db.write(() => {
        const mine = ownIdentity()
        const leader = leaderOf(requestId)
        if (leader !== null && leader.pid !== mine.pid && isAlive(leader)) return false
        db.sql('UPDATE task_requests SET runner_pid = ?, runner_started = ? WHERE request_id = ?').run(
          mine.pid,
          mine.startedAt,
          requestId,
        )
        return true
      }),
    letGo(requestId) {
      db.sql(
        'UPDATE task_requests SET runner_pid = NULL, runner_started = NULL WHERE request_id = ? AND runner_pid = ?',
      ).run(requestId, ownIdentity().pid)
    },
    abandoned: (isAlive) =>
      db
        .sql<{ request_id: string }>(
          `SELECT request_id FROM task_requests WHERE status IN ('received', 'briefed', 'assigned') ORDER BY rowid`,
        )
        .all()
        .flatMap(({ request_id }) => {
          const leader = leaderOf(request_id)
          return leader !== null && isAlive(leader) ? [] : [request_id]
        }),
    leader: leaderOf,
    waitUntil(requestId, answerBy) {
      db.sql(
        `UPDATE task_requests SET status = 'needs_answer', answer_by = ?, error = NULL, updated_at = ? WHERE request_id = ?`,
      ).run(answerBy, now(), requestId)
    },
    resume(requestId) {
      db.sql(
        `UPDATE task_requests SET error = NULL, updated_at = ?, status = CASE
             WHEN EXISTS (SELECT 1 FROM assignments a WHERE a.request_id = task_requests.request_id) THEN 'assigned'
             WHEN EXISTS (SELECT 1 FROM briefs b WHERE b.request_id = task_requests.request_id) THEN 'briefed'
             ELSE 'received' END
         WHERE request_id = ? AND status = 'failed'`,
      ).run(now(), requestId)
    },
    waitNoLonger(requestId) {
      // What was answered has to go into the brief first.
      db.sql(
        `UPDATE task_requests SET updated_at = ?, answer_by = NULL, error = NULL,
           status = iif(EXISTS (SELECT 1 FROM questions q WHERE q.request_id = task_requests.request_id
             AND q.answer IS NOT NULL), 'received', 'briefed')
         WHERE request_id = ? AND status = 'needs_answer'
           AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.request_id = task_requests.request_id)`,
      ).run(now(), requestId)
    },
    setBase(requestId, baseTip) {
      db.sql('UPDATE task_requests SET base_tip = ? WHERE request_id = ?').run(baseTip, requestId)
    },
    overdue: () =>
      db
        .sql<{ request_id: string }>(
          `SELECT request_id FROM task_requests WHERE status = 'needs_answer' AND answer_by <= ?`,
        )
        .all(now())
        .map(({ request_id }) => request_id),
    cancel(requestId, error) {
      db.write(() => {
        db.sql(
          `UPDATE assignments SET status = 'cancelled', error = ?, updated_at = ?
           WHERE request_id = ? AND status IN ('planned', 'asks', 'drafted')`,
        ).run(error, now(), requestId)
        db.sql(
          `UPDATE task_requests SET status = 'cancelled', error = ?, cancel_requested = 1, plan_hold = NULL, updated_at = ?
           WHERE request_id = ?`,
        ).run(error, now(), requestId)
      })
    },
    isCancelled: (requestId) =>
      db
        .sql<{ cancel_requested: number }>('SELECT cancel_requested FROM task_requests WHERE request_id = ?')
        .get(requestId)?.cancel_requested === 1,
    criteriaOf(taskId) {
      const row = db
        .sql<{ assignment: string }>('SELECT assignment FROM assignments WHERE task_id = ?')
        .get(taskId)
      return row === undefined ? [] : ((JSON.parse(row.assignment) as Assignment).acceptance_criteria ?? [])
    },
    agentOf: (taskId) =>
      db.sql<{ agent: string }>('SELECT agent FROM assignments WHERE task_id = ?').get(taskId)?.agent ?? null,
    ownerOf: (taskId) =>
      db.sql<{ request_id: string }>('SELECT request_id FROM assignments WHERE task_id = ?').get(taskId)
        ?.request_id ?? null,
  }
}
