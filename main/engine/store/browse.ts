/** Reading the queue for the eye: pages of summaries by filter, series of an hour, rows of the log. */
import type { ChangeFilter, ChangePage, ChangeSummary } from '../../../schemas/view.ts'
import { titleSql } from '../domain/title.ts'
import type { Database, SqlValue } from './database.ts'
import { earlierOnPaths } from './order.ts'

/** How many paths a summary names. */
const PATHS_SHOWN = 4

interface StoredSummary extends Omit<ChangeSummary, 'paths' | 'anchors' | 'waiting'> {
  paths: string
  anchors: string | null
  waiting: number
}

/** Columns of a summary; `q` is the row. Texts an agent made up may be anything, so they are only shown if texts. */
const SUMMARY = `q.id, q.status, q.task_id, q.agent, q.request_id, q.priority, q.attempts,
  CASE json_type(q.payload, '$.metadata.intent') WHEN 'text' THEN q.payload ->> '$.metadata.intent' END AS intent,
  ${titleSql('q.payload')} AS title,
  (SELECT json_group_array(path) FROM (SELECT path FROM change_paths p WHERE p.change_id = q.id ORDER BY path
     LIMIT ${PATHS_SHOWN})) AS paths,
  (SELECT count(*) FROM change_paths p WHERE p.change_id = q.id) AS path_count,
  q.payload -> '$.metadata.telemetry_anchors' AS anchors,
  q.last_error, q.reason_code, q.lease_owner, q.leased_until, q.landed_commit, q.check_verdict,
  (q.status = 'pending' AND (q.blocked = 1 OR q.unmet > 0)) AS waiting, q.created_at, q.updated_at`

const texts = (json: string | null): string[] => {
  const value: unknown = json === null ? [] : JSON.parse(json)
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

const summaryOf = (row: StoredSummary): ChangeSummary => ({
  ...row,
  paths: texts(row.paths),
  anchors: texts(row.anchors),
  waiting: row.waiting === 1,
})

/** Returns a filter as conditions on `q` and what they are given. */
function conditions(filter: ChangeFilter): { where: string; params: SqlValue[] } {
  const parts: string[] = []
  const params: SqlValue[] = []
  const add = (part: string, ...given: SqlValue[]): void => {
    parts.push(part)
    params.push(...given)
  }
  if (filter.states !== undefined)
    add('q.status IN (SELECT value FROM json_each(?))', JSON.stringify(filter.states))
  if (filter.agent !== undefined) add('q.agent = ?', filter.agent)
  if (filter.request !== undefined) add('q.request_id = ?', filter.request)
  if (filter.priority !== undefined) add('q.priority = ?', filter.priority)
  if (filter.path !== undefined) {
    add(
      `EXISTS (SELECT 1 FROM change_paths p WHERE p.change_id = q.id AND substr(p.path, 1, length(?)) = ?)`,
      filter.path,
      filter.path,
    )
  }
  if (filter.anchor !== undefined) {
    add(
      `EXISTS (SELECT 1 FROM json_each(q.payload, '$.metadata.telemetry_anchors') a WHERE a.value = ?)`,
      filter.anchor,
    )
  }
  if (filter.text !== undefined && searchesText(filter)) {
    add(
      `q.id IN (SELECT id FROM temp.change_texts WHERE instr(text, lower(?)) > 0
        UNION ALL SELECT id FROM change_queue INDEXED BY change_queue_errors
          WHERE last_error IS NOT NULL AND instr(lower(last_error), lower(?)) > 0)`,
      filter.text,
      filter.text,
    )
  }
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, params }
}

/**
 * Returns what keeps the texts a search reads in a table of this connection alone, as of the changes there are now.
 *
 * Reading every payload for every search takes a quarter of a second at 100,000 changes. An index in the file would
 * cost a tenth more of the processor for every change that comes in, searched for or not; and of what is kept here
 * nothing changes later.
 */
function openTexts(db: Database): () => void {
  let known = ''
  return () => {
    const there = db
      .sql<{ n: number; sum: number }>('SELECT count(*) AS n, total(id) AS sum FROM change_queue')
      .get()
    const now = `${there?.n} ${there?.sum}`
    if (now === known) return
    db.exec('CREATE TEMP TABLE IF NOT EXISTS change_texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL)')
    db.sql(
      `INSERT INTO temp.change_texts
       SELECT id, lower(task_id || ' ' || agent || ' ' || coalesce(request_id, '') || ' '
         || coalesce(payload ->> '$.metadata.intent', '') || ' ' || coalesce(payload ->> '$.metadata.summary', ''))
       FROM change_queue WHERE id IN (SELECT id FROM change_queue EXCEPT SELECT id FROM temp.change_texts)`,
    ).run()
    db.sql('DELETE FROM temp.change_texts WHERE id NOT IN (SELECT id FROM change_queue)').run()
    // What a transaction takes back would be missed.
    if (!db.inTransaction) known = now
  }
}

const searchesText = ({ text }: ChangeFilter): boolean => text !== undefined && text !== ''

export interface Browse {
  page(filter: ChangeFilter, offset: number, limit: number): ChangePage
  ids(filter: ChangeFilter): number[]
  summaries(ids: readonly number[]): ChangeSummary[]
  summariesOfRequest(requestId: string): ChangeSummary[]
  /** Open changes that touch a path. */
  openOnPath(path: string): ChangeSummary[]
  /** Ids of changes that have not ended and touch a path, or anything in a folder that ends in "/". */
  openOnTarget(target: string): number[]
  /** 1 plus the changes that are ready and come before a pending one; null for any other. */
  position(id: number): number | null
  /** Creation time of the oldest pending change. */
  oldestPending(): number | null
}

