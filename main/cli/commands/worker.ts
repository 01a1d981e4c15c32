/** `worker`: works the queue with child processes, says how it goes every five seconds. */
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { progressLine, startWorkers, type Engine } from '../../engine/engine.ts'
import { EXIT_CODES } from '../../../schemas/errors.ts'
import { integer, type Context } from '../context.ts'

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

/** Runs workers until they are drained or stopped; returns the exit code. */
export async function work(engine: Engine, flags: WorkerFlags, context: Context): Promise<number> {
  const { workers } = engine.config()
  for (const said of await engine.startUp()) context.out.note(`hyperion: ${said}`)
  const supervisor = startWorkers(engine.ground, {
    count: flags.workers ?? 1,
    workerId: flags.workerId ?? `${hostname().slice(0, 40)}-${process.pid}`,
    runChecks: flags.runChecks === true || flags.trustChecks === true,
    trustChecks: flags.trustChecks === true,
    maxAttempts: flags.maxAttempts ?? workers.maxAttempts,
    leaseSeconds: flags.leaseSeconds ?? workers.leaseSeconds,
    pollIntervalMs: flags.pollIntervalMs ?? workers.pollIntervalMs,
    drain: flags.drain === true,
    onError: (error) =>
      context.out.note(`hyperion: ${error.message}${error.hint === null ? '' : `; ${error.hint}`}`),
  })
  const progress = (): void => context.out.line(progressLine(engine.metrics(PROGRESS_WINDOW_SECONDS)))
  const timer = setInterval(progress, PROGRESS_MS)
  let interrupted = false
  const stop = (): void => {
    interrupted = true
    supervisor.stop()
  }
  const suspend = (): void => {
    // The workers finish what they are at; only then does the terminal get its prompt back.
    void supervisor.suspend().then(() => process.kill(process.pid, 'SIGSTOP'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGTSTP', suspend)
  process.on('SIGCONT', supervisor.resume)
  try {
    const { touched, error } = await supervisor.finished
    progress()
    if (error !== null) return error.exitCode
    if (interrupted) return 130
    if (flags.drain !== true) return 0
    return [...touched].every((id) => engine.status(id) === 'applied') ? 0 : EXIT_CODES.not_landed
  } finally {
    clearInterval(timer)
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    process.off('SIGTSTP', suspend)
    process.off('SIGCONT', supervisor.resume)
  }
}

export function registerWorker(program: Command, context: Context): void {
  program
    .command('worker')
    .description('work the queue: build, check and land changes')
    .option('--run-checks', 'run the checks changes ask for (without it none runs and none holds)')
    .option('--trust-checks', 'also run commands that no allow-list has (implies --run-checks)')
    .option(
      '--max-attempts <n>',
      'attempts before a change is given up (default 5)',
      integer('--max-attempts', 1, 1000),
    )
    .option(
      '--lease-seconds <s>',
      'how long a lease lasts unless renewed (default 300)',
      integer('--lease-seconds', 1, 86_400),
    )
    .option(
      '--poll-interval-ms <ms>',
      'how often an idle worker looks (default 500)',
      integer('--poll-interval-ms', 10, 60_000),
    )
    .option('--workers <n>', 'worker processes (default 1)', integer('--workers', 1, 64))
    .option('--worker-id <id>', 'name of this worker in logs and leases')
    .option('--drain', 'end when nothing is left to do; exit 3 unless all it touched applied')
    .action(async (flags: WorkerFlags, command: Command) => {
      context.exit(await context.withWorkspace(command, (engine) => work(engine, flags, context)))
    })
}
