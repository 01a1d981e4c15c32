/** The frame of a measurement in Chromium: which parts are wanted, what they came to, what is written and told. */
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { browserPath, NO_BROWSER, type Stage } from '../../e2e/support.ts'
import { writeResult } from '../measure.ts'
import { figureTable, verdictOf, type Figure } from './figure.ts'

export interface Report {
  /** Whether one of these parts is wanted. */
  wants(...parts: readonly string[]): boolean
  /** Measures a part where it is wanted. */
  part(name: string, work: () => Promise<Figure | Figure[]>): Promise<void>
  /** Works on a ground, and gives it back whatever happens. */
  on<T extends { stage: Stage; dispose(): Promise<void> }>(
    ground: Promise<T>,
    work: (ground: T) => Promise<void>,
  ): Promise<void>
  say(line: string): void
  /** Writes the table and the file; the process ends with 1 where a target was missed by far or not measured. */
  finish(): void
}

/** `only` is a list with commas as it was given; without one every part is wanted. Ends where there is no browser. */
export function openReport(name: string, rounds: number, only: string | undefined): Report {
  if (browserPath === null) {
    console.error(`The ${name} cannot be measured: ${NO_BROWSER}.`)
    process.exit(1)
  }
  const wanted = only?.split(',') ?? null
  const figures: Figure[] = []
  const complaints: string[] = []
  const wants = (...parts: readonly string[]): boolean =>
    wanted === null || parts.some((part) => wanted.includes(part))
  const say = (line: string): void => console.error(line)
  return {
    wants,
    say,
    async part(part, work) {
      if (!wants(part)) return
      for (const figure of [await work()].flat()) {
        figures.push(figure)
        say(
          `${figure.name}: ${figure.measured?.toFixed(1) ?? 'not measured'} ${figure.unit} (${figure.detail})`,
        )
      }
    },
    async on(opening, work) {
      const ground = await opening
      try {
        await work(ground)
        complaints.push(...ground.stage.complaints)
      } finally {
        await ground.dispose()
      }
    },
    finish() {
      figures.push({
        name: 'console errors, CSP violations, failed requests',
        unit: '',
        target: 0,
        measured: complaints.length,
        detail: complaints[0] ?? 'over all of the above',
      })
      const machine = {
        platform: process.platform,
        arch: process.arch,
        cpus: cpus().length,
        memory: totalmem(),
        load: loadavg(),
      }
      const file = writeResult(fileURLToPath(new URL('../../..', import.meta.url)), name, {
        measured_at: new Date().toISOString(),
        machine,
        rounds,
        figures: figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) })),
      })
      console.log(`\n${figureTable(figures)}\n`)
      say(`Written to ${file}.`)
      const broken = figures.filter((figure) => /^(missed by far|not measured)$/.test(verdictOf(figure)))
      for (const one of broken) say(`Not kept: ${one.name}.`)
      if (broken.length > 0) process.exitCode = 1
    },
  }
}
