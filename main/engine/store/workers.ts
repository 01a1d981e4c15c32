/** The processes that work the queue, so that an idle one is known to every program over the same database. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { ProcessIdentity } from '../base/process.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'

export interface WorkerEntry {
  /** Its name in logs and leases. */
  id: string
  process: ProcessIdentity
}

export interface Workers {
  /** Makes a worker known until it leaves; one that the same process was before is replaced. */
  enter(worker: WorkerEntry): void
  leave(worker: WorkerEntry): void
  /** Takes out whoever ended without leaving. */
  forgetDead(isAlive: (process: ProcessIdentity) => boolean): void
  /** By name; one that was killed stays among them until it is taken out. */
  list(): WorkerEntry[]
}

export function openWorkers(db: Database, clock: Clock, logs: Logs): Workers {
  const list = (): WorkerEntry[] =>
    db
      .sql<{ id: string; pid: number; pid_started: string | null }>('SELECT * FROM workers ORDER BY id, pid')
      .all()
      .map(({ id, pid, pid_started }) => ({ id, process: { pid, startedAt: pid_started } }))

  function remove({ id, process }: WorkerEntry): void {
    const { changes } = db
      .sql('DELETE FROM workers WHERE pid = ? AND pid_started IS ?')
      .run(process.pid, process.startedAt)
    if (changes === 0) return
    logs.write({ level: 'debug', message: 'worker_ended', details: { worker_id: id, pid: process.pid } })
  }

  return {
    enter: ({ id, process: { pid, startedAt } }) =>
      db.write(() => {
        db.sql('INSERT OR REPLACE INTO workers (pid, pid_started, id, started_at) VALUES (?, ?, ?, ?)').run(
          pid,
          startedAt,
          id,
          nowSeconds(clock),
        )
        logs.write({ level: 'debug', message: 'worker_started', details: { worker_id: id, pid } })
      }),
    leave: (worker) => db.write(() => remove(worker)),
    forgetDead(isAlive) {
      const dead = list().filter(({ process }) => !isAlive(process))
      if (dead.length === 0) return
      db.write(() => {
        for (const worker of dead) remove(worker)
      })
    },
    list,
  }
}
