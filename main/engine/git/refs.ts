/** Moving a ref exactly once: compare-and-swap through one long-lived `git update-ref --stdin`. */
import type { ChildProcess } from '../base/process.ts'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { transientError } from '../base/errors.ts'
import { identify, killTree, type ProcessIdentity } from '../base/process.ts'
import { git, spawnGit, type GitOptions } from './git.ts'

/** Returns another text whenever one of the refs may have moved, without starting git. */
export function refsStamp(commonDir: string, refs: readonly string[]): string {
  return [...refs, 'packed-refs']
    .map((file) => {
      const found = statSync(join(commonDir, file), { bigint: true, throwIfNoEntry: false })
      return found === undefined ? '-' : `${found.ino}:${found.mtimeNs}:${found.size}`
    })
    .join(' ')
}

/** Tells whether a ref is not there, without starting git; of a store of refs that is not in files nothing is known. */
export function isMissing(commonDir: string, ref: string): boolean {
  if (existsSync(join(commonDir, ref)) || existsSync(join(commonDir, 'reftable'))) return false
  const packed = join(commonDir, 'packed-refs')
  return !existsSync(packed) || !readFileSync(packed, 'utf8').split('\n').some((line) => line.endsWith(` ${ref}`)) // prettier-ignore
}

/** How taking the ref's lock ended; `ended`: the git process that was to take it is gone, what it left may be there. */
export type Prepared =
  { kind: 'prepared' } | { kind: 'moved' } | { kind: 'locked'; file: string } | { kind: 'ended' }

export interface RefUpdater {
  /** The git process that will hold the lock; started when there is none. */
  identity(): ProcessIdentity
  /** Locks the ref by exactly this process if it still is at `oldOid`; the caller then commits or aborts. */
  prepare(by: ProcessIdentity, ref: string, newOid: string, oldOid: string): Promise<Prepared>
  /** Moves the ref: the moment of landing. Throws when the outcome is unknown. */
  commit(ref: string): Promise<void>
  /** Gives the lock back; does nothing unless one is prepared. */
  abort(): Promise<void>
  close(): void
}

interface Session {
  child: ChildProcess
  identity: ProcessIdentity
  lines: string[]
  stderr: string
  ended: boolean
  wake: (() => void) | null
}

/** A git that does not answer for so long is stuck, and everybody waits for the lock it holds. */
const ANSWER_MS = 60_000

