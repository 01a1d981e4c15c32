/** A temporary repository made a workspace, with the engine open on it and workers that land changes on it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../main/engine/base/clock.ts'
import type { HyperionError } from '../../main/engine/base/errors.ts'
import { openGround, openLanding } from '../../main/engine/compose.ts'
import {
  initialise,
  openEngine,
  type Engine,
  type OpenEngineOptions,
  type ShownChange,
} from '../../main/engine/engine.ts'
import type { StepObserver } from '../../main/engine/landing/deps.ts'
import { workQueue } from '../../main/engine/workers/loop.ts'
import { tempRepo, type TempRepo, type TempRepoOptions } from './temp-repo.ts'

const PROGRAM = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

export interface DrainOptions {
  workerId?: string
  runChecks?: boolean
  trustChecks?: boolean
  slot?: number
  maxAttempts?: number
  leaseSeconds?: number
  batch?: number
  onStep?: StepObserver
  signal?: AbortSignal
  /** Whether errors that the loop survives are part of what is tested; else the first one is thrown. */
  mayErr?: boolean
}

export interface Drained {
  touched: ReadonlySet<number>
  /** What the loop survived. */
  errors: HyperionError[]
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

export interface LandedCommit {
  commit: string
  parents: string[]
  tree: string
  author: string
  committer: string
  message: string
  /** As git reads them from the message. */
  trailers: string
}

export interface Workbench {
  readonly repo: TempRepo
  /** The checkout that is the workspace. */
  readonly dir: string
  readonly engine: Engine
  /** The target's first commit. */
  readonly base: string
  /** Queues change requests through the engine and returns their ids; throws for a duplicate. */
  enqueue(...values: unknown[]): Promise<number[]>
  /** Works the queue in this process until it is drained. */
  drain(options?: DrainOptions): Promise<Drained>
  /** Runs the command line to its end. */
  cli(...args: string[]): Ran
  /** Starts the command line; `ended` resolves with what it said. */
  start(...args: string[]): { child: ChildProcess; ended: Promise<Ran> }
  /** Runs this many worker processes until the queue is drained. */
  workers(count: number, ...flags: string[]): Promise<Ran>
  show(id: number): ShownChange
  statuses(): string[]
  tip(): string
  /** The bytes of a file at the target, or null. */
  file(path: string, rev?: string): Buffer | null
  text(path: string, rev?: string): string | null
  /** What landed, oldest first, without the base. */
  landed(rev?: string): LandedCommit[]
  dispose(): void
}

export interface WorkbenchOptions extends TempRepoOptions {
  /** Folder of the workspace where it is not the checkout itself. */
  workspace?: (repo: TempRepo) => string
  /** Prepares the repository before it is initialised. */
  before?: (repo: TempRepo) => void
  /** Opens agents in place of those the settings name. */
  openHarness?: OpenEngineOptions['openHarness']
}

const TARGET = 'refs/heads/hyperion/main'

export async function workbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const repo = tempRepo({ ...options, files: options.files ?? { 'README.md': 'hello\n' } })
  try {
    options.before?.(repo)
    return await openOn(repo, options.workspace?.(repo) ?? repo.dir, options.openHarness)
  } catch (error) {
    repo.dispose()
    throw error
  }
}

/** The surroundings that each test file has to itself (see hygiene.ts). */
const hostNow = () => ({ env: process.env, home: process.env['HOME'] ?? null })

