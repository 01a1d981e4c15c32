/**
 * Scheduled accidents, each played to its end with real processes. Every one returns what was wrong afterwards, in
 * sentences: nothing with the program as it ships, something with the safeguard removed that it is about.
 */
import { ownIdentity } from '../../main/engine/base/process.ts'
import type { ProtocolStep } from '../../main/engine/landing/deps.ts'
import { settleChange } from '../../main/engine/landing/settle.ts'
import type { Fault } from './faults.ts'
import { openLab, type Lab, type LabOptions } from './landing-lab.ts'
import { until } from './processes.ts'
import { add, edit, type Planned } from './workload.ts'

/** Leases that run out while a test watches. */
const SHORT = { job: { leaseSeconds: 1 }, landingLeaseMs: 200 } as const

/** A check that passes, for the workers that run any. */
const CHECKS = { config: { checks: { allow: { good: 'true' } } } }

async function inLab(
  program: string,
  work: (lab: Lab) => Promise<string[] | void>,
  options: Partial<LabOptions> = {},
): Promise<string[]> {
  const lab = await openLab({ program, ...options })
  try {
    const wrong = (await work(lab)) ?? []
    return [...wrong, ...(await lab.judge())]
  } finally {
    await lab.dispose()
  }
}

const FILE = 'src/file-0.txt'
const OTHER = 'src/file-1.txt'

/** Two edits of one file, one that must conflict with the first, one that repeats it. */
export function fourChanges(base: string, checks: readonly string[] = ['none']): Planned[] {
  const more = { base_commit: base, checks }
  return [
    edit('first', FILE, 0, 'first', more),
    edit('second', FILE, 1, 'second', more),
    { ...edit('contrary', FILE, 0, 'contrary', more), ending: 'conflict' },
    { ...edit('again', FILE, 0, 'first', more), ending: 'already_present' },
  ]
}

/** Ends backoffs until a condition holds. */
async function untilWithoutBackoff(lab: Lab, what: string, holds: () => boolean): Promise<void> {
  await until(what, () => {
    lab.endBackoff()
    return holds()
  })
}

/** The holder stops at a step, its leases run out, a successor finishes its work, the holder goes on. */
export const zombie = (program: string, at: ProtocolStep, checked = false): Promise<string[]> =>
  inLab(
    program,
    async (lab) => {
      await lab.enqueue(fourChanges(lab.base, checked ? ['good'] : undefined))
      const job = { ...SHORT.job, runChecks: checked }
      const holder = lab.start({ name: 'holder', faults: [{ at, action: 'stop' }], ...SHORT, job })
      await holder.stopped()
      const successor = await lab.start({ name: 'successor', job: { slot: 2, runChecks: checked } }).ended
      const rows = JSON.stringify(lab.rows())
      const history = JSON.stringify(lab.history())
      holder.resume()
      const end = await holder.ended
      const wrong: string[] = []
      if (successor.code !== 0) wrong.push(`the successor ended with ${JSON.stringify(successor)}`)
      if (end.code !== 0) wrong.push(`the holder ended with ${JSON.stringify(end)}`)
      if (JSON.stringify(lab.rows()) !== rows)
        wrong.push('the holder changed rows that were not its own any more')
      if (JSON.stringify(lab.history()) !== history) wrong.push('the holder moved the target')
      return wrong
    },
    CHECKS,
  )

/**
 * The holder stops before it lands, and its change is leased to somebody who does not land it: the target has not
 * moved, so that nothing but the fence stands between the holder and a landing.
 */
export const lateHolder = (program: string, at: ProtocolStep): Promise<string[]> =>
  inLab(program, async (lab) => {
    const more = { base_commit: lab.base }
    const [id = 0] = await lab.enqueue([edit('leased', FILE, 0, 'leased', more)])
    const holder = lab.start({ name: 'holder', faults: [{ at, action: 'stop' }], job: { leaseSeconds: 1 } })
    await holder.stopped()
    await until('the lease passes on', () => lab.engine.dequeue(60) !== null)
    const [other = 0] = await lab.enqueue([edit('other', OTHER, 0, 'other', more)])
    holder.resume()
    await until('the holder has gone on and landed another change', () => lab.row(other).status === 'applied')
    const wrong: string[] = []
    const { status, fence } = lab.row(id)
    if (status !== 'in_progress' || fence !== 2)
      wrong.push(`the leased change became ${status} under fence ${fence}`)
    if (lab.history().some((one) => one.id === id))
      wrong.push('the holder landed a change that another had leased')
    if (wrong.length > 0) return wrong
    await lab.engine.release(id, fence)
    await holder.ended
    return wrong
  })

