/** The rows of the queue: coming in, moving from state to state, being listed. */
import { NO_CHANGES } from '../../../schemas/metrics.ts'
import type { ChangeStatus, Priority } from '../../../schemas/states.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import { bug } from '../base/errors.ts'
import { isOpen, mayMove, maySettle, mayTakeBack } from '../domain/states.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'
import { dependents } from './dependencies.ts'
import { openDependencyFollower } from './follow.ts'
import { refreshBlocked, setPathsOpen } from './order.ts'
import { dropReviews } from './reviews.ts'

export type ChangeKind = 'change' | 'upstream_merge'

/** A row of `change_queue`, columns as stored. */
export interface ChangeRow {
  id: number
  task_id: string
  agent: string
  request_id: string | null
  status: ChangeStatus
  payload: string
  payload_hash: string
  priority: Priority
  priority_rank: number
  enqueued_tip: string | null
  attempts: number
  last_error: string | null
  reason_code: string | null
  fence: number
  lease_owner: string | null
  leased_until: number | null
  lease_deadline_ms: number | null
  lease_pid: number | null
  lease_pid_started: string | null
  cancel_requested: number
  landed_commit: string | null
  check_verdict: string | null
  kind: ChangeKind
  blocked: number
  unmet: number
  delay_until_ms: number | null
  created_at: number
  updated_at: number
}

export interface NewChange {
  kind?: ChangeKind
  taskId: string
  agent: string
  requestId: string | null
  payload: string
  payloadHash: string
  priority: Priority
  enqueuedTip: string | null
  paths: readonly string[]
  dependsOn: readonly string[]
  telemetryAnchors: readonly string[]
}

/** What a move to another state may set beside it; what is absent keeps its value, leases always end. */
export interface MoveFields {
  attempts?: number
  lastError?: string | null
  reasonCode?: string | null
  landedCommit?: string | null
  verdict?: string | null
  delayUntilMs?: number | null
  payload?: string
  /** The change was found to have landed, which no later decision about it undoes. */
  settled?: boolean
  /** The target no longer holds the change, and the operator accepted that. */
  takenBack?: boolean
}

export interface Move {
  id: number
  to: ChangeStatus
  fields?: MoveFields
}

/** Whether a change still is whose it was: what has to be looked at again right before it lands. */
export type Standing = Pick<ChangeRow, 'id' | 'status' | 'fence' | 'cancel_requested'>

export interface ListFilter {
  status?: ChangeStatus
  sinceSeconds?: number
  /** The newest this many. */
  limit?: number
}

export interface Changes {
  /** Inserts a pending change, or returns the live row that already holds this task and payload. */
  insert(change: NewChange): { id: number } | { duplicateOf: ChangeRow }
  get(id: number): ChangeRow | undefined
  /** The live row that holds exactly this content of a task. */
  findSame(taskId: string, payloadHash: string): ChangeRow | undefined
  /** The newest change of a task that a person sent back to its agent. */
  sentBackOf(taskId: string): ChangeRow | undefined
  /** How these changes stand now, by id. */
  standings(ids: readonly number[]): Map<number, Standing>
  /** The row wherever it is; archived rows have no lease. */
  find(id: number): { row: ChangeRow; archived: boolean } | undefined
  list(filter: ListFilter): ChangeRow[]
  counts(): Record<ChangeStatus, number>
  /** Moves a row to another state and keeps order, dependencies and leases true. Call inside a transaction. */
  move(id: number, to: ChangeStatus, fields?: MoveFields): void
  /** The same for many, each named once. */
  moveAll(moves: readonly Move[]): void
  /** Looks again at everything that waits for a task. */
  followAll(): void
  paths(id: number): string[]
  /** Says in words why a change stands as it does. */
  explain(id: number, lastError: string): void
  requestCancel(id: number): void
  setPriority(id: number, priority: Priority): void
}

