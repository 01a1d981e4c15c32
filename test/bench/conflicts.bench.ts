/**
 * Measures the suggestions for conflicts on real ones: how often what was committed is offered, and in which place.
 *
 * Usage: npm run bench -- conflicts
 *
 * Ends with 1 where the conflicts are not there, or a goal is missed on the half that rules are not tuned on.
 */
import { fileURLToPath } from 'node:url'
import { conflictFigures, share, type ConflictFigures } from '../support/conflict-figures.ts'
import { areConflictsHere, NO_CONFLICTS, realChunks, type Half } from '../support/real-conflicts.ts'
import { writeResult } from './measure.ts'

if (!areConflictsHere) {
  console.error(`The suggestions cannot be measured: ${NO_CONFLICTS}.`)
  process.exit(1)
}

const GOALS = { first: 0.5, three: 0.75, reachable: 0.75 } as const
const percent = (part: number, whole: number): string => `${(share(part, whole) * 100).toFixed(1)} %`

const chunks = realChunks()
const started = performance.now()
const halves = (['tune', 'report'] as const).map((half) => ({
  half,
  figures: conflictFigures(chunks.filter((chunk) => chunk.half === half)),
}))
const perChunk = (performance.now() - started) / chunks.length

function tableOf(rows: readonly { half: Half; figures: ConflictFigures }[]): string {
  const lines = rows.map(
    ({ half, figures: { files, chunks: count, first, three, reachable } }) =>
      `| ${half} | ${files} | ${count} | ${percent(first, count)} | ${percent(three, count)} | ${percent(reachable, count)} |`,
  )
  const goal = `| goal | | | ≥ ${GOALS.first * 100} % | ≥ ${GOALS.three * 100} % | ≥ ${GOALS.reachable * 100} % |`
  return ['| half | files | chunks | first | among three | reachable |', '|---|---|---|---|---|---|', ...lines, goal].join('\n') // prettier-ignore
}

function kindsOf(rows: readonly { half: Half; figures: ConflictFigures }[]): string {
  const ids = [...new Set(rows.flatMap(({ figures }) => figures.kinds.map(({ id }) => id)))]
  const lines = ids.map((id) => {
    const cells = rows.map(({ figures }) => {
      const kind = figures.kinds.find((one) => one.id === id)
      return kind === undefined ? '–' : `${kind.first} of ${kind.chunks}`
    })
    return `| ${id} | ${cells.join(' | ')} |`
  })
  return ['| stands first | tune | report |', '|---|---|---|', ...lines].join('\n')
}

console.log(`\n${tableOf(halves)}\n\n${kindsOf(halves)}\n\n${perChunk.toFixed(2)} ms a chunk\n`)
const file = writeResult(fileURLToPath(new URL('../..', import.meta.url)), 'conflicts', {
  measured_at: new Date().toISOString(),
  goals: GOALS,
  halves,
})
console.error(`Written to ${file}.`)
const report = halves.find(({ half }) => half === 'report')?.figures
for (const name of ['first', 'three', 'reachable'] as const) {
  if (report !== undefined && share(report[name], report.chunks) >= GOALS[name]) continue
  console.error(`Not kept: ${name}.`)
  process.exitCode = 1
}
