/** A whole plan as a form: what is written in it, and the assignments it stands for. */
import { describe, expect, it } from 'vitest'
import { addedTo, documentOf, formOf, moved, namedPart, partErrors, planFacts, refusedWords } from '../../../renderer/agents/plan-form.ts' // prettier-ignore

const FULL = {
  task_id: 'REQ-1-1',
  parent_request_id: 'REQ-1',
  summary: 'First',
  file_targets: ['a.js', 'src/'],
  instructions: ['Two\nlines', 'One'],
  depends_on: ['REQ-1-2'],
  acceptance_criteria: ['it is'],
  checks: ['yes'],
  metadata: { complexity: 4, intent: 'why', more: { kept: true } },
}
const BARE = { task_id: 'REQ-1-2', parent_request_id: 'REQ-1', summary: 's', file_targets: ['b.js'], instructions: [] } // prettier-ignore

describe('an assignment', () => {
  it('that nobody wrote in stays as it is, entries of several lines and what has no field included', () => {
    expect(documentOf(formOf(FULL))).toEqual(FULL)
    expect(documentOf(formOf(BARE))).toEqual(BARE)
  })

  it('takes what was written, an entry a line, and nothing of empty lines', () => {
    const form = { ...formOf(BARE), summary: ' Do it ', files: 'b.js\n\n c.js ', after: 'REQ-1-1', instructions: 'x\n', criteria: 'y', complexity: '3' } // prettier-ignore
    expect(documentOf(form)).toEqual({
      ...BARE,
      summary: 'Do it',
      file_targets: ['b.js', 'c.js'],
      depends_on: ['REQ-1-1'],
      instructions: ['x'],
      acceptance_criteria: ['y'],
      metadata: { complexity: 3 },
    })
    expect(documentOf({ ...formOf(FULL), after: '', complexity: '' })).toEqual({
      ...FULL,
      depends_on: [],
      metadata: { intent: 'why', more: { kept: true } },
    })
  })

  it('that is added has the next number, also where one was removed', () => {
    expect(addedTo('REQ-1', [formOf(FULL), formOf({ ...BARE, task_id: 'REQ-1-7' })])).toMatchObject({ task_id: 'REQ-1-8', summary: '' }) // prettier-ignore
    expect(documentOf({ ...addedTo('REQ-1', []), summary: 's', files: 'b.js' })).toEqual({ ...BARE, task_id: 'REQ-1-1' }) // prettier-ignore
  })

  it('says after what it comes and how hard it is', () => {
    expect(planFacts({ depends_on: ['REQ-1-2', 'REQ-1-3'], document: FULL })).toBe('after REQ-1-2, REQ-1-3 · complexity 4') // prettier-ignore
    expect(planFacts({ depends_on: [], document: BARE })).toBeNull()
  })

  it('is moved up and down, and not over the ends', () => {
    expect(moved([1, 2, 3], 2, -1)).toEqual([1, 3, 2])
    expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3])
    expect([moved([1, 2], 0, -1), moved([1, 2], 1, 1)]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })
})

describe('what is wrong', () => {
  it('is said at its field before anybody is asked', () => {
    const wrong = { ...formOf(BARE), summary: ' ', files: '\n', complexity: '11' }
    expect(Object.keys(partErrors([formOf(FULL), wrong]))).toEqual(['1.summary', '1.files', '1.complexity'])
    expect(partErrors([formOf(FULL), { ...formOf(BARE), complexity: '10' }])).toEqual({})
  })

  it('is told by the engine of a field of the form, or of the whole', () => {
    const said = 'the plan of REQ-1 would not hold: assignments[1].file_targets has "a.js", which assignments[0] may touch as well' // prettier-ignore
    expect(namedPart(said)).toBe('1.files')
    expect(refusedWords(said, [formOf(FULL)])).toBe('It has "a.js", which REQ-1-1 may touch as well')
    expect(refusedWords('the plan of R would not hold: assignments[3].depends_on[0] names R-9', [])).toBe('It names R-9') // prettier-ignore
    expect(namedPart('assignments[12].depends_on[0] names REQ-1-9')).toBe('12.after')
    expect(namedPart('assignments leave out b.js')).toBeNull()
    expect(namedPart('assignments[0].task_id takes "REQ-1-"')).toBeNull()
  })
})
