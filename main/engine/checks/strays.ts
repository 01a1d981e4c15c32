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

type Sight = 'marked' | 'other' | 'unsure'

function look(pid: number, variable: Buffer, files: ReadonlySet<string> | undefined): Sight {
  if (files !== undefined && holdsFile(pid, files)) return 'marked'
  try {
    const environ = readFileSync(`/proc/${pid}/environ`)
    if (environ.indexOf(variable) === 0) return 'marked'
    if (environ.includes(Buffer.concat([Buffer.from([0]), variable]))) return 'marked'
    if (environ.length > 0) return 'other'
    // In the middle of starting a program a process shows no environment; a kernel thread has no program at all.
    readlinkSync(`/proc/${pid}/exe`)
    return 'unsure'
  } catch {
    return 'other'
  }
}

interface Scan {
  marked: number[]
  unsure: number[]
}

function scan(marks: StrayMarks): Scan {
  const variable = Buffer.concat([Buffer.from(marks.variable), Buffer.from([0])])
  const result: Scan = { marked: [], unsure: [] }
  let names: string[] = []
  try {
    names = readdirSync('/proc')
  } catch {
    return result
  }
  for (const name of names) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const identity = identify(Number(name))
    if (identity.startedAt === null || Number(identity.startedAt) < marks.since) continue
    if (!isAlive(identity)) continue
    const sight = look(identity.pid, variable, marks.files)
    if (sight !== 'other') result[sight].push(identity.pid)
  }
  return result
}

/** Lists the live processes that bear a mark; empty where the system has no /proc. */
export const findStrays = (marks: StrayMarks): number[] => scan(marks).marked

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

/** How often a process without an environment is looked at again, a millisecond apart. */
const SECOND_LOOKS = 50
const MAX_ROUNDS = 400

/**
 * Ends every marked process and returns when two looks in a row found none.
 *
 * Repeats because what is being ended may be forking or starting a program; it gives up after a few seconds and
 * returns the ids still alive.
 */
export async function endStrays(marks: StrayMarks, clock: Clock): Promise<number[]> {
  const looks = new Map<number, number>()
  let seen = scan(marks)
  for (let round = 0, clean = 0; round < MAX_ROUNDS; round++) {
    for (const pid of seen.marked) {
      try {
        signalProcess(pid, 'SIGKILL')
      } catch {
        // Another user's process (a set-uid program); it is reported as still alive.
      }
    }
    for (const pid of seen.unsure) looks.set(pid, (looks.get(pid) ?? 0) + 1)
    const unsure = seen.unsure.some((pid) => (looks.get(pid) ?? 0) < SECOND_LOOKS)
    clean = seen.marked.length === 0 && !unsure ? clean + 1 : 0
    if (clean === 2) return []
    if (clean === 0) await clock.sleep(Math.min(1 + round / 10, 20))
    seen = scan(marks)
  }
  return seen.marked
}