/** `commonDir` is the repository itself: refs are the one thing that is written there besides objects. */
export function openRefUpdater(commonDir: string, reason: string, answerMs = ANSWER_MS): RefUpdater {
  let session: Session | null = null
  /** The session that holds the lock. Never another one: a new git would commit nothing and say `ok`. */
  let prepared: Session | null = null

  function open(): Session {
    if (session !== null && !session.ended) return session
    const child = spawnGit(['update-ref', '-m', reason, '--stdin'], { gitDir: commonDir, cwd: commonDir })
    const made: Session = {
      child,
      identity: identify(child.pid ?? 0),
      lines: [],
      stderr: '',
      ended: child.pid === undefined,
      wake: null,
    }
    let rest = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString('latin1')).split('\n')
      rest = parts.pop() ?? ''
      made.lines.push(...parts)
      made.wake?.()
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      made.stderr += chunk.toString('utf8')
    })
    child.stdin?.on('error', () => undefined)
    const end = (): void => {
      made.ended = true
      made.wake?.()
    }
    child.on('error', end)
    child.on('close', end)
    child.unref()
    session = made
    return made
  }

  /** Waits for the answer to a command, or for the process to end without one. */
  async function answer(s: Session, expected: string): Promise<boolean> {
    const timer = setTimeout(() => {
      if (s.child.pid !== undefined) killTree(s.child.pid)
    }, answerMs)
    try {
      for (;;) {
        const line = s.lines.shift()
        if (line === expected) return true
        if (line === undefined) {
          if (s.ended) return false
          await new Promise<void>((resolve) => (s.wake = resolve))
          s.wake = null
        }
      }
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    identity: () => open().identity,
    async prepare(by, ref, newOid, oldOid) {
      const s = session
      if (s === null || s.ended || s.identity !== by) return { kind: 'ended' }
      // Without `start`, the end of our input would commit: the death of this process must abort instead.
      s.child.stdin?.write(`start\nupdate ${ref} ${newOid} ${oldOid}\nprepare\n`)
      if ((await answer(s, 'start: ok')) && (await answer(s, 'prepare: ok'))) {
        prepared = s
        return { kind: 'prepared' }
      }
      session = null
      const lock = `${join(commonDir, ref)}.lock`
      if (s.child.signalCode !== null) return { kind: 'ended' }
      if (/\.lock': File exists/.test(s.stderr)) return { kind: 'locked', file: lock }
      if (/but expected|reference is missing|unable to resolve reference/.test(s.stderr))
        return { kind: 'moved' }
      throw transientError(
        'ref_not_locked',
        `the ref ${ref} could not be locked: ${s.stderr.trim() || 'git ended'}`,
      )
    },
    async commit(ref) {
      const s = prepared
      prepared = null
      s?.child.stdin?.write('commit\n')
      if (s === null || !(await answer(s, 'commit: ok'))) {
        throw transientError(
          'landing_unknown',
          `git ended while ${ref} was being moved; the queue will settle it`,
        )
      }
      syncFolder(dirname(join(commonDir, ref)))
    },
    async abort() {
      const s = prepared
      prepared = null
      s?.child.stdin?.write('abort\n')
      if (s !== null) await answer(s, 'abort: ok')
    },
    close() {
      if (session !== null && !session.ended) {
        session.child.stdin?.end()
        // End of input aborts what was started; the process then ends by itself. It gets no second chance.
        const { pid } = session.child
        if (pid !== undefined) killTree(pid, 'SIGTERM')
      }
      session = null
    },
  }
}

/** A rename is on disk only when its folder is; git does not sync that. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Returns the commit a ref points to, or null when there is none; an error of git is not taken for that. */
export async function readRef(options: GitOptions, ref: string): Promise<string | null> {
  const result = await git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], {
    ...options,
    expect: [0, 1],
  })
  return result.exitCode === 0 ? result.stdout.toString('latin1').trim() : null
}

/** The same for two refs, by one process where both are there. */
export async function readRefs(
  options: GitOptions,
  refs: readonly [string, string],
): Promise<(string | null)[]> {
  const asked = refs.map((ref) => `${ref}^{commit}`)
  const result = await git(['rev-parse', '--quiet', ...asked], { ...options, expect: [0, 128] })
  const found = result.stdout.toString('latin1').trim().split('\n')
  if (result.exitCode === 0 && found.length === refs.length) return found
  return Promise.all(refs.map((ref) => readRef(options, ref)))
}

/**
 * Tells whether `ancestor` is reachable from `tip`; a commit the repository does not have is reachable from nothing.
 *
 * Throws a transient error when git cannot tell: "no" would let what has landed land again.
 */
export async function isAncestor(options: GitOptions, ancestor: string, tip: string): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', ancestor, tip]
  const result = await git(args, { ...options, expect: [0, 1, 128] })
  if (result.exitCode !== 128) return result.exitCode === 0
  const known = await git(['cat-file', '-e', `${ancestor}^{commit}`], { ...options, expect: [0, 1, 128] })
  if (known.exitCode !== 0) return false
  throw transientError('git_failed', `git cannot tell whether ${ancestor} is in ${tip}: ${result.stderr}`)
}

/** Returns the oid a ref's lock file holds, '' when it is empty, or null when there is no lock. */
export function readRefLock(commonDir: string, ref: string): string | null {
  const file = `${join(commonDir, ref)}.lock`
  try {
    return readFileSync(file, 'latin1').trim()
  } catch {
    return existsSync(file) ? '' : null
  }
}

export function removeRefLock(commonDir: string, ref: string): void {
  rmSync(`${join(commonDir, ref)}.lock`, { force: true })
}
