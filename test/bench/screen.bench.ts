/**
 * Measures what an operator sees, in Chromium and against the built program, beside what it should be.
 *
 * Usage: npm run bench -- screen -- [--only mount,feed,keys,…] [--rounds N]
 *
 * Ends with 1 where a target is missed by far or something could not be measured.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { browserPath, NO_BROWSER } from '../e2e/support.ts'
import { writeResult } from './measure.ts'
import { figureTable, verdictOf, type Figure } from './screen/figure.ts'

// Only now that the loader is in place.
const { openGround } = await import('./screen/ground.ts')
const { bundle, idle } = await import('./screen/rest.ts')
const { eventToScreen } = await import('./screen/feed.ts')
const { firstPaint, searching } = await import('./screen/first-paint.ts')
const { floodedTable, keys, mount, palette, scrolling } = await import('./screen/table.ts')
type Ground = Awaited<ReturnType<typeof openGround>>

const { values } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '20' } },
})
const rounds = Number(values.rounds)
const only = values.only?.split(',') ?? null
const say = (line: string): void => console.error(line)

const figures: Figure[] = []
const complaints: string[] = []
/** Whether a part is wanted at all. */
const wants = (...parts: readonly string[]): boolean =>
  only === null || parts.some((part) => only.includes(part))

async function part(name: string, work: () => Promise<Figure | Figure[]>): Promise<void> {
  if (!wants(name)) return
  for (const figure of [await work()].flat()) {
    figures.push(figure)
    say(`${figure.name}: ${figure.measured?.toFixed(1) ?? 'not measured'} ${figure.unit} (${figure.detail})`)
  }
}

async function on(
  filling: Parameters<typeof openGround>[0],
  work: (ground: Ground) => Promise<void>,
): Promise<void> {
  say(`a queue of ${filling.count.toLocaleString('en')}…`)
  const ground = await openGround(filling)
  try {
    await work(ground)
    complaints.push(...ground.stage.complaints)
  } finally {
    await ground.dispose()
  }
}

if (browserPath === null) {
  console.error(`The screen cannot be measured: ${NO_BROWSER}.`)
  process.exit(1)
}

if (wants('mount', 'flood', 'feed', 'keys', 'palette', 'scroll')) {
  await on({ count: 10_000, waiting: 200 }, async (ground) => {
    const page = await ground.tab()
    await part('mount', () => mount(ground, page, rounds))
    await part('flood', () => floodedTable(ground, page, rounds))
    await part('feed', () => eventToScreen(ground, page, rounds * 5))
    await part('keys', () => keys(ground, page, rounds * 3))
    await part('palette', () => palette(ground, page, rounds))
    await part('scroll', async () => [
      await scrolling(ground, page, '/queue', 'Queue'),
      await scrolling(ground, page, '/logs', 'Logs'),
    ])
  })
}
if (wants('paint', 'search', 'idle', 'bundle')) {
  await on({ count: 0 }, async (empty) => {
    await part('bundle', () => bundle(empty))
    await part('idle', () => idle(empty, rounds))
    if (!wants('paint', 'search')) return
    await on({ count: 100_000 }, async (full) => {
      // A page has to be let in once.
      for (const ground of [empty, full]) await (await ground.tab()).close()
      await part('paint', () => firstPaint(empty, full, rounds))
      await part('search', () => searching(full, Math.ceil(rounds / 4)))
    })
  })
}
figures.push({
  name: 'console errors, CSP violations, failed requests',
  unit: '',
  target: 0,
  measured: complaints.length,
  detail: complaints[0] ?? 'over all of the above',
})

const file = writeResult(fileURLToPath(new URL('../..', import.meta.url)), 'screen', {
  measured_at: new Date().toISOString(),
  machine: { platform: process.platform, arch: process.arch, cpus: cpus().length, memory: totalmem() },
  rounds,
  figures: figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) })),
})
console.log(`\n${figureTable(figures)}\n`)
say(`Written to ${file}.`)
const broken = figures.filter((figure) => /^(missed by far|not measured)$/.test(verdictOf(figure)))
for (const { name } of broken) say(`Not kept: ${name}.`)
if (broken.length > 0) process.exitCode = 1
