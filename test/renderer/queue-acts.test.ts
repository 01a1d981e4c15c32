/** What may be done to a selection, and what is left out. */
import { describe, expect, it } from 'vitest'
import { ACTS } from '../../main/engine/domain/states.ts'
import { ACT_FROM, planAct, portions, reverseOf, skippedSentence, type BulkAct } from '../../renderer/views/queue/acts.ts' // prettier-ignore
import { conflictChoices } from '../../renderer/views/queue/conflict-choices.ts'
import { waitsSentence } from '../../renderer/views/queue/reasons.ts'
import type { ChangeStatus } from '../../schemas/states.ts'
import type { ConflictRecord } from '../../schemas/conflict.ts'

const acts = Object.keys(ACT_FROM) as BulkAct[]

describe('acts', () => {
  it.each(acts)('%s is offered from the states the engine takes', (act) => {
    // A leased change may be asked to stop, which the engine takes beside the table.
    const also = act === 'cancel' ? ['in_progress'] : []
    expect([...ACT_FROM[act]].sort()).toEqual([...ACTS[act].from, ...also].sort())
  })

  it('takes what fits, counts the rest by state and says why', () => {
    const plan = planAct('retry', new Map([[1, 'failed'], [2, 'applied'], [3, 'cancelled'], [4, 'held'], [5, 'applied']])) // prettier-ignore
    expect(plan.go).toEqual([1, 3])
    expect(plan.reason).toBeNull()
    expect(plan.skipped).toEqual([
      { status: 'applied', count: 2 },
      { status: 'held', count: 1 },
    ])
    expect(skippedSentence(plan)).toBe('2 applied, 1 held are skipped: retry takes failed, cancelled')
  })

  it('gives a reason where nothing fits', () => {
    expect(planAct('approve', new Map([[1, 'applied']])).reason).toBe(
      'Approve takes changes that are held; this one is applied',
    )
    expect(planAct('approve', new Map()).reason).toBe('Nothing is selected')
  })

  it('tells apart what is only asked to stop, which nothing takes back', () => {
    expect(planAct('cancel', new Map([[1, 'in_progress'], [2, 'pending']])).asked).toBe(1) // prettier-ignore
  })

  it('offers to undo only what can be brought back to where it was', () => {
    const undo = (act: BulkAct, ...states: ChangeStatus[]) =>
      reverseOf(planAct(act, new Map(states.map((status, id) => [id, status]))))
    expect(undo('cancel', 'pending', 'held', 'conflict')).toBe('retry')
    expect(undo('cancel', 'pending', 'failed')).toBeNull()
    expect(undo('cancel', 'pending', 'in_progress')).toBeNull()
    expect(undo('retry', 'cancelled', 'cancelled')).toBe('cancel')
    expect(undo('retry', 'cancelled', 'failed')).toBeNull()
    for (const act of ['approve', 'reject', 'discard'] as const) expect(undo(act, 'held')).toBeNull()
  })

  it('goes in portions that leave nothing out', () => {
    const ids = Array.from({ length: 205 }, (_, index) => index)
    const parts = portions(ids, 100)
    expect(parts.map(({ length }) => length)).toEqual([100, 100, 5])
    expect(parts.flat()).toEqual(ids)
    expect(portions([], 100)).toEqual([])
  })
})

describe('where a change stands', () => {
  it('says the place and what it waits for while it is pending', () => {
    expect(waitsSentence({ status: 'pending', position: 3, waits_for: ['task A'] })).toBe(
      'Place 3 · waits for task A',
    )
    expect(waitsSentence({ status: 'pending', position: null, waits_for: ['a', 'b', 'c'] })).toBe(
      'waits for a and 2 more',
    )
    expect(waitsSentence({ status: 'held', position: null, waits_for: [] })).toBeNull()
  })
})

describe('decisions for a conflict', () => {
  const blob = { oid: 'a'.repeat(40), mode: '100644' } as const
  const record: ConflictRecord = {
    path: 'a', kind: 'content', base: blob, ours: blob, theirs: blob, markers: null, rename_source: null,
    base_commit: null, base_origin: 'given', tip: 'b'.repeat(40), line_ending: 'lf', final_newline: true, touched_by: [],
  } // prettier-ignore
  const choices = (change: Partial<ConflictRecord>) =>
    conflictChoices({ ...record, ...change }).map(({ value }) => value)

  it('are those whose side is there', () => {
    expect(choices({})).toEqual(['ours', 'theirs', 'base', 'delete'])
    expect(choices({ ours: null })).toEqual(['theirs', 'base', 'delete'])
    expect(choices({ kind: 'base_unknown', base: null, base_origin: 'unknown' })).toEqual(['ours', 'delete'])
    expect(choices({ kind: 'modify_delete', theirs: null })).toEqual(['ours', 'base', 'delete'])
  })
})
