/** The log as events for programs: each row once, in order, with the change it is about as it stands now. */
import type { Event } from '../../../schemas/acts.ts'
import { userError } from '../base/errors.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { LogRow } from '../store/logs.ts'
import type { Store } from '../store/store.ts'
import { shownLog } from './shown.ts'

/** Rows read at once: nothing is kept for a slow reader but where it is. */
const PAGE = 500

type EventStore = Pick<Store, 'db' | 'logs' | 'changes'>

type Known = NonNullable<Event['change']>

/** Columns of a change without its payload, which may be megabytes. */
const COLUMNS =
  'id, status, task_id, agent, request_id, priority, attempts, reason_code, last_error, landed_commit, ' +
  'check_verdict, updated_at'

function changesNow({ db }: EventStore, ids: readonly number[]): Map<number, Known> {
  const among = JSON.stringify(ids)
  type Found = Omit<Known, 'archived'> & Pick<ChangeRow, 'id'>
  const live = db.sql<Found>(
    `SELECT ${COLUMNS} FROM change_queue WHERE id IN (SELECT value FROM json_each(?))`,
  )
  const old = db.sql<Found>(
    `SELECT ${COLUMNS} FROM change_archive WHERE id IN (SELECT value FROM json_each(?))`,
  )
  const found = new Map<number, Known>()
  for (const row of old.all(among)) found.set(row.id, { ...row, archived: true })
  for (const row of live.all(among)) found.set(row.id, { ...row, archived: false })
  return found
}

/**
 * Returns the next events after a row of the log, at most a page; empty when there are none yet.
 *
 * Rows come into the log in the order of their ids, whichever process writes them, so going on after the last one
 * misses nothing. A row that the log does not have yet cannot be gone on from: the queue is another one, or was put
 * back from a backup.
 */
export function eventsAfter(store: EventStore, after: number): Event[] {
  const rows = store.db
    .sql<LogRow>(`SELECT * FROM change_queue_logs WHERE id > ? ORDER BY id LIMIT ${PAGE}`)
    .all(after)
  if (rows.length === 0) {
    const last = store.logs.lastId()
    if (after <= last) return []
    const said = `event ${after} is not in the log, whose newest is ${last}`
    throw userError('no_such_event', said, 'read from an event that is there, or from 0 to have all')
  }
  const ids = [...new Set(rows.flatMap(({ queue_id }) => queue_id ?? []))]
  const changes = changesNow(store, ids)
  return rows.map((row) => ({
    ...shownLog(row),
    change: row.queue_id === null ? null : (changes.get(row.queue_id) ?? null),
  }))
}
