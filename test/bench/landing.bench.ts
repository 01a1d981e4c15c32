/**
 * Measures ways to land many single-file changes, each between two runs of a `git apply` loop.
 *
 * Usage: npm run bench -- landing -- [--files N] [--lines N] [--changes N] [--seed N]
 */
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { HYPERION } from './hyperion.ts'
import { ALTERNATIVES } from './landing-alternatives.ts'
import { measure, tableOf, writeResult } from './measure.ts'
import { makeWorkload, type WorkloadOptions } from './workload.ts'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '5000' },
    lines: { type: 'string', default: '200' },
    changes: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
})
const options: WorkloadOptions = {
  files: Number(values.files),
  lines: Number(values.lines),
  changes: Number(values.changes),
  seed: Number(values.seed),
}
const say = (line: string): void => console.error(line)

say(`${options.changes} changes on ${options.files} files of ${options.lines} lines; making the repository…`)
const workload = makeWorkload(options)
try {
  const rows = await measure([...HYPERION, ...ALTERNATIVES], workload, {
    loopChanges: Math.min(500, options.changes),
    say,
  })
  const machine = { platform: process.platform, arch: process.arch, cpus: cpus().length, memory: totalmem() }
  const file = writeResult(fileURLToPath(new URL('../..', import.meta.url)), 'landing', {
    measured_at: new Date().toISOString(),
    machine,
    options,
    rows,
  })
  console.log(`\n${tableOf(rows)}\n`)
  say(
    `Written to ${file}. Where fewer changes are given than asked for, the method was measured on the first ones.`,
  )
} finally {
  workload.dispose()
}
