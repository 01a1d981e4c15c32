/** The state table of the product's design: what may follow what, what each act takes, what each outcome leaves. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  ACTS,
  actAllowed,
  mayMove,
  outcomeIfCancelled,
  rowAfter,
  type Act,
  type OutcomeKind,
} from '../../main/engine/domain/states.ts'
import { HyperionError } from '../../main/engine/base/errors.ts'
import * as acts from '../../main/engine/landing/acts.ts'
import { resolveConflict } from '../../main/engine/landing/resolve.ts'
import type { ChangeRow } from '../../main/engine/store/changes.ts'
import { CHANGE_STATUSES, type ChangeStatus } from '../../schemas/states.ts'
import { OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

/** The table, written out from the design: every pair that is not here is refused. */
const TABLE: readonly (readonly [ChangeStatus, ChangeStatus])[] = [
  ['pending', 'in_progress'],
  ['in_progress', 'applied'],
  ['in_progress', 'conflict'],
  ['in_progress', 'held'],
  ['in_progress', 'pending'],
  ['in_progress', 'failed'],
  ['in_progress', 'cancelled'],
  ['pending', 'applied'],
  ['conflict', 'applied'],
  ['held', 'applied'],
  ['pending', 'failed'],
  ['conflict', 'failed'],
  ['held', 'failed'],
  ['conflict', 'pending'],
  ['held', 'pending'],
  ['failed', 'pending'],
  ['cancelled', 'pending'],
  ['pending', 'cancelled'],
  ['held', 'cancelled'],
  ['conflict', 'cancelled'],
  ['failed', 'cancelled'],
  // A dependency that became impossible.
  ['pending', 'held'],
]
const PAIRS = CHANGE_STATUSES.flatMap((from) => CHANGE_STATUSES.map((to) => [from, to] as const))
const inTable = (from: ChangeStatus, to: ChangeStatus): boolean =>
  TABLE.some(([f, t]) => f === from && t === to)

/** From which states each act goes, from the same table. */
const ACT_TABLE: Readonly<Record<Act, { from: readonly ChangeStatus[]; to: ChangeStatus }>> = {
  'mark-applied': { from: ['pending', 'in_progress', 'conflict', 'held'], to: 'applied' },
  'mark-failed': { from: ['pending', 'in_progress', 'conflict', 'held'], to: 'failed' },
  release: { from: ['in_progress'], to: 'pending' },
  resolve: { from: ['conflict'], to: 'pending' },
  approve: { from: ['held'], to: 'pending' },
  reject: { from: ['held'], to: 'failed' },
  retry: { from: ['failed', 'cancelled'], to: 'pending' },
  cancel: { from: ['pending', 'held', 'conflict', 'failed'], to: 'cancelled' },
  discard: { from: ['pending', 'held', 'conflict', 'failed'], to: 'cancelled' },
}

/** Makes a change and brings it into a state by the ways of the product. */
async function changeIn(status: ChangeStatus): Promise<ChangeRow> {
  const id = temp.add(`T-${status}`)
  if (status === 'pending') return temp.row(id)
  if (status === 'cancelled') {
    await acts.cancel(temp.actDeps, id, 'cancel')
    return temp.row(id)
  }
  const [row] = temp.claim()
  if (row === undefined) throw new Error('nothing was leased')
  const ends: Partial<Record<ChangeStatus, OutcomeKind>> = {
    applied: 'applied',
    failed: 'validation_failed',
    conflict: 'conflict',
    held: 'held',
  }
  const end = ends[status]
  if (end !== undefined) await temp.finish(row, OUTCOMES[end])
  return temp.row(id)
}

function act(name: Act, row: ChangeRow): Promise<ChangeRow> {
  const deps = temp.actDeps
  const decision = { id: row.id, by: 'someone', role: null, note: null, contentHash: 'h' }
  switch (name) {
    case 'mark-applied':
      return acts.markApplied(deps, row.id, row.fence)
    case 'mark-failed':
      return acts.markFailed(deps, row.id, row.fence, 'because')
    case 'release':
      return acts.release(deps, row.id, row.fence)
    case 'resolve':
      return resolveConflict(deps, row.id, 'someone', [])
    case 'approve':
      return acts.approve(deps, decision)
    case 'reject':
      return acts.reject(deps, { ...decision, at: null })
    case 'retry':
      return acts.retry(deps, row.id)
    case 'cancel':
    case 'discard':
      return acts.cancel(deps, row.id, name)
  }
}

