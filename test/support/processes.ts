/** Processes of the machine as a test sees them: whose they are, how they stand, whether they are gone. */
import { readdirSync, readFileSync } from 'node:fs'
import { strayProcesses, type StrayProcess } from './leftovers.ts'
import type { TempRepo } from './temp-repo.ts'

/** Waits until a condition holds; a limit, not a wait, keeps a broken test from hanging. */
export async function until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Processes that stand in the repository and are no children of this one. */
export const foreignProcesses = (repo: TempRepo): StrayProcess[] =>
  strayProcesses(repo.dir, -1).filter(({ pid }) => parentOf(pid) !== process.pid)

/** The same, once those that are about to end have ended. */
export async function leftProcesses(repo: TempRepo): Promise<StrayProcess[]> {
  const deadline = performance.now() + 5_000
  let left = foreignProcesses(repo)
  while (left.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    left = foreignProcesses(repo)
  }
  return left
}

export function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
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
