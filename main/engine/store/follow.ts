/** Keeps true what changes wait for: counts what is unmet, holds what can never be met and lets it go when it can. */
import type { Changes } from './changes.ts'
import type { Database } from './database.ts'
import { unmetDependencies } from './dependencies.ts'
import { HOPELESS_CODES, openHopeFinder, type HopeFinder } from './hopeless.ts'
import type { Logs } from './logs.ts'
import { setUnmet } from './order.ts'

export interface FollowDeps extends Pick<Changes, 'get' | 'move'> {
  db: Database
  logs: Logs
}

/** One look at everything that something new bears on. */
interface Look {
  /** Changes to look at; looking at one may bring in others. */
  queue: Set<number>
  /** Changes in a circle that were looked at: nothing that is done here changes what was found. */
  circled: Set<number>
  finder: HopeFinder
}

/** Returns what looks at changes again after a task they depend on, or they themselves, came to stand otherwise. */
export function openDependencyFollower(deps: FollowDeps): (ids: readonly number[]) => void {
  const { db } = deps
  const inCircles = (): { id: number; last_error: string | null }[] =>
    db
      .sql<{ id: number; last_error: string | null }>(
        `SELECT id, last_error FROM change_queue INDEXED BY change_queue_circles
         WHERE status = 'held' AND reason_code = 'dependency_cycle' ORDER BY id`,
      )
      .all()

  let look: Look | null = null
  return (ids) => {
    if (ids.length === 0) return
    if (look !== null) {
      for (const id of ids) look.queue.add(id)
      return
    }
    const finder = openHopeFinder(db)
    // A circle is opened by what happens to any of its tasks, not only to those a member names.
    const opened = inCircles().filter(({ id, last_error }) => finder.circle(id)?.message !== last_error)
    look = { queue: new Set([...ids, ...opened.map(({ id }) => id)]), circled: new Set(), finder }
    try {
      for (const id of look.queue) {
        // Out of the set before its turn, so that it can be asked for once more.
        look.queue.delete(id)
        lookAt(deps, id, look)
      }
    } finally {
      look = null
    }
  }
}

function lookAt({ db, logs, get, move }: FollowDeps, id: number, look: Look): void {
  const unmet = unmetDependencies(db, id)
  setUnmet(db, id, unmet.length)
  const row = get(id)
  if (row === undefined) return
  const isHeld = row.status === 'held' && HOPELESS_CODES.has(row.reason_code)
  if (row.status !== 'pending' && !isHeld) return
  const hopeless = look.finder.hopelessness(row, unmet)
  if (hopeless?.code === 'dependency_cycle') {
    look.circled.add(id)
    for (const other of look.finder.circled()) if (!look.circled.has(other)) look.queue.add(other)
  }
  if (hopeless === null) {
    // Somebody retried or resubmitted the task it waits for: that was the person's decision.
    if (isHeld) move(id, 'pending', { reasonCode: null, lastError: null })
    return
  }
  const { code, message: reason } = hopeless
  if (isHeld && code === row.reason_code && reason === row.last_error) return
  if (isHeld)
    db.sql('UPDATE change_queue SET reason_code = ?, last_error = ? WHERE id = ?').run(code, reason, id)
  else move(id, 'held', { reasonCode: code, lastError: reason })
  logs.write({ level: 'warn', message: 'held', queueId: id, taskId: row.task_id, details: { code, reason } })
}
