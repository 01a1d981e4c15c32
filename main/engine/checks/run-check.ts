/** Runs one check: a shell command on a candidate's files, in a private environment, ended with all it started. */
import { mkdir, mkdtemp, realpath, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { identify, killTree, startProcess } from '../base/process.ts'
import type { CheckExpectation } from '../domain/check-policy.ts'
import { checkEnvironment, networkEnvironment, type CheckHost } from './host.ts'
import { watchMemory } from './memory.ts'
import { outputBuffer, streamSearch } from './output.ts'
import { removeTree } from './remove-tree.ts'
import { sandboxArgs, type Sandbox } from './sandbox.ts'
import type { SharedPath } from './share.ts'
import { endStrays, outputFiles, RUN_VARIABLE, TREE_VARIABLE, type StrayMarks } from './strays.ts'

export type RunVerdict = 'passed' | 'failed' | 'could_not_run' | 'timed_out' | 'cancelled'

export interface CheckRunRequest {
  command: string
  /** The folder with the candidate's files. */
  cwd: string
  timeoutMs: number
  sandbox: Sandbox
  signal?: AbortSignal
  expect?: CheckExpectation
  /** Variables beside the allow-list; they win over it. */
  environment?: Readonly<Record<string, string>>
  /** Folder in which the check's private home and temporary folder are made; default the system's. */
  scratch?: string
  /** Kept readable and read-only inside the sandbox. */
  readOnly?: readonly string[]
  /** Shown empty inside the sandbox. */
  hidden?: readonly string[]
  /** MiB that the command and everything it starts may hold together; null or absent: as much as there is. */
  memoryMb?: number | null
  /** Paths of the operator's checkout that the sandbox binds read-only into the folder, which has room for them. */
  shared?: readonly SharedPath[]
  /** Hears what it prints as it comes, both streams. */
  onOutput?: (chunk: Buffer) => void
  /** Whether the sandbox leaves the network open: for fetching dependencies, never for a check. */
  network?: boolean
}

export interface CheckRunResult {
  verdict: RunVerdict
  /** Exit code, or 128 + the number of the signal that ended it; null when it did not end by itself. */
  exit_code: number | null
  duration_ms: number
  /** What it printed, up to 64 KiB of head and tail. */
  output: string
  /** How it ended, in words that follow its name, where the exit code does not tell. */
  reason?: string
}

export interface CheckDeps {
  clock: Clock
  host: CheckHost
}

/** Timers count in 32 bits; a longer limit would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647
/** How long the last output may take to arrive once every process is dead. */
const DRAIN_MS = 2_000

interface Ended {
  exitCode: number | null
  /** Bubblewrap's own account of the command's exit code; null when the command never ran. */
  status: string
  output: string
  matched: boolean
  stoppedBy: 'time' | 'cancel' | 'memory' | null
  startError: string | null
  survivors: number[]
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number | null {
  if (code !== null) return code
  return signal === null ? null : 128 + os.constants.signals[signal]
}

function commandLine(request: CheckRunRequest): string[] {
  // One pipe for both streams keeps their order; two are needed only where standard output is looked into.
  if (request.expect?.stdout_includes !== undefined) return ['/bin/sh', '-c', request.command]
  return ['/bin/sh', '-c', 'exec /bin/sh -c "$1" 2>&1', 'sh', request.command]
}

function closed(child: ReturnType<typeof startProcess>): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
}

function endTree(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    killTree(pid)
  } catch {
    // A process of another user among them (a set-uid program); what stays alive is found and told afterwards.
  }
}

