/** What may be done about what waits: the engine's own rules, and a reason wherever one forbids. */
import { describe, expect, it } from 'vitest'
import { ACTS as ENGINE_ACTS } from '../../../main/engine/domain/states.ts'
import {
  ACT_FROM,
  ACTS,
  ACTS_OF,
  REVERSE,
  split,
  standingOf,
  whyNot,
} from '../../../renderer/views/inbox/acts.ts'
import { explain, isHopeless } from '../../../renderer/views/inbox/reasons.ts'
import { CHANGE_STATUSES } from '../../../schemas/states.ts'

describe('acts', () => {
  it('are allowed from the states the engine allows them from', () => {
    for (const act of ACTS) expect([act, ACT_FROM[act]]).toEqual([act, ENGINE_ACTS[act].from])
  })

  it('are undone only by an act the engine takes from where they lead', () => {
    for (const [act, reverse] of Object.entries(REVERSE)) {
      const { to } = ENGINE_ACTS[act as keyof typeof ENGINE_ACTS]
      expect(ENGINE_ACTS[reverse].from).toContain(to)
    }
  })

  it('say why they cannot be done, in every other state and without the engine', () => {
    for (const act of ACTS) {
      for (const status of CHANGE_STATUSES) {
        const allowed = (ACT_FROM[act] as readonly string[]).includes(status)
        expect([act, status, whyNot(act, { status, code: null }, false) === null]).toEqual([
          act,
          status,
          allowed,
        ])
        expect(whyNot(act, { status, code: null }, true)).toContain('cannot be reached')
      }
    }
  })

  it('include at least one for each kind of change that waits', () => {
    for (const kind of ['conflict', 'held', 'failed'] as const) {
      const possible = ACTS_OF[kind].filter(
        (act) => whyNot(act, { status: kind, code: null }, false) === null,
      )
      expect(possible).toEqual(ACTS_OF[kind])
    }
  })

  it('do not offer an approval for what only another task can bring about', () => {
    for (const code of ['dependency_impossible', 'dependency_cycle']) {
      expect(isHopeless(code)).toBe(true)
      expect(whyNot('approve', { status: 'held', code }, false)).toMatch(/does not help/)
      expect(whyNot('cancel', { status: 'held', code }, false)).toBeNull()
    }
    expect(whyNot('approve', { status: 'held', code: 'protected_path' }, false)).toBeNull()
  })

  it('follow the live state of a change, not the list that was read before', () => {
    const item = { kind: 'held', code: 'protected_path' } as const
    expect(standingOf(item, undefined)).toEqual({ status: 'held', code: 'protected_path' })
    expect(standingOf(item, { status: 'applied', reason_code: null })).toEqual({
      status: 'applied',
      code: null,
    })
  })

  it('of many count what they take and what they skip', () => {
    const items = [
      { id: 1, standing: { status: 'held', code: null } },
      { id: 2, standing: { status: 'failed', code: null } },
      { id: 3, standing: { status: 'held', code: 'dependency_cycle' } },
    ] as const
    expect(split('approve', items)).toEqual({ ids: [1], skipped: 2 })
    expect(split('cancel', items)).toEqual({ ids: [1, 2, 3], skipped: 0 })
    expect(split('resolve', items)).toEqual({ ids: [], skipped: 3 })
  })
})

describe('reasons', () => {
  it('explain a code, and without a known one the kind', () => {
    expect(explain({ kind: 'failed', code: 'check_failed' }).why).toMatch(/check failed/)
    const plain = explain({ kind: 'failed', code: null })
    for (const code of ['no_such_code', 'constructor', '__proto__'])
      expect(explain({ kind: 'failed', code })).toEqual(plain)
  })
})
