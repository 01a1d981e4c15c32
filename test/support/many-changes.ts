/** A queue as it is after months: tens of thousands of changes in every state, and events that go on coming. */
import type { Database } from '../../main/engine/store/database.ts'
import { openLogChain } from '../../main/engine/store/log-chain.ts'
import { added } from './requests.ts'

export interface Filling {
  count: number
  /** The newest this many wait for a task that never comes: no worker takes them, a person may cancel them. */
  waiting?: number
  /** Lines of each payload's file, 22 bytes each; a test that only counts rows needs one. */
  lines?: number
}

const now = (): number => Math.floor(performance.timeOrigin / 1000)

/** Most have landed; some of each other state that a person deals with. */
function statusOf(index: number): string {
  if (index % 50 === 7) return 'failed'
  if (index % 100 === 13) return 'held'
  if (index % 100 === 29) return 'cancelled'
  return index % 40 === 31 ? 'pending' : 'applied'
}

const INTENT = 'Retry the payment once before the order is given up, and say in the log which attempt it was'

/** Puts changes there with paths, a payload of two kilobytes each and what the log says of their way. */
export function fillQueue(db: Database, { count, waiting = 0, lines = 64 }: Filling): void {
  const end = now()
  const text = 'export const line = 1\n'.repeat(lines)
  const change = db.sql(
    `INSERT INTO change_queue (task_id, agent, status, payload, payload_hash, priority, unmet, attempts, last_error,
       reason_code, landed_commit, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, 'normal', ?, 1, ?, ?, ?, ?, ?)`,
  )
  const path = db.sql('INSERT INTO change_paths (change_id, path, open) VALUES (?, ?, ?)')
  const wait = db.sql('INSERT INTO change_dependencies (change_id, task_id) VALUES (?, ?)')
  const chain = openLogChain(db)
  const log = (id: number, task: string, message: string, details: string, at: number): void =>
    chain.append({ queue_id: id, task_id: task, level: 'info', message, details, created_at: at })
  db.write(() => {
    for (let n = 1; n <= count; n += 1) {
      const status = n > count - waiting ? 'pending' : statusOf(n)
      const isPending = status === 'pending'
      const task = `CROWD-${n}`
      const at = end - Math.floor(((count - n) / count) * 80_000)
      const payload = {
        task_id: task,
        agent: `agent-${n % 4}`,
        changes: [added(`src/part-${n % 97}/file-${n}.ts`, text)],
        checks: ['none'],
        ...(isPending ? { depends_on: [`NEVER-${n}`] } : {}),
        metadata: { intent: `${INTENT} (${n})`, telemetry_anchors: [`anchor-${n % 31}`] },
      }
      const { lastInsertRowid: id } = change.run(
        task,
        payload.agent,
        status,
        JSON.stringify(payload),
        `${n}`.padStart(64, '0'),
        isPending ? 1 : 0,
        status === 'failed' || status === 'held' ? 'no such command is allowed' : null,
        status === 'failed' || status === 'held' ? 'check_not_allowed' : null,
        status === 'applied' ? `${n}`.padStart(40, '0') : null,
        at,
        at,
      )
      path.run(id, payload.changes[0]?.['path'] as string, isPending ? 1 : 0)
      if (isPending) wait.run(id, `NEVER-${n}`)
      log(id, task, 'enqueued', '{"paths":1,"priority":"normal"}', at)
      log(id, task, 'dequeue_metrics', '{"dequeue_latency_ms":12.5,"poll_interval_ms":50}', at)
      log(id, task, status, '{"apply_duration_ms":4.2,"verdict":"passed"}', at)
    }
  })
  db.pragma('wal_checkpoint(TRUNCATE)')
}

/** Writes an event of a change into the log, and the text into the place the queue's table shows, as one commit. */
export function touch(db: Database, id: number, text: string): void {
  db.write(() => {
    db.sql(`UPDATE change_queue SET status = 'held', last_error = ?, updated_at = ? WHERE id = ?`).run(
      text,
      now(),
      id,
    )
    tell(db, id, text)
  })
}

/** Writes an event into the log; a change's, where one is named. */
export function tell(db: Database, id: number | null, message: string): void {
  const row = { queue_id: id, task_id: null, level: 'info', message, details: '{}', created_at: now() }
  db.write(() => openLogChain(db).append(row))
}
