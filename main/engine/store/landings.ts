/** The landing lease and the intents behind every move of the target. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { ProcessIdentity } from '../base/process.ts'
import type { Database } from './database.ts'

export interface Intent {
  changeId: number
  commitOid: string
  treeOid: string
  oldTip: string
  newTip: string
  target: string
  fence: number
  workerId: string
  process: ProcessIdentity
  git: ProcessIdentity
}

export interface IntentRow {
  change_id: number
  commit_oid: string
  tree_oid: string
  old_tip: string
  new_tip: string
  target: string
  fence: number
  state: 'open' | 'landed' | 'abandoned'
  worker_id: string
  pid: number
  pid_started: string | null
  git_pid: number
  git_started: string | null
  created_at: number
}

export interface LandingHolder {
  holder: string
  process: ProcessIdentity
}

export interface Landings {
  /** Takes the target's landing lease and returns its fence, or null while somebody else's is good. */
  acquire(
    target: string,
    by: LandingHolder,
    leaseMs: number,
    isDead: (p: ProcessIdentity) => boolean,
  ): number | null
  holds(target: string, fence: number): boolean
  release(target: string, fence: number): void
  /** Writes down what is about to land; the same commit built twice within a second is one row. */
  intend(intents: readonly Intent[]): void
  openIntents(changeId?: number): IntentRow[]
  /** The changes that have open intents. */
  undecided(): Set<number>
  /** All intents whose batch would have left this oid at the tip. */
  byTip(newTip: string): IntentRow[]
  close(changeId: number, commitOid: string, state: 'landed' | 'abandoned'): void
  /** Where the last landings of a target left it: those of the newest second. */
  lastTips(target: string): string[]
}

export function openLandings(db: Database, clock: Clock): Landings {
  return {
    acquire(target, by, leaseMs, isDead) {
      return db.write(() => {
        db.sql(`INSERT INTO landing_lease (target, fence) VALUES (?, 0) ON CONFLICT DO NOTHING`).run(target)
        const row = db
          .sql<{
            fence: number
            holder: string | null
            pid: number | null
            pid_started: string | null
            deadline_ms: number | null
          }>('SELECT * FROM landing_lease WHERE target = ?')
          .get(target)
        if (row === undefined) return null
        // Two processes may have been given one name; only the very same process may take its own lease again.
        const own =
          row.holder === by.holder && row.pid === by.process.pid && row.pid_started === by.process.startedAt
        const taken =
          row.holder !== null &&
          !own &&
          (row.deadline_ms ?? 0) > clock.monotonicMs() &&
          !(row.pid !== null && isDead({ pid: row.pid, startedAt: row.pid_started }))
        if (taken) return null
        const fence = row.fence + 1
        db.sql(
          `UPDATE landing_lease SET fence = ?, holder = ?, pid = ?, pid_started = ?, deadline_ms = ? WHERE target = ?`,
        ).run(fence, by.holder, by.process.pid, by.process.startedAt, clock.monotonicMs() + leaseMs, target)
        return fence
      })
    },
    holds: (target, fence) =>
      db
        .sql<{ fence: number; holder: string | null }>(
          'SELECT fence, holder FROM landing_lease WHERE target = ?',
        )
        .get(target)?.fence === fence,
    release(target, fence) {
      db.sql(
        'UPDATE landing_lease SET holder = NULL, pid = NULL, deadline_ms = NULL WHERE target = ? AND fence = ?',
      ).run(target, fence)
    },
    intend(intents) {
      const insert = db.sql(
        `INSERT INTO landing_attempts (change_id, commit_oid, tree_oid, old_tip, new_tip, target, fence, state,
           worker_id, pid, pid_started, git_pid, git_started, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)
         ON CONFLICT (change_id, commit_oid) DO UPDATE SET old_tip = excluded.old_tip, new_tip = excluded.new_tip,
           fence = excluded.fence, state = 'open', worker_id = excluded.worker_id, pid = excluded.pid,
           pid_started = excluded.pid_started, git_pid = excluded.git_pid, git_started = excluded.git_started`,
      )
      for (const i of intents) {
        insert.run(
          i.changeId,
          i.commitOid,
          i.treeOid,
          i.oldTip,
          i.newTip,
          i.target,
          i.fence,
          i.workerId,
          i.process.pid,
          i.process.startedAt,
          i.git.pid,
          i.git.startedAt,
          nowSeconds(clock),
        )
      }
    },
    openIntents: (changeId) =>
      db
        .sql<IntentRow>(
          `SELECT * FROM landing_attempts WHERE state = 'open' AND (?1 IS NULL OR change_id = ?1)
           ORDER BY change_id, created_at`,
        )
        .all(changeId ?? null),
    undecided: () =>
      new Set(
        db
          .sql<{ change_id: number }>(
            `SELECT DISTINCT change_id FROM landing_attempts INDEXED BY landing_attempts_open WHERE state = 'open'`,
          )
          .all()
          .map((row) => row.change_id),
      ),
    byTip: (newTip) => db.sql<IntentRow>('SELECT * FROM landing_attempts WHERE new_tip = ?').all(newTip),
    close(changeId, commitOid, state) {
      db.sql('UPDATE landing_attempts SET state = ? WHERE change_id = ? AND commit_oid = ?').run(
        state,
        changeId,
        commitOid,
      )
    },
    lastTips: (target) =>
      db
        .sql<{ new_tip: string }>(
          `SELECT DISTINCT new_tip FROM landing_attempts WHERE state = 'landed' AND target = ?1 AND created_at =
             (SELECT max(created_at) FROM landing_attempts WHERE state = 'landed' AND target = ?1)`,
        )
        .all(target)
        .map((row) => row.new_tip),
  }
}
