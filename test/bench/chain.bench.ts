/**
 * Measures how long real workers take for changes whose checks take a while, beside the ideal and beside Zuul's rule
 * on the same sequence in virtual time.
 *
 * Usage: npm run bench -- chain -- [--changes N] [--seconds S] [--slots 2,4] [--rounds N]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mixedSequence, simulateZuul, type SimulatedChange } from '../support/chain-simulation.ts'
import { change } from '../support/requests.ts'
import { tempRepo } from '../support/temp-repo.ts'
import { seeded } from '../support/workload.ts'
import { writeResult } from './measure.ts'

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '2' },
    slots: { type: 'string', default: '2,4' },
    rounds: { type: 'string', default: '1' },
  },
})
const count = Number(values.changes)
const seconds = Number(values.seconds)
const slotCounts = values.slots.split(',').map(Number)
const WINDOW = 20
const root = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = join(root, 'out/main/cli.js')
const say = (line: string): void => console.error(line)

interface Row {
  sequence: string
  slots: number
  /** Seconds, workers' start included. */
  makespan: number
  /** Of the last landing or failure after the first lease, in seconds. */
  reference: number
  against: 'the ideal' | 'Zuul’s rule'
  ratio: number
  landed: number
}

/** A change that does not fit behind another adds the same file, with other contents; a red one brings what is red. */
const requestOf = (one: SimulatedChange, index: number): unknown =>
  change({
    task: `T-${index}`,
    path: one.fails ? `red-${index}.txt` : `f${one.conflictsWith ?? index}.txt`,
    add: `${index}\n`,
    checks: ['suite'],
  })

/** Runs workers until the queue is drained; returns the seconds from the first lease to the end of the last change. */
async function run(
  changes: readonly SimulatedChange[],
  slots: number,
): Promise<{ makespan: number; landed: number }> {
  const allow = { suite: `sleep ${seconds}; for red in red-*.txt; do [ -e "$red" ] && exit 1; done; true` }
  const config = { checks: { allow, retryFlaky: 0, sandbox: 'off' }, landing: { window: WINDOW } }
  const repo = tempRepo({ files: { 'README.md': 'hello\n', 'hyperion.config.json': JSON.stringify(config) } })
  const home = mkdtempSync(join(tmpdir(), 'chain-bench-'))
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: join(home, 'cache') }
  const cli = async (...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, [PROGRAM, '--workspace', repo.dir, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')))
    await once(child, 'close')
    return stdout
  }
  try {
    const file = join(home, 'changes.json')
    writeFileSync(file, JSON.stringify(changes.map(requestOf)))
    await cli('enqueue', file)
    await cli('worker', '--drain', '--run-checks', '--workers', String(slots))
    const list = JSON.parse(await cli('list', '--format', 'json')) as { id: number; status: string }[]
    const attempts = await Promise.all(
      list.map(async ({ id }) => {
        const shown = JSON.parse(await cli('show', String(id), '--format', 'json')) as {
          attempts_made: { leased_at_ms: number; ended_at_ms: number | null }[]
        }
        return shown.attempts_made
      }),
    )
    const all = attempts.flat()
    const begun = Math.min(...all.map(({ leased_at_ms }) => leased_at_ms))
    const ended = Math.max(...all.map(({ ended_at_ms }) => ended_at_ms ?? 0))
    return {
      makespan: (ended - begun) / 1000,
      landed: list.filter(({ status }) => status === 'applied').length,
    }
  } finally {
    repo.dispose()
    rmSync(home, { recursive: true, force: true })
  }
}

const rows: Row[] = []
for (let round = 1; round <= Number(values.rounds); round += 1) {
  for (const slots of slotCounts) {
    const passing = Array.from({ length: count }, () => ({ fails: false, conflictsWith: null }))
    const ideal = Math.ceil(count / slots) * seconds
    const all = await run(passing, slots)
    rows.push({ sequence: 'all pass', slots, ...all, reference: ideal, against: 'the ideal', ratio: all.makespan / ideal }) // prettier-ignore
    say(`${slots} slots, all pass: ${all.makespan.toFixed(1)} s, ideal ${ideal} s`)
    const mixed = mixedSequence(count, 10, seeded(round))
    const zuul = simulateZuul(mixed, { slots, window: WINDOW, duration: () => seconds })
    const some = await run(mixed, slots)
    rows.push({ sequence: 'one in ten fails, one in ten conflicts', slots, ...some, reference: zuul.makespan, against: 'Zuul’s rule', ratio: some.makespan / zuul.makespan }) // prettier-ignore
    say(`${slots} slots, mixed: ${some.makespan.toFixed(1)} s, Zuul’s rule ${zuul.makespan} s, landed ${some.landed} and ${zuul.landed.length}`) // prettier-ignore
  }
}
const machine = { platform: process.platform, arch: process.arch, cpus: cpus().length, memory: totalmem() }
const file = writeResult(root, 'chain', {
  measured_at: new Date().toISOString(),
  machine,
  options: { count, seconds, window: WINDOW },
  rows,
})
console.log('\n| sequence | slots | makespan | against | ratio |\n|---|---|---|---|---|')
for (const row of rows) {
  console.log(
    `| ${row.sequence} | ${row.slots} | ${row.makespan.toFixed(1)} s | ${row.against}: ${row.reference.toFixed(1)} s | ${row.ratio.toFixed(2)} |`,
  )
}
say(`\nWritten to ${file}.`)