export function openChanges(db: Database, clock: Clock, logs: Logs): Changes {
  const get = (id: number): ChangeRow | undefined =>
    db.sql<ChangeRow>('SELECT * FROM change_queue WHERE id = ?').get(id)

  function moveAll(moves: readonly Move[]): void {
    const found = db.sql<Omit<ChangeRow, 'payload'>>(
      `SELECT id, task_id, status, attempts, last_error, reason_code, landed_commit, check_verdict, cancel_requested
       FROM change_queue WHERE id IN (SELECT value FROM json_each(?))`,
    )
    const rows = new Map(found.all(JSON.stringify(moves.map(({ id }) => id))).map((row) => [row.id, row]))
    const update = db.sql(
      `UPDATE change_queue SET status = ?, attempts = ?, last_error = ?, reason_code = ?, landed_commit = ?,
         check_verdict = ?, delay_until_ms = ?, cancel_requested = ?,
         lease_owner = NULL, leased_until = NULL, lease_deadline_ms = NULL, lease_pid = NULL, lease_pid_started = NULL,
         updated_at = ?
       WHERE id = ?`,
    )
    const keep = <T>(value: T | undefined, old: T): T => (value === undefined ? old : value)
    const turned = { open: [] as number[], closed: [] as number[] }
    const left = new Set<string>()
    for (const { id, to, fields = {} } of moves) {
      const row = rows.get(id)
      if (row === undefined)
        throw bug('no_such_row', `change ${id} vanished while it was being moved to ${to}`)
      const allowed =
        fields.settled === true
          ? to === 'applied' && maySettle(row.status)
          : fields.takenBack === true
            ? mayTakeBack(row.status, to)
            : mayMove(row.status, to)
      if (!allowed) {
        throw bug('illegal_move', `change ${id} may not go from ${row.status} to ${to}`)
      }
      // A cancellation outlives the lease it was asked under; a change that waits for a person or has ended needs none.
      const stillAsked =
        to === 'pending' || (to === 'held' && row.status === 'pending') ? row.cancel_requested : 0
      update.run(
        to,
        keep(fields.attempts, row.attempts),
        keep(fields.lastError, row.last_error),
        keep(fields.reasonCode, row.reason_code),
        keep(fields.landedCommit, row.landed_commit),
        keep(fields.verdict, row.check_verdict),
        fields.delayUntilMs ?? null,
        stillAsked,
        nowSeconds(clock),
        id,
      )
      if (fields.payload !== undefined)
        db.sql('UPDATE change_queue SET payload = ? WHERE id = ?').run(fields.payload, id)
      if (isOpen(row.status) !== isOpen(to)) turned[isOpen(to) ? 'open' : 'closed'].push(id)
      if (to !== 'in_progress') left.add(row.task_id)
    }
    dropReviews(
      db,
      moves.filter(({ to }) => to === 'applied').map(({ id }) => id),
    )
    setPathsOpen(db, turned.closed, false)
    setPathsOpen(db, turned.open, true)
    const again = moves.filter(({ to }) => to === 'pending').map(({ id }) => id)
    follow([...again, ...dependents(db, [...left])])
  }

  const move = (id: number, to: ChangeStatus, fields: MoveFields = {}): void => moveAll([{ id, to, fields }])

  const follow = openDependencyFollower({ db, logs, get, move })

  const findSame = (taskId: string, payloadHash: string): ChangeRow | undefined =>
    db
      .sql<ChangeRow>('SELECT * FROM change_queue WHERE task_id = ? AND payload_hash = ?')
      .get(taskId, payloadHash)

  return {
    insert(change) {
      const known = findSame(change.taskId, change.payloadHash)
      if (known !== undefined) {
        logs.write({
          level: 'warn',
          message: 'duplicate change request',
          queueId: known.id,
          taskId: change.taskId,
          details: { payload_hash: change.payloadHash, status: known.status },
        })
        return { duplicateOf: known }
      }
      const now = nowSeconds(clock)
      const id = db
        .sql(
          `INSERT INTO change_queue (task_id, agent, request_id, status, payload, payload_hash, priority, enqueued_tip, kind,
             created_at, updated_at)
           VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          change.taskId,
          change.agent,
          change.requestId,
          change.payload,
          change.payloadHash,
          change.priority,
          change.enqueuedTip,
          change.kind ?? 'change',
          now,
          now,
        ).lastInsertRowid
      for (const path of new Set(change.paths)) {
        db.sql('INSERT INTO change_paths (change_id, path, open) VALUES (?, ?, 1)').run(id, path)
      }
      for (const task of new Set(change.dependsOn)) {
        db.sql('INSERT INTO change_dependencies (change_id, task_id) VALUES (?, ?)').run(id, task)
      }
      refreshBlocked(db, id)
      logs.write({
        message: 'enqueued',
        queueId: id,
        taskId: change.taskId,
        details: {
          payload_hash: change.payloadHash,
          priority: change.priority,
          paths: change.paths.length,
          telemetry_anchors: change.telemetryAnchors,
        },
      })
      follow([...(change.dependsOn.length > 0 ? [id] : []), ...dependents(db, [change.taskId])])
      return { id }
    },
    get,
    findSame,
    sentBackOf: (taskId) =>
      db
        .sql<ChangeRow>(
          `SELECT * FROM change_queue WHERE task_id = ? AND status = 'cancelled' AND reason_code = 'sent_back'
           ORDER BY id DESC LIMIT 1`,
        )
        .get(taskId),
    standings(ids) {
      const rows = db.sql<Standing>(
        `SELECT id, status, fence, cancel_requested FROM change_queue WHERE id IN (SELECT value FROM json_each(?))`,
      )
      return new Map(rows.all(JSON.stringify(ids)).map((row) => [row.id, row]))
    },
    find(id) {
      const row = get(id)
      if (row !== undefined) return { row, archived: false }
      const old = db
        .sql<ChangeRow>(
          `SELECT *, 0 AS priority_rank, NULL AS lease_owner, NULL AS leased_until, NULL AS lease_deadline_ms,
             NULL AS lease_pid, NULL AS lease_pid_started, 0 AS cancel_requested, 0 AS blocked, 0 AS unmet,
             NULL AS delay_until_ms
           FROM change_archive WHERE id = ?`,
        )
        .get(id)
      return old === undefined ? undefined : { row: old, archived: true }
    },
    list: (filter) =>
      db
        .sql<ChangeRow>(
          `SELECT * FROM (SELECT * FROM change_queue
             WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR updated_at >= ?2)
             ORDER BY id DESC LIMIT ?3) ORDER BY id`,
        )
        .all(filter.status ?? null, filter.sinceSeconds ?? null, filter.limit ?? -1),
    counts() {
      const counts: Record<ChangeStatus, number> = { ...NO_CHANGES }
      const rows = db.sql<{ status: ChangeStatus; n: number }>(
        'SELECT status, count(*) AS n FROM change_queue GROUP BY status',
      )
      for (const { status, n } of rows.all()) counts[status] = n
      return counts
    },
    move,
    moveAll,
    followAll() {
      const waiting = db.sql<{ id: number }>(
        `SELECT id FROM change_queue WHERE status = 'pending' AND unmet > 0 ORDER BY id`,
      )
      follow(waiting.all().map(({ id }) => id))
    },
    paths: (id) =>
      db
        .sql<{ path: string }>('SELECT path FROM change_paths WHERE change_id = ? ORDER BY path')
        .all(id)
        .map((row) => row.path),
    explain(id, lastError) {
      db.sql('UPDATE change_queue SET last_error = ? WHERE id = ?').run(lastError, id)
    },
    requestCancel(id) {
      db.sql('UPDATE change_queue SET cancel_requested = 1, updated_at = ? WHERE id = ?').run(
        nowSeconds(clock),
        id,
      )
    },
    setPriority(id, priority) {
      db.sql('UPDATE change_queue SET priority = ?, updated_at = ? WHERE id = ?').run(
        priority,
        nowSeconds(clock),
        id,
      )
    },
  }
}
