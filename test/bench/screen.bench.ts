/**
 * Measures what an operator sees, in Chromium and against the built program, beside what it should be.
 *
 * Usage: npm run bench -- screen -- [--only mount,feed,keys,…] [--rounds N]
 *
 * Ends with 1 where a target is missed by far or something could not be measured.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { parseArgs } from 'node:util'
import { openReport } from './screen/report.ts'

// Only now that the loader is in place.
const { openGround } = await import('./screen/ground.ts')
const { bundle, idle } = await import('./screen/rest.ts')
const { eventToScreen } = await import('./screen/feed.ts')
const { firstPaint, searching } = await import('./screen/first-paint.ts')
const { floodedTable, keys, mount, palette, scrolling } = await import('./screen/table.ts')

const { values } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '20' } },
})
const rounds = Number(values.rounds)
const { wants, part, on, say, finish } = openReport('screen', rounds, values.only)

if (wants('mount', 'flood', 'feed', 'keys', 'palette', 'scroll')) {
  say('a queue of 10,000…')
  await on(openGround({ count: 10_000, waiting: 200 }), async (ground) => {
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
  say('an empty queue, and one of 100,000…')
  await on(openGround({ count: 0 }), async (empty) => {
    await part('bundle', () => bundle(empty))
    await part('idle', () => idle(empty, rounds))
    if (!wants('paint', 'search')) return
    await on(openGround({ count: 100_000 }), async (full) => {
      // A page has to be let in once.
      for (const ground of [empty, full]) await (await ground.tab()).close()
      await part('paint', () => firstPaint(empty, full, rounds))
      await part('search', () => searching(full, Math.ceil(rounds / 4)))
    })
  })
}
finish()
