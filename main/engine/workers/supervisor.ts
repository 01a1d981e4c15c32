/** The parent of worker processes: starts them, hears their heartbeat, ends those that stopped answering. */
import type { ChildProcess } from '../base/process.ts'
import type { Clock } from '../base/clock.ts'
import { asHyperionError, HyperionError } from '../base/errors.ts'
import { identify, killTree, startProcess, type ProcessIdentity } from '../base/process.ts'
import type { ErrorKind } from '../../../schemas/errors.ts'
import type { FromWorker, ToWorker, WorkerJob } from './protocol.ts'

export interface SupervisorOptions {
  /** The program of a worker process and its entry file. */
  command: readonly [string, ...string[]]
  /** Variables a worker process starts with; absent for those of this process. */
  env?: NodeJS.ProcessEnv
  jobs: readonly WorkerJob[]
  /** A child silent for so long is ended; what it held is recovered. */
  silentAfterMs: number
  onError(error: HyperionError): void
  /** Called when a child is gone, so that its leases can be recovered. */
  onGone(worker: ProcessIdentity): void
}

export interface Supervisor {
  /** Resolves when every worker has ended of itself or by `stop`, with the changes they attempted. */
  finished: Promise<{ touched: Set<number>; error: HyperionError | null }>
  /** Lets each worker finish its landing step and end. */
  stop(): void
  /** Lets each worker finish its attempt and then wait; resolves when all wait. */
  suspend(): Promise<void>
  resume(): void
  pids(): number[]
}

interface Child {
  job: WorkerJob
  process: ChildProcess
  identity: ProcessIdentity
  startedAt: number
  lastBeat: number
  done: boolean
  suspended: (() => void) | null
  lastError: HyperionError | null
  worked: boolean
}

/** So many unexpected ends in a row are a fault that starting again does not mend. */
const RESTARTS = 20
/** A worker that lived for so long before it ended, or did something to its end, begins another row. */
const SETTLED_MS = 60_000
const BEAT_MS = 1_000

export function superviseWorkers(options: SupervisorOptions, clock: Clock): Supervisor {
  const touched = new Set<number>()
  const children = new Set<Child>()
  let stopping = false
  let restarts = 0
  let failure: HyperionError | null = null
  let worked = false
  let resolveFinished: (value: { touched: Set<number>; error: HyperionError | null }) => void
  const finished = new Promise<{ touched: Set<number>; error: HyperionError | null }>((resolve) => {
    resolveFinished = resolve
  })

  function start(job: WorkerJob): void {
    const [program, ...args] = options.command
    const made = startProcess(program, [...args, JSON.stringify(job)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      ...(options.env === undefined ? {} : { env: options.env }),
    })
    const child: Child = {
      job,
      process: made,
      identity: identify(made.pid ?? 0),
      startedAt: clock.monotonicMs(),
      lastBeat: clock.monotonicMs(),
      done: false,
      suspended: null,
      lastError: null,
      worked: false,
    }
    children.add(child)
    made.on('message', (message: FromWorker) => hear(child, message))
    made.on('error', (error) =>
      options.onError(new HyperionError('bug', 'worker_not_started', error.message)),
    )
    made.on('close', (code, signal) => gone(child, signal ?? `exit code ${code}`))
  }

  function hear(child: Child, message: FromWorker): void {
    child.lastBeat = clock.monotonicMs()
    if (message.kind === 'suspended') child.suspended?.()
    if (message.kind === 'worked') child.worked = true
    if (message.kind === 'done') {
      child.done = true
      if (message.gaveUp) failure = child.lastError
      else worked = true
      for (const id of message.touched) touched.add(id)
    }
    if (message.kind !== 'error') return
    const details = message.hint === null ? {} : { hint: message.hint }
    const error = new HyperionError(message.errorKind as ErrorKind, message.code, message.message, details)
    child.lastError = error
    options.onError(error)
  }

  function gone(child: Child, how: string): void {
    children.delete(child)
    child.suspended?.()
    if (!child.done) {
      try {
        options.onGone(child.identity)
      } catch (thrown) {
        // A busy queue: the workers look for dead ones themselves.
        options.onError(asHyperionError(thrown))
      }
      const settled = child.worked || clock.monotonicMs() - child.startedAt > SETTLED_MS
      restarts = settled ? 1 : restarts + 1
      if (!stopping && failure === null && restarts <= RESTARTS) {
        const said = `a worker process ended unexpectedly (${how}); another one takes its place`
        options.onError(new HyperionError('transient', 'worker_died', said))
        start(child.job)
      }
    }
    if (children.size > 0) return
    clearInterval(watch)
    const gaveUp = restarts > RESTARTS && failure === null
    // That some found no room does not matter where others did the work.
    const outcome = worked && failure?.kind === 'transient' ? null : failure
    resolveFinished({
      touched,
      error: gaveUp
        ? new HyperionError('bug', 'workers_die', `workers ended unexpectedly ${restarts} times`)
        : outcome,
    })
  }

  let looked = clock.monotonicMs()
  const watch = setInterval(() => {
    const now = clock.monotonicMs()
    // Who was held up itself has not read what the children said meanwhile.
    const late = now - looked > 2 * BEAT_MS
    looked = now
    for (const child of children) {
      if (late) child.lastBeat = now
      if (clock.monotonicMs() - child.lastBeat < options.silentAfterMs) continue
      if (child.process.pid !== undefined) killTree(child.process.pid)
    }
  }, BEAT_MS)

  const tell = (message: ToWorker): void => {
    for (const child of children) if (child.process.connected) child.process.send(message, () => undefined)
  }
  for (const job of options.jobs) start(job)
  return {
    finished,
    stop() {
      stopping = true
      tell({ kind: 'stop' })
    },
    async suspend() {
      const all = [...children].map((child) => new Promise<void>((resolve) => (child.suspended = resolve)))
      tell({ kind: 'suspend' })
      await Promise.all(all)
    },
    resume() {
      for (const child of children) child.lastBeat = clock.monotonicMs()
      tell({ kind: 'resume' })
    },
    pids: () => [...children].flatMap((child) => child.process.pid ?? []),
  }
}
