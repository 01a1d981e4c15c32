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
import { lockFiles, strayProcesses, type StrayProcess } from './leftovers.ts'
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
      if (folder === repo.dir && (entry.name === '.git' || entry.name === '.hyperion')) continue
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

/** Processes that stand in the repository and are no children of this one. */
const foreignProcesses = (repo: TempRepo): StrayProcess[] =>
  strayProcesses(repo.dir, -1).filter(({ pid }) => parentOf(pid) !== process.pid)

/** The same, once those that are about to end have ended. */
async function leftProcesses(repo: TempRepo): Promise<StrayProcess[]> {
  const deadline = performance.now() + 5_000
  let left = foreignProcesses(repo)
  while (left.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    left = foreignProcesses(repo)
  }
  return left
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
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

interface HistoryCommit {
  commit: string
  ids: number[]
  changes: { path: string; oid: string | null }[]
}

/** Reads every commit after the base, oldest first: which changes it names and what it did to which path. */
function readHistory(repo: TempRepo, base: string, target: string): HistoryCommit[] {
  const format = 'commit %H %P%n%(trailers:key=Hyperion-Change,valueonly)'
  const text = repo.git(
    'log',
    '--reverse',
    '--raw',
    '--no-abbrev',
    '--no-renames',
    `--format=${format}`,
    `${base}..${target}`,
  )
  const commits: HistoryCommit[] = []
  for (const line of text.split('\n')) {
    const last = commits.at(-1)
    const trailer = /^[0-9a-f-]{36}\/(\d+)$/.exec(line)
    const raw = /^:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [A-Z]\t(.*)$/.exec(line)
    if (line.startsWith('commit ')) {
      const [, commit = '', ...parents] = line.split(' ')
      if (parents.length !== 1) throw new Error(`${commit} has ${parents.length} parents`)
      commits.push({ commit, ids: [], changes: [] })
    } else if (trailer !== null) last?.ids.push(Number(trailer[1]))
    else if (raw !== null)
      last?.changes.push({ path: raw[2] ?? '', oid: /^0+$/.test(raw[1] ?? '') ? null : (raw[1] ?? '') })
  }
  return commits
}

const blobOid = (text: string): string =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex')

/** Replays the history with what each change is known to do, and compares every commit with it. */
function judgeHistory(lab: Lab): string[] {
  const wrong: string[] = []
  const times = new Map<number, number>()
  const files = new Map<string, string>()
  for (const { path, bytes } of lab.repo.tree(lab.base)) files.set(path, bytes.toString('utf8'))
  const newest = new Map<string, number>()
  for (const { commit, ids, changes } of readHistory(lab.repo, lab.base, lab.target)) {
    const [id] = ids
    const plan = id === undefined ? undefined : lab.planned.get(id)
    if (id === undefined || ids.length !== 1 || plan === undefined) {
      wrong.push(`commit ${commit} names the changes ${ids.join(', ') || 'none'}`)
      continue
    }
    times.set(id, (times.get(id) ?? 0) + 1)
    if (changes.length !== plan.paths.length)
      wrong.push(`commit of change ${id} touches ${changes.length} paths`)
    for (const { path, oid } of changes) {
      if (!plan.paths.includes(path)) {
        wrong.push(`commit of change ${id} touches ${path}`)
        continue
      }
      if ((newest.get(path) ?? 0) > id) wrong.push(`change ${id} landed on ${path} after a later one`)
      newest.set(path, id)
      const after = plan.effect(path, files.get(path))
      if (after === null) files.delete(path)
      else files.set(path, after)
      if ((after === null ? null : blobOid(after)) !== oid)
        wrong.push(`change ${id} left wrong bytes in ${path}`)
    }
  }
  for (const [id, plan] of lab.planned) {
    const landed = times.get(id) ?? 0
    const due = plan.ending === 'landed' ? 1 : 0
    if (landed !== due) wrong.push(`change ${id} (${plan.taskId}, ${plan.ending}) landed ${landed} times`)
  }
  return wrong
}

const STATUS_OF = {
  landed: 'applied',
  already_present: 'applied',
  conflict: 'conflict',
  failed: 'failed',
  held: 'held',
} as const

/** Compares the rows with what had to become of each change, and with the history. */
function judgeRows(lab: Lab): string[] {
  const wrong: string[] = []
  const commits = new Map(lab.history().map(({ id, commit }) => [id, commit]))
  for (const row of lab.rows()) {
    const plan = lab.planned.get(row.id)
    if (plan === undefined) continue
    const want = STATUS_OF[plan.ending]
    if (row.status !== want) wrong.push(`change ${row.id} is ${row.status} (${row.last_error}), not ${want}`)
    if (row.landed_commit !== (commits.get(row.id) ?? null)) {
      wrong.push(`change ${row.id} names the commit ${row.landed_commit}, the history ${commits.get(row.id)}`)
    }
    const letters = lab.ground.store.records.deadLetters({}).filter((letter) => letter.queue_id === row.id)
    if (letters.length !== (want === 'failed' ? 1 : 0))
      wrong.push(`change ${row.id} has ${letters.length} dead letters`)
    const told = lab.ground.store.logs
      .list({ changeId: row.id })
      .filter((log) => log.message === 'applied').length
    if (told !== (plan.ending === 'landed' ? 1 : 0))
      wrong.push(`change ${row.id} was logged as applied ${told} times`)
  }
  return wrong
}

/** Looks for everything that work may not leave: open attempts, leases, locks, processes, damage. */
function judgeRemains(lab: Lab): string[] {
  const { db } = lab.ground.store
  const wrong: string[] = []
  const count = (what: string, sql: string): void => {
    const n = db.sql<{ n: number }>(sql).get()?.n ?? 0
    if (n > 0) wrong.push(`${n} ${what}`)
  }
  count('open landing attempts', `SELECT count(*) AS n FROM landing_attempts WHERE state = 'open'`)
  count('attempts without an end', 'SELECT count(*) AS n FROM change_attempts WHERE ended_at_ms IS NULL')
  count('changes still leased', `SELECT count(*) AS n FROM change_queue WHERE status = 'in_progress'`)
  // A dead holder's landing lease is anybody's.
  const holders = db.sql<{ pid: number }>('SELECT pid FROM landing_lease WHERE holder IS NOT NULL').all()
  wrong.push(...holders.filter(({ pid }) => !isGone(pid)).map(({ pid }) => `${pid} holds the landing lease`))
  const integrity = JSON.stringify(db.pragma('integrity_check'))
  if (integrity !== '[{"integrity_check":"ok"}]') wrong.push(`integrity_check: ${integrity}`)
  try {
    lab.repo.git('fsck', '--strict', '--no-dangling', '--no-progress')
  } catch (error) {
    wrong.push(`fsck: ${(error as Error).message}`)
  }
  wrong.push(...lockFiles(lab.repo.dir).map((file) => `lock file ${file}`))
  return wrong
}

/** Waits until a condition holds; a limit, not a wait, keeps a broken test from hanging. */
export async function until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The fields of /proc/PID/stat from the state on; none when there is no such process. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

export const isStopped = (pid: number): boolean => statOf(pid)[0] === 'T'
export const isGone = (pid: number): boolean => ['Z', 'X', undefined].includes(statOf(pid)[0])
const parentOf = (pid: number): number => Number(statOf(pid)[1])

/** The processes that a process started and that still are its own. */
export const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .map(Number)

export function isGit(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'git\n'
  } catch {
    return false
  }
}
