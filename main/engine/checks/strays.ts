/** Finds and ends what a check left running, wherever it went: re-parented, in its own session, detached. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { identify, isAlive, signalProcess } from '../base/process.ts'
import type { Clock } from '../base/clock.ts'

/** Variable that every process of one run inherits. */
export const RUN_VARIABLE = 'HYPERION_CHECK_RUN'
/** Variable that every process started in one check tree inherits. */
export const TREE_VARIABLE = 'HYPERION_CHECK_TREE'

export interface StrayMarks {
  /** `NAME=value` in the process's environment as it was started. */
  variable: string
  /** Names of open files as /proc shows them (`socket:[123]`), inherited by what cleared its environment. */
  files?: ReadonlySet<string>
  /** Only processes started at or after this clock tick; 0 for all. */
  since: number
}

function holdsFile(pid: number, files: ReadonlySet<string>): boolean {
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        if (files.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) return true
      } catch {
        // Closed meanwhile.
      }
    }
  } catch {
    // Gone, or another user's.
  }
  return false
}

function hasVariable(pid: number, variable: Buffer): boolean {
  try {
    const environ = readFileSync(`/proc/${pid}/environ`)
    const at = environ.indexOf(variable)
    return at === 0 || (at > 0 && environ.includes(Buffer.concat([Buffer.from([0]), variable])))
  } catch {
    return false
  }
}

/** Lists the live processes that bear a mark; empty where the system has no /proc. */
export function findStrays(marks: StrayMarks): number[] {
  const variable = Buffer.concat([Buffer.from(marks.variable), Buffer.from([0])])
  const found: number[] = []
  let names: string[] = []
  try {
    names = readdirSync('/proc')
  } catch {
    return found
  }
  for (const name of names) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const identity = identify(Number(name))
    if (identity.startedAt === null || !isAlive(identity)) continue
    if (Number(identity.startedAt) < marks.since) continue
    const marked = hasVariable(identity.pid, variable)
    if (marked || (marks.files !== undefined && holdsFile(identity.pid, marks.files)))
      found.push(identity.pid)
  }
  return found
}

/** Names the files behind a process's output, to recognise what inherits them. */
export function outputFiles(pid: number): ReadonlySet<string> {
  const files = new Set<string>()
  for (const fd of [1, 2]) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`)
      if (target.startsWith('socket:') || target.startsWith('pipe:')) files.add(target)
    } catch {
      // It ended already.
    }
  }
  return files
}

/**
 * Ends every marked process and returns when none is left.
 *
 * Repeats because what is being ended may be forking; after 200 rounds it gives up and returns the ids still alive.
 */
export async function endStrays(marks: StrayMarks, clock: Clock): Promise<number[]> {
  let alive = findStrays(marks)
  for (let round = 0; alive.length > 0 && round < 200; round++) {
    for (const pid of alive) {
      try {
        signalProcess(pid, 'SIGKILL')
      } catch {
        // Another user's process (a set-uid program); it is reported as still alive.
      }
    }
    if (round > 0) await clock.sleep(Math.min(round, 20))
    alive = findStrays(marks)
  }
  return alive
}
