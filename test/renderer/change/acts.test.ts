/** What may be done to changes: the engine's own rules, what is left out of many, and what leads back. */
import { describe, expect, it } from 'vitest'
import { ACTS as ENGINE_ACTS } from '../../../main/engine/domain/states.ts'
import { ACT_FROM, ACTS, planAct, portions, reverseOf, skippedSentence, whyNot, type Act, type Selection } from '../../../renderer/change/acts.ts' // prettier-ignore
import { errorOf, explain, isHopeless, remedyOf, waitsSentence } from '../../../renderer/change/reasons.ts'
import { CHANGE_STATUSES, type ChangeStatus } from '../../../schemas/states.ts'

const at = (status: ChangeStatus, code: string | null = null) => ({ status, code })
const selected = (...statuses: ChangeStatus[]): Selection =>
  new Map(statuses.map((status, index) => [index + 1, at(status)]))

describe('acts', () => {
  it.each([...ACTS, 'resolve'] as const)('%s is offered from the states the engine takes, and no other', (act) => {
    // A leased change may be asked to stop, which the engine takes beside the table.
    const also = act === 'cancel' ? ['in_progress'] : []
    expect([...ACT_FROM[act]].sort()).toEqual([...ENGINE_ACTS[act].from, ...also].sort())
    for (const status of CHANGE_STATUSES)
      expect([status, whyNot(act, at(status)) === null]).toEqual([status, ACT_FROM[act].includes(status)])
  }) // prettier-ignore

  it('do not offer an approval for what only another task can bring about', () => {
    for (const code of ['dependency_impossible', 'dependency_cycle']) {
      expect(isHopeless(code)).toBe(true)
      expect(whyNot('approve', at('held', code))).toMatch(/does not help/)
      expect(whyNot('cancel', at('held', code))).toBeNull()
      expect(planAct('approve', new Map([[1, at('held', code)]])).reason).toMatch(/does not help/)
    }
    expect(whyNot('approve', at('held', 'protected_path'))).toBeNull()
  })

  it('of many take what fits, count the rest by state and say why', () => {
    const plan = planAct('retry', selected('failed', 'applied', 'cancelled', 'held', 'applied'))
    expect([...plan.go.keys()]).toEqual([1, 3])
    expect(plan.reason).toBeNull()
    expect(plan.skipped).toEqual([
      { status: 'applied', count: 2 },
      { status: 'held', count: 1 },
    ])
    expect(skippedSentence(plan)).toBe('2 applied, 1 held are skipped: retry takes failed, cancelled')
  })

  it('give a reason where nothing fits', () => {
    expect(planAct('approve', selected('applied')).reason).toBe(
      'Approve takes changes that are held; this one is applied',
    )
    expect(planAct('approve', new Map()).reason).toBe('Nothing is selected')
  })

  it('lead back only to where a change stood', () => {
    const back = (act: Act) =>
      Object.fromEntries(ACT_FROM[act].map((status) => [status, reverseOf(act, at(status))]))
    expect(back('cancel')).toEqual({
      pending: 'retry',
      held: 'retry',
      conflict: 'retry',
      // A retry would run again what had failed, and what was asked to stop may have landed.
      failed: null,
      in_progress: null,
    })
    expect(back('retry')).toEqual({ failed: null, cancelled: 'cancel' })
    expect(back('reject')).toEqual({ held: 'retry' })
    expect([back('approve'), back('discard')].flatMap(Object.values).filter(Boolean)).toEqual([])
    // The engine takes each of them from where the act leads.
    for (const act of ACTS) {
      for (const reverse of Object.values(back(act)))
        if (reverse !== null) expect(ENGINE_ACTS[reverse].from).toContain(ENGINE_ACTS[act].to)
    }
  })

  it('go in portions that leave nothing out', () => {
    const ids = Array.from({ length: 205 }, (_, index) => index)
    const parts = portions(ids, 100)
    expect(parts.map(({ length }) => length)).toEqual([100, 100, 5])
    expect(parts.flat()).toEqual(ids)
    expect(portions([], 100)).toEqual([])
  })
})

describe('reasons', () => {
  it('explain a code, and without a known one the kind', () => {
    expect(explain({ kind: 'failed', code: 'check_failed' }).why).toMatch(/check failed/)
    const plain = explain({ kind: 'failed', code: null })
    for (const code of ['no_such_code', 'constructor', '__proto__'])
      expect(explain({ kind: 'failed', code })).toEqual(plain)
  })

  it('help what stands still, and leave alone what does not', () => {
    expect(remedyOf('failed', 'check_failed')).toBe(explain({ kind: 'failed', code: 'check_failed' }).helps)
    expect(remedyOf('cancelled', 'rejected')).toMatch(/Retry/)
    for (const status of ['applied', 'pending', 'in_progress'] as const)
      expect(remedyOf(status, 'check_failed')).toBeNull()
  })

  it('leave out of a cancelled change what it had waited for', () => {
    expect(errorOf({ status: 'cancelled', last_error: 'needs an approval' })).toBeNull()
    expect(errorOf({ status: 'failed', last_error: 'rejected by Ada' })).toBe('rejected by Ada')
  })

  it('say the place and what a change waits for while it is pending', () => {
    expect(waitsSentence({ status: 'pending', position: 3, waits_for: ['task A'] })).toBe(
      'Place 3 · waits for task A',
    )
    expect(waitsSentence({ status: 'pending', position: null, waits_for: ['a', 'b', 'c'] })).toBe(
      'waits for a and 2 more',
    )
    expect(waitsSentence({ status: 'held', position: null, waits_for: [] })).toBeNull()
  })
})
