/** Keeps a check slot to one live process; what a dead one left behind is taken over. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import { HyperionError } from '../base/errors.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from '../base/process.ts'

export interface SlotLock {
  /** Whether a dead process held the slot before; what it started may still be running. */
  tookOver: boolean
  release(): Promise<void>
}

/** How often two processes that claim in the same moment, and both give way, try again. */
const ROUNDS = 4

const claimName = (identity: ProcessIdentity): string =>
  `lock.${identity.pid}.${identity.startedAt ?? 'unknown'}`

function parseClaim(name: string): ProcessIdentity | null {
  const match = /^lock\.(\d+)\.(\d+|unknown)$/.exec(name)
  if (match === null) return null
  return { pid: Number(match[1]), startedAt: match[2] === 'unknown' ? null : (match[2] ?? null) }
}

/**
 * Claims a slot for this process.
 *
 * Each process writes a claim under its own name (process id and start time) and only then looks at the others': so
 * removing a dead process's claim can never remove a live one's, which a single lock file cannot promise. Two live
 * claimants may both give way, never both win.
 *
 * Throws `slot_busy` (transient), naming the process that holds it.
 */
export async function lockSlot(folder: string, deps: { clock: Clock }): Promise<SlotLock> {
  await mkdir(folder, { recursive: true })
  const own = claimName(ownIdentity())
  const file = path.join(folder, own)
  let tookOver = false
  for (let round = 1; ; round++) {
    try {
      await writeFile(file, '', { flag: 'wx' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      throw busy(folder, process.pid)
    }
    let holder: number | null = null
    for (const name of await readdir(folder)) {
      const other = name === own ? null : parseClaim(name)
      if (other === null) continue
      if (isAlive(other)) {
        holder = other.pid
      } else {
        tookOver = true
        await rm(path.join(folder, name), { force: true })
      }
    }
    if (holder === null) return { tookOver, release: () => rm(file, { force: true }) }
    await rm(file, { force: true })
    if (round === ROUNDS) throw busy(folder, holder)
    await deps.clock.sleep(1 + (process.pid % 23))
  }
}

function busy(folder: string, pid: number): HyperionError {
  return new HyperionError(
    'transient',
    'slot_busy',
    `the check slot ${folder} is held by the live process ${pid}`,
    {
      hint: 'wait until it ends, or use another slot',
    },
  )
}
