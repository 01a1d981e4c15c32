/** What may be done to changes: the engine's own rules, what is left out of many, and what leads back. */
import { describe, expect, it } from 'vitest'
import { ACTS as ENGINE_ACTS } from '../../../main/engine/domain/states.ts'
import { PRIORITIZABLE } from '../../../main/engine/landing/acts.ts'
import { ACT_FROM, ACTS, planAct, portions, reverseOf, skippedSentence, whyNoRevert, whyNot, type Act, type Selection } from '../../../renderer/change/acts.ts' // prettier-ignore
import { commonPriority, PRIORITIES } from '../../../renderer/change/priorities.ts'
import {
  errorOf,
  explain,
  isHopeless,
  overlapWords,
  remedyOf,
  undone,
  waitsSentence,
} from '../../../renderer/change/reasons.ts'
import {
  CHANGE_STATUSES,
  PRIORITIES as ENGINE_PRIORITIES,
  type ChangeStatus,
  type Priority,
} from '../../../schemas/states.ts'

const at = (status: ChangeStatus, code: string | null = null) => ({ status, code, priority: null })
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
        if (reverse !== null && reverse !== 'prioritize')
          expect(ENGINE_ACTS[reverse].from).toContain(ENGINE_ACTS[act].to)
    }
  })

  it('give another priority to what waits, and mark the one that all have', () => {
    expect(ACT_FROM.prioritize).toEqual(PRIORITIZABLE)
    const plan = planAct('prioritize', selected('pending', 'applied', 'held'))
    expect([...plan.go.keys()]).toEqual([1, 3])
    expect(skippedSentence(plan)).toBe('1 applied is skipped: prioritize takes pending, held, conflict')
    expect(PRIORITIES.map(({ to }) => to).toReversed()).toEqual(ENGINE_PRIORITIES)
    const of = (...priorities: Priority[]): Selection =>
      new Map(priorities.map((priority, index) => [index, { ...at('pending'), priority }]))
    expect(commonPriority(of('high', 'high'))).toBe('high')
    expect(commonPriority(of('high', 'low'))).toBeNull()
    expect(commonPriority(of())).toBeNull()
  })

  it('revert what landed a commit, and say why nothing else', () => {
    expect(whyNoRevert({ status: 'applied', landed_commit: 'a'.repeat(40) })).toBeNull()
    expect(whyNoRevert({ status: 'applied', landed_commit: null })).toMatch(/landed no commit/)
    expect(whyNoRevert({ status: 'held', landed_commit: null })).toBe(
      'Revert takes a change that is applied; this one is held',
    )
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
  it('say of one in the chain what keeps it there, and nothing where that is a worker at it', () => {
    const at = { status: 'in_progress', position: null } as const
    expect(waitsSentence({ ...at, waits_for: ['change 3 to land: its own checks passed'] })).toBe(
      'waits for change 3 to land: its own checks passed',
    )
    expect(waitsSentence({ ...at, waits_for: [] })).toBeNull()
  })

  it('say which lines somebody else edits', () => {
    const one = { change_id: 1, task_id: 'T', agent: 'a', status: 'pending', path: 'src/a.ts' } as const
    expect(overlapWords({ ...one, lines: { first: 3, last: 9 } })).toBe('lines 3 to 9 of src/a.ts')
    expect(overlapWords({ ...one, lines: { first: 3, last: 3 } })).toBe('line 3 of src/a.ts')
    expect(overlapWords({ ...one, lines: null })).toBe('all of src/a.ts')
  })

  it('tell which change undoes which, and take nothing else of the log for it', () => {
    const row = (message: string, details: Record<string, unknown> | null) => ({
      id: 1, queue_id: 1, task_id: 'T', level: 'info' as const, message, details, created_at: 1,
    }) // prettier-ignore
    expect(undone({ log: [row('revert', { change_id: 4 }), row('revert', { change_id: 9 })] })).toEqual({
      by: [4, 9],
      of: null,
    })
    expect(undone({ log: [row('reverts', { change_id: 2 })] })).toEqual({ by: [], of: 2 })
    expect(undone({ log: [row('revert', null), row('applied', { change_id: 3 }), row('revert', { change_id: '7' })] })) // prettier-ignore
      .toEqual({ by: [], of: null })
  })
})
