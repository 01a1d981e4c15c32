/** An open workspace: the engine, its workers, the watch over its log; opened, swept and closed in one place. */
import { hostname } from 'node:os'
import {
  asHyperionError,
  ensureInitialised,
  openEngine,
  progressLine,
  startWorkers,
  type Engine,
  type HomeSurroundings,
  type HyperionError,
  type OpenEngineOptions,
} from '../engine/engine.ts'
import { openFeed, type Feed } from './feed.ts'
import type { SessionOptions } from './session.ts'

const PROGRESS_MS = 5_000
const PROGRESS_WINDOW_SECONDS = 60
const SWEEP_MS = 3_600_000
/** A complaint of a worker is believed for so long after it was last made. */
const TROUBLE_MS = 15_000
/** The same complaint is said in the terminal at most once in so long. */
const REPEAT_MS = 60_000

export interface OpenWorkspace {
  engine: Engine
  feed: Feed
  around(): HomeSurroundings
  /** Lets the workers finish their landing step, then closes everything. */
  close(): Promise<void>
}

export const sentenceOf = (error: HyperionError): string =>
  error.hint === null ? error.message : `${error.message}; ${error.hint}`

/** Opens a workspace, initialising it where it is none yet; throws the sentence that says why it cannot. */
export async function openWorkspace(folder: string, options: SessionOptions): Promise<OpenWorkspace> {
  const { clock, note } = options
  const engineOptions: OpenEngineOptions & { actor: string } = {
    workspace: folder,
    clock,
    actor: options.actor,
    host: { env: options.env, home: options.home },
    configFile: options.configFile ?? null,
    ...(options.dbFile === undefined ? {} : { dbFile: options.dbFile }),
  }
  for (const said of await ensureInitialised(engineOptions)) note(said)
  const engine = await openEngine(engineOptions)
  try {
    return await runEngine(engine, options)
  } catch (thrown) {
    await engine.close()
    throw thrown
  }
}

async function runEngine(engine: Engine, options: SessionOptions): Promise<OpenWorkspace> {
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
  const workers = options.runWorkers ? startWith(engine, complain) : null
  const quietly = (work: () => void) => (): void => {
    try {
      work()
    } catch (thrown) {
      // A busy queue or a full disk costs a line or a sweep, not the program.
      complain(asHyperionError(thrown))
    }
  }
  const progress = setInterval(
    quietly(() => note(progressLine(engine.metrics(PROGRESS_WINDOW_SECONDS)))),
    PROGRESS_MS,
  )
  const sweep = setInterval(
    quietly(() => void engine.cleanUp()),
    SWEEP_MS,
  )
  return {
    engine,
    feed: openFeed(engine.views, clock),
    around: () => ({
      version: options.version,
      workers: workers?.names ?? null,
      trouble: trouble !== null && clock.monotonicMs() - trouble.at < TROUBLE_MS ? trouble.sentence : null,
    }),
    async close() {
      clearInterval(progress)
      clearInterval(sweep)
      workers?.supervisor.stop()
      await workers?.supervisor.finished
      await engine.close()
    },
  }
}

function startWith(
  engine: Engine,
  onError: (error: HyperionError) => void,
): { supervisor: ReturnType<typeof startWorkers>; names: string[] } | null {
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
  return { supervisor, names }
}
