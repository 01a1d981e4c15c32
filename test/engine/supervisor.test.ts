/** The parent of workers: who dies is replaced, who is silent is ended, and nobody outlives the end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../../main/engine/base/clock.ts'
import type { HyperionError } from '../../main/engine/base/errors.ts'
import { isAlive } from '../../main/engine/base/process.ts'
import { backoffSeconds } from '../../main/engine/domain/retry.ts'
import type { ChangeRow } from '../../main/engine/store/changes.ts'
import { superviseWorkers, type Supervisor } from '../../main/engine/workers/supervisor.ts'
import { bundle, type Bundle } from '../support/bundle.ts'
import type { Fault, FaultPlan, FaultPoint } from '../support/faults.ts'
import { fileName, openLab, workerJob, type Lab } from '../support/landing-lab.ts'
import { childrenOf, isGone, isStopped, until } from '../support/processes.ts'
import { planWorkload, type Planned } from '../support/workload.ts'

let program: Bundle
beforeAll(async () => {
  program = await bundle('test/support/fault-worker.ts')
})
afterAll(() => program.dispose())

const FILES = Array.from({ length: 10 }, (_, n) => fileName(n))

async function inLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await openLab({ program: program.entry, files: FILES.length })
  try {
    await work(lab)
  } finally {
    await lab.dispose()
  }
}

const plan = (lab: Lab, count: number): Planned[] =>
  planWorkload({ seed: count, count, base: lab.base, files: FILES, doomed: [] })
const enqueue = (lab: Lab, count: number): Promise<number[]> => lab.enqueue(plan(lab, count))

interface Supervised {
  supervisor: Supervisor
  /** What became of the rows each time a worker was gone, right after its leases were recovered. */
  gone: ChangeRow[][]
  errors: HyperionError[]
}

interface SuperviseOptions {
  faults?: readonly Fault[]
  batch?: number
  workers?: number
  silentAfterMs?: number
  drain?: boolean
  clock?: Clock
}

function supervise(lab: Lab, options: SuperviseOptions): Supervised {
  const { store } = lab.ground
  // A fault fires once in the life of a lab, however often its worker is started again.
  const faults = (options.faults ?? []).map((fault, at) => ({
    ...fault,
    once: join(lab.repo.dir, '..', `fault-${at}`),
  }))
  const faultPlan: FaultPlan = { faults, ...(options.batch === undefined ? {} : { batch: options.batch }) }
  const gone: ChangeRow[][] = []
  const errors: HyperionError[] = []
  const supervisor = superviseWorkers(
    {
      command: [process.execPath, program.entry, JSON.stringify(faultPlan)],
      jobs: Array.from({ length: options.workers ?? 1 }, (_, at) =>
        workerJob(lab, { workerId: `worker-${at}`, slot: at + 1, drain: options.drain ?? true }),
      ),
      silentAfterMs: options.silentAfterMs ?? 60_000,
      onError: (error) => errors.push(error),
      onGone: () => {
        store.claims.recover(
          (owner) => !isAlive(owner),
          (attempts) => backoffSeconds(attempts) * 1000,
        )
        gone.push(lab.rows())
        lab.endBackoff()
      },
    },
    options.clock ?? lab.ground.clock,
  )
  return { supervisor, gone, errors }
}

describe.concurrent('a supervisor', () => {
  test('starts a killed worker again and gives back what it held, after a while', () =>
    inLab(async (lab) => {
      const ids = await enqueue(lab, 20)
      const before = lab.ground.clock.monotonicMs()
      const killed = { faults: [{ at: 'intent', action: 'kill' }], batch: 5 } satisfies SuperviseOptions
      const { supervisor, gone, errors } = supervise(lab, killed)
      const { touched, error } = await supervisor.finished
      expect(error).toBeNull()
      expect(errors.map(({ code, message }) => [code, message])).toEqual([
        ['worker_died', 'a worker process ended unexpectedly (SIGKILL); another one takes its place'],
      ])
      expect(gone).toHaveLength(1)
      const recovered = gone[0]?.filter((row) => row.last_error === 'worker worker-0 died') ?? []
      expect(recovered.length).toBeGreaterThanOrEqual(1)
      for (const row of recovered) {
        expect(row).toMatchObject({ status: 'pending', attempts: 1, lease_owner: null })
        expect(row.delay_until_ms).toBeGreaterThanOrEqual(before + backoffSeconds(1) * 1000)
      }
      expect([...touched].sort((a, b) => a - b)).toEqual(ids)
      expect(await lab.judge()).toEqual([])
    }))

  test.each(['last_look', 'commit', 'commit_sent', 'tell'] satisfies FaultPoint[])(
    'ends a worker that stands still at %s, where everybody would wait for it',
    (at) =>
      inLab(async (lab) => {
        await enqueue(lab, 12)
        const { supervisor, gone } = supervise(lab, {
          faults: [{ at, action: 'stop' }],
          batch: 5,
          silentAfterMs: 2_500,
        })
        expect((await supervisor.finished).error).toBeNull()
        expect(gone.length).toBeGreaterThanOrEqual(1)
        expect(await lab.judge()).toEqual([])
      }),
  )

  test('that was held up itself does not take its workers for silent', () =>
    inLab(async (lab) => {
      const real = systemClock()
      let jump = 0
      let looks = 0
      const clock: Clock = {
        ...real,
        monotonicMs: () => {
          looks += 1
          return real.monotonicMs() + jump
        },
      }
      const { supervisor, gone } = supervise(lab, { drain: false, silentAfterMs: 5_000, clock })
      const [pid] = supervisor.pids()
      await enqueue(lab, 1)
      await until('the worker works', () => lab.engine.counts().applied === 1)
      jump = 3_600_000
      const then = looks
      await until('it has looked after its workers', () => looks > then + 8)
      expect(supervisor.pids()).toEqual([pid])
      supervisor.stop()
      await supervisor.finished
      expect(gone).toEqual([])
    }))

  test('that is told to stop lets the landing finish and takes nothing more', () =>
    inLab(async (lab) => {
      await enqueue(lab, 12)
      const { supervisor } = supervise(lab, { faults: [{ at: 'intent', action: 'stop' }], batch: 4 })
      const [pid = 0] = supervisor.pids()
      await until('the worker stands before its landing', () => isStopped(pid))
      supervisor.stop()
      process.kill(pid, 'SIGCONT')
      const { touched, error } = await supervisor.finished
      expect(error).toBeNull()
      expect(touched.size).toBe(4)
      expect(lab.history().length).toBeGreaterThanOrEqual(1)
      expect(lab.engine.counts()).toMatchObject({ in_progress: 0, failed: 0 })
      expect(await lab.judgeEndedProcesses()).toEqual([])
    }))

  test('starts its worker where the queue is busy, and it waits', () =>
    inLab(async (lab) => {
      await enqueue(lab, 3)
      const { db } = lab.ground.store
      db.exec('BEGIN IMMEDIATE')
      const { supervisor, errors } = supervise(lab, {})
      await until('the worker says that it is busy', () => errors.length > 0, 30_000)
      expect(errors[0]?.code).toBe('database_busy')
      db.exec('COMMIT')
      expect((await supervisor.finished).error).toBeNull()
      expect(await lab.judge()).toEqual([])
    }))
})

