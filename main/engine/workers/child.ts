/** The child side of a worker: its job from the parent, its heartbeat and errors back, its orderly end. */
import { asHyperionError } from '../base/errors.ts'
import type { HyperionError } from '../base/errors.ts'
import { SLOTS_BUSY } from '../checks/free-slot.ts'
import type { Ground, LandingOptions, OpenEngineOptions, OpenLanding } from '../compose.ts'
import type { StepObserver } from '../landing/deps.ts'
import { logLine, type LogEntry } from '../store/logs.ts'
import { workQueue } from './loop.ts'
import type { FromWorker, ToWorker, WorkerJob } from './protocol.ts'

const BEAT_MS = 2_000

export interface ChildDeps {
  openGround(options: OpenEngineOptions): Promise<Ground>
  openLanding(ground: Ground, options: LandingOptions): Promise<OpenLanding>
  onStep?: StepObserver
  /** For processes that are not started by a supervisor. */
  landing?: Partial<Pick<LandingOptions, 'landingLeaseMs' | 'batch'>>
}

/** Runs a worker process to its end and exits with 0, or 1 when it could not work at all. */
export async function runWorker(job: WorkerJob, deps: ChildDeps): Promise<void> {
  const stop = new AbortController()
  const suspension = gate()
  // A message on its way when the parent dies is never answered for.
  const gone = new Promise<void>((resolve) => process.once('disconnect', resolve))
  const say = (message: FromWorker): Promise<void> => {
    const said = new Promise<void>((resolve) => {
      if (!process.connected || process.send === undefined) return resolve()
      process.send(message, undefined, undefined, () => resolve())
    })
    return Promise.race([said, gone])
  }
  const complain = (error: HyperionError): Promise<void> =>
    say({ kind: 'error', message: error.message, code: error.code, errorKind: error.kind, hint: error.hint })
  const beat = setInterval(() => void say({ kind: 'beat' }), BEAT_MS)
  const end = (): void => {
    stop.abort()
    suspension.open()
  }
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') end()
    if (message.kind === 'suspend') suspension.close(() => void say({ kind: 'suspended' }))
    if (message.kind === 'resume') suspension.open()
  })
  // A worker whose parent is gone finishes its step and ends; nobody would end it if it hung.
  process.on('disconnect', end)
  process.on('SIGTERM', end)
  let exitCode = 0
  try {
    const ground = await deps.openGround({
      workspace: job.workspace,
      dbFile: job.dbFile,
      configFile: job.configFile,
      host: { env: process.env, home: job.home },
      ...(process.env['HYPERION_LOG'] === '1' ? { echo: writeLog } : {}),
    })
    const landing = await deps.openLanding(ground, {
      workerId: job.workerId,
      runChecks: job.runChecks,
      trustChecks: job.trustChecks,
      slot: job.slot,
      leaseSeconds: job.leaseSeconds,
      maxAttempts: job.maxAttempts,
      pollIntervalMs: job.pollIntervalMs,
      ...(deps.onStep === undefined ? {} : { onStep: deps.onStep }),
      ...deps.landing,
    })
    try {
      const touched = await workQueue(
        landing.deps,
        {
          pollIntervalMs: job.pollIntervalMs,
          drain: job.drain,
          onError: (error) => void complain(error),
          ready: suspension.passed,
          onWorked: () => void say({ kind: 'worked' }),
        },
        stop.signal,
      )
      await say({ kind: 'done', touched: [...touched], gaveUp: false })
    } finally {
      await landing.close()
      ground.store.close()
    }
  } catch (thrown) {
    const error = asHyperionError(thrown)
    await complain(error)
    // Unless starting again may mend it: then the parent does that.
    const again = error.kind === 'transient' && error.code !== SLOTS_BUSY
    if (!again) await say({ kind: 'done', touched: [], gaveUp: true })
    exitCode = 1
  } finally {
    clearInterval(beat)
  }
  // The last message must be out before the process is.
  if (process.connected) process.disconnect()
  process.exitCode = exitCode
}

/** The parent's standard error is this process's too. */
const writeLog = (entry: LogEntry): void => void process.stderr.write(`${logLine(entry)}\n`)

/** A gate between attempts: closed, it says so once somebody waits at it. */
function gate(): { close(onWaiting: () => void): void; open(): void; passed(): Promise<void> } {
  let waiting: (() => void) | null = null
  let closed: (() => void) | null = null
  return {
    close(onWaiting) {
      closed = onWaiting
    },
    open() {
      closed = null
      waiting?.()
      waiting = null
    },
    async passed() {
      if (closed === null) return
      closed()
      await new Promise<void>((resolve) => (waiting = resolve))
    },
  }
}
