/**
 * Measures the cast builder in Chromium and against the built program, beside what it should be.
 *
 * Usage: npm run bench -- cast -- [--only pick,write,kill] [--rounds N]
 *
 * Ends with 1 where a target is missed by far or something could not be measured.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { parseArgs } from 'node:util'
import { openReport } from './screen/report.ts'

// Only now that the loader is in place.
const { openGround } = await import('./cast/ground.ts')
const { picking, writing } = await import('./cast/typing.ts')
const { killing } = await import('./cast/killed.ts')
const { manyFiles } = await import('../e2e/cast-acts.ts')

const { values } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '20' } },
})
const rounds = Number(values.rounds)
const { wants, part, on, say, finish } = openReport('cast', rounds, values.only)

if (wants('pick')) {
  say('20,000 paths, and 500…')
  await on(openGround(20_000), (many) =>
    on(openGround(500), (few) => part('pick', () => picking(many, few, rounds))),
  )
}
if (wants('write')) {
  say('a cast of 500 files, and of one…')
  await on(openGround(0, manyFiles(500)), (many) =>
    on(openGround(0, manyFiles(1)), (one) => part('write', () => writing(many, one, rounds))),
  )
}
if (wants('kill')) await part('kill', () => killing(Math.ceil(rounds / 2)))
finish()
