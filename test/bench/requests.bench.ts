/**
 * Measures 100 requests of three assignments each, handed in at once to stub agents: how long the program that leads
 * them is unavailable to others meanwhile, and what it holds in memory.
 *
 * Usage: npm run bench -- requests -- [--requests 100]
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { tempRepo } from '../support/temp-repo.ts'
import { writeResult } from './measure.ts'

// Only now that the loader is in place.
const { ensureInitialised, openEngine, systemClock } = await import('../../main/engine/engine.ts')

const { values } = parseArgs({ options: { requests: { type: 'string', default: '100' } } })
const many = Number(values.requests)
const EACH = 3
const clock = systemClock()
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** What is held by something, in bytes. */
function held(): number {
  collect()
  return process.memoryUsage().heapUsed
}
const MEBIBYTE = 1024 * 1024

const home = mkdtempSync(join(tmpdir(), 'requests-bench-'))
const files = Object.fromEntries(
  Array.from({ length: many * EACH }, (_, n) => [`src/f${n}.js`, `export const f${n} = ${n}\n`]),
)
const repo = tempRepo({ files })
const options = { workspace: repo.dir, clock, actor: 'bench', host: { env: process.env, home } }
await ensureInitialised(options)
const engine = await openEngine(options)

const request = (n: number): object => ({
  request_id: `REQ-${n}`,
  summary: 'Three files',
  requested_changes: Array.from({ length: EACH }, (_, k) => ({
    path: `src/f${n * EACH + k}.js`,
    summary: 'mark it',
  })),
})

try {
  const heldBefore = held()
  const before = process.memoryUsage().rss
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const elapsed = clock.stopwatch()
  const done = await Promise.all(
    Array.from({ length: many }, (_, n) =>
      engine.request(
        request(n),
        { source: `request ${n}`, model: null, agents: 3 },
        new AbortController().signal,
      ),
    ),
  )
  const took = elapsed()
  delay.disable()
  const after = process.memoryUsage().rss
  const heldMore = held() - heldBefore
  const queued = done.reduce((sum, one) => sum + one.enqueued.length, 0)
  if (queued !== many * EACH) throw new Error(`${queued} of ${many * EACH} were queued`)
  const ms = (nano: number): number => nano / 1e6
  const figures = {
    requests: many,
    assignments: many * EACH,
    seconds: took / 1000,
    per_assignment_ms: took / (many * EACH),
    stall_p99_ms: ms(delay.percentile(99)),
    stall_max_ms: ms(delay.max),
    memory_mib: after / MEBIBYTE,
    memory_grew_mib: (after - before) / MEBIBYTE,
    held_more_mib: heldMore / MEBIBYTE,
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / MEBIBYTE / 1024)} GiB`
  console.log(
    [
      `${many} requests × ${EACH} assignments, stub agents, handed in at once (${machine})`,
      '',
      '| what | goal | measured |',
      '| --- | --- | --- |',
      `| all queued | | ${figures.seconds.toFixed(1)} s, ${figures.per_assignment_ms.toFixed(1)} ms each |`,
      `| event loop stalled meanwhile, p99 | ≤ 25 ms | ${figures.stall_p99_ms.toFixed(1)} ms |`,
      `| … at most | | ${figures.stall_max_ms.toFixed(1)} ms |`,
      `| memory of the program at the end | | ${figures.memory_mib.toFixed(0)} MiB, ${figures.memory_grew_mib.toFixed(0)} more than before |`,
      `| … of which something still holds | | ${figures.held_more_mib.toFixed(1)} MiB |`,
    ].join('\n'),
  )
  writeResult(fileURLToPath(new URL('../..', import.meta.url)), 'requests', figures)
} finally {
  await engine.close()
  repo.dispose()
  rmSync(home, { recursive: true, force: true })
}
