/** Workers and git processes are killed at every step of the protocol; nothing is lost and nothing lands twice. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROTOCOL_STEPS } from '../../main/engine/landing/deps.ts'
import { bundle, type Bundle } from '../support/bundle.ts'
import type { Fault, FaultPoint } from '../support/faults.ts'
import {
  doomedName,
  fileName,
  childrenOf,
  openLab,
  type Lab,
  type LabWorker,
} from '../support/landing-lab.ts'
import { planWorkload, seeded, type Planned } from '../support/workload.ts'

const long = process.env['HYPERION_LONG'] === '1'
/** Other seeds make other runs: `HYPERION_LONG=1` walks several. */
const SEEDS = long ? [1, 2, 3, 4] : [1]

let program: Bundle
beforeAll(async () => {
  program = await bundle('test/support/fault-worker.ts')
})
afterAll(() => program.dispose())

const POINTS: readonly FaultPoint[] = [...PROTOCOL_STEPS, 'commit_sent']

/** Faults for one worker after the other; each list ends with the worker's own death. */
function planFaults(random: () => number): Fault[][] {
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map((value) => ({ value, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value)
  const gitKills = shuffled(
    POINTS.flatMap((at): Fault[] => [
      { at, action: 'kill_git' },
      { at, action: 'kill_git', noticed: true },
    ]),
  )
  const deaths = shuffled(
    POINTS.flatMap((at): Fault[] => [
      { at, action: 'kill' },
      { at, action: 'kill_both', nth: 2 },
    ]),
  )
  const plans = deaths.map((death, index) => [...gitKills.slice(index, index + 1), death])
  // A git that was asked to move the target, and does so only after its worker is dead: found stopped with the lock.
  plans.push([
    { at: 'commit', action: 'stop_git' },
    { at: 'commit_sent', action: 'kill' },
  ])
  return plans
}

interface Counts {
  workers: number
  gits: number
}

/** Brings changes in as they are used up, so that no worker waits in vain for its fault. */
function supplier(lab: Lab, supply: Planned[]): () => Promise<void> {
  let before: Promise<unknown> = Promise.resolve()
  // One after the other: what conflicts with an earlier change must come in after it.
  const bringIn = async (): Promise<void> => {
    await before
    if (lab.engine.counts().pending < 24 && supply.length > 0) await lab.enqueue(supply.splice(0, 24))
  }
  return async () => {
    before = bringIn()
    await before
  }
}

async function runFaults(
  lab: Lab,
  plans: Fault[][],
  refill: () => Promise<void>,
  counts: Counts,
): Promise<void> {
  let started = 0
  const lane = async (): Promise<void> => {
    for (let faults = plans.shift(); faults !== undefined; faults = plans.shift()) {
      await refill()
      started += 1
      const worker = lab.start({ name: `faulty-${started}`, faults, batch: 4, job: { drain: false } })
      const { signal } = await worker.ended
      expect(signal, `the fault ${JSON.stringify(faults)} did not fire: ${worker.errors.join('; ')}`).toBe(
        'SIGKILL',
      )
      counts.workers += 1
      counts.gits += faults.filter(({ action }) => action === 'kill_git' || action === 'kill_both').length
    }
  }
  await Promise.all([lane(), lane()])
}

/** Kills workers and whatever git processes they have at moments nobody chose. */
async function killAtRandom(lab: Lab, random: () => number, rounds: number, counts: Counts): Promise<void> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  for (let round = 0; round < rounds; round += 1) {
    const worker: LabWorker = lab.start({ name: `random-${round}`, batch: 4, job: { drain: false } })
    for (let hits = 0; hits < 3 && worker.running();) {
      await pause(20 + random() * 150)
      const gits = childrenOf(worker.pid)
      const victim = gits[Math.floor(random() * gits.length)]
      if (victim === undefined) continue
      try {
        process.kill(victim, 'SIGKILL')
        counts.gits += 1
        hits += 1
      } catch {
        // It ended by itself in this very moment.
      }
    }
    await pause(random() * 150)
    worker.process.kill('SIGKILL')
    await worker.ended
    counts.workers += 1
  }
}

async function drain(lab: Lab): Promise<void> {
  const workers = ['a', 'b'].map((name) => lab.start({ name: `healthy-${name}`, batch: 64 }))
  const timer = setInterval(() => lab.endBackoff(), 200)
  try {
    for (const worker of workers) expect(await worker.ended).toEqual({ code: 0, signal: null })
  } finally {
    clearInterval(timer)
  }
}

test.each(SEEDS)(
  'every step and random moments, seed %i: nothing lost, nothing twice',
  { timeout: 300_000 },
  async (seed) => {
    const random = seeded(seed)
    const count = 260
    const files = Array.from({ length: 30 }, (_, n) => fileName(n))
    const doomed = Array.from({ length: 12 }, (_, n) => doomedName(n))
    const lab = await openLab({ program: program.entry, files: files.length, doomed: doomed.length })
    try {
      const supply = planWorkload({ seed, count, base: lab.base, files, doomed })
      const refill = supplier(lab, supply)
      const counts: Counts = { workers: 0, gits: 0 }
      const timer = setInterval(() => lab.endBackoff(), 200)
      try {
        await runFaults(lab, planFaults(random), refill, counts)
        await refill()
        await killAtRandom(lab, random, 6, counts)
      } finally {
        clearInterval(timer)
      }
      while (supply.length > 0) await lab.enqueue(supply.splice(0, 50))
      await drain(lab)
      expect(await lab.judge()).toEqual([])
      expect(counts.workers + counts.gits).toBeGreaterThanOrEqual(60)
    } finally {
      await lab.dispose()
    }
  },
)
