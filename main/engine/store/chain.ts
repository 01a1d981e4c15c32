/** The chain as it is written down: who is built on whom, what their checks said, and who checks what. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { ProcessIdentity } from '../base/process.ts'
import type { Database } from './database.ts'

/**
 * `built` waits for its checks, `checking` is being checked, `passed` waits to land; `failed` and `unfit` are set
 * aside until everything before them has landed or gone, and nothing is built on them meanwhile.
 */
export type LinkState = 'built' | 'checking' | 'passed' | 'failed' | 'unfit'

export interface LinkRow {
  position: number
  change_id: number
  fence: number
  state: LinkState
  parent_id: number | null
  parent_tree: string
  tree: string | null
  base_tip: string
  candidate: string
  checks: string
  verdict: string
  checked_tree: string | null
  outcome: string | null
  worker_id: string | null
  pid: number | null
  pid_started: string | null
  since_ms: number
}

/** A link as it was built; whoever checks it is written down later. */
export type NewLink = Omit<LinkRow, 'position' | 'worker_id' | 'pid' | 'pid_started' | 'since_ms'>

export interface Checker {
  workerId: string
  process: ProcessIdentity
}

export interface Verdict {
  state: 'passed' | 'failed'
  checks: string
  verdict: string
  outcome: string | null
}

export interface Chain {
  /** In the order in which they are to land. */
  list(): LinkRow[]
  size(): number
  /** Puts a leased change at the end, or in its place when it was built again; the chain has its lease from now on. */
  put(link: NewLink): void
  remove(changeId: number): void
  /** Corrects which change a link stands on, its parent's tree being the same. */
  standOn(changeId: number, parentId: number): void
  /** Hands out the first link that waits for its checks, with its lease. */
  take(by: Checker): LinkRow | null
  /** Whether exactly this build still is this process's to check. */
  isTaken(link: LinkRow, by: Checker): boolean
  /** Ends a check; returns whether it was still wanted. */
  settle(link: LinkRow, by: Checker, verdict: Verdict): boolean
  /** Puts a link back that was taken and not checked to the end. */
  giveBack(link: LinkRow, by: Checker): void
  /** Extends the leases of all that wait in the chain. */
  renew(leaseSeconds: number): void
  /** Whether something can land, has to go, or stands on what has been set aside or changed hands. */
  isUnsettled(): boolean
}

/** Leases of changes that wait in the chain are nobody's: whichever worker lives goes on with them. */
export const CHAIN_OWNER = 'chain'