describe('moves', () => {
  const move = (row: ChangeRow, to: ChangeStatus) => (): void =>
    temp.store.db.write(() => temp.store.changes.move(row.id, to))

  test.each(TABLE)('%s → %s is allowed', async (from, to) => {
    expect(mayMove(from, to)).toBe(true)
    const row = await changeIn(from)
    move(row, to)()
    expect(temp.status(row.id)).toBe(to)
  })

  test.each(PAIRS.filter(([from, to]) => !inTable(from, to)))('%s → %s is refused', async (from, to) => {
    expect(mayMove(from, to)).toBe(false)
    const row = await changeIn(from)
    expect(move(row, to)).toThrowError(expect.objectContaining({ kind: 'bug', code: 'illegal_move' }))
    expect(temp.row(row.id)).toEqual(row)
  })

  const settle = (row: ChangeRow, to: ChangeStatus) => (): void =>
    temp.store.db.write(() => temp.store.changes.move(row.id, to, { settled: true, landedCommit: 'c' }))

  test.each(CHANGE_STATUSES.filter((status) => status !== 'applied'))(
    'a change that is %s and found to have landed is applied; nothing else is forced',
    async (from) => {
      const row = await changeIn(from)
      expect(settle(row, 'cancelled')).toThrowError(HyperionError)
      settle(row, 'applied')()
      expect(temp.row(row.id)).toMatchObject({ status: 'applied', landed_commit: 'c' })
      expect(settle(row, 'applied')).toThrowError(HyperionError)
    },
  )

  test('of a row that is not there is a bug', () => {
    expect(() => temp.store.changes.move(99, 'applied')).toThrowError(
      expect.objectContaining({ code: 'no_such_row' }),
    )
  })
})

describe('acts', () => {
  const cases = (Object.keys(ACT_TABLE) as Act[]).flatMap((name) =>
    CHANGE_STATUSES.map((status) => [name, status] as const),
  )

  test('there are these and no others', () => {
    expect(Object.keys(ACTS).sort()).toEqual(Object.keys(ACT_TABLE).sort())
  })

  test.each(cases.filter(([name, status]) => ACT_TABLE[name].from.includes(status)))(
    '%s takes a change that is %s',
    async (name, status) => {
      expect(actAllowed(name, status)).toBe(true)
      const after = await act(name, await changeIn(status))
      expect(after).toMatchObject({ status: ACT_TABLE[name].to, lease_owner: null, lease_deadline_ms: null })
      expect(after).toMatchObject({ leased_until: null, lease_pid: null, lease_pid_started: null })
      expect(temp.store.logs.list({ message: name.replace('-', '_') })).toHaveLength(1)
    },
  )

  const askedOnly = ([name, status]: readonly [Act, ChangeStatus]): boolean =>
    name === 'cancel' && status === 'in_progress'
  test.each(cases.filter((one) => !ACT_TABLE[one[0]].from.includes(one[1]) && !askedOnly(one)))(
    '%s refuses a change that is %s and changes nothing',
    async (name, status) => {
      expect(actAllowed(name, status)).toBe(false)
      const row = await changeIn(status)
      const logged = temp.store.logs.list({}).length
      await expect(act(name, row)).rejects.toMatchObject({ kind: 'user', code: 'wrong_status', exitCode: 1 })
      expect(temp.row(row.id)).toEqual(row)
      expect(temp.store.logs.list({})).toHaveLength(logged)
    },
  )

  test('cancel of a leased change asks its worker', async () => {
    const row = await changeIn('in_progress')
    expect(await act('cancel', row)).toMatchObject({
      status: 'in_progress',
      cancel_requested: 1,
      fence: row.fence,
    })
    expect(temp.store.logs.list({ message: 'cancel_requested' })).toHaveLength(1)
  })

  test.each(['mark-applied', 'mark-failed', 'release'] as const)(
    '%s of a leased change takes its fence',
    async (name) => {
      const row = await changeIn('in_progress')
      await expect(act(name, { ...row, fence: row.fence + 1 })).rejects.toMatchObject({ code: 'wrong_fence' })
      expect(temp.row(row.id)).toEqual(row)
      await act(name, row)
      expect(temp.status(row.id)).toBe(ACT_TABLE[name].to)
    },
  )

  test('a leased change is not marked without a fence', async () => {
    const row = await changeIn('in_progress')
    const code = 'fence_needed'
    await expect(acts.markApplied(temp.actDeps, row.id, null)).rejects.toMatchObject({ code })
    await expect(acts.markFailed(temp.actDeps, row.id, null, 'because')).rejects.toMatchObject({ code })
    expect(temp.row(row.id)).toEqual(row)
  })

  test('an id that is not there, and an archived one, are said so', async () => {
    const missing = { id: 99, fence: 0 } as ChangeRow
    for (const name of Object.keys(ACT_TABLE) as Act[]) {
      await expect(act(name, missing)).rejects.toMatchObject({ kind: 'user', code: 'no_such_change' })
    }
  })

  test('open attempts are settled before anything else is decided', async () => {
    const row = await changeIn('failed')
    const settle = async (id: number): Promise<string> => {
      temp.store.db.write(() => temp.store.changes.move(id, 'applied', { settled: true, landedCommit: 'c' }))
      return 'c'
    }
    const deps = { ...temp.actDeps, settle }
    await expect(acts.retry(deps, row.id)).rejects.toMatchObject({ code: 'wrong_status' })
    expect(temp.row(row.id)).toMatchObject({ status: 'applied', landed_commit: 'c' })
  })
})

