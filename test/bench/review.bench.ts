/**
 * Measures the conflict reviewer in Chromium and against the built program, beside what it should be.
 *
 * Usage: npm run bench -- review -- [--only open,decide,type,five] [--lines 5000,50000] [--rounds N]
 *
 * Ends with 1 where a target is missed by far or something could not be measured.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { browserPath, NO_BROWSER } from '../e2e/support.ts'
import { writeResult } from './measure.ts'
import { figureTable, verdictOf, type Figure } from './screen/figure.ts'

// Only now that the loader is in place.
const { longConflict, openGround } = await import('./review/ground.ts')
const { opening } = await import('./review/opening.ts')
const { deciding, fiveConflicts, typing } = await import('./review/deciding.ts')
type Ground = Awaited<ReturnType<typeof openGround>>

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    lines: { type: 'string', default: '5000,50000' },
    rounds: { type: 'string', default: '12' },
  },
})
const rounds = Number(values.rounds)
const only = values.only?.split(',') ?? null
const say = (line: string): void => console.error(line)

/** How long a text of so many lines may take to open. */
const targetOf = (lines: number): number => (lines <= 5_000 ? 700 : 2_000)

const figures: Figure[] = []
const complaints: string[] = []

async function part(name: string, work: () => Promise<Figure[]>): Promise<void> {
  if (only !== null && !only.includes(name)) return
  for (const figure of await work()) {
    figures.push(figure)
    say(`${figure.name}: ${figure.measured?.toFixed(1) ?? 'not measured'} ${figure.unit} (${figure.detail})`)
  }
}

async function on(
  conflict: Parameters<typeof openGround>[0],
  work: (ground: Ground) => Promise<void>,
): Promise<void> {
  const ground = await openGround(conflict)
  try {
    await work(ground)
    complaints.push(...ground.stage.complaints)
  } finally {
    await ground.dispose()
  }
}

if (browserPath === null) {
  console.error(`The reviewer cannot be measured: ${NO_BROWSER}.`)
  process.exit(1)
}

for (const lines of values.lines.split(',').map(Number)) {
  if (only !== null && !only.some((one) => ['open', 'decide', 'type'].includes(one))) break
  const name = `${lines.toLocaleString('en')} lines`
  say(`a conflict of ${name}…`)
  await on(longConflict({ lines, conflicts: 10 }), async (ground) => {
    await part('open', () => opening(ground, name, targetOf(lines), rounds))
    await part('decide', () => deciding(ground, name, rounds * 2))
    await part('type', () => typing(ground, name, rounds * 5))
  })
}
if (only === null || only.includes('five')) {
  await on(longConflict({ lines: 400, conflicts: 5 }), (ground) => part('five', () => fiveConflicts(ground)))
}
figures.push({
  name: 'console errors, CSP violations, failed requests',
  unit: '',
  target: 0,
  measured: complaints.length,
  detail: complaints[0] ?? 'over all of the above',
})

const file = writeResult(fileURLToPath(new URL('../..', import.meta.url)), 'review', {
  measured_at: new Date().toISOString(),
  machine: {
    platform: process.platform,
    arch: process.arch,
    cpus: cpus().length,
    memory: totalmem(),
    load: loadavg(),
  },
  rounds,
  figures: figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) })),
})
console.log(`\n${figureTable(figures)}\n`)
say(`Written to ${file}.`)
const broken = figures.filter((figure) => /^(missed by far|not measured)$/.test(verdictOf(figure)))
for (const { name } of broken) say(`Not kept: ${name}.`)
if (broken.length > 0) process.exitCode = 1