async function execute(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  request: CheckRunRequest,
  deps: CheckDeps,
): Promise<Ended> {
  const output = outputBuffer()
  const search = streamSearch(request.expect?.stdout_includes ?? '')
  const over = new AbortController()
  let status = ''
  let stoppedBy: Ended['stoppedBy'] = null
  const child = startProcess(program, args, {
    cwd: request.cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const allClosed = closed(child)
  const exited = new Promise<{ exitCode: number | null; startError: string | null }>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, startError: error.message }))
    child.once('exit', (code, signal) => resolve({ exitCode: exitCodeOf(code, signal), startError: null }))
  })
  child.stdout?.on('data', (chunk: Buffer) => {
    output.add(chunk)
    search.add(chunk)
    request.onOutput?.(chunk)
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    output.add(chunk)
    request.onOutput?.(chunk)
  })
  const statusPipe = child.stdio[3] as Readable | null | undefined
  statusPipe?.on('data', (chunk: Buffer) => {
    if (status.length < 4096) status += chunk.toString('latin1')
  })
  statusPipe?.on('error', () => undefined)

  const { pid } = child
  const marks: StrayMarks = { variable: `${RUN_VARIABLE}=${env[RUN_VARIABLE]}`, since: 0 }
  if (pid !== undefined) {
    marks.files = outputFiles(pid)
    marks.since = Number(identify(pid).startedAt ?? 0)
  }
  const stop = (why: 'time' | 'cancel' | 'memory'): void => {
    stoppedBy ??= why
    endTree(pid)
  }
  const onAbort = (): void => stop('cancel')
  request.signal?.addEventListener('abort', onAbort, { once: true })
  if (request.signal?.aborted) onAbort()
  const stopInTime = async (): Promise<void> => {
    await deps.clock.sleep(Math.min(request.timeoutMs, LONGEST_TIMER_MS), over.signal)
    if (!over.signal.aborted) stop('time')
  }
  void stopInTime()
  const limitMb = request.memoryMb ?? null
  if (pid !== undefined && limitMb !== null) {
    void watchMemory({ pid, marks, limitMb }, over.signal, () => stop('memory'), deps.clock)
  }

  const { exitCode, startError } = await exited
  // The verdict is known; a later abort must not turn a finished check into a cancelled one.
  over.abort()
  request.signal?.removeEventListener('abort', onAbort)
  let survivors: number[] = []
  if (pid !== undefined) {
    endTree(pid)
    survivors = await endStrays(marks, deps.clock)
  }
  const drained = new AbortController()
  void allClosed.then(() => drained.abort())
  await deps.clock.sleep(DRAIN_MS, drained.signal)
  for (const stream of child.stdio) stream?.destroy()
  return {
    exitCode,
    status,
    output: output.text(),
    matched: search.found(),
    stoppedBy,
    startError,
    survivors,
  }
}

type Judged = Omit<CheckRunResult, 'duration_ms'>

function judge(ended: Ended, request: CheckRunRequest): Judged {
  const say = (line: string): string =>
    ended.output === '' ? line : `${ended.output.replace(/\n$/, '')}\n${line}`
  if (ended.stoppedBy === 'cancel') return { verdict: 'cancelled', exit_code: null, output: ended.output }
  if (ended.stoppedBy === 'time') {
    const text = say(`[ended after ${request.timeoutMs / 1000} s, its time limit]`)
    return { verdict: 'timed_out', exit_code: null, output: text }
  }
  if (ended.stoppedBy === 'memory') {
    const reason = `used more than ${request.memoryMb} MiB of memory`
    return { verdict: 'failed', exit_code: null, output: say(`[ended: it ${reason}]`), reason }
  }
  if (ended.startError !== null) {
    return { verdict: 'could_not_run', exit_code: null, output: say(`[not started: ${ended.startError}]`) }
  }
  let code = ended.exitCode
  if (request.sandbox.kind === 'bubblewrap') {
    const told = /"exit-code"\s*:\s*(\d+)/.exec(ended.status)?.[1]
    if (told === undefined) {
      return {
        verdict: 'could_not_run',
        exit_code: code,
        output: say('[the sandbox did not start the command]'),
      }
    }
    code = Number(told)
  }
  const wanted = request.expect?.exit_code
  if (wanted === undefined && (code === 126 || code === 127)) {
    return { verdict: 'could_not_run', exit_code: code, output: ended.output }
  }
  if (code !== (wanted ?? 0)) {
    const text = wanted === undefined ? ended.output : say(`[exit code ${code} instead of ${wanted}]`)
    return { verdict: 'failed', exit_code: code, output: text }
  }
  if (!ended.matched) {
    const text = say(`[standard output does not include ${JSON.stringify(request.expect?.stdout_includes)}]`)
    return { verdict: 'failed', exit_code: code, output: text }
  }
  if (ended.survivors.length > 0) {
    // Nothing a check starts may outlive it: what still writes would change the next candidate's files.
    const text = say(`[left processes that could not be ended: ${ended.survivors.join(', ')}]`)
    return { verdict: 'could_not_run', exit_code: code, output: text }
  }
  return { verdict: 'passed', exit_code: code, output: ended.output }
}

