/**
 * Writes `execution/verification_report.json` and `execution/next_task_context.json` while workers run.
 *
 * Any number of programs may do so over one workspace: each takes the history from the file that is there.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { nextTaskContextSchema, verificationReportSchema } from '../../../schemas/reports.ts'
import type { QueueMetrics } from '../../../schemas/metrics.ts'
import type { z } from 'zod'
import { nowSeconds, type Clock } from '../base/clock.ts'
import { asHyperionError } from '../base/errors.ts'
import type { Store } from '../store/store.ts'
import { entryOf, nextTask, withHistory } from './figures.ts'
import { readyFolder, removeLeftovers, type Found } from './files.ts'
import { replaceReport } from './replace.ts'

export const REPORTS_FOLDER = 'execution'
export const VERIFICATION_REPORT = 'verification_report.json'
export const NEXT_TASK_CONTEXT = 'next_task_context.json'
/** The figures' window, that of the progress line. */
const WINDOW_SECONDS = 60
/** No file is written more often, whoever writes it. */
const AT_MOST_EVERY_MS = 1_000
/** With nothing new the figures still change, until their window has moved on. */
const UNCHANGED_EVERY_MS = 5_000
/** After that there is an entry of the history a minute, and a sign of life. */
const IDLE_EVERY_MS = 60_000

export interface ReporterDeps {
  clock: Clock
  store: Pick<Store, 'db' | 'logs' | 'facts'>
  workspace: string
  metrics(windowSeconds: number): QueueMetrics
  /** Which files of the folder the repository itself tracks. */
  tracked(): Promise<ReadonlySet<string>>
  /** Hears, once each, what keeps a report from being written. */
  onProblem(sentence: string): void
}

export interface Reporter {
  /** Writes if something is new; at most once a second. Never throws. */
  tick(): Promise<void>
  /** Writes a last time. */
  stop(): Promise<void>
}

export function openReporter(deps: ReporterDeps): Reporter {
  const { clock, store, workspace } = deps
  const folder = join(workspace, REPORTS_FOLDER)
  const told = new Set<string>()
  let tracked: ReadonlySet<string> | null = null
  let last = { seq: -1, at: -IDLE_EVERY_MS, newsAt: -IDLE_EVERY_MS, stamp: '' }
  let going: Promise<void> = Promise.resolve()

  const complain = (sentence: string): void => {
    if (told.has(sentence)) return
    told.add(sentence)
    deps.onProblem(sentence)
  }

  /** Whether another program wrote just now; a time that lies ahead is of a clock that went back. */
  function isFresh(): boolean {
    const at = statSync(join(folder, VERIFICATION_REPORT), { throwIfNoEntry: false })?.mtimeMs
    const age = at === undefined ? AT_MOST_EVERY_MS : clock.nowMs() - at
    return age >= 0 && age < AT_MOST_EVERY_MS
  }

  async function replace<T>(name: string, schema: z.ZodType<T>, make: (found: Found<T>) => T): Promise<void> {
    if (tracked?.has(name) === true) {
      const said = `the repository tracks ${REPORTS_FOLDER}/${name}, so that report is not written`
      return complain(`${said}; stop tracking it with \`git rm --cached\``)
    }
    const onKept = (why: string, aside: string): void =>
      complain(`${join(folder, name)} ${why}, so none of it is used; it is kept as ${aside}`)
    await replaceReport({ clock, store, folder, onKept }, name, schema, make)
  }

  async function write(): Promise<void> {
    try {
      const refused = await readyFolder(folder)
      if (refused !== null) return complain(refused)
      if (tracked === null) {
        removeLeftovers(folder)
        tracked = await deps.tracked()
      }
      const [seq, at] = [store.logs.lastId(), clock.monotonicMs()]
      last = { seq, at, newsAt: seq === last.seq ? last.newsAt : at, stamp: '' }
      const entry = entryOf(deps.metrics(WINDOW_SECONDS))
      await replace(VERIFICATION_REPORT, verificationReportSchema, (found) => ({
        generated_at: entry.generated_at,
        window_seconds: WINDOW_SECONDS,
        queue: entry.queue,
        agent: entry.agent,
        history: withHistory(found.kind === 'ours' ? found.value.history : [], entry),
      }))
      await replace(NEXT_TASK_CONTEXT, nextTaskContextSchema, () => nextTask(store.db, nowSeconds(clock)))
    } catch (thrown) {
      // A full disk or a busy queue costs a report, not the workers.
      complain(`a report in ${folder} could not be written: ${asHyperionError(thrown).message}`)
    }
  }

  const isDue = (): boolean => {
    const now = clock.monotonicMs()
    const since = now - last.at
    if (since < AT_MOST_EVERY_MS) return false
    const idle = now - last.newsAt > (WINDOW_SECONDS + 1) * 1000 + UNCHANGED_EVERY_MS
    if (since >= (idle ? IDLE_EVERY_MS : UNCHANGED_EVERY_MS)) return true
    // Asked every second: the queue itself only where its file says that something was committed.
    const stamp = store.db.stamp()
    if (stamp === last.stamp) return false
    last.stamp = stamp
    return store.logs.lastId() !== last.seq
  }

  async function writeIfDue(): Promise<void> {
    try {
      if (isDue() && !isFresh()) await write()
    } catch (thrown) {
      complain(asHyperionError(thrown).message)
    }
  }

  /** One after the other, however slow the disk. */
  async function after(before: Promise<void>, work: () => Promise<void>): Promise<void> {
    await before
    await work()
  }

  return {
    tick: () => (going = after(going, writeIfDue)),
    stop: () => (going = after(going, write)),
  }
}