async function openOn(
  repo: TempRepo,
  dir: string,
  openHarness?: OpenEngineOptions['openHarness'],
): Promise<Workbench> {
  const made = await initialise({ workspace: dir, host: hostNow() })
  made.ground.store.close()
  const engine = await openEngine({
    workspace: dir,
    host: hostNow(),
    actor: 'test',
    ...(openHarness === undefined ? {} : { openHarness }),
  })
  const run = (args: readonly string[]): Buffer => repo.run(args, { cwd: dir })
  const text = (...args: string[]): string => run(args).toString('utf8').replace(/\n$/, '')
  const base = text('rev-parse', TARGET)

  const start = (...args: string[]): { child: ChildProcess; ended: Promise<Ran> } => {
    const child = spawn(process.execPath, [PROGRAM, '--workspace', dir, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ran: Ran = { code: null, stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (ran.stdout += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (ran.stderr += chunk.toString('utf8')))
    const ended = new Promise<Ran>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ ...ran, code }))
    })
    return { child, ended }
  }

  return {
    repo,
    dir,
    engine,
    base,
    async enqueue(...values) {
      const results = await engine.enqueue(
        values.map((value, index) => ({ source: `request ${index + 1}`, value })),
      )
      return results.map((result) => {
        if (result.kind === 'duplicate') throw new Error(`a duplicate of change ${result.of.id}`)
        return result.id
      })
    },
    drain: (drainOptions = {}) => drainQueue(dir, drainOptions),
    cli(...args) {
      const ran = spawnSync(process.execPath, [PROGRAM, '--workspace', dir, ...args], {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      })
      return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr }
    },
    start,
    workers: (count, ...flags) =>
      start('worker', '--drain', '--workers', String(count), '--poll-interval-ms', '20', ...flags).ended,
    show: (id) => engine.show(id),
    statuses: () => engine.list({}).map((row) => row.status),
    tip: () => text('rev-parse', TARGET),
    file: (path, rev = TARGET) => blobAt(run, path, rev),
    text: (path, rev = TARGET) => blobAt(run, path, rev)?.toString('utf8') ?? null,
    landed: (rev = TARGET) => commitsAfter(run, base, rev),
    dispose() {
      engine.close()
      repo.dispose()
    },
  }
}

/** Works a workspace's queue in this process until it is drained, as a worker process of its own would. */
export async function drainQueue(dir: string, options: DrainOptions = {}): Promise<Drained> {
  const ground = await openGround({ workspace: dir, host: hostNow(), clock: systemClock() })
  const errors: HyperionError[] = []
  try {
    const landing = await openLanding(ground, {
      workerId: options.workerId ?? 'in-process',
      runChecks: options.runChecks ?? options.trustChecks ?? false,
      trustChecks: options.trustChecks ?? false,
      slot: options.slot ?? 1,
      leaseSeconds: options.leaseSeconds ?? 60,
      maxAttempts: options.maxAttempts ?? 5,
      ...(options.batch === undefined ? {} : { batch: options.batch }),
      ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    })
    try {
      const touched = await workQueue(
        landing.deps,
        {
          pollIntervalMs: 10,
          drain: true,
          onError: (error) => errors.push(error),
          ready: async () => undefined,
        },
        options.signal ?? new AbortController().signal,
      )
      if (errors[0] !== undefined && options.mayErr !== true) throw errors[0]
      return { touched, errors }
    } finally {
      await landing.close()
    }
  } finally {
    ground.store.close()
  }
}

type RunGit = (args: readonly string[]) => Buffer

function blobAt(run: RunGit, path: string, rev: string): Buffer | null {
  try {
    return run(['cat-file', 'blob', `${rev}:${path}`])
  } catch {
    return null
  }
}

const SEPARATOR = '\u0001'

function commitsAfter(run: RunGit, base: string, rev: string): LandedCommit[] {
  const fields = ['%H', '%P', '%T', '%an <%ae>', '%cn <%ce>', '%B', '%(trailers:only,unfold)'].join('%x01')
  const output = run(['log', '--reverse', '-z', `--format=${fields}`, `${base}..${rev}`]).toString('utf8')
  return output
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const [commit = '', parents = '', tree = '', author = '', committer = '', message = '', trailers = ''] =
        record.split(SEPARATOR)
      return { commit, parents: parents.split(' '), tree, author, committer, message, trailers }
    })
}

/** Runs `work` on a workbench and removes it whatever happens. */
export async function withBench(
  options: WorkbenchOptions,
  work: (bench: Workbench) => Promise<void>,
): Promise<void> {
  const bench = await workbench(options)
  try {
    await work(bench)
  } finally {
    bench.dispose()
  }
}

/** Queues change requests, works the queue and returns their ids; throws unless every one was applied. */
export async function land(bench: Workbench, ...values: unknown[]): Promise<number[]> {
  const ids = await bench.enqueue(...values)
  await bench.drain()
  for (const id of ids) {
    const { status, last_error } = bench.show(id)
    if (status !== 'applied') throw new Error(`change ${id} is ${status}: ${last_error}`)
  }
  return ids
}

/** Queues one change request, works the queue and returns what became of it. */
export async function attempt(
  bench: Workbench,
  value: unknown,
  options: DrainOptions = {},
): Promise<ShownChange> {
  const [id = 0] = await bench.enqueue(value)
  await bench.drain(options)
  return bench.show(id)
}