export function openChain(db: Database, clock: Clock): Chain {
  const isMine = 'change_id = ? AND fence = ? AND tree IS ? AND state = ? AND pid = ? AND pid_started IS ?'
  const mine = (link: LinkRow, { process }: Checker): [number, number, string | null, string, number, string | null] =>
    [link.change_id, link.fence, link.tree, 'checking', process.pid, process.startedAt] // prettier-ignore
  const park = (changeId: number, fence: number): void => {
    db.sql(
      `UPDATE change_queue SET lease_owner = '${CHAIN_OWNER}', lease_pid = NULL, lease_pid_started = NULL
       WHERE id = ? AND fence = ? AND status = 'in_progress'`,
    ).run(changeId, fence)
  }
  return {
    list: () => db.sql<LinkRow>('SELECT * FROM chain ORDER BY position').all(),
    size: () => db.sql<{ n: number }>('SELECT count(*) AS n FROM chain').get()?.n ?? 0,
    put(link) {
      db.write(() => {
        db.sql(
          `INSERT INTO chain (change_id, fence, state, parent_id, parent_tree, tree, base_tip, candidate, checks,
             verdict, checked_tree, outcome, since_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (change_id) DO UPDATE SET fence = excluded.fence, state = excluded.state,
             parent_id = excluded.parent_id, parent_tree = excluded.parent_tree, tree = excluded.tree,
             base_tip = excluded.base_tip, candidate = excluded.candidate, checks = excluded.checks,
             verdict = excluded.verdict, checked_tree = excluded.checked_tree, outcome = excluded.outcome,
             worker_id = NULL, pid = NULL, pid_started = NULL, since_ms = excluded.since_ms`,
        ).run(
          link.change_id,
          link.fence,
          link.state,
          link.parent_id,
          link.parent_tree,
          link.tree,
          link.base_tip,
          link.candidate,
          link.checks,
          link.verdict,
          link.checked_tree,
          link.outcome,
          clock.nowMs(),
        )
        park(link.change_id, link.fence)
      })
    },
    remove: (changeId) => void db.sql('DELETE FROM chain WHERE change_id = ?').run(changeId),
    standOn: (changeId, parentId) =>
      void db.sql('UPDATE chain SET parent_id = ? WHERE change_id = ?').run(parentId, changeId),
    take(by) {
      const waits = `SELECT * FROM chain c WHERE state = 'built' AND EXISTS (
        SELECT 1 FROM change_queue q WHERE q.id = c.change_id AND q.fence = c.fence AND q.status = 'in_progress'
          AND q.cancel_requested = 0) ORDER BY position LIMIT 1`
      // Asked by every idle worker again and again: the lock of all writers is taken only where there is something.
      if (db.sql<LinkRow>(waits).get() === undefined) return null
      return db.write(() => {
        const link = db.sql<LinkRow>(waits).get()
        if (link === undefined) return null
        const { pid, startedAt } = by.process
        db.sql(
          `UPDATE chain SET state = 'checking', worker_id = ?, pid = ?, pid_started = ?, since_ms = ?
           WHERE change_id = ?`,
        ).run(by.workerId, pid, startedAt, clock.nowMs(), link.change_id)
        db.sql(
          `UPDATE change_queue SET lease_owner = ?, lease_pid = ?, lease_pid_started = ? WHERE id = ? AND fence = ?`,
        ).run(by.workerId, pid, startedAt, link.change_id, link.fence)
        db.sql('UPDATE change_attempts SET worker_id = ? WHERE change_id = ? AND fence = ?').run(
          by.workerId,
          link.change_id,
          link.fence,
        )
        return { ...link, state: 'checking' as const }
      })
    },
    isTaken: (link, by) => db.sql(`SELECT 1 FROM chain WHERE ${isMine}`).get(...mine(link, by)) !== undefined,
    settle: (link, by, { state, checks, verdict, outcome }) =>
      db.write(() => {
        const { changes } = db
          .sql(
            `UPDATE chain SET state = ?, checks = ?, verdict = ?, outcome = ?, checked_tree = tree, since_ms = ?,
               pid = NULL, pid_started = NULL WHERE ${isMine}`,
          )
          .run(state, checks, verdict, outcome, clock.nowMs(), ...mine(link, by))
        if (changes === 0) return false
        park(link.change_id, link.fence)
        return true
      }),
    giveBack(link, by) {
      db.write(() => {
        const { changes } = db
          .sql(
            `UPDATE chain SET state = 'built', worker_id = NULL, pid = NULL, pid_started = NULL, since_ms = ?
             WHERE ${isMine}`,
          )
          .run(clock.nowMs(), ...mine(link, by))
        if (changes > 0) park(link.change_id, link.fence)
      })
    },
    renew(leaseSeconds) {
      db.write(() => {
        db.sql(
          `UPDATE change_queue SET lease_deadline_ms = ?, leased_until = ?
           WHERE status = 'in_progress' AND lease_pid IS NULL
             AND (id, fence) IN (SELECT change_id, fence FROM chain)`,
        ).run(clock.monotonicMs() + leaseSeconds * 1000, nowSeconds(clock) + leaseSeconds)
      })
    },
    isUnsettled() {
      const row = db
        .sql<{ unsettled: number }>(
          `SELECT EXISTS (SELECT 1 FROM chain WHERE position = (SELECT min(position) FROM chain)
                            AND state IN ('passed', 'failed', 'unfit'))
               OR EXISTS (SELECT 1 FROM chain c LEFT JOIN change_queue q ON q.id = c.change_id
                          WHERE q.id IS NULL OR q.status <> 'in_progress' OR q.fence <> c.fence
                            OR q.cancel_requested = 1)
               OR EXISTS (SELECT 1 FROM chain c JOIN chain p ON p.change_id = c.parent_id
                          WHERE p.state IN ('failed', 'unfit')) AS unsettled`,
        )
        .get()
      return row?.unsettled === 1
    },
  }
}
