/** Leases: who may work on a change until when, and the fence that makes a late worker harmless. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { ProcessIdentity } from '../base/process.ts'
import type { ChangeRow, Changes } from './changes.ts'
import { CHAIN_OWNER } from './chain.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'
import { earlierOnPaths, followedOnPaths, nextOnPaths } from './order.ts'
import type { WorkspaceFacts } from './workspace.ts'

export interface ClaimRequest {
  workerId: string
  /** Null for a lease handed to a script: nobody's death ends it early. */
  process: ProcessIdentity | null
  leaseSeconds: number
  /** Leave out what somebody asked to cancel meanwhile: a worker ends that, a script would be handed it. */
  forScript?: boolean
  /** At most this many; changes that follow each other on one path come together. */
  limit: number
  /** Changes that are ahead in the chain: those right behind one of them on a path may come after it. */
  ahead?: readonly number[]
}

export interface Claims {
  /** Leases what may be worked on now; nothing while the queue is paused. */
  claim(request: ClaimRequest): ChangeRow[]
  /** Tells, without writing, whether a claim now could find anything, behind the changes of the chain as well. */
  anyDue(ahead?: readonly number[]): boolean
  /** Extends the leases that are still ours and returns their ids. */
  renew(held: readonly { id: number; fence: number }[], leaseSeconds: number): number[]
  isOurs(id: number, fence: number): boolean
  /** Takes a leased change from its worker, which cannot land it any more, and returns the new fence. */
  takeOver(id: number): number
  /** Puts leases that ended, or whose process is dead, back to pending; their attempt is spent. */
  recover(isDead: (owner: ProcessIdentity) => boolean, backoffMs: (attempts: number) => number): number[]
  /** Work that a drain has to wait for: leased rows, and pending ones that nothing but time holds back. */
  unsettled(): number
}

export interface ClaimDeps {
  db: Database
  clock: Clock
  changes: Changes
  logs: Logs
  facts: WorkspaceFacts
}

const LEASE_ENDED = 'its lease ended before the attempt did'

/** So many younger changes may be leased before the oldest that could be. */
const MOST_PASSED_OVER = 20

