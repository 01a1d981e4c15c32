/** What is kept of a plan while it is written, and what is taken back from the shelf. */
import { describe, expect, it } from 'vitest'
import { draftOf, inWindow, isAssignmentDraft, isPlanDraft } from '../../../renderer/agents/plan-draft.ts'
import { formOf } from '../../../renderer/agents/plan-form.ts'

const part = formOf({ task_id: 'R-1', summary: 'First', file_targets: ['a'], instructions: [] })
const now = { plan: 'p1', parts: [part] }

describe('a draft of a plan', () => {
  it('is kept where it says something else, or was typed over another plan', () => {
    const mine = [{ ...part, summary: 'Mine' }]
    expect(draftOf(now, { plan: 'p1', parts: mine })).toEqual({ plan: 'p1', parts: mine })
    expect(draftOf(now, now)).toBe(null)
    expect(draftOf(now, { plan: 'p0', parts: now.parts })).toEqual({ plan: 'p0', parts: now.parts })
  })

  it('is taken from the shelf as it was put there, and nothing else is', () => {
    expect(isPlanDraft(JSON.parse(JSON.stringify(now)))).toBe(true)
    const bad = [null, [], { ...now, parts: [] }, { parts: now.parts }, { ...now, parts: [{ ...part, files: 1 }] }, { ...now, parts: [{ ...part, document: null }] }] // prettier-ignore
    expect(bad.filter(isPlanDraft)).toEqual([])
    expect(isAssignmentDraft({ from: '{}', text: '{' })).toBe(true)
    expect([null, { from: '{}' }, { from: 1, text: '' }].filter(isAssignmentDraft)).toEqual([])
  })
})

it('a refusal names no command where a person sits at the window', () => {
  const failure = {
    kind: 'user' as const,
    code: 'plan_changed',
    message: 'm',
    hint: 'look: `hyperion plan R`',
  }
  expect(inWindow(failure).hint).not.toContain('hyperion')
  expect(inWindow({ ...failure, code: 'planned_too_late' }).hint).not.toContain('hyperion')
  expect(inWindow({ ...failure, code: 'toString' })).toMatchObject({ code: 'toString', hint: failure.hint })
})