const launcher = fileURLToPath(new URL('../../bin/hyperion.mjs', import.meta.url))
const cliProgram = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))
const bootstrap = new URL('../../build/bootstrap.mjs', import.meta.url).href

/** The launcher as it is under a Node too old for the program: another process in between. */
const OLD_LAUNCHER = [
  '--input-type=module',
  '--eval',
  `import { become } from ${JSON.stringify(bootstrap)}
   become(process.execPath, process.argv.slice(1), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })`,
  cliProgram,
]

interface CommandLine {
  process: ChildProcess
  ended: Promise<number | null>
  printed(): string
}

/** `hyperion worker` as a shell starts it: leader of a group that gets the keys of its terminal. */
async function withCommandLine(
  lab: Lab,
  work: (cli: CommandLine) => Promise<void>,
  start: readonly string[] = [launcher],
): Promise<void> {
  const child = spawn(
    process.execPath,
    [...start, '--workspace', lab.repo.dir, 'worker', '--workers', '2', '--poll-interval-ms', '20'],
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  )
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  try {
    await work({ process: child, ended, printed: () => text })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

describe.concurrent('`hyperion worker`', () => {
  /** Runs `work` with a command line in the middle of its work; then a healthy worker finishes the rest. */
  const inTheMiddle = (
    work: (lab: Lab, cli: CommandLine) => Promise<void>,
    start?: readonly string[],
  ): Promise<void> =>
    inLab(async (lab) => {
      const changes = plan(lab, 120)
      await lab.enqueue(changes.splice(0, 60))
      await withCommandLine(
        lab,
        async (cli) => {
          await until('something has landed', () => lab.engine.counts().applied > 0)
          await lab.enqueue(changes)
          await work(lab, cli)
          expect(await lab.judgeEndedProcesses()).toEqual([])
        },
        start,
      )
      const timer = setInterval(() => lab.endBackoff(), 100)
      try {
        expect(await lab.start({ name: 'healthy' }).ended).toEqual({ code: 0, signal: null })
      } finally {
        clearInterval(timer)
      }
      expect(await lab.judge()).toEqual([])
    })

  test('ends on Ctrl-C with 130, leaving no process and nothing half done', () =>
    inTheMiddle(async (lab, cli) => {
      process.kill(-(cli.process.pid ?? 0), 'SIGINT')
      expect(await cli.ended, cli.printed()).toBe(130)
      expect(lab.engine.counts().in_progress).toBe(0)
      expect(lab.ground.store.landings.openIntents()).toEqual([])
    }))

  test('killed outright: its workers end by themselves, with every git', () =>
    inTheMiddle(async (_, cli) => {
      const workers = childrenOf(cli.process.pid ?? 0)
      expect(workers.length).toBeGreaterThanOrEqual(2)
      cli.process.kill('SIGKILL')
      await cli.ended
      await until('its workers have ended', () => workers.every(isGone))
    }))

  test('the launcher under an older Node killed outright: the program ends as on a signal, with its workers', () =>
    inTheMiddle(async (_, cli) => {
      const [running = 0] = childrenOf(cli.process.pid ?? 0)
      const workers = childrenOf(running)
      expect(workers.length).toBeGreaterThanOrEqual(2)
      cli.process.kill('SIGKILL')
      await until('the program and its workers have ended', () => [running, ...workers].every(isGone))
      await cli.ended
    }, OLD_LAUNCHER))
})
