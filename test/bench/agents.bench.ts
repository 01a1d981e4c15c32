/**
 * Measures what an assignment costs beside the model's own time: Copilot over the protocol of its SDK, and by its command line.
 *
 * Usage: npm run bench -- agents -- [--rounds N]
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { AgentHarness, AgentTask } from '../../main/engine/agents/harness.ts'
import { copilotEnv } from '../support/copilot-env.ts'
import { scriptedModel } from '../support/scripted-model.ts'
import { writeResult } from './measure.ts'

// Only now that the loader is in place.
const { copilotCommandLine } = await import('../../main/engine/agents/adapters/copilot/command-line.ts')
const { locateCopilot } = await import('../../main/engine/agents/adapters/copilot/locate.ts')
const { copilotSdk } = await import('../../main/engine/agents/adapters/copilot/sdk.ts')
const { systemClock } = await import('../../main/engine/base/clock.ts')
const { plainTask } = await import('../agents/led.ts')

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } })
const rounds = Number(values.rounds)
const root = fileURLToPath(new URL('../..', import.meta.url))
const program = locateCopilot({ PATH: join(root, 'node_modules/.bin') })
if (program === null) throw new Error('Copilot is not installed here')

const clock = systemClock()
const home = mkdtempSync(join(tmpdir(), 'agents-bench-'))
const scratch = join(home, 'scratch')
mkdirSync(scratch)
const work = { done: true }
// It answers at once: what is measured is all but the model.
const model = await scriptedModel(({ tools }) =>
  tools.includes('submit_work') ? { call: 'submit_work', args: work } : { say: JSON.stringify(work) },
)
const options = {
  clock,
  program,
  scratch,
  env: {
    PATH: process.env['PATH'],
    HOME: home,
    ...copilotEnv(home, model),
  },
}
const task: AgentTask = plainTask({
  prompt: 'Do the work. '.repeat(300),
  handIn: {
    tool: 'submit_work',
    description: 'Hands in the work.',
    schema: { type: 'object', properties: { done: { type: 'boolean' } }, required: ['done'] },
    mark: 'done',
    form: 'Answer with {"done": true}.',
    review: () => Promise.resolve({ accepted: true }),
  },
  tree: { read: () => Promise.resolve(null), paths: () => Promise.resolve([]) },
})

async function once(harness: AgentHarness): Promise<number> {
  const elapsed = clock.stopwatch()
  const outcome = await harness.start(task, new AbortController().signal).outcome
  if (outcome.kind !== 'submitted') throw new Error(JSON.stringify(outcome))
  return elapsed()
}

/** What the model takes to answer who asks it directly. */
async function askDirectly(): Promise<number> {
  const elapsed = clock.stopwatch()
  const body = JSON.stringify({ model: 'any', messages: [{ role: 'user', content: task.prompt }] })
  await (await fetch(`${model.url}/chat/completions`, { method: 'POST', body })).text()
  return elapsed()
}

const percentile = (times: number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN

const sdk = copilotSdk(options)
const cli = copilotCommandLine(options)
try {
  // It unpacks itself once, whoever starts it.
  await once(cli)
  const first = await once(sdk)
  const times = { direct: [] as number[], sdk: [] as number[], cli: [] as number[] }
  // In turns: the machine's moods then fall on both alike.
  for (let round = 0; round < rounds; round += 1) {
    times.direct.push(await askDirectly())
    times.sdk.push(await once(sdk))
    times.cli.push(await once(cli))
  }
  const started = clock.stopwatch()
  await Promise.all(Array.from({ length: 10 }, () => once(sdk)))
  const tenAtOnce = started()
  const names = { direct: 'the model alone', sdk: 'over the protocol of its SDK', cli: 'by the command line' }
  const base = percentile(times.cli, 0.5)
  const rows = (['direct', 'sdk', 'cli'] as const).map((key) => ({
    name: names[key],
    median: percentile(times[key], 0.5),
    p95: percentile(times[key], 0.95),
    times: base / percentile(times[key], 0.5),
  }))
  const file = writeResult(root, 'agents', {
    measured_at: new Date().toISOString(),
    machine: { platform: process.platform, arch: process.arch, cpus: cpus().length, memory: totalmem() },
    rounds,
    first_over_the_protocol: first,
    ten_at_once_over_the_protocol: tenAtOnce,
    rows,
  })
  const lines = rows.map(
    ({ name, median, p95, times: ratio }) =>
      `| ${name} | ${median.toFixed(0)} | ${p95.toFixed(0)} | ${ratio.toFixed(1)} |`,
  )
  console.log(
    `\n| an assignment | median, ms | 95th, ms | × the command line |\n|---|--:|--:|--:|\n${lines.join('\n')}\n`,
  )
  console.log(
    `The first, which starts the runtime: ${first.toFixed(0)} ms; ten at once: ${tenAtOnce.toFixed(0)} ms.`,
  )
  console.error(`Written to ${file}.`)
} finally {
  await Promise.all([sdk.dispose(), cli.dispose()])
  await model.close()
  rmSync(home, { recursive: true, force: true })
}
