/** Locks on the target's ref: those that our own dead left are removed, those of others are kept and named. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle, type Bundle } from '../support/bundle.ts'
import { fileName, openLab, type Lab } from '../support/landing-lab.ts'
import { until } from '../support/processes.ts'
import { fourChanges } from '../support/scenarios.ts'
import { edit } from '../support/workload.ts'

let program: Bundle
beforeAll(async () => {
  program = await bundle('test/support/fault-worker.ts')
})
afterAll(() => program.dispose())

const lockOf = (lab: Lab): string => `${join(lab.repo.gitDir, lab.target)}.lock`

async function inLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await openLab({ program: program.entry })
  try {
    await work(lab)
  } finally {
    await lab.dispose()
  }
}

/** Leaves the lock of a worker that died together with its git, just before the move. */
async function leaveLock(lab: Lab): Promise<string> {
  await lab.enqueue(fourChanges(lab.base))
  await lab.start({ name: 'dead', faults: [{ at: 'commit', action: 'kill_both' }] }).ended
  return lockOf(lab)
}

async function drain(lab: Lab): Promise<void> {
  const worker = lab.start({ name: 'healthy' })
  const timer = setInterval(() => lab.endBackoff(), 100)
  try {
    expect(await worker.ended).toEqual({ code: 0, signal: null })
  } finally {
    clearInterval(timer)
  }
}

describe.concurrent('a lock on the target', () => {
  test('left by our dead, with the id that was to land, is removed', () =>
    inLab(async (lab) => {
      const lock = await leaveLock(lab)
      expect(readFileSync(lock, 'latin1')).toMatch(/^[0-9a-f]{40}\n$/)
      await drain(lab)
      expect(await lab.judge()).toEqual([])
    }))

  test('left by our dead before the id was written is removed', () =>
    inLab(async (lab) => {
      writeFileSync(await leaveLock(lab), '')
      await drain(lab)
      expect(await lab.judge()).toEqual([])
    }))

  test('left by our dead is removed by a worker that lands other changes', () =>
    inLab(async (lab) => {
      const lock = await leaveLock(lab)
      writeFileSync(lock, '')
      // The dead worker's changes wait for their backoff; this one is landed at once.
      lab.ground.store.claims.recover(
        () => true,
        () => 3_600_000,
      )
      const [id = 0] = await lab.enqueue([
        edit('another', fileName(1), 0, 'another', { base_commit: lab.base }),
      ])
      const worker = lab.start({ name: 'other', job: { drain: false } })
      await until('the other change has landed', () => lab.row(id).status === 'applied')
      worker.finish()
      await worker.ended
      expect(existsSync(lock)).toBe(false)
    }))

  test.each([
    ['with the id of somebody else', 'f'.repeat(40)],
    ['that is empty', ''],
  ])('%s is kept and named, and spends no attempt', (_, content) =>
    inLab(async (lab) => {
      const ids = await lab.enqueue(fourChanges(lab.base))
      writeFileSync(lockOf(lab), content)
      const worker = lab.start({ name: 'waiting', job: { drain: false, maxAttempts: 1 } })
      await until('it has said what it waits for', () => worker.errors.length > 1, 40_000)
      for (const error of worker.errors) expect(error).toMatch(/hyperion\/main\.lock is held by another git/)
      expect(readFileSync(lockOf(lab), 'latin1')).toBe(content)
      for (const id of ids) expect(['pending', 'in_progress']).toContain(lab.row(id).status)
      rmSync(lockOf(lab))
      await until('all have ended', () => lab.engine.counts().applied === 3, 20_000)
      worker.finish()
      await worker.ended
      expect(await lab.judge()).toEqual([])
    }),
  )
})

test("the operator's own lock of the index changes nothing", () =>
  inLab(async (lab) => {
    const lock = join(lab.repo.gitDir, 'index.lock')
    writeFileSync(lock, '')
    await lab.enqueue(fourChanges(lab.base))
    await drain(lab)
    expect(existsSync(lock)).toBe(true)
    rmSync(lock)
    expect(await lab.judge()).toEqual([])
  }))