export function openClaims({ db, clock, changes, logs, facts }: ClaimDeps): Claims {
  const lapse = (row: ChangeRow, why: string, delayUntilMs: number | null): void => {
    // What only waited in the chain was nobody's attempt to spoil.
    const attempts = row.lease_owner === CHAIN_OWNER ? Math.max(0, row.attempts - 1) : row.attempts
    changes.move(row.id, 'pending', { lastError: why, delayUntilMs, attempts })
    endAttempt(row.id, row.fence, 'lease_expired', why)
    logs.write({
      level: 'warn',
      message: 'lease expired',
      queueId: row.id,
      taskId: row.task_id,
      details: { worker_id: row.lease_owner, fence: row.fence, reason: why },
    })
  }

  const endAttempt = (id: number, fence: number, outcome: string, detail: string): void => {
    db.sql(
      `UPDATE change_attempts SET ended_at_ms = ?, outcome = ?, detail = ?
       WHERE change_id = ? AND fence <= ? AND ended_at_ms IS NULL`,
    ).run(clock.nowMs(), outcome, detail, id, fence)
  }

  function wakeDelayed(): void {
    db.sql(
      `UPDATE change_queue INDEXED BY change_queue_delayed SET delay_until_ms = NULL
       WHERE status = 'pending' AND delay_until_ms IS NOT NULL AND delay_until_ms <= ?`,
    ).run(clock.monotonicMs())
  }

  /**
   * Returns the heads of the queue in claiming order, each followed by what may come right behind it.
   *
   * Left to itself the planner takes the index on the status and sorts every pending row.
   */
  function pick(limit: number, forScript: boolean, ahead: readonly number[]): number[] {
    const claimable = `FROM change_queue INDEXED BY change_queue_claimable
         WHERE status = 'pending' AND blocked = 0 AND unmet = 0 AND delay_until_ms IS NULL
           ${forScript ? 'AND cancel_requested = 0' : ''}`
    const first = db
      .sql<{ id: number; attempts: number }>(
        `SELECT id, attempts ${claimable} ORDER BY priority_rank DESC, id LIMIT 1`,
      )
      .get()
    const behind = behindChain(ahead)
    if (first === undefined && behind.length === 0) return []
    // Nobody knows what interrupted an attempt: who was in one is tried alone, so that no other pays for it again.
    if (first !== undefined && behind.length === 0 && (limit === 1 || first.attempts > 0)) return [first.id]
    const ready = db
      .sql<{ id: number; priority_rank: number }>(
        `SELECT id, priority_rank ${claimable} AND attempts = 0 ORDER BY priority_rank DESC, id LIMIT ?`,
      )
      .all(limit)
    ready.push(...behind)
    const inLine = new Set(ahead)
    const picked = new Set<number>()
    const followed = followedOnPaths(db, ready.map((row) => row.id)) // prettier-ignore
    const before = (a: Pick<ChangeRow, 'id' | 'priority_rank'>, b: typeof a): boolean =>
      a.priority_rank !== b.priority_rank ? a.priority_rank > b.priority_rank : a.id < b.id
    ready.sort((a, b) => (before(a, b) ? -1 : 1))
    // `ready` stays sorted: a successor is put where its priority and age belong.
    for (let index = 0; index < ready.length && picked.size < limit; index += 1) {
      const head = ready[index]
      if (head === undefined || picked.has(head.id)) continue
      picked.add(head.id)
      if (!followed.has(head.id)) continue
      for (const next of nextOnPaths(db, [head.id])) {
        const row = changes.get(next)
        if (row === undefined || row.status !== 'pending') continue
        if (row.unmet > 0 || row.delay_until_ms !== null || row.attempts > 0 || picked.has(next)) continue
        if (!earlierOnPaths(db, next).every((id) => picked.has(id) || inLine.has(id))) continue
        const entry = { id: next, priority_rank: row.priority_rank }
        let at = index + 1
        while (at < ready.length && before(ready[at] as typeof entry, entry)) at += 1
        ready.splice(at, 0, entry)
        followed.add(next)
      }
    }
    return [...picked]
  }

  /** What may be built behind the changes of the chain: next on a path, with everything before it in the chain. */
  function behindChain(ahead: readonly number[]): Pick<ChangeRow, 'id' | 'priority_rank'>[] {
    if (ahead.length === 0) return []
    const inLine = new Set(ahead)
    return nextOnPaths(db, ahead).flatMap((id) => {
      const row = inLine.has(id) ? undefined : changes.get(id)
      if (row === undefined || row.status !== 'pending' || row.unmet > 0 || row.delay_until_ms !== null)
        return []
      return earlierOnPaths(db, id).every((before) => inLine.has(before)) ? [row] : []
    })
  }

  /**
   * Puts the oldest change first once enough younger ones went before it: whoever sends urgent changes without end
   * does not keep the others waiting without end.
   */
  function notStarving(ids: number[], limit: number): number[] {
    const oldest = db
      .sql<{ id: number | null }>(
        `SELECT min(id) AS id FROM (${[0, 1, 2, 3]
          .map(
            (rank) => `SELECT * FROM (SELECT id FROM change_queue INDEXED BY change_queue_claimable
              WHERE status = 'pending' AND blocked = 0 AND unmet = 0 AND delay_until_ms IS NULL
                AND priority_rank = ${rank} ORDER BY id LIMIT 1)`,
          )
          .join(' UNION ALL ')})`,
      )
      .get()?.id
    const wentBefore = oldest === null || oldest === undefined ? 0 : ids.filter((id) => id > oldest).length
    const passedOver = Number(facts.get('passed_over') ?? 0)
    if (wentBefore === 0 || typeof oldest !== 'number' || ids.includes(oldest)) {
      if (passedOver > 0) facts.remove('passed_over')
      return ids
    }
    if (passedOver + wentBefore <= MOST_PASSED_OVER) {
      facts.set('passed_over', String(passedOver + wentBefore))
      return ids
    }
    facts.remove('passed_over')
    return [oldest, ...ids].slice(0, limit)
  }

  return {
    anyDue(ahead = []) {
      const row = db
        .sql<{ due: number }>(
          `SELECT EXISTS (SELECT 1 FROM change_queue INDEXED BY change_queue_claimable
                          WHERE status = 'pending' AND blocked = 0 AND unmet = 0 AND delay_until_ms IS NULL)
               OR EXISTS (SELECT 1 FROM change_queue INDEXED BY change_queue_delayed
                          WHERE status = 'pending' AND delay_until_ms <= ?1)
               OR EXISTS (SELECT 1 FROM change_queue INDEXED BY change_queue_leased
                          WHERE status = 'in_progress' AND lease_deadline_ms <= ?1) AS due`,
        )
        .get(clock.monotonicMs())
      return row?.due === 1 || behindChain(ahead).length > 0
    },
    claim(request) {
      return db.write(() => {
        // Asked in the transaction that leases: nothing is leased once `pause` has returned.
        if (facts.get('paused') !== null) return []
        const now = clock.monotonicMs()
        const ended = db.sql<ChangeRow>(
          `SELECT * FROM change_queue INDEXED BY change_queue_leased
           WHERE status = 'in_progress' AND lease_deadline_ms <= ? ORDER BY id`,
        )
        for (const row of ended.all(now)) lapse(row, LEASE_ENDED, null)
        wakeDelayed()
        const picked = pick(request.limit, request.forScript === true, request.ahead ?? [])
        const ids = request.forScript === true ? picked : notStarving(picked, request.limit)
        const wall = nowSeconds(clock)
        const leased = db
          .sql<ChangeRow>(
            `UPDATE change_queue SET status = 'in_progress', attempts = attempts + 1, fence = fence + 1,
               lease_owner = ?, leased_until = ?, lease_deadline_ms = ?, lease_pid = ?, lease_pid_started = ?,
               updated_at = ?
             WHERE id IN (SELECT value FROM json_each(?)) RETURNING *`,
          )
          .all(
            request.workerId,
            wall + request.leaseSeconds,
            now + request.leaseSeconds * 1000,
            request.process?.pid ?? null,
            request.process?.startedAt ?? null,
            wall,
            JSON.stringify(ids),
          )
        db.sql(
          `INSERT INTO change_attempts (change_id, fence, worker_id, leased_at_ms)
           SELECT id, fence, ?, ? FROM change_queue WHERE id IN (SELECT value FROM json_each(?))`,
        ).run(request.workerId, clock.nowMs(), JSON.stringify(ids))
        const byId = new Map(leased.map((row) => [row.id, row]))
        return ids.map((id) => {
          const row = byId.get(id) as ChangeRow
          logs.write({
            message: 'dequeued',
            queueId: id,
            taskId: row.task_id,
            details: { worker_id: request.workerId, fence: row.fence, attempt: row.attempts },
          })
          return row
        })
      })
    },
    renew(held, leaseSeconds) {
      return db.write(() =>
        held
          .filter(
            ({ id, fence }) =>
              db
                .sql(
                  `UPDATE change_queue SET lease_deadline_ms = ?, leased_until = ?
                   WHERE id = ? AND fence = ? AND status = 'in_progress'`,
                )
                .run(clock.monotonicMs() + leaseSeconds * 1000, nowSeconds(clock) + leaseSeconds, id, fence)
                .changes === 1,
          )
          .map(({ id }) => id),
      )
    },
    isOurs(id, fence) {
      const row = changes.standings([id]).get(id)
      return row !== undefined && row.status === 'in_progress' && row.fence === fence
    },
    takeOver(id) {
      db.sql(`UPDATE change_queue SET fence = fence + 1 WHERE id = ? AND status = 'in_progress'`).run(id)
      return changes.get(id)?.fence ?? 0
    },
    recover(isDead, backoffMs) {
      const leased = db.sql<ChangeRow>(
        `SELECT * FROM change_queue INDEXED BY change_queue_leased WHERE status = 'in_progress' ORDER BY id`,
      )
      const hasEnded = (row: ChangeRow): boolean => (row.lease_deadline_ms ?? 0) <= clock.monotonicMs()
      const lost = (): ChangeRow[] =>
        leased
          .all()
          .filter(
            (row) =>
              hasEnded(row) ||
              (row.lease_pid !== null && isDead({ pid: row.lease_pid, startedAt: row.lease_pid_started })),
          )
      // Asked at every look of every worker: the lock of all writers is taken only where there is something to write.
      if (lost().length === 0) return []
      return db.write(() => {
        const lapsed: number[] = []
        for (const row of lost()) {
          lapsed.push(row.id)
          if (hasEnded(row)) {
            lapse(row, LEASE_ENDED, null)
            continue
          }
          // Who asked to cancel it does not wait for the backoff.
          const delay = row.cancel_requested === 1 ? null : clock.monotonicMs() + backoffMs(row.attempts)
          lapse(row, `worker ${row.lease_owner} died`, delay)
        }
        return lapsed
      })
    },
    unsettled() {
      wakeDelayed()
      return (
        // What waits behind another change goes on when that one does, and for ever if that one waits for a person.
        db
          .sql<{ n: number }>(
            `SELECT (SELECT count(*) FROM change_queue INDEXED BY change_queue_leased WHERE status = 'in_progress') +
                    (SELECT count(*) FROM change_queue INDEXED BY change_queue_claimable
                     WHERE status = 'pending' AND blocked = 0 AND unmet = 0 AND delay_until_ms IS NULL) +
                    (SELECT count(*) FROM change_queue INDEXED BY change_queue_delayed
                     WHERE status = 'pending' AND blocked = 0 AND unmet = 0 AND delay_until_ms IS NOT NULL) AS n`,
          )
          .get()?.n ?? 0
      )
    },
  }
}

/**
 * Forgets every deadline of an earlier boot: its monotonic clock means nothing any more and its processes are gone.
 * Called once by each process that opens the queue.
 */
export function adoptBoot(db: Database, bootId: string): void {
  const adopted = (): string | undefined =>
    db.sql<{ value: string }>(`SELECT value FROM workspace WHERE key = 'boot_id'`).get()?.value
  // Whoever only looks must not have to wait for a writer.
  if (adopted() === bootId) return
  db.write(() => {
    const known = adopted()
    if (known === bootId) return
    if (known !== undefined) {
      db.exec(`UPDATE change_queue SET lease_deadline_ms = 0 WHERE status = 'in_progress'`)
      db.exec(
        `UPDATE change_queue SET delay_until_ms = NULL WHERE status = 'pending' AND delay_until_ms IS NOT NULL`,
      )
      db.exec('UPDATE landing_lease SET deadline_ms = 0')
    }
    db.sql(
      `INSERT INTO workspace (key, value) VALUES ('boot_id', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    ).run(bootId)
  })
}
