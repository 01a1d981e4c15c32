/**
 * Measures what leasing and completing one change costs as the queue grows, beside one query with OR for the same.
 *
 * Usage: npm run bench -- lease -- [--sizes 1000,10000,100000,1000000] [--rounds N]
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeResult } from './measure.ts'

// Only now that the loader is in place.
const { openStore } = await import('../../main/engine/store/store.ts')
const { systemClock } = await import('../../main/engine/base/clock.ts')
type Store = ReturnType<typeof openStore>

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000,1000000' },
    rounds: { type: 'string', default: '400' },
  },
})
const sizes = values.sizes.split(',').map(Number)
const rounds = Number(values.rounds)
const say = (line: string): void => console.error(line)

/** Every seventh change shares a path with six others, every eleventh waits for a task that is not there. */
const fill = (from: number, to: number): string => `
  WITH RECURSIVE n(i) AS (SELECT ${from + 1} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
  INSERT INTO change_queue (task_id, agent, status, payload, payload_hash, priority, unmet, blocked, created_at, updated_at)
  SELECT 'T-' || i, 'agent-1', 'pending', '{"changes":[]}', hex(i),
    CASE i % 20 WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'normal' END, i % 11 = 0, i % 7 = 0 AND i % 49 <> 0, 1, 1 FROM n;
  INSERT INTO change_paths (change_id, path, open)
  SELECT id, CASE WHEN id % 7 = 0 THEN 'shared-' || (id / 49) ELSE 'own-' || id END, 1 FROM change_queue WHERE id > ${from};
  INSERT INTO change_dependencies (change_id, task_id)
  SELECT id, 'nowhere-' || id FROM change_queue WHERE id > ${from} AND unmet = 1;`

/** The query of one statement that the partial indexes replace. */
const ONE_QUERY = `SELECT id FROM change_queue
  WHERE (status = 'pending' AND blocked = 0 AND unmet = 0) OR (status = 'in_progress' AND leased_until <= ?)
  ORDER BY priority_rank DESC, id LIMIT 1`

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN

interface Row {
  pending: number
  /** Microseconds, medians. */
  claim: number
  complete: number
  oneQuery: number
}

/** A queue of one size, and what was measured on it so far. */
interface Queue {
  pending: number
  store: Store
  claims: number[]
  completions: number[]
  queries: number[]
}

const clock = systemClock()

function makeQueue(folder: string, pending: number): Queue {
  const store = openStore(join(folder, `${pending}.db`), clock)
  // The disk's own time for a commit is the same for every size and would drown what is measured.
  store.db.pragma('synchronous = OFF')
  store.db.write(() => store.db.exec(fill(0, pending)))
  store.db.pragma('wal_checkpoint(TRUNCATE)')
  say(`${pending} pending: filled`)
  return { pending, store, claims: [], completions: [], queries: [] }
}

function measure({ store, claims, completions, queries }: Queue, withQuery: boolean): void {
  let elapsed = clock.stopwatch()
  const [row] = store.claims.claim({ workerId: 'bench', process: null, leaseSeconds: 300, limit: 1 })
  claims.push(elapsed() * 1000)
  if (row === undefined) throw new Error('the queue ran empty')
  elapsed = clock.stopwatch()
  store.db.write(() => {
    store.changes.move(row.id, 'applied')
    store.records.endAttempt(row.id, row.fence, 'applied', null)
    store.logs.write({ message: 'applied', queueId: row.id, taskId: row.task_id })
  })
  completions.push(elapsed() * 1000)
  if (!withQuery) return
  elapsed = clock.stopwatch()
  store.db.sql(ONE_QUERY).get(1)
  queries.push(elapsed() * 1000)
}

const folder = mkdtempSync(join(tmpdir(), 'lease-bench-'))
try {
  const queues = sizes.map((size) => makeQueue(folder, size))
  const WARM = 100
  // In turns: the machine's moods then fall on every size alike.
  for (let round = -WARM; round < rounds; round += 1) {
    if (round === 0)
      for (const queue of queues) Object.assign(queue, { claims: [], completions: [], queries: [] })
    for (const queue of queues) measure(queue, round >= 0 && round % 40 === 0)
  }
  const rows: Row[] = queues.map(({ pending, claims, completions, queries, store }) => {
    store.close()
    return {
      pending,
      claim: median(claims),
      complete: median(completions),
      oneQuery: median(queries),
    }
  })
  const [first] = rows
  const times = (row: Row): string =>
    ((row.claim + row.complete) / ((first?.claim ?? 0) + (first?.complete ?? 0))).toFixed(2)
  const file = writeResult(fileURLToPath(new URL('../..', import.meta.url)), 'lease', {
    measured_at: new Date().toISOString(),
    machine: { platform: process.platform, arch: process.arch, cpus: cpus().length, memory: totalmem() },
    rounds,
    rows,
  })
  const lines = rows.map(
    (row) =>
      `| ${row.pending} | ${row.claim.toFixed(0)} | ${row.complete.toFixed(0)} | ${times(row)} | ${row.oneQuery.toFixed(0)} |`,
  )
  console.log(
    `\n| pending | claim, µs | complete, µs | × the first row | one query with OR, µs |\n|--:|--:|--:|--:|--:|\n${lines.join('\n')}\n`,
  )
  say(`Written to ${file}.`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
