/**
 * A day in the life: six submitters, an operator who commits, pauses and reverts, a check that flakes, and workers that
 * are killed again and again. At its end nothing is lost, nothing landed twice, nothing is stuck, and the audit agrees.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { HyperionError } from '../../main/engine/base/errors.ts'
import { openStore } from '../../main/engine/store/store.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { added, diffed, request, type Json } from '../support/requests.ts'
import { withBench, type Workbench } from '../support/workbench.ts'
import { seeded } from '../support/workload.ts'

const long = process.env['HYPERION_LONG'] === '1'
const CHANGES = 300
const PER_ROUND = 15
const SUBMITTERS = 6
const LINES = Array.from({ length: 90 }, (_, n) => `line ${n}`)
const TEXT = `${LINES.join('\n')}\n`

/** Red where a bad file is in the tree; else it fails the first time it meets some trees, and passes from then on. */
const suite = (flakes: string): string =>
  [
    `for bad in bad-*.txt; do [ -e "$bad" ] && exit 1; done`,
    `sum=$(ls | cksum | cut -d' ' -f1)`,
    `case $sum in *3|*7) mkdir ${flakes}/$sum 2>/dev/null && exit 1;; esac`,
    'exit 0',
  ].join('; ')

/** The next change of a submitter: mostly its own files, sometimes a shared one, sometimes red. */
function nextChange(n: number, base: string, random: () => number): Json {
  const agent = `agent-${(n % SUBMITTERS) + 1}`
  const fields = { task: `T-${n}`, agent, checks: ['suite'], base }
  const kind = random()
  if (kind < 0.08) return request(fields, added(`bad-${n}.txt`, 'bad\n'))
  if (kind < 0.3) {
    const at = Math.floor(random() * LINES.length)
    return request(fields, diffed('shared.txt', TEXT, `${LINES.with(at, `line ${at} by ${n}`).join('\n')}\n`))
  }
  return request(fields, added(`made/${agent}/${n}.txt`, `${n}\n`))
}

/** Changes by how they stand. */
const standing = (bench: Workbench): Record<string, number> => bench.engine.counts()
const openOnes = (bench: Workbench): number =>
  (standing(bench)['pending'] ?? 0) + (standing(bench)['in_progress'] ?? 0)

/** How often each change of this queue is named by a commit of the target. */
function landings(bench: Workbench): Map<number, number> {
  const times = new Map<number, number>()
  for (const { trailers } of bench.landed('hyperion/main')) {
    const id = Number(/^Hyperion-Change: \S+\/(\d+)$/m.exec(trailers)?.[1] ?? 0)
    if (id > 0) times.set(id, (times.get(id) ?? 0) + 1)
  }
  return times
}