/** The same, and the change is cancelled before the holder goes on. */
export const cancelledUnderHolder = (program: string, at: ProtocolStep): Promise<string[]> =>
  inLab(program, async (lab) => {
    const [id = 0] = await lab.enqueue([edit('leased', FILE, 0, 'leased', { base_commit: lab.base })])
    const holder = lab.start({ name: 'holder', faults: [{ at, action: 'stop' }], job: { leaseSeconds: 1 } })
    await holder.stopped()
    await until('the lease passes on', () => lab.engine.dequeue(60) !== null)
    await lab.engine.release(id, lab.row(id).fence)
    await lab.engine.cancel(id)
    lab.planned.delete(id)
    holder.resume()
    await holder.ended
    const { status } = lab.row(id)
    return status === 'cancelled' ? [] : [`the cancelled change is ${status}`]
  })

/** The holder dies between the move of the target and the telling, while its successor already runs. */
export const diedBeforeTelling = (program: string): Promise<string[]> =>
  inLab(program, async (lab) => {
    const ids = await lab.enqueue(fourChanges(lab.base))
    const holder = lab.start({
      name: 'holder',
      faults: [
        { at: 'claimed', action: 'stop' },
        { at: 'tell', action: 'kill' },
      ],
    })
    await holder.stopped()
    const successor = lab.start({ name: 'successor', job: { drain: false } })
    const [sign = 0] = await lab.enqueue([add('sign', 'new/sign.txt', 'sign\n', { base_commit: lab.base })])
    await until('the successor works', () => lab.row(sign).status === 'applied')
    holder.resume()
    await holder.ended
    const open = ['pending', 'in_progress']
    await untilWithoutBackoff(
      lab,
      'all has ended',
      () => !ids.some((id) => open.includes(lab.row(id).status)),
    )
    successor.finish()
    await successor.ended
  })

/** git dies with the ref's lock in its hand, and its worker knows it before it asks for the move. */
export const gitDiedWithLock = (program: string): Promise<string[]> =>
  inLab(program, async (lab) => {
    await lab.enqueue(fourChanges(lab.base))
    const worker = lab.start({
      name: 'worker',
      faults: [{ at: 'commit', action: 'kill_git', noticed: true }],
      job: { drain: false },
    })
    const open = ['pending', 'in_progress']
    await untilWithoutBackoff(
      lab,
      'all has ended',
      // A target that lacks what was told to have landed stops everything.
      () =>
        lab.ground.store.facts.get('paused') !== null || !lab.rows().some((row) => open.includes(row.status)),
    )
    worker.finish()
    await worker.ended
  })

/** The worker (a program made to) dies between the lines that it writes to git: nothing may have moved. */
export const diedWhileAsking = (program: string): Promise<string[]> =>
  inLab(program, async (lab) => {
    const [id = 0] = await lab.enqueue([edit('asked', FILE, 0, 'asked', { base_commit: lab.base })])
    lab.planned.delete(id)
    const { signal } = await lab.start({ name: 'worker' }).ended
    const wrong = await lab.judgeEndedProcesses()
    if (signal !== 'SIGKILL') wrong.push('the worker did not die where this is about')
    if (lab.repo.git('rev-parse', lab.target) !== lab.base) wrong.push('the target moved without a last look')
    // What the dead worker holds goes back, so that nothing is left over.
    lab.ground.store.claims.recover(
      () => true,
      () => 0,
    )
    await lab.engine.startUp()
    return wrong
  })

/** A change whose tree (by a program made to) holds more than was declared is refused; others land. */
export const builtWrong = (program: string): Promise<string[]> =>
  inLab(program, async (lab) => {
    const more = { base_commit: lab.base }
    await lab.enqueue([
      { ...edit('sabotaged', FILE, 0, 'sabotaged', more), ending: 'failed' },
      edit('sound', OTHER, 0, 'sound', more),
    ])
    await lab.start({ name: 'worker' }).ended
  })

/** A worker dies while it takes upstream's new commits into the target; the next one finds out and goes on. */
export const diedFollowing = (program: string, action: 'kill' | 'kill_both'): Promise<string[]> =>
  inLab(
    program,
    async (lab) => {
      const tree = lab.repo.git('rev-parse', `${lab.base}^{tree}`)
      const newer = lab.repo
        .run(['commit-tree', tree, '-p', lab.base, '-m', 'of the operator'])
        .toString()
        .trim()
      lab.repo.git('update-ref', 'refs/heads/trunk', newer)
      lab.base = newer
      await lab.enqueue([edit('after', FILE, 0, 'after', { base_commit: newer })])
      await lab.start({ name: 'first', faults: [{ at: 'commit_sent', action }] }).ended
      const { code } = await lab.start({ name: 'second' }).ended
      return code === 0 ? [] : [`the second worker ended with ${code}`]
    },
    { config: { landing: { upstream: 'trunk' } } },
  )