describe('what the end of an attempt leaves', () => {
  const MAX = 5
  const row = (kind: OutcomeKind, attempts: number) => rowAfter(OUTCOMES[kind], attempts, MAX)

  test.each([
    ['applied', 'applied', 'spent'],
    ['already_present', 'applied', 'spent'],
    ['conflict', 'conflict', 'given back'],
    ['held', 'held', 'given back'],
    ['validation_failed', 'failed', 'spent'],
    ['check_failed', 'failed', 'spent'],
    ['tip_moved', 'pending', 'given back'],
    ['lease_lost', 'pending', 'given back'],
    ['paused', 'pending', 'given back'],
    ['cancelled', 'cancelled', 'spent'],
    ['crashed', 'pending', 'spent'],
  ] as const)('%s → %s, the attempt %s', (kind, status, attempt) => {
    expect(row(kind, 3)).toMatchObject({ status, attempts: attempt === 'spent' ? 3 : 2 })
    expect(row(kind, 3).deadLetter).toBe(status === 'failed')
    expect(row(kind, 3).delaySeconds).toBe(kind === 'crashed' ? 8 : null)
    expect(row(kind, 3).reasonCode === null).toBe(['applied', 'pending'].includes(status))
    // The reason stays readable wherever a person has to look.
    expect(row(kind, 3).lastError === null).toBe(
      status === 'applied' || (status === 'pending' && kind !== 'crashed'),
    )
  })

  test('only the last attempt’s crash ends a change, counted without leases under which nothing was tried', () => {
    expect(row('crashed', MAX - 1)).toMatchObject({ status: 'pending', delaySeconds: 16 })
    expect(row('crashed', MAX)).toMatchObject({ status: 'failed', reasonCode: 'max_attempts', attempts: MAX })
    expect(row('crashed', MAX + 1)).toMatchObject({ status: 'failed', attempts: MAX })
    expect(row('crashed', MAX + 1).lastError).toContain(`after ${MAX} attempts`)
    expect(rowAfter(OUTCOMES.crashed, 1, 1).status).toBe('failed')
  })

  test('an attempt that was never counted is not given back below nothing', () => {
    expect(row('lease_lost', 0).attempts).toBe(0)
  })

  test('is written to the row, its dead letter, its attempt and the log together', async () => {
    const change = await changeIn('in_progress')
    await temp.finish(change, OUTCOMES.check_failed)
    expect(temp.row(change.id)).toMatchObject({
      status: 'failed',
      reason_code: 'check_failed',
      check_verdict: 'failed',
      lease_owner: null,
    })
    expect(temp.store.records.deadLetters({})).toMatchObject([
      {
        queue_id: change.id,
        task_id: change.task_id,
        payload: change.payload,
        error: 'the check "test" failed',
      },
    ])
    expect(temp.store.records.attempts(change.id)).toMatchObject([{ fence: 1, outcome: 'check_failed' }])
    expect(temp.store.logs.list({ changeId: change.id }).at(-1)).toMatchObject({
      level: 'error',
      message: 'checks failed',
    })
  })

  test('crash after crash: backoff, then a dead letter, then a retry from nothing', async () => {
    const id = temp.add('T')
    for (let n = 1; n <= MAX; n += 1) {
      const [leased] = temp.claim()
      expect(leased?.attempts).toBe(n)
      await temp.finish(leased as ChangeRow, OUTCOMES.crashed, MAX)
      temp.clock.advance(300_000)
    }
    expect(temp.row(id)).toMatchObject({ status: 'failed', reason_code: 'max_attempts', attempts: MAX })
    expect(temp.store.logs.list({ message: 'max attempts reached' })).toHaveLength(1)
    expect(temp.store.records.deadLetterOf(id)?.error).toBe('gave up after 5 attempts: git was killed')
    await acts.retry(temp.actDeps, id)
    expect(temp.row(id)).toMatchObject({
      status: 'pending',
      attempts: 0,
      last_error: null,
      reason_code: null,
    })
    expect(temp.store.records.deadLetters({})).toEqual([])
    expect(temp.claim()).toHaveLength(1)
  })

  test('a retry works from the dead letter’s own payload', async () => {
    const change = await changeIn('failed')
    temp.store.db.sql('UPDATE dead_letters SET payload = ?').run('{"edited":true}')
    expect((await acts.retry(temp.actDeps, change.id)).payload).toBe('{"edited":true}')
  })

  test('nothing is written for who lost the lease', async () => {
    const change = await changeIn('in_progress')
    await acts.release(temp.actDeps, change.id, change.fence)
    const before = temp.row(change.id)
    for (const outcome of Object.values(OUTCOMES)) await temp.finish(change, outcome)
    expect(temp.row(change.id)).toEqual(before)
    expect(temp.store.records.deadLetters({})).toEqual([])
  })
})