test(
  'a day in the life: 300 changes, six submitters, an operator, kills: nothing lost, twice or stuck',
  { timeout: 900_000 },
  () =>
    withBench({ files: { 'README.md': 'hello\n', 'shared.txt': TEXT } }, async (bench) => {
      const flakes = join(bench.dir, '..', 'flakes')
      mkdirSync(flakes)
      const checks = { allow: { suite: suite(flakes) }, sandbox: 'off', retryFlaky: 1 }
      bench.repo.write('hyperion.config.json', JSON.stringify({ checks, landing: { window: 8 } }))
      bench.repo.commit('settings')
      const random = seeded(20)
      const store = openStore(join(bench.dir, '.hyperion/hyperion.db'), systemClock())
      const endBackoff = setInterval(() => {
        store.db.exec('UPDATE change_queue SET delay_until_ms = 1 WHERE delay_until_ms IS NOT NULL')
      }, 200)
      const worked = bench.start('worker', '--run-checks', '--workers', '2', '--max-attempts', '1000', '--poll-interval-ms', '50') // prettier-ignore
      const done = { kills: 0, commits: 0, pauses: 0, reverts: 0 }

      /** A worker that lives dies now, whatever it is at; its supervisor starts another. */
      const kill = (): void => {
        const workers = store.workers.list()
        const victim = workers[Math.floor(random() * workers.length)]
        if (victim === undefined) return
        try {
          process.kill(victim.process.pid, 'SIGKILL')
          done.kills += 1
        } catch {
          // It has just ended.
        }
      }
      const commit = (): void => {
        bench.repo.write(`operator-${done.commits}.txt`, 'by hand\n')
        bench.repo.commit(`by hand ${done.commits}`)
        done.commits += 1
      }
      const revert = async (): Promise<void> => {
        const applied = bench.engine.list({ status: 'applied' }).filter((row) => row.landed_commit !== null && row.agent !== 'hyperion') // prettier-ignore
        const one = applied[Math.floor(random() * applied.length)]
        if (one === undefined) return
        try {
          await bench.engine.revert(one.id)
          done.reverts += 1
        } catch (error) {
          // Reverted before, or the operator's branch does not hold it any more: said, and nothing queued.
          expect(error).toBeInstanceOf(HyperionError)
        }
      }
      const pause = async (): Promise<void> => {
        bench.engine.pause('lunch')
        const landed = (): number => landings(bench).size
        // What was past its last look when the pause came may still be told of; after that, nothing.
        await expect.poll(() => store.landings.undecided().size, { timeout: 60_000 }).toBe(0)
        const before = landed()
        kill()
        await bench.enqueue(nextChange(1000 + done.pauses, bench.base, random))
        expect(landed()).toBe(before)
        bench.engine.resume(null)
        done.pauses += 1
      }

      try {
        for (let n = 0; n < CHANGES; n += PER_ROUND) {
          const batch = Array.from({ length: PER_ROUND }, (_, k) => nextChange(n + k, bench.base, random))
          await bench.enqueue(...batch)
          if (n % 45 === 0) commit()
          if (n % 60 === 30) await pause()
          if (n % 30 === 0) await revert()
          kill()
          await expect.poll(() => openOnes(bench), { timeout: 300_000, interval: 100 }).toBeLessThan(20)
          kill()
        }
        await expect.poll(() => openOnes(bench), { timeout: 300_000, interval: 100 }).toBe(0)
        // The last commit of the operator comes in without anything else being queued.
        commit()
        await expect
          .poll(
            () =>
              bench.file(`operator-${done.commits - 1}.txt`, 'hyperion/main') !== null &&
              openOnes(bench) === 0,
            {
              timeout: 120_000,
              interval: 100,
            },
          )
          .toBe(true)
      } finally {
        clearInterval(endBackoff)
        worked.child.kill('SIGINT')
        await worked.ended
        store.close()
      }

      // Who acted, so that a day on which nothing happened does not pass for one.
      expect(done.kills).toBeGreaterThanOrEqual(30)
      expect(done).toMatchObject({ commits: 8, pauses: 5 })
      expect(done.reverts).toBeGreaterThanOrEqual(5)
      // All of upstream is in.
      bench.repo.git('merge-base', '--is-ancestor', 'HEAD', 'hyperion/main')
      // Nothing is stuck: every change has ended, or waits for a person with a reason.
      const rows = bench.engine.list({})
      const ended = ['applied', 'failed', 'conflict', 'held']
      expect(rows.filter(({ status }) => !ended.includes(status))).toEqual([])
      // What landed did so once, and nothing else is on the branch in a change's name.
      const times = landings(bench)
      for (const row of rows) {
        const expected = row.status === 'applied' && row.landed_commit !== null ? 1 : 0
        expect([row.id, row.status, times.get(row.id) ?? 0]).toEqual([row.id, row.status, expected])
      }
      // Red ones never landed, and everything else that only adds a file of its own did.
      for (const { id, status } of rows) {
        const { payload } = bench.show(id)
        const [path = ''] = payload.changes.map((one) => one.path)
        if (path.startsWith('bad-') && payload.changes[0]?.operation === 'add')
          expect([id, status]).toEqual([id, 'failed'])
        if (path.startsWith('made/')) expect([id, status]).toEqual([id, 'applied'])
      }
      // Every tree that a change landed has a passed verdict of exactly that tree.
      const db = new DatabaseSync(join(bench.dir, '.hyperion/hyperion.db'), { readOnly: true })
      const passed = db.prepare(`SELECT 1 FROM check_runs WHERE tree = ? AND verdict = 'passed'`)
      const byChanges = bench
        .landed('hyperion/main')
        .filter(({ trailers }) => /^Hyperion-Change: /m.test(trailers))
      expect(
        byChanges.filter(({ tree }) => passed.get(tree) === undefined).map(({ commit: at }) => at),
      ).toEqual([])
      db.close()
      expect(existsSync(join(bench.dir, 'made'))).toBe(false)
      expect(await bench.engine.verifyAudit()).toMatchObject({ clean: true, difference: null, unsettled: 0 })
      if (long) console.log(done, standing(bench))
    }),
)