export function openBrowse(db: Database): Browse {
  const readTexts = openTexts(db)
  const list = (tail: string, ...params: SqlValue[]): ChangeSummary[] =>
    db
      .sql<StoredSummary>(`SELECT ${SUMMARY} FROM change_queue q ${tail}`)
      .all(...params)
      .map(summaryOf)
  /** Requests are counted in their index; ids are taken only of those that the page shows. */
  function byRequest(where: string, params: SqlValue[], limit: number, offset: number): ChangeSummary[] {
    const and = where === '' ? 'WHERE' : `${where} AND`
    const groups = db
      .sql<{ request_id: string; n: number }>(
        `SELECT q.request_id, count(*) AS n FROM change_queue q ${and} q.request_id IS NOT NULL
         GROUP BY q.request_id ORDER BY max(q.id) DESC`,
      )
      .all(...params)
    const shown: string[] = []
    let before = 0
    let skip = 0
    for (const { request_id, n } of groups) {
      if (before + n > offset && before < offset + limit) {
        if (shown.length === 0) skip = offset - before
        shown.push(request_id)
      }
      before += n
    }
    const ids = shown.flatMap((requestId) =>
      db
        .sql<{ id: number }>(`SELECT q.id FROM change_queue q ${and} q.request_id = ? ORDER BY q.id DESC`)
        .all(...params, requestId)
        .map(({ id }) => id),
    )
    const page = ids.slice(skip, skip + limit)
    const room = limit - page.length
    if (room > 0) {
      const rest = db
        .sql<{ id: number }>(
          `SELECT q.id FROM change_queue q ${and} q.request_id IS NULL ORDER BY q.id DESC LIMIT ? OFFSET ?`,
        )
        .all(...params, room, Math.max(0, offset - before))
      page.push(...rest.map(({ id }) => id))
    }
    const rows = new Map(summaries(page).map((row) => [row.id, row]))
    return page.flatMap((id) => rows.get(id) ?? [])
  }
  const summaries = (ids: readonly number[]): ChangeSummary[] =>
    list('WHERE q.id IN (SELECT value FROM json_each(?)) ORDER BY q.id', JSON.stringify(ids))
  return {
    page(filter, offset, limit) {
      if (searchesText(filter)) readTexts()
      const { where, params } = conditions(filter)
      const total =
        db.sql<{ n: number }>(`SELECT count(*) AS n FROM change_queue q ${where}`).get(...params)?.n ?? 0
      if (filter.group === 'request') return { total, offset, rows: byRequest(where, params, limit, offset) }
      return {
        total,
        offset,
        // The page is found first: what a summary takes out of payloads is done for its rows alone.
        rows: list(
          `WHERE q.id IN (SELECT q.id FROM change_queue q ${where} ORDER BY q.id DESC LIMIT ? OFFSET ?)
           ORDER BY q.id DESC`,
          ...params,
          limit,
          offset,
        ),
      }
    },
    ids(filter) {
      if (searchesText(filter)) readTexts()
      const { where, params } = conditions(filter)
      return db
        .sql<{ id: number }>(`SELECT q.id FROM change_queue q ${where} ORDER BY q.id`)
        .all(...params)
        .map((row) => row.id)
    },
    summaries,
    summariesOfRequest: (requestId) => list('WHERE q.request_id = ? ORDER BY q.id', requestId),
    openOnPath: (path) =>
      list(
        `JOIN change_paths p ON p.change_id = q.id
         WHERE p.path = ? AND q.status IN ('pending', 'in_progress', 'held', 'conflict') ORDER BY q.id`,
        path,
      ),
    openOnTarget: (target) =>
      db
        .sql<{ id: number }>(
          `SELECT DISTINCT q.id FROM change_queue q JOIN change_paths p ON p.change_id = q.id
           WHERE (p.path = ?1 OR (substr(?1, -1) = '/' AND substr(p.path, 1, length(?1)) = ?1))
             AND q.status IN ('pending', 'in_progress', 'held', 'conflict') ORDER BY q.id`,
        )
        .all(target)
        .map(({ id }) => id),
    position(id) {
      const row = db
        .sql<{ priority_rank: number; status: string }>(
          'SELECT priority_rank, status FROM change_queue WHERE id = ?',
        )
        .get(id)
      if (row?.status !== 'pending') return null
      const before = db
        .sql<{ n: number }>(
          `SELECT count(*) AS n FROM change_queue INDEXED BY change_queue_claimable
           WHERE status = 'pending' AND blocked = 0 AND unmet = 0 AND delay_until_ms IS NULL
             AND (priority_rank > ?1 OR (priority_rank = ?1 AND id < ?2))`,
        )
        .get(row.priority_rank, id)
      // What it is behind on a file goes first, whatever its own priority.
      const behind = db
        .sql<{ n: number }>(
          `SELECT count(*) AS n FROM change_queue WHERE id IN (SELECT value FROM json_each(?3)) AND status = 'pending'
             AND NOT (blocked = 0 AND unmet = 0 AND delay_until_ms IS NULL
               AND (priority_rank > ?1 OR (priority_rank = ?1 AND id < ?2)))`,
        )
        .get(row.priority_rank, id, JSON.stringify(earlierOnPaths(db, id)))
      return (before?.n ?? 0) + (behind?.n ?? 0) + 1
    },
    // Ids grow with time, and the index of states has them.
    oldestPending: () =>
      db
        .sql<{ at: number }>(
          `SELECT created_at AS at FROM change_queue
           WHERE id = (SELECT min(id) FROM change_queue WHERE status = 'pending')`,
        )
        .get()?.at ?? null,
  }
}
