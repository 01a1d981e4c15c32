/**
 * Measures the inbox: from a file dropped to a change queued, thousands of files within a second, and how long the
 * program that takes them in is unavailable to others meanwhile.
 *
 * Usage: npm run bench -- inbox -- [--files 5000] [--drops 200]
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { change } from '../support/requests.ts'
import { tempRepo } from '../support/temp-repo.ts'
import { writeResult } from './measure.ts'

// Only now that the loader is in place.
const { ensureInitialised, openEngine, systemClock } = await import('../../main/engine/engine.ts')

const { values } = parseArgs({
  options: { files: { type: 'string', default: '5000' }, drops: { type: 'string', default: '200' } },
})
const [many, drops] = [Number(values.files), Number(values.drops)]
const clock = systemClock()
const request = (task: string): string =>
  JSON.stringify(change({ task, path: `f/${task}.txt`, add: `${task}\n` }))
const percentile = (all: number[], share: number): number =>
  all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] ?? NaN

const home = mkdtempSync(join(tmpdir(), 'inbox-bench-'))
const repo = tempRepo({ files: { 'a.txt': 'one\n' } })
const options = { workspace: repo.dir, clock, actor: 'bench', host: { env: process.env, home } }
await ensureInitialised(options)
const engine = await openEngine(options)

/** Resolvers by file name, of those who wait for it to be queued. */
const waiting = new Map<string, () => void>()
let queued = 0
let reached: { count: number; tell: () => void } | null = null
const watch = await engine.intake.watchInbox(null, false, {
  queued(file) {
    queued += 1
    if (queued === reached?.count) reached.tell()
    waiting.get(file)?.()
  },
  trouble: (thrown) => console.error(thrown),
})
const inbox = engine.intake.inboxFolder

/** One file after the other, each dropped at rest. */
async function single(): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < drops; n += 1) {
    const name = `single-${n}.json`
    const done = new Promise<void>((resolve) => void waiting.set(name, resolve))
    const elapsed = clock.stopwatch()
    writeFileSync(join(inbox, name), request(`S-${n}`))
    await done
    times.push(elapsed())
    await clock.sleep(20)
  }
  return times
}

/** Files written by another thread, as other programs would, at once. */
async function crowd(): Promise<{ drop: number; all: number; stall: { p99: number; max: number } }> {
  const texts = Array.from({ length: many }, (_, n) => [join(inbox, `many-${n}.json`), request(`M-${n}`)])
  const allIn = new Promise<void>((resolve) => {
    reached = { count: queued + many, tell: resolve }
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const elapsed = clock.stopwatch()
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     const { writeFileSync } = require('node:fs')
     const started = performance.now()
     for (const [file, text] of workerData) writeFileSync(file, text)
     parentPort.postMessage(performance.now() - started)`,
    { eval: true, workerData: texts },
  )
  const drop = await new Promise<number>((resolve) => worker.once('message', resolve))
  await allIn
  const all = elapsed()
  delay.disable()
  await worker.terminate()
  // What is measured includes the resolution of one millisecond.
  const ms = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 1)
  return { drop, all, stall: { p99: ms(delay.percentile(99)), max: ms(delay.max) } }
}

try {
  const times = await single()
  const { drop, all, stall } = await crowd()
  const rows = engine.ground.store.db.sql<{ n: number; tasks: number }>('SELECT count(*) AS n, count(DISTINCT task_id) AS tasks FROM change_queue').get() // prettier-ignore
  const whole = rows?.n === many + drops && rows.tasks === many + drops
  // Doing nothing costs something too.
  const idle = process.cpuUsage()
  const rested = clock.stopwatch()
  await clock.sleep(20_000)
  const { user, system } = process.cpuUsage(idle)
  const idleShare = (user + system) / 1000 / rested()
  const result = {
    measured_at: new Date().toISOString(),
    machine: { platform: process.platform, arch: process.arch, cpus: cpus().length, memory: totalmem() },
    single: {
      drops,
      p50_ms: percentile(times, 0.5),
      p95_ms: percentile(times, 0.95),
      max_ms: Math.max(...times),
    },
    many: {
      files: many,
      dropped_within_ms: drop,
      all_queued_ms: all,
      stall_p99_ms: stall.p99,
      stall_max_ms: stall.max,
    },
    all_in_none_twice: whole,
    idle_processor: idleShare,
  }
  const file = writeResult(fileURLToPath(new URL('../..', import.meta.url)), 'inbox', result)
  console.log(
    [
      '',
      '| what | goal | measured |',
      '|---|--:|--:|',
      `| file dropped → queued, p95 of ${drops} | ≤ 300 ms | ${result.single.p95_ms.toFixed(0)} ms |`,
      `| ${many} files dropped within ${(drop / 1000).toFixed(1)} s → all queued and moved | | ${(all / 1000).toFixed(1)} s |`,
      `| … all in, none twice | yes | ${whole ? 'yes' : 'NO'} |`,
      `| … event loop stalled meanwhile, p99 | ≤ 25 ms | ${stall.p99.toFixed(1)} ms |`,
      `| idle: processor | ≤ 0.5 % | ${(idleShare * 100).toFixed(2)} % |`,
      '',
    ].join('\n'),
  )
  console.error(`Written to ${file}.`)
  if (!whole) process.exitCode = 1
} finally {
  await watch.stop()
  await engine.close()
  repo.dispose()
  rmSync(home, { recursive: true, force: true })
}
