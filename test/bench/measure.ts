/** Runs alternatives in turn with the loop they are compared with, and tells how they did. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GIT_APPLY_LOOP, type Alternative } from './landing-alternatives.ts'
import { take, type Workload } from './workload.ts'

export interface Row {
  name: string
  changes: number
  seconds: number
  /** Changes a second. */
  rate: number
  /** Rate of the `git apply` loop just before and just after. */
  loopRates: [number, number]
  /** The rate divided by the mean of the two. */
  times: number
}

export interface MeasureOptions {
  /** Changes of each run of the loop. */
  loopChanges: number
  say(line: string): void
}

async function rateOf(
  alternative: Alternative,
  workload: Workload,
): Promise<{ changes: number; seconds: number; rate: number }> {
  const part = alternative.atMost === null ? workload : take(workload, alternative.atMost)
  const seconds = await alternative.run(part)
  return { changes: part.changes.length, seconds, rate: part.changes.length / seconds }
}

/**
 * Measures each alternative between two runs of the `git apply` loop.
 *
 * Machines are shared and change speed by the minute: only the ratio to what ran next to it means something.
 */
export async function measure(
  alternatives: readonly Alternative[],
  workload: Workload,
  { loopChanges, say }: MeasureOptions,
): Promise<Row[]> {
  const loop: Alternative = { ...GIT_APPLY_LOOP, atMost: loopChanges }
  const rows: Row[] = []
  let before = (await rateOf(loop, workload)).rate
  say(`${GIT_APPLY_LOOP.name}: ${before.toFixed(0)}/s`)
  for (const alternative of alternatives) {
    const { changes, seconds, rate } = await rateOf(alternative, workload)
    const after = (await rateOf(loop, workload)).rate
    const times = rate / ((before + after) / 2)
    rows.push({ name: alternative.name, changes, seconds, rate, loopRates: [before, after], times })
    say(
      `${alternative.name}: ${rate.toFixed(0)}/s, × ${times.toFixed(2)} (loop ${before.toFixed(0)}, ${after.toFixed(0)})`,
    )
    before = after
  }
  return rows
}

/** Returns the rows as a Markdown table, as the README quotes it. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, changes, rate, times }) => `| ${name} | ${changes} | ${rate.toFixed(0)} | ${times.toFixed(2)} |`,
  )
  const mean = rows
    .flatMap(({ loopRates }) => loopRates)
    .reduce((sum, rate, _, all) => sum + rate / all.length, 0)
  const loop = `| **${GIT_APPLY_LOOP.name}** | | ${mean.toFixed(0)} | 1 |`
  return ['| method | changes | ~/s | × |', '|---|---|---|---|', loop, ...lines].join('\n')
}

/** Writes a result as JSON to bench-results/ and returns the file's path. */
export function writeResult(project: string, name: string, result: unknown): string {
  const folder = join(project, 'bench-results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
  return file
}
