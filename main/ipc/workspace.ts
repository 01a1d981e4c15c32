/** An open workspace: the engine, its workers, the watch over its log; opened, swept and closed in one place. */
import { existsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import {
  asHyperionError,
  ensureInitialised,
  inspectFolder,
  openEngine,
  pauseTeller,
  progressLine,
  startWorkers,
  userError,
  type Engine,
  type HomeSurroundings,
  type HyperionError,
  type OpenEngineOptions,
} from '../engine/engine.ts'
import type { Inspection } from '../../schemas/view.ts'
import { NO_INTAKE, startIntake, type OpenIntake } from './intake.ts'
import { openFeed, type Feed } from './feed.ts'
import type { SessionOptions } from './session.ts'

const PROGRESS_MS = 5_000
const PROGRESS_WINDOW_SECONDS = 60
const REPORT_MS = 1_000
/** How often it is looked whether the hourly sweep is due. */
const SWEEP_LOOK_MS = 60_000
/** A complaint is believed for so long after it was last made, or for three looks of a worker that looks less often. */
const TROUBLE_MS = 7_000
/** How often it is looked whether the workspace is still there. */
const LOOK_MS = 1_000
/** Somebody waits for the answer: a queue that another program holds is said to be held, not waited for. */
const OPEN_WITHIN_MS = 2_000
/** The same complaint is said in the terminal at most once in so long. */
const REPEAT_MS = 60_000

export interface OpenWorkspace {
  engine: Engine
  feed: Feed
  around(): HomeSurroundings
  intake: OpenIntake
  /** Lets the workers finish their landing step, then closes everything. */
  close(): Promise<void>
}

export const sentenceOf = (error: HyperionError): string =>
  error.hint === null ? error.message : `${error.message}; ${error.hint}`

/** Looks at a folder as `openWorkspace` would find it; writes nothing. */
export function inspectWorkspace(folder: string, options: SessionOptions): Promise<Inspection> {
  return inspectFolder({ ...engineOptionsOf(folder, options), busyTimeoutMs: OPEN_WITHIN_MS })
}

function engineOptionsOf(folder: string, options: SessionOptions): OpenEngineOptions & { actor: string } {
  return {
    workspace: folder,
    clock: options.clock,
    actor: options.actor,
    host: { env: options.env, home: options.home },
    configFile: options.configFile ?? null,
    ...(options.dbFile === undefined ? {} : { dbFile: options.dbFile }),
  }
}

/**
 * Opens a workspace, initialising it where it is none yet; throws the sentence that says why it cannot.
 *
 * `onLost` hears, once, that the folder, its repository or its queue went away: nothing read afterwards would be true.
 */
export async function openWorkspace(
  folder: string,
  options: SessionOptions,
  onLost: (error: HyperionError) => void,
): Promise<OpenWorkspace> {
  const engineOptions = engineOptionsOf(folder, options)
  const briefly = { ...engineOptions, busyTimeoutMs: OPEN_WITHIN_MS }
  const notices = await ensureInitialised(briefly, { restoreTarget: true })
  for (const said of notices) options.note(said)
  const engine = await openEngine(engineOptions)
  try {
    return await runEngine(engine, options, onLost)
  } catch (thrown) {
    await engine.close()
    throw thrown
  }
}

/** Says what an open workspace has lost since it was opened, or null. */
function lossOf({ ground }: Engine, queue: string): HyperionError | null {
  const { repository, dbFile } = ground
  const back = 'put it back and try again, or open another repository'
  if (!existsSync(repository.workspace))
    return userError('folder_gone', `the folder ${repository.workspace} is not there any more`, back)
  if (!existsSync(repository.commonDir))
    return userError('repository_gone', `the repository ${repository.commonDir} is not there any more`, back)
  const now = identityOf(dbFile)
  if (now === null) {
    const hint = 'put it or a backup of it back and try again; without one, opening begins an empty queue'
    return userError('queue_gone', `the queue ${dbFile} is not there any more`, hint)
  }
  if (now === queue) return null
  return userError('queue_replaced', `another file took the place of the queue ${dbFile}`, 'open it again')
}

/** Which file it is, whatever its name; null where there is none. */
function identityOf(file: string): string | null {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? null : `${found.dev}:${found.ino}`
}

async function runEngine(
  engine: Engine,
  options: SessionOptions,
  onLost: (error: HyperionError) => void,
): Promise<OpenWorkspace> {
  const { clock, note } = options
  let trouble: { sentence: string; at: number } | null = null
  const said = new Map<string, number>()
  const complain = (error: HyperionError): void => {
    const sentence = sentenceOf(error)
    const now = clock.monotonicMs()
    trouble = { sentence, at: now }
    if (now - (said.get(sentence) ?? -REPEAT_MS) < REPEAT_MS) return
    said.set(sentence, now)
    note(sentence)
  }
  await engine.recoverCheckout().catch((thrown: unknown) => complain(asHyperionError(thrown)))
  for (const sentence of await engine.startUp()) note(sentence)
  let closing = false
  let workers: ReturnType<typeof startWith> = null
  /** Starts workers where none run: at first, and again once what kept or ended them may have been mended. */
  const keepWorking = (): void => {
    if (!options.runWorkers || closing || workers !== null) return
    const started = startWith(engine, complain)
    workers = started
    if (started === null) return
    // What kept them from starting is over.
    trouble = null
    void ended(started.supervisor.finished)
  }
  const ended = async (finished: Promise<{ error: HyperionError | null }>): Promise<void> => {
    const { error } = await finished
    if (closing) return
    workers = null
    if (error !== null) complain(error)
  }
  keepWorking()
  const quietly = (work: () => void) => (): void => {
    try {
      work()
    } catch (thrown) {
      // A busy queue or a full disk costs a line or a sweep, not the program.
      complain(asHyperionError(thrown))
    }
  }
  const queue = identityOf(engine.ground.dbFile) ?? ''
  const watch = setInterval(
    quietly(() => {
      const loss = lossOf(engine, queue)
      if (loss === null) return
      clearInterval(watch)
      onLost(loss)
    }),
    LOOK_MS,
  )
  const tellPause = pauseTeller(engine.paused, note)
  const progress = setInterval(
    quietly(() => {
      keepWorking()
      tellPause()
      note(progressLine(engine.metrics(PROGRESS_WINDOW_SECONDS)))
    }),
    PROGRESS_MS,
  )
  // Requests of a program that ended, answers that did not come in time.
  const tendNow = quietly(() => {
    if (options.runWorkers && !closing) engine.tend()
  })
  const tend = setInterval(tendNow, LOOK_MS)
  const sweepNow = quietly(() => void engine.sweepIfDue())
  const sweep = setInterval(sweepNow, SWEEP_LOOK_MS)
  const reporter = options.runWorkers ? engine.openReporter(note) : null
  const report = setInterval(() => void reporter?.tick(), REPORT_MS)
  if (options.runWorkers) sweepNow()
  const feed = openFeed(engine.views, clock)
  const intake = options.runWorkers ? await startIntake(engine, complain) : NO_INTAKE
  return {
    engine,
    feed,
    intake,
    around: () => ({
      version: options.version,
      workers: workers?.names ?? null,
      trouble:
        trouble !== null &&
        clock.monotonicMs() - trouble.at < Math.max(TROUBLE_MS, 3 * (workers?.pollMs ?? 0))
          ? trouble.sentence
          : null,
    }),
    async close() {
      closing = true
      feed.end()
      clearInterval(watch)
      clearInterval(progress)
      clearInterval(sweep)
      clearInterval(tend)
      clearInterval(report)
      workers?.supervisor.stop()
      await intake.stop()
      await workers?.supervisor.finished
      await reporter?.stop()
      await engine.close()
    },
  }
}

function startWith(
  engine: Engine,
  onError: (error: HyperionError) => void,
): { supervisor: ReturnType<typeof startWorkers>; names: string[]; pollMs: number } | null {
  let settings
  try {
    settings = engine.config().workers
  } catch (thrown) {
    // Landing waits for the configuration to be mended; looking works meanwhile.
    onError(asHyperionError(thrown))
    return null
  }
  const workerId = `${hostname().slice(0, 40)}-${process.pid}`
  const supervisor = startWorkers(engine.ground, {
    ...settings,
    workerId,
    runChecks: true,
    trustChecks: false,
    drain: false,
    onError,
  })
  const names = Array.from({ length: settings.count }, (_, n) =>
    settings.count === 1 ? workerId : `${workerId}-${n + 1}`,
  )
  return { supervisor, names, pollMs: settings.pollIntervalMs }
}