describe('a cancellation asked for while a change is leased', () => {
  const LANDED: readonly OutcomeKind[] = ['applied', 'already_present']
  const GIVEN_BACK: readonly OutcomeKind[] = ['tip_moved', 'lease_lost', 'paused']

  const ENDING = (Object.keys(OUTCOMES) as OutcomeKind[]).filter(
    (kind) => ![...LANDED, ...GIVEN_BACK].includes(kind),
  )
  const askedAndEnded = async (kind: OutcomeKind): Promise<ChangeRow> => {
    const row = await changeIn('in_progress')
    await acts.cancel(temp.actDeps, row.id, 'cancel')
    await temp.finish(row, OUTCOMES[kind])
    return temp.row(row.id)
  }

  test.each(LANDED)('comes too late for what has landed: %s', async (kind) => {
    expect(await askedAndEnded(kind)).toMatchObject({ status: 'applied', cancel_requested: 0 })
    expect(outcomeIfCancelled(OUTCOMES[kind])).toEqual(OUTCOMES[kind])
  })

  test.each(GIVEN_BACK)('is kept for the next claim, which settles open attempts first: %s', async (kind) => {
    const row = await askedAndEnded(kind)
    expect(row).toMatchObject({ status: 'pending', cancel_requested: 1, delay_until_ms: null })
    expect(temp.claim()[0]).toMatchObject({ id: row.id, cancel_requested: 1 })
  })

  test.each(ENDING)('is what the attempt comes to: %s', async (kind) => {
    expect(await askedAndEnded(kind)).toMatchObject({ status: 'cancelled', cancel_requested: 0 })
    expect(temp.store.records.deadLetters({})).toEqual([])
  })

  test('outlives the lease and the death of its worker, without waiting for the backoff', async () => {
    const expired = await changeIn('in_progress')
    await acts.cancel(temp.actDeps, expired.id, 'cancel')
    temp.clock.advance(300_000)
    expect(temp.claim()[0]).toMatchObject({ id: expired.id, fence: 2, cancel_requested: 1 })
    await temp.finish(temp.row(expired.id), OUTCOMES.cancelled)

    temp.add('T-2')
    const owner = { pid: 1, startedAt: '1' }
    const [row] = temp.store.claims.claim({ workerId: 'w', process: owner, leaseSeconds: 300, limit: 1 })
    await acts.cancel(temp.actDeps, row?.id ?? 0, 'cancel')
    temp.store.claims.recover(() => true, () => 60_000) // prettier-ignore
    expect(temp.claim()[0]).toMatchObject({ id: row?.id, cancel_requested: 1 })
  })

  test('is forgotten once the change has ended, so that a retry is a fresh start', async () => {
    const row = await changeIn('in_progress')
    await acts.cancel(temp.actDeps, row.id, 'cancel')
    await temp.finish(row, OUTCOMES.cancelled)
    expect(await acts.retry(temp.actDeps, row.id)).toMatchObject({ status: 'pending', cancel_requested: 0 })
  })

  test('is not handed to a script, and ended by the next worker', async () => {
    const row = await changeIn('in_progress')
    await acts.cancel(temp.actDeps, row.id, 'cancel')
    await temp.finish(row, OUTCOMES.lease_lost)
    const claim = { workerId: 'script', process: null, leaseSeconds: 60, limit: 1 }
    expect(temp.store.claims.claim({ ...claim, forScript: true })).toEqual([])
    expect(temp.store.claims.claim(claim)).toMatchObject([{ id: row.id, cancel_requested: 1 }])
  })
})
