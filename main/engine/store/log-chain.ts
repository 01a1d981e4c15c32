/** The hash chain over the rows of the log: continued in the transaction of each row, its newest place kept apart. */
import { bug } from '../base/errors.ts'
import {
  CHAIN_START,
  ENCODED_ROW,
  encodeRow,
  formatHead,
  parseHead,
  rowHash,
  type ChainedRow,
  type LogHead,
} from '../domain/log-chain.ts'
import type { Database } from './database.ts'

/** Where a chain begins that older rows were taken into: rows before this one were chained all at once. */
export const CHAINED_LATER = 'log chained'

/** A row as it is stored. */
export interface StoredLogRow {
  id: number
  queue_id: number | null
  message: string
  hash: string | null
  /** Its bytes as they count for its hash. */
  encoded: Buffer
  /** Of messages that tell what became of a change; else null. */
  details: string | null
}

export interface ChainStanding {
  /** The head as it is stored beside the log; null where none is. */
  head: LogHead | null
  /** Ids of the oldest and the newest row; 0 where there is none. */
  oldest: number
  newest: number
  /** The highest id that a row ever had. */
  highest: number
  /** Id of the row that tells that older rows were taken in; 0 where the chain holds the log from its beginning. */
  chainedAt: number
}

export interface LogChain {
  /** Writes a row as the next one of the chain. Call inside a transaction. */
  append(row: Omit<ChainedRow, 'id'>): void
  /** Begins the chain, taking in the rows that an older program wrote; nothing where it has begun. */
  begin(nowSeconds: number): void
  /**
   * The newest row that is written for good, for a commit to name. Throws inside a transaction, which may yet be
   * rolled back and leave the commit with a hash that no row has.
   */
  head(): LogHead
  /** How the log and what is kept of it beside it stand at one moment. */
  standing(): ChainStanding
  count(): number
  /** Rows after `afterId` and up to `lastId` in their order, at most `limit`. */
  page(afterId: number, lastId: number, limit: number): StoredLogRow[]
}

const PAGE = 1000

export function openLogChain(db: Database): LogChain {
  const stored = (): string | null =>
    db.sql<{ value: string }>(`SELECT value FROM workspace WHERE key = 'audit_head'`).get()?.value ?? null

  const keep = (head: LogHead): void => {
    const text = formatHead(head)
    const { changes } = db.sql(`UPDATE workspace SET value = ? WHERE key = 'audit_head'`).run(text)
    if (changes === 0) db.sql(`INSERT INTO workspace (key, value) VALUES ('audit_head', ?)`).run(text)
  }

  /** Writes the row that follows; false where its id is taken. */
  function insertAs(id: number, after: LogHead, fields: Omit<ChainedRow, 'id'>): boolean {
    const row: ChainedRow = { id, ...fields }
    const hash = rowHash(after.hash, encodeRow(row))
    const { changes } = db
      .sql(
        `INSERT INTO change_queue_logs (id, queue_id, task_id, level, message, details, created_at, hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      )
      .run(id, row.queue_id, row.task_id, row.level, row.message, row.details, row.created_at, hash)
    if (changes === 1) keep({ sequence: id, hash })
    return changes === 1
  }

  function insert(after: LogHead, fields: Omit<ChainedRow, 'id'>): void {
    if (insertAs(after.sequence + 1, after, fields)) return
    // A row that somebody put there by hand keeps its id, and verification finds that it is not of the chain.
    insertAs(standing().newest + 1, after, fields)
  }

  function standing(): ChainStanding {
    const row = db
      .sql<Record<'oldest' | 'newest' | 'highest' | 'chained', number | null> & { head: string | null }>(
        `SELECT (SELECT value FROM workspace WHERE key = 'audit_head') AS head,
           (SELECT min(id) FROM change_queue_logs) AS oldest,
           (SELECT max(id) FROM change_queue_logs) AS newest,
           (SELECT seq FROM sqlite_sequence WHERE name = 'change_queue_logs') AS highest,
           (SELECT min(id) FROM change_queue_logs WHERE message = '${CHAINED_LATER}') AS chained`,
      )
      .get()
    return {
      head: (row?.head ?? null) === null ? null : parseHead(row?.head ?? ''),
      oldest: row?.oldest ?? 0,
      newest: row?.newest ?? 0,
      highest: row?.highest ?? 0,
      chainedAt: row?.chained ?? 0,
    }
  }

  /** Only where no row has a hash: what lost its head was chained once, and a second time would cover that up. */
  function chainOlder(nowSeconds: number): void {
    const chained = db.sql('SELECT 1 FROM change_queue_logs WHERE hash IS NOT NULL LIMIT 1').get()
    if (chained !== undefined) return
    const head: LogHead = { sequence: 0, hash: CHAIN_START }
    let rows = 0
    for (;;) {
      const page = db
        .sql<{ id: number; encoded: Buffer }>(
          `SELECT id, ${ENCODED_ROW} AS encoded FROM change_queue_logs WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
        )
        .all(head.sequence)
      for (const { id, encoded } of page) {
        head.hash = rowHash(head.hash, encoded)
        head.sequence = id
        db.sql('UPDATE change_queue_logs SET hash = ? WHERE id = ?').run(head.hash, id)
      }
      rows += page.length
      if (page.length < PAGE) break
    }
    keep(head)
    if (rows === 0) return
    const told = {
      queue_id: null,
      task_id: null,
      level: 'info',
      message: CHAINED_LATER,
      details: JSON.stringify({ rows }),
      created_at: nowSeconds,
    }
    // An older program's newest rows may have been removed by then: their ids are not given again.
    insertAs(standing().highest + 1, head, told)
  }

  return {
    append(row) {
      let text = stored()
      if (text === null) {
        chainOlder(Number(row.created_at))
        text = stored()
      }
      insert(parseHead(text ?? ''), row)
    },
    begin(nowSeconds) {
      if (stored() !== null) return
      // Another process may have begun it meanwhile.
      db.write(() => (stored() === null ? chainOlder(nowSeconds) : undefined))
    },
    head() {
      if (db.inTransaction)
        throw bug('head_in_transaction', 'the head of the log was asked for in a transaction')
      const text = stored()
      return text === null ? { sequence: 0, hash: CHAIN_START } : parseHead(text)
    },
    standing,
    count() {
      const { head, oldest, chainedAt } = standing()
      // Ids of the chain have no gaps, so there is nothing to count where it holds the log from its beginning.
      if (head !== null && oldest === 1 && chainedAt === 0) return head.sequence
      return db.sql<{ n: number }>('SELECT count(*) AS n FROM change_queue_logs').get()?.n ?? 0
    },
    page: (afterId, lastId, limit) =>
      db
        .sql<StoredLogRow>(
          `SELECT id, queue_id, message, hash, ${ENCODED_ROW} AS encoded,
             CASE WHEN message IN ('applied', 'already present', 'mark_applied', 'taken back', '${CHAINED_LATER}')
               THEN details END AS details
           FROM change_queue_logs WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`,
        )
        .all(afterId, lastId, limit),
  }
}