/** An operator gives a leased change up after it landed and before anybody told. */
export const givenUpAfterLanding = (program: string): Promise<string[]> =>
  inLab(program, async (lab) => {
    const [id = 0] = await lab.enqueue([edit('given-up', FILE, 0, 'given up', { base_commit: lab.base })])
    await lab.start({ name: 'worker', faults: [{ at: 'tell', action: 'kill' }] }).ended
    const said = await lab.engine.markFailed(id, lab.row(id).fence, 'no use').then(
      () => 'accepted',
      (error: Error) => error.message,
    )
    await lab.start({ name: 'next' }).ended
    return /is applied/.test(said) ? [] : [`mark-failed was ${said}`]
  })

/** An operator gives a change up while its worker stands before the landing: it may not land any more. */
export const givenUpBeforeLanding = (program: string, at: ProtocolStep): Promise<string[]> =>
  inLab(program, async (lab) => {
    const planned = {
      ...edit('given-up', FILE, 0, 'given up', { base_commit: lab.base }),
      ending: 'failed' as const,
    }
    const [id = 0] = await lab.enqueue([planned])
    const worker = lab.start({ name: 'worker', faults: [{ at, action: 'stop' }] })
    await worker.stopped()
    await lab.engine.markFailed(id, lab.row(id).fence, 'no use')
    worker.resume()
    await worker.ended
  })

/** Somebody settles a change whose worker may still land it, and does; then that worker dies before it tells. */
export const settledTooEarly = (program: string): Promise<string[]> =>
  inLab(program, async (lab) => {
    const [id = 0] = await lab.enqueue([edit('slow', FILE, 0, 'slow', { base_commit: lab.base })])
    const faults: Fault[] = [
      { at: 'prepare', action: 'stop' },
      { at: 'tell', action: 'kill' },
    ]
    const worker = lab.start({ name: 'worker', faults, job: { leaseSeconds: 1 } })
    await worker.stopped()
    const deadline = lab.row(id).lease_deadline_ms ?? 0
    await until('the lease is over', () => lab.ground.clock.monotonicMs() > deadline)
    await settleChange(await lab.landingDeps(), id)
    worker.resume()
    await worker.ended
    await lab.start({ name: 'next' }).ended
  })

/** One change of a batch interrupts whoever builds it (in a program made to): the others land all the same. */
export const poisoned = (program: string): Promise<string[]> =>
  inLab(program, async (lab) => {
    const more = { base_commit: lab.base }
    await lab.enqueue([
      edit('before', OTHER, 0, 'before', more),
      { ...edit('poison', FILE, 0, 'poison', more), ending: 'failed' },
      edit('after', FILE, 1, 'after', more),
      edit('beside', OTHER, 1, 'beside', more),
    ])
    const worker = lab.start({ name: 'worker', job: { drain: false, maxAttempts: 3 } })
    const open = ['pending', 'in_progress']
    await untilWithoutBackoff(
      lab,
      'all has ended',
      () => !lab.rows().some((row) => open.includes(row.status)),
    )
    worker.finish()
    await worker.ended
  })

/**
 * A worker dies together with its machine: the clocks and process ids in the queue are of an earlier boot, and the
 * ids may by now be those of others that live.
 */
export const rebooted = (program: string, at: ProtocolStep): Promise<string[]> =>
  inLab(program, async (lab) => {
    await lab.enqueue(fourChanges(lab.base))
    await lab.start({ name: 'before', faults: [{ at, action: 'kill_both' }] }).ended
    const { db, facts } = lab.ground.store
    const far = lab.ground.clock.monotonicMs() + 3_600_000
    const { pid, startedAt } = ownIdentity()
    db.write(() => {
      facts.set('boot_id', 'an earlier one')
      db.sql('UPDATE change_queue SET lease_deadline_ms = ?, lease_pid = ?, lease_pid_started = ?').run(
        far,
        pid,
        startedAt,
      )
      db.sql('UPDATE landing_lease SET deadline_ms = ?, pid = ?, pid_started = ?').run(far, pid, startedAt)
    })
    await lab.start({ name: 'after' }).ended
  })