/** A disk with less room than this is full for whatever failed on it. */
const ROOM_BYTES = 1024 * 1024

/** A command that failed on a full disk says nothing about what it was to check. */
async function unlessFull(judged: Judged, folders: readonly string[]): Promise<Judged> {
  if (judged.verdict !== 'failed') return judged
  for (const folder of folders) {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize >= ROOM_BYTES) continue
    const reason = `the disk that holds ${folder} is full`
    return { ...judged, verdict: 'could_not_run', output: `${judged.output}\n[${reason}]`, reason }
  }
  return judged
}

/**
 * Runs a command with `sh -c` in `cwd` and says how it ended.
 *
 * Never throws for what the command does. When it returns, the command and everything it started are dead and its
 * private folders are gone. Without bubblewrap a process that clears its environment, closes its output and detaches
 * within a moment can escape; inside bubblewrap it cannot.
 */
export async function runCheck(request: CheckRunRequest, deps: CheckDeps): Promise<CheckRunResult> {
  const started = deps.clock.monotonicMs()
  const since = (): number => deps.clock.monotonicMs() - started
  if (request.signal?.aborted) return { verdict: 'cancelled', exit_code: null, duration_ms: 0, output: '' }
  const { sandbox } = request
  if (sandbox.kind === 'refused') {
    return { verdict: 'could_not_run', exit_code: null, duration_ms: 0, output: `[${sandbox.reason}]` }
  }
  const base = request.scratch ?? os.tmpdir()
  await mkdir(base, { recursive: true })
  const scratch = await realpath(await mkdtemp(path.join(base, 'hyperion-check-')))
  const folders = { home: path.join(scratch, 'home'), tmp: path.join(scratch, 'tmp') }
  try {
    await mkdir(folders.home)
    await mkdir(folders.tmp)
    const tree = await realpath(request.cwd)
    const marks = { [RUN_VARIABLE]: scratch, [TREE_VARIABLE]: tree }
    const network = request.network === true ? networkEnvironment(deps.host) : {}
    const env = checkEnvironment(deps.host, folders, { ...network, ...request.environment, ...marks })
    const [shell = '/bin/sh', ...shellArgs] = commandLine(request)
    if (sandbox.kind === 'none') {
      const ended = await execute(shell, shellArgs, env, { ...request, cwd: tree }, deps)
      return { ...(await unlessFull(judge(ended, request), [tree, scratch])), duration_ms: since() }
    }
    const { readOnly = [], hidden = [], shared = [] } = request
    const view = { tree, ...folders, readOnly, hidden, shared, network: request.network === true }
    const args = [...sandboxArgs(deps.host, view, 3), shell, ...shellArgs]
    const ended = await execute(sandbox.program, args, env, { ...request, cwd: tree }, deps)
    return { ...(await unlessFull(judge(ended, request), [tree, scratch])), duration_ms: since() }
  } catch (error) {
    const text = `[not started: ${error instanceof Error ? error.message : String(error)}]`
    return { verdict: 'could_not_run', exit_code: null, duration_ms: since(), output: text }
  } finally {
    await removeTree(scratch)
  }
}
