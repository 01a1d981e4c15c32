/**
 * Measures the conflict reviewer in Chromium and against the built program, beside what it should be.
 *
 * Usage: npm run bench -- review -- [--only open,decide,type,five] [--lines 5000,50000] [--rounds N]
 *
 * Ends with 1 where a target is missed by far or something could not be measured.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it teaches Node to load the store's SQL
import '../support/sql-loader.ts'
import { parseArgs } from 'node:util'
import { openReport } from './screen/report.ts'

// Only now that the loader is in place.
const { longConflict, openGround } = await import('./review/ground.ts')
const { opening } = await import('./review/opening.ts')
const { deciding, fiveConflicts, typing } = await import('./review/deciding.ts')

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    lines: { type: 'string', default: '5000,50000' },
    rounds: { type: 'string', default: '12' },
  },
})
const rounds = Number(values.rounds)
const { wants, part, on, say, finish } = openReport('review', rounds, values.only)

/** How long a text of so many lines may take to open. */
const targetOf = (lines: number): number => (lines <= 5_000 ? 700 : 2_000)

if (wants('open', 'decide', 'type')) {
  for (const lines of values.lines.split(',').map(Number)) {
    const name = `${lines.toLocaleString('en')} lines`
    say(`a conflict of ${name}…`)
    await on(openGround(longConflict({ lines, conflicts: 10 })), async (ground) => {
      await part('open', () => opening(ground, name, targetOf(lines), rounds))
      await part('decide', () => deciding(ground, name, rounds * 2))
      await part('type', () => typing(ground, name, rounds * 5))
    })
  }
}
if (wants('five')) {
  await on(openGround(longConflict({ lines: 400, conflicts: 5 })), (ground) =>
    part('five', () => fiveConflicts(ground)),
  )
}
finish()
