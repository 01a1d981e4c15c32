/** The live feed: what the log tells since a row, with the changes it names as they are now. */
import type { Live } from '../../../schemas/view.ts'
import type { Ground } from '../compose.ts'
import { shownLog } from './shown.ts'

/** A reader that missed more than this reads everything anew instead. */
export const MOST_MISSED = 2_000

/**
 * Returns what happened after a log row, whichever process wrote it; `after` null means from now on. `first` tells the
 * figures even where nothing happened.
 */
export function readLive(
  { store, clock }: Pick<Ground, 'store' | 'clock'>,
  after: number | null,
  first: boolean,
): Live {
  const last = store.logs.lastId()
  const at = clock.nowMs()
  const nothing = { at, logs: [], changes: [], gone: [], requests: [], counts: null, inbox: null }
  // A database that was put back from a backup is behind what its readers saw.
  const missed = after === null || after > last || last - after > MOST_MISSED
  if (missed) return { ...nothing, seq: last, reset: true, ...figures(store) }
  if (last === after) return { ...nothing, seq: last, reset: false, ...(first ? figures(store) : {}) }
  const rows = store.logs
    .list({ afterId: after })
    .filter((row) => row.id <= last)
    .map(shownLog)
  const ids = [...new Set(rows.flatMap(({ queue_id }) => (queue_id === null ? [] : [queue_id])))]
  const changes = store.browse.summaries(ids)
  const there = new Set(changes.map(({ id }) => id))
  const named = new Set(changes.flatMap(({ request_id }) => (request_id === null ? [] : [request_id])))
  const tasks = rows.flatMap((row) => (row.queue_id === null && row.task_id !== null ? [row.task_id] : []))
  for (const { details } of rows) {
    const request = details['request_id']
    if (typeof request === 'string') named.add(request)
  }
  for (const task of new Set(tasks)) {
    const owner = store.requests.ownerOf(task)
    if (owner !== null) named.add(owner)
  }
  return {
    at,
    seq: last,
    reset: false,
    logs: rows,
    changes,
    gone: ids.filter((id) => !there.has(id)),
    requests: [...named],
    ...figures(store),
  }
}

function figures(store: Ground['store']): Pick<Live, 'counts' | 'inbox'> {
  const counts = store.changes.counts()
  const asking =
    store.db
      .sql<{ n: number }>(
        `SELECT (SELECT count(*) FROM task_requests r WHERE r.plan_hold = 'held' OR r.status = 'needs_answer' AND EXISTS (
             SELECT 1 FROM questions q
             WHERE q.request_id = r.request_id AND q.blocking = 1 AND q.answer IS NULL AND q.skipped = 0))
           + (SELECT count(*) FROM assignments WHERE status = 'asks') AS n`,
      )
      .get()?.n ?? 0
  return { counts, inbox: counts.conflict + counts.held + counts.failed + asking }
}
