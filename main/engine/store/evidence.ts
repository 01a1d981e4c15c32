/** What the database holds of landed changes, read for comparing it with the branch: page by page, letting others work. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from './database.ts'

export interface AppliedRow {
  id: number
  task_id: string
  agent: string
  request_id: string | null
  payload: string
  payload_hash: string
  landed_commit: string | null
  check_verdict: string | null
  updated_at: number
}

export interface RecordedRun {
  id: number
  change_id: number
  name: string | null
  command: string
  run: number
  tree: string
  verdict: string
  exit_code: number | null
}

export interface RecordedApproval {
  change_id: number
  approver: string
  role: string | null
  content_hash: string
  created_at: number
}

const PAGE = 500

async function* paged<R extends { id: number }>(read: (afterId: number) => R[]): AsyncGenerator<R> {
  for (let after = 0; ;) {
    const page = read(after)
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
    await nextTurn()
  }
}

const APPLIED = `id, task_id, agent, request_id, payload, payload_hash, landed_commit, check_verdict, updated_at`

/** Every applied change, archived ones with them, in the order of their ids. */
export const appliedRows = (db: Database): AsyncGenerator<AppliedRow> =>
  paged((after) =>
    // The plus keeps the planner from sorting everything by way of the index on the status.
    db
      .sql<AppliedRow>(
        `SELECT ${APPLIED} FROM change_queue WHERE +status = 'applied' AND id > ?1
         UNION ALL
         SELECT ${APPLIED} FROM change_archive WHERE status = 'applied' AND id > ?1
           AND NOT EXISTS (SELECT 1 FROM change_queue q WHERE q.id = change_archive.id)
         ORDER BY id LIMIT ${PAGE}`,
      )
      .all(after),
  )

export const checkRuns = (db: Database): AsyncGenerator<RecordedRun> =>
  paged((after) =>
    db
      .sql<RecordedRun>(
        `SELECT id, change_id, name, command, run, tree, verdict, exit_code FROM check_runs
         WHERE id > ? ORDER BY id LIMIT ${PAGE * 4}`,
      )
      .all(after),
  )

export const approvalsGiven = (db: Database): RecordedApproval[] =>
  db
    .sql<RecordedApproval>(
      `SELECT change_id, approver, role, content_hash, created_at FROM approvals
       WHERE decision = 'approved' ORDER BY id`,
    )
    .all()

/** The refs that changes landed on: settings may have named another one since. */
export const landedTargets = (db: Database): string[] =>
  db
    .sql<{ target: string }>(`SELECT DISTINCT target FROM landing_attempts WHERE state = 'landed'`)
    .all()
    .map(({ target }) => target)
