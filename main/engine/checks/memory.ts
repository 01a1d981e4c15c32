/** How much memory a check has in use, all of its processes together; a limit of the kernel's would break Node. */
import { readFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { processTree } from '../base/process.ts'
import { findStrays, type StrayMarks } from './strays.ts'

const LOOK_MS = 200
/** Looking for what left the tree reads every process's environment, so it is done less often. */
const STRAYS_EVERY = 10

/**
 * Returns the memory a process has of its own, in bytes; 0 where the system does not say.
 *
 * Files that are only mapped are left out: the system takes their pages back when it needs them, and those of a program
 * that runs many times would be counted as often.
 */
function residentOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const kib = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
    return (kib('RssAnon') + kib('RssShmem')) * 1024
  } catch {
    return 0
  }
}

/** Adds up what a process and everything it started have in use. */
export const residentBytes = (root: number, strays: readonly number[] = []): number =>
  [...new Set([root, ...processTree(root), ...strays])].reduce((sum, pid) => sum + residentOf(pid), 0)

/** Looks until `over` says so, and calls `exceeded` once when the processes hold more than `limitMb` MiB. */
export async function watchMemory(
  watched: { pid: number; marks: StrayMarks; limitMb: number },
  over: AbortSignal,
  exceeded: () => void,
  clock: Clock,
): Promise<void> {
  let strays: number[] = []
  for (let look = 1; !over.aborted; look += 1) {
    if (look % STRAYS_EVERY === 0) strays = findStrays(watched.marks)
    if (residentBytes(watched.pid, strays) > watched.limitMb * 1024 * 1024) return exceeded()
    await clock.sleep(LOOK_MS, over)
  }
}
