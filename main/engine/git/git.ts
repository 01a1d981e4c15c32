/** The one door to the git process: argv arrays, a scrubbed environment, a time limit, declared exit codes. */
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { diskFull, HyperionError, transientError } from '../base/errors.ts'
import { killTree, startProcess } from '../base/process.ts'

/** What this program needs: `merge-tree --write-tree` came with 2.38. */
export const MINIMUM_GIT_VERSION: readonly [number, number] = [2, 38]

export interface GitOptions {
  /** The repository's git directory (`--git-dir`); absent for commands that need none. */
  gitDir?: string
  workTree?: string
  cwd?: string
  /** Index file to use instead of the repository's own. */
  indexFile?: string
  /** Extra environment for this call; wins over the scrubbed one. */
  env?: Readonly<Record<string, string>>
  stdin?: Uint8Array | string
  /** Exit codes that are an answer, not an error. Default: only 0. */
  expect?: readonly number[]
  timeoutMs?: number
  signal?: AbortSignal
  /** Bytes of standard output kept before the call is given up. Default 256 MiB. */
  maxBytes?: number
  /**
   * Whether the operator's own configuration applies. Only for acts on their checkout, where their line-ending
   * settings decide what a file looks like; hooks never run either way.
   */
  operatorConfig?: boolean
}

export interface GitResult {
  exitCode: number
  stdout: Buffer
  stderr: string
}

const DEFAULT_TIMEOUT_MS = 120_000
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024

/** Options on every call: hooks never run, and what git writes is on disk before it says so. */
const CONFIG: readonly string[] = [
  '-c', 'core.hooksPath=/dev/null',
  '-c', 'core.fsync=loose-object,pack,pack-metadata,reference',
  '-c', 'core.fsyncMethod=fsync',
  '-c', 'gc.auto=0',
  '-c', 'maintenance.auto=false',
  '-c', 'core.quotePath=false',
  '-c', 'protocol.allow=never',
  '-c', 'commit.gpgSign=false',
  '-c', 'core.fsmonitor=false',
  // An empty graft file stands in for the repository's; git would advise against having one.
  '-c', 'advice.graftFileDeprecated=false',
] // prettier-ignore

/** Returns the environment git runs in: nothing of the caller's git settings, no prompts, stable language. */
export function gitEnvironment(operatorConfig: boolean): Record<string, string> {
  const env: Record<string, string> = {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_LITERAL_PATHSPECS: '1',
  }
  for (const name of ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'TMPDIR', 'SystemRoot', 'USERPROFILE']) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  if (!operatorConfig) {
    env['GIT_CONFIG_GLOBAL'] = '/dev/null'
    env['GIT_CONFIG_NOSYSTEM'] = '1'
    env['GIT_ATTR_NOSYSTEM'] = '1'
  }
  return env
}

function argvOf(args: readonly string[], options: GitOptions): string[] {
  const argv = [...CONFIG]
  if (options.gitDir !== undefined) argv.push(`--git-dir=${options.gitDir}`)
  if (options.workTree !== undefined) argv.push(`--work-tree=${options.workTree}`)
  return [...argv, ...args]
}

const folderOf = ({ cwd, gitDir }: GitOptions): string => cwd ?? gitDir ?? '/'

/** Starts a long-lived git process in a group of its own; the caller owns its streams and its end. */
export function spawnGit(args: readonly string[], options: GitOptions = {}): ChildProcess {
  const env = { ...gitEnvironment(options.operatorConfig === true), ...options.env }
  if (options.indexFile !== undefined) env['GIT_INDEX_FILE'] = options.indexFile
  return startProcess('git', argvOf(args, options), {
    cwd: folderOf(options),
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Returns the line in which git says what is wrong; hints and warnings may come before it. */
export function complaintIn(stderr: string): string {
  const lines = stderr.split('\n')
  return lines.find((line) => /^(?:error|fatal): /.test(line)) ?? lines[0] ?? ''
}

/** As the C library says it, which git repeats; its locale is set. */
const NO_SPACE = 'No space left on device'

function notStarted(error: NodeJS.ErrnoException, folder: string): HyperionError {
  if (error.code === 'ENOENT') {
    // A program cannot be started in a folder that is gone either, and the system says the same of both.
    if (!existsSync(folder)) {
      return new HyperionError('user', 'folder_gone', `the folder ${folder} is not there any more`, {
        hint: 'put it back, or open another repository',
        cause: error,
      })
    }
    return new HyperionError('user', 'git_missing', 'git was not found on PATH', {
      hint: `install git ${MINIMUM_GIT_VERSION.join('.')} or newer`,
      cause: error,
    })
  }
  return transientError('git_not_started', `git could not be started: ${error.message}`, error)
}

/**
 * Runs git once and returns what it printed.
 *
 * Throws a transient HyperionError when it exits with a code not in `expect`, runs out of time or prints more than
 * `maxBytes`; `git_missing` when there is no git, `folder_gone` when there is no folder to run it in.
 */
export function git(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const expect = options.expect ?? [0]
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted)
      return reject(transientError('git_cancelled', `git ${args[0]} was cancelled`))
    const child = spawnGit(args, options)
    const out: Buffer[] = []
    const err: Buffer[] = []
    let bytes = 0
    let stopped: string | null = null
    const stop = (why: string): void => {
      stopped ??= why
      if (child.pid !== undefined) killTree(child.pid)
    }
    const onAbort = (): void => stop('was cancelled')
    const timer = setTimeout(() => stop('ran out of time'), options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    options.signal?.addEventListener('abort', onAbort, { once: true })
    const finish = (): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) stop(`printed more than ${maxBytes} bytes`)
      else out.push(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      if (err.length < 64) err.push(chunk)
    })
    child.on('error', (error) => {
      finish()
      reject(notStarted(error, folderOf(options)))
    })
    child.on('close', (code, signal) => {
      finish()
      const stderr = Buffer.concat(err).toString('utf8').trim()
      if (stopped !== null) return reject(transientError('git_stopped', `git ${args[0]} ${stopped}`))
      if (code === null) return reject(transientError('git_killed', `git ${args[0]} was ended by ${signal}`))
      if (!expect.includes(code)) {
        if (stderr.includes(NO_SPACE)) return reject(diskFull(folderOf(options)))
        const complaint = complaintIn(stderr)
        const said = complaint === '' ? '' : `: ${complaint}`
        return reject(transientError('git_failed', `git ${args[0]} ended with ${code}${said}`))
      }
      resolve({ exitCode: code, stdout: Buffer.concat(out), stderr })
    })
    // A git that exits without reading its input closes the pipe; its exit code tells the story.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.stdin ?? '')
  })
}

/** Runs git and returns its standard output as text without the final newline. */
export async function gitText(args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await git(args, options)).stdout.toString('utf8').replace(/\n$/, '')
}
