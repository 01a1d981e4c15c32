/** A repository with a queue, real worker processes over it, and a judge that reads the whole history. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { openGround, openLanding, type Ground, type OpenLanding } from '../../main/engine/compose.ts'
import { engineOver, type Engine } from '../../main/engine/engine.ts'
import type { LandingDeps } from '../../main/engine/landing/deps.ts'
import type { ChangeRow } from '../../main/engine/store/changes.ts'
import { initialise } from '../../main/engine/workspace/initialise.ts'
import type { WorkerJob } from '../../main/engine/workers/protocol.ts'
import type { Fault, FaultPlan, FaultReport } from './faults.ts'
import { judgeHistory, judgeRemains, judgeRows, readHistory } from './landing-judge.ts'
import { endQuietly, foreignProcesses, isStopped, leftProcesses, until } from './processes.ts'
import { tempRepo, type TempRepo } from './temp-repo.ts'
import { originalText, type Planned } from './workload.ts'

export interface LabWorker {
  name: string
  process: ChildProcess
  pid: number
  /** Faults that have fired so far. */
  fired: FaultReport[]
  errors: string[]
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  running(): boolean
  /** Waits until it has stopped itself. */
  stopped(): Promise<void>
  resume(): void
  /** Asks it to end after what it is at, as its supervisor would. */
  finish(): void
}

export interface StartOptions extends Partial<Omit<FaultPlan, 'faults'>> {
  name: string
  faults?: readonly Fault[]
  job?: Partial<WorkerJob>
}

export interface Lab {
  repo: TempRepo
  ground: Ground
  engine: Engine
  /** The commit that the target started from. */
  base: string
  target: string
  planned: Map<number, Planned>
  enqueue(planned: readonly Planned[]): Promise<number[]>
  start(options: StartOptions): LabWorker
  row(id: number): ChangeRow
  rows(): ChangeRow[]
  /** What the landing protocol works with, in this process, as the command line composes it. */
  landingDeps(): Promise<LandingDeps>
  /** Ends every backoff now: how long it lasts is not what these tests are about. */
  endBackoff(): void
  /** The ids of landed changes as the target's history names them, oldest first, with their commits. */
  history(): { id: number; commit: string }[]
  /** One sentence for everything that is wrong: a change lost, landed twice, in a wrong state, a wrong byte. */
  judge(): Promise<string[]>
  /** One sentence for every process that still runs: workers, and git processes once they had time to end. */
  judgeEndedProcesses(): Promise<string[]>
  dispose(): Promise<void>
}

export interface LabOptions {
  /** The bundled worker. */
  program: string
  files?: number
  doomed?: number
  config?: unknown
}

export const fileName = (n: number): string => `src/file-${n}.txt`
export const doomedName = (n: number): string => `old/file-${n}.txt`

/** The operator's checkout with every kind of work that landing must not touch. */
function disturb(repo: TempRepo): void {
  repo.write('README.md', 'edited and not staged\n')
  repo.write('staged.txt', 'staged\n')
  repo.git('add', 'staged.txt')
  repo.write('staged.txt', 'staged, then edited\n')
  repo.write('untracked.txt', 'untracked\n')
  repo.write('secret.env', 'ignored\n')
}

/** Everything of a checkout that landing may not change. */
function checkoutState(repo: TempRepo): string {
  const hash = createHash('sha256')
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      // Reports are written there, where git does not look.
      if (folder === repo.dir && ['.git', '.hyperion', 'execution'].includes(entry.name)) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
    }
  }
  walk(repo.dir)
  for (const name of ['index', 'HEAD', 'config']) hash.update(readFileSync(join(repo.gitDir, name)))
  hash.update(repo.head())
  return hash.digest('hex')
}

