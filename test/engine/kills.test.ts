/** Workers and git processes are killed at every step of the protocol; nothing is lost and nothing lands twice. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROTOCOL_STEPS } from '../../main/engine/landing/deps.ts'
import type { WorkerJob } from '../../main/engine/workers/protocol.ts'
import { bundle, type Bundle } from '../support/bundle.ts'
import type { Fault, FaultPoint } from '../support/faults.ts'
import { doomedName, fileName, openLab, type Lab } from '../support/landing-lab.ts'
import { childrenOf, isGit } from '../support/processes.ts'
import { planWorkload, seeded, type Planned, type WorkloadOptions } from '../support/workload.ts'

const long = process.env['HYPERION_LONG'] === '1'
/** Other seeds make other orders and other moments. */
const SEEDS = long ? [1, 2, 3, 4] : [1]

let program: Bundle
beforeAll(async () => {
  program = await bundle('test/support/fault-worker.ts')
})
afterAll(() => program.dispose())

const POINTS: readonly FaultPoint[] = [...PROTOCOL_STEPS, 'commit_sent']

const shuffled = <T>(list: readonly T[], random: () => number): T[] =>
  list
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)

/** Faults for one worker after the other; each list ends with the worker's own death. */
function planFaults(random: () => number): Fault[][] {
  const gitKills = POINTS.flatMap((at): Fault[] => [
    { at, action: 'kill_git' },
    { at, action: 'kill_git', noticed: true },
  ])
  const deaths = POINTS.flatMap((at): Fault[] => [
    { at, action: 'kill' },
    { at, action: 'kill_both', nth: 2 },
  ])
  const first = shuffled(gitKills, random)
  const plans = shuffled(deaths, random).map((death, index) => [...first.slice(index, index + 1), death])
  // A git that was asked to move the target, and does so only after its worker is dead: found stopped with the lock.
  plans.push([
    { at: 'commit', action: 'stop_git' },
    { at: 'commit_sent', action: 'kill' },
  ])
  return plans
}

/** Workers and gits that were killed. */
interface Counts {
  workers: number
  gits: number
}

/** A lab, changes that come in as they are used up, and workers that do not live long. */
interface Ordeal {
  lab: Lab
  supply: Planned[]
  random: () => number
  job: Partial<WorkerJob>
  counts: Counts
}

/** Makes it so that no worker waits in vain for its fault. */
async function refill({ lab, supply }: Ordeal): Promise<void> {
  if (lab.engine.counts().pending < 24 && supply.length > 0) await lab.enqueue(supply.splice(0, 24))
}

async function killAtSteps(ordeal: Ordeal, plans: Fault[][]): Promise<void> {
  const { lab, counts } = ordeal
  let started = 0
  // One after the other: what conflicts with an earlier change must come in after it.
  let refilled = Promise.resolve()
  const lane = async (slot: number): Promise<void> => {
    for (let faults = plans.shift(); faults !== undefined; faults = plans.shift()) {
      refilled = refilled.then(() => refill(ordeal))
      await refilled
      started += 1
      const job = { ...ordeal.job, slot, drain: false }
      const worker = lab.start({ name: `faulty-${started}`, faults, batch: 4, job })
      const { signal } = await worker.ended
      const unfired = `the fault ${JSON.stringify(faults)} did not fire: ${worker.errors.join('; ')}`
      expect(signal, unfired).toBe('SIGKILL')
      counts.workers += 1
      counts.gits += faults.filter(({ action }) => action === 'kill_git' || action === 'kill_both').length
    }
  }
  await Promise.all([lane(1), lane(2)])
}

/** Kills workers and whatever git processes they have at moments nobody chose. */
async function killAtRandom(ordeal: Ordeal, rounds: number): Promise<void> {
  const { lab, random, counts } = ordeal
  const moment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, random() * ms))
  for (let round = 0; round < rounds; round += 1) {
    await refill(ordeal)
    const job = { ...ordeal.job, slot: 3, drain: false }
    const worker = lab.start({ name: `random-${round}`, batch: 4, job })
    for (let hits = 0; hits < 3 && worker.running();) {
      await moment(150)
      const victims = childrenOf(worker.pid).filter(isGit)
      const victim = victims[Math.floor(random() * victims.length)]
      if (victim === undefined) continue
      try {
        process.kill(victim, 'SIGKILL')
        counts.gits += 1
        hits += 1
      } catch {
        // It ended by itself in this very moment.
      }
    }
    await moment(150)
    worker.process.kill('SIGKILL')
    await worker.ended
    counts.workers += 1
  }
}

async function drain({ lab, job }: Ordeal): Promise<void> {
  const workers = [4, 5].map((slot) =>
    lab.start({ name: `healthy-${slot}`, batch: 64, job: { ...job, slot } }),
  )
  for (const worker of workers) expect(await worker.ended).toEqual({ code: 0, signal: null })
}

const FILES = Array.from({ length: 30 }, (_, n) => fileName(n))
const DOOMED = Array.from({ length: 12 }, (_, n) => doomedName(n))

interface OrdealOptions {
  seed: number
  count: number
  plans(random: () => number): Fault[][]
  rounds: number
  checks?: WorkloadOptions['checks']
}

/** Plays it all, lets healthy workers finish, judges; returns how many were killed. */
async function endure(options: OrdealOptions): Promise<number> {
  const { seed, count, checks } = options
  const lab = await openLab({
    program: program.entry,
    files: FILES.length,
    doomed: DOOMED.length,
    // Red on whatever a change makes of its parent, and green on the parent itself; `|| false` keeps a shell between
    // worker and git, so that the killer of the worker's gits does not end a check.
    config: {
      checks: { allow: { good: 'true', bad: 'git diff --quiet HEAD^ HEAD || false' }, retryFlaky: 0 },
    },
  })
  const timer = setInterval(() => lab.endBackoff(), 200)
  try {
    const random = seeded(seed)
    const supply = planWorkload({
      seed,
      count,
      base: lab.base,
      files: FILES,
      doomed: DOOMED,
      ...(checks === undefined ? {} : { checks }),
    })
    const job = { runChecks: checks !== undefined }
    const ordeal: Ordeal = { lab, supply, random, job, counts: { workers: 0, gits: 0 } }
    await killAtSteps(ordeal, options.plans(random))
    await killAtRandom(ordeal, options.rounds)
    while (supply.length > 0) await lab.enqueue(supply.splice(0, 50))
    await drain(ordeal)
    expect(await lab.judge()).toEqual([])
    return ordeal.counts.workers + ordeal.counts.gits
  } finally {
    clearInterval(timer)
    await lab.dispose()
    // A git killed in a check's worktree leaves the lock of its index there until that worktree is next used.
    rmSync(join(process.env['XDG_CACHE_HOME'] ?? '', 'hyperion'), { recursive: true, force: true })
  }
}

test.each(SEEDS)(
  'at every step and at random, seed %i: nothing lost, nothing twice',
  async (seed) => {
    const killed = await endure({ seed, count: 260, plans: planFaults, rounds: 6 })
    expect(killed).toBeGreaterThanOrEqual(80)
  },
  300_000,
)

test.each(SEEDS)(
  'the same where every change is checked, seed %i',
  async (seed) => {
    const killed = await endure({
      seed,
      count: 60,
      plans: (random) => planFaults(random).slice(0, long ? 24 : 8),
      rounds: 3,
      checks: (random) =>
        random() < 0.2 ? { checks: ['bad'], ending: 'failed' } : { checks: ['good'], ending: 'landed' },
    })
    expect(killed).toBeGreaterThanOrEqual(20)
  },
  300_000,
)
