/** `worker`: works the queue with child processes, says how it goes every five seconds. */
import { hostname } from 'node:os'
import type { Command } from 'commander'
import {
  asHyperionError,
  pauseTeller,
  progressLine,
  startWorkers,
  systemClock,
  HyperionError,
  type Engine,
} from '../../engine/engine.ts'
import { EXIT_CODES } from '../../../schemas/errors.ts'
import { integer, type Context } from '../context.ts'
import { sentenceOf } from '../output.ts'

export interface WorkerFlags {
  runChecks?: boolean
  trustChecks?: boolean
  maxAttempts?: number
  leaseSeconds?: number
  pollIntervalMs?: number
  workers?: number
  workerId?: string
  drain?: boolean
}

const PROGRESS_MS = 5_000
const PROGRESS_WINDOW_SECONDS = 60
const REPORT_MS = 1_000
/** How often it is looked whether the hourly sweep is due. */
const SWEEP_LOOK_MS = 60_000

/** The same complaint of every worker at every poll would hide everything else. */
const REPEAT_MS = 60_000

/** Returns a sink that says each sentence at most once a minute. */
function complaints(context: Context): (error: HyperionError) => void {
  const clock = systemClock()
  const said = new Map<string, number>()
  return (error) => {
    const sentence = sentenceOf(error)
    const now = clock.monotonicMs()
    if (now - (said.get(sentence) ?? -REPEAT_MS) < REPEAT_MS) return
    said.set(sentence, now)
    context.out.note(sentence)
  }
}

/** Runs workers until they are drained or stopped; returns the exit code. */
export async function work(engine: Engine, flags: WorkerFlags, context: Context): Promise<number> {
  const { workers } = engine.config()
  const complain = complaints(context)
  // What a killed `apply` or `sync` left half-way is nothing to wait for here; landing does not touch checkouts.
  await engine.recoverCheckout().catch((thrown: unknown) => complain(asHyperionError(thrown)))
  for (const said of await engine.startUp()) context.out.note(`hyperion: ${said}`)
  const tellPause = pauseTeller(engine.paused, (said) => context.out.note(`hyperion: ${said}`))
  tellPause()
  const supervisor = startWorkers(engine.ground, {
    count: flags.workers ?? workers.count,
    workerId: flags.workerId ?? `${hostname().slice(0, 40)}-${process.pid}`,
    runChecks: flags.runChecks === true || flags.trustChecks === true,
    trustChecks: flags.trustChecks === true,
    maxAttempts: flags.maxAttempts ?? workers.maxAttempts,
    leaseSeconds: flags.leaseSeconds ?? workers.leaseSeconds,
    pollIntervalMs: flags.pollIntervalMs ?? workers.pollIntervalMs,
    drain: flags.drain === true,
    onError: complain,
  })
  const progress = (): void => {
    try {
      tellPause()
      context.out.line(progressLine(engine.metrics(PROGRESS_WINDOW_SECONDS)))
    } catch (thrown) {
      // A busy queue or a full disk costs a line, not the workers.
      complain(asHyperionError(thrown))
    }
  }
  const sweep = (): void => {
    try {
      engine.sweepIfDue()
    } catch (thrown) {
      complain(asHyperionError(thrown))
    }
  }
  const reporter = engine.openReporter((sentence) => context.out.note(`hyperion: ${sentence}`))
  const timers = [
    setInterval(progress, PROGRESS_MS),
    setInterval(sweep, SWEEP_LOOK_MS),
    setInterval(() => void reporter.tick(), REPORT_MS),
  ]
  sweep()
  const interrupted = context.interruption()
  const stop = (): void => supervisor.stop()
  if (interrupted.aborted) stop()
  interrupted.addEventListener('abort', stop, { once: true })
  const suspend = (): void => {
    // The workers finish what they are at; only then does the terminal get its prompt back.
    void supervisor.suspend().then(() => process.kill(process.pid, 'SIGSTOP'))
  }
  process.on('SIGTSTP', suspend)
  process.on('SIGCONT', supervisor.resume)
  try {
    const { touched, error } = await supervisor.finished
    progress()
    if (error !== null) return error.exitCode
    if (flags.drain !== true) return 0
    // A queue that is paused is not drained, however little of it was touched.
    if (engine.paused() !== null && engine.unsettled() > 0) return EXIT_CODES.not_landed
    return [...touched].every((id) => engine.status(id) === 'applied') ? 0 : EXIT_CODES.not_landed
  } finally {
    for (const timer of timers) clearInterval(timer)
    await reporter.stop()
    interrupted.removeEventListener('abort', stop)
    process.off('SIGTSTP', suspend)
    process.off('SIGCONT', supervisor.resume)
  }
}

/** A name of a worker becomes part of log entries and of its leases. */
function workerId(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text)) return text
  const takes = 'a name of up to 100 letters, digits, ".", "_" or "-"'
  throw new HyperionError('usage', 'bad_name', `--worker-id takes ${takes}, not "${text}"`)
}

export function registerWorker(program: Command, context: Context): void {
  program
    .command('worker')
    .description('work the queue: build, check and land changes')
    .option('--run-checks', 'run the checks changes ask for (without it none runs and none holds)')
    .option('--trust-checks', 'also run commands that no allow-list has (implies --run-checks)')
    .option(
      '--max-attempts <n>',
      'attempts before a change is given up (default: workers.maxAttempts of the config, 5)',
      integer('--max-attempts', 1, 1000),
    )
    .option(
      '--lease-seconds <s>',
      'how long a lease lasts unless renewed, in seconds (default: workers.leaseSeconds, 300)',
      integer('--lease-seconds', 1, 86_400),
    )
    .option(
      '--poll-interval-ms <ms>',
      'how often an idle worker looks, in milliseconds (default: workers.pollIntervalMs, 500)',
      integer('--poll-interval-ms', 10, 60_000),
    )
    .option(
      '--workers <n>',
      'worker processes, 1 to 64 (default: workers.count, 2)',
      integer('--workers', 1, 64),
    )
    .option(
      '--worker-id <id>',
      'name of this worker in logs and leases (default: host and process id)',
      workerId,
    )
    .option('--drain', 'end when nothing is left to do; exit 0 if all it touched was applied, else 3')
    .addHelpText('after', '\nWithout --drain it works until Ctrl-C, and then ends with exit code 130.')
    .action(async (flags: WorkerFlags, command: Command) => {
      context.exit(await context.withWorkspace(command, (engine) => work(engine, flags, context)))
    })
}