export async function openLab(options: LabOptions): Promise<Lab> {
  const files: Record<string, string> = { 'README.md': 'readme\n', '.gitignore': '*.env\n' }
  for (let n = 0; n < (options.files ?? 4); n += 1) files[fileName(n)] = originalText()
  for (let n = 0; n < (options.doomed ?? 0); n += 1) files[doomedName(n)] = `doomed ${n}\n`
  if (options.config !== undefined) files['hyperion.config.json'] = `${JSON.stringify(options.config)}\n`
  const repo = tempRepo({ files })
  const host = { env: { ...process.env }, home: homedir() }
  const made = await initialise({ workspace: repo.dir, host })
  made.ground.store.close()
  disturb(repo)
  const untouched = checkoutState(repo)
  const ground = await openGround({ workspace: repo.dir, host, busyTimeoutMs: 30_000 })
  const engine = await engineOver(ground, 'test')
  const base = repo.head()
  const target = 'refs/heads/hyperion/main'
  const planned = new Map<number, Planned>()
  const workers: LabWorker[] = []
  const { db, changes } = ground.store
  let opened: OpenLanding | null = null

  const lab: Lab = {
    repo,
    ground,
    engine,
    base,
    target,
    planned,
    async enqueue(list) {
      const results = await engine.enqueue(list.map((one) => ({ source: one.taskId, value: one.request })))
      return results.map((result, index) => {
        if (result.kind !== 'enqueued') throw new Error(`${result.taskId} is a duplicate`)
        planned.set(result.id, list[index] as Planned)
        return result.id
      })
    },
    start({ name, faults = [], job = {}, ...plan }) {
      const fullPlan: FaultPlan = { ...plan, faults }
      const child = spawn(
        process.execPath,
        [
          options.program,
          JSON.stringify(fullPlan),
          JSON.stringify(workerJob(lab, { workerId: name, ...job })),
        ],
        { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true },
      )
      const worker: LabWorker = {
        name,
        process: child,
        pid: child.pid ?? 0,
        fired: [],
        errors: [],
        ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
        running: () => child.exitCode === null && child.signalCode === null,
        stopped: () => until(`${name} has stopped`, () => isStopped(child.pid ?? 0)),
        resume: () => void child.kill('SIGCONT'),
        finish: () => child.send({ kind: 'stop' }, () => undefined),
      }
      child.on('message', (message: FaultReport | { kind: string; message?: string }) => {
        if ('git' in message) worker.fired.push(message)
        else if (message.kind === 'error') worker.errors.push(message.message ?? '')
      })
      workers.push(worker)
      return worker
    },
    async landingDeps() {
      const idle = { runChecks: false, trustChecks: false, slot: 0, leaseSeconds: 30, maxAttempts: 5 }
      opened ??= await openLanding(ground, { ...idle, workerId: 'test' })
      return opened.deps
    },
    row: (id) => changes.get(id) as ChangeRow,
    rows: () => changes.list({}),
    endBackoff: () => {
      db.write(() => db.exec(`UPDATE change_queue SET delay_until_ms = 1 WHERE delay_until_ms IS NOT NULL`))
    },
    history: () =>
      readHistory(repo, base, target).flatMap(({ ids, commit }) => ids.map((id) => ({ id, commit }))),
    async judgeEndedProcesses() {
      const running = workers
        .filter((worker) => worker.running())
        .map(({ name }) => `worker ${name} still runs`)
      const left = await leftProcesses(repo)
      return [...running, ...left.map(({ pid, command }) => `process ${pid} still runs: ${command}`)]
    },
    async judge() {
      const wrong = [...(await lab.judgeEndedProcesses()), ...judgeHistory(lab)]
      wrong.push(...judgeRows(lab), ...judgeRemains(lab))
      if (checkoutState(repo) !== untouched) wrong.push('the checkout or its index changed')
      return wrong
    },
    async dispose() {
      for (const worker of workers) {
        if (!worker.running()) continue
        worker.process.kill('SIGKILL')
        await worker.ended
      }
      for (const { pid } of foreignProcesses(repo)) endQuietly(pid)
      await opened?.close()
      await engine.close()
      repo.dispose()
    },
  }
  return lab
}

/** A job as the command line makes it, with short times. */
export const workerJob = (lab: Pick<Lab, 'ground'>, job: Partial<WorkerJob>): WorkerJob => ({
  workspace: lab.ground.repository.workspace,
  dbFile: lab.ground.dbFile,
  configFile: lab.ground.configFile,
  home: lab.ground.host.home,
  workerId: 'worker',
  slot: 1,
  runChecks: false,
  trustChecks: false,
  maxAttempts: 1000,
  leaseSeconds: 30,
  pollIntervalMs: 20,
  drain: true,
  ...job,
})
