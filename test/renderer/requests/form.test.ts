/** The intake form: what it becomes is a task request the engine takes, what is wrong stands at its field. */
import { describe, expect, it } from 'vitest'
import {
  blankForm,
  checkForm,
  fieldNamed,
  isFormValues,
  isWritten,
  proposeId,
  toTaskRequest,
  type FormValues,
} from '../../../renderer/views/requests/form.ts'
import {
  assignmentStanding,
  standingOf,
  wasCalledOff,
  whyNotAgain,
} from '../../../renderer/views/requests/words.ts'
import { taskRequestSchema } from '../../../schemas/task-request.ts'

const filled: FormValues = {
  ...blankForm('REQ-7'),
  summary: ' Greet ',
  changes: [
    { path: 'src/a.ts', summary: 'say hello' },
    { path: '', summary: '' },
  ],
}

describe('the form', () => {
  it('becomes a task request that keeps the contract', () => {
    const full: FormValues = { ...filled, criteria: 'one\n\n two \n', checks: 'test\n', context: ' why ' }
    expect(taskRequestSchema.parse(toTaskRequest(full))).toEqual({
      request_id: 'REQ-7',
      summary: 'Greet',
      requested_changes: [{ path: 'src/a.ts', summary: 'say hello' }],
      priority: 'normal',
      context: 'why',
      acceptance_criteria: ['one', 'two'],
      checks: ['test'],
    })
    // What is left empty is left out: an empty list of checks would be an error, no list leaves it to the engine.
    expect(Object.keys(taskRequestSchema.parse(toTaskRequest(filled)))).toEqual([
      'request_id',
      'summary',
      'requested_changes',
      'priority',
    ])
  })

  it('has no errors exactly where the contract and the rules of paths have none', () => {
    expect(checkForm(filled, [])).toEqual({})
    expect(Object.keys(checkForm(blankForm('REQ-1'), []))).toEqual([
      'summary',
      'changes.0.path',
      'changes.0.summary',
    ])
  })

  it('names what is wrong with its name', () => {
    const errorOf = (request_id: string, taken: string[] = []): string | undefined =>
      checkForm({ ...filled, request_id }, taken)['request_id']
    expect(errorOf('')).toBe('Give it a name')
    expect(errorOf('-a')).toMatch(/beginning with/)
    expect(errorOf('a b')).toMatch(/Letters/)
    expect(errorOf('a'.repeat(197))).toMatch(/196/)
    expect(errorOf('REQ-7', ['REQ-7'])).toMatch(/already/)
    expect(errorOf('a'.repeat(196))).toBeUndefined()
  })

  it('names what is wrong with a path, in the row it stands in', () => {
    const errorsOf = (path: string): string[] =>
      Object.keys(
        checkForm(
          {
            ...filled,
            changes: [
              { path: '', summary: '' },
              { path, summary: 'x' },
            ],
          },
          [],
        ),
      )
    for (const path of ['/etc/passwd', 'C:/x', 'a\\b', '../x', 'a/../b', './a', 'a//b', 'a/', ''])
      expect([path, errorsOf(path)]).toEqual([path, ['changes.1.path']])
    for (const path of ['a', 'src/a b.ts', '.github/x', 'a..b', 'ä/ö'])
      expect([path, errorsOf(path)]).toEqual([path, []])
  })

  it('finds the field a refusal of the engine is about', () => {
    const values: FormValues = { ...filled, changes: [{ path: '', summary: '' }, ...filled.changes] }
    expect(fieldNamed('the form: requested_changes[0].path "x": is ignored', values)).toBe('changes.1.path')
    expect(fieldNamed('the form: requested_changes[9].path "x"', values)).toBeNull()
    expect(fieldNamed('the form: request_id REQ-7 stands for another request', values)).toBe('request_id')
    expect(fieldNamed('the disk is full', values)).toBeNull()
  })

  it('proposes a name that is free', () => {
    expect(proposeId([])).toBe('REQ-1')
    expect(proposeId(['REQ-9', 'REQ-101', 'OTHER-500', 'REQ-2x', 'REQ-99999999999999999999'])).toBe('REQ-102')
  })

  it('takes back only a draft that is one', () => {
    expect(isFormValues(JSON.parse(JSON.stringify(filled)))).toBe(true)
    const bad: unknown[] = [null, {}, { ...filled, changes: [] }, { ...filled, changes: [null] }]
    for (const value of [...bad, { ...filled, priority: 'now' }, { ...filled, summary: 1 }])
      expect(isFormValues(value)).toBe(false)
    expect(isWritten(blankForm('REQ-1'))).toBe(false)
    expect(isWritten(filled)).toBe(true)
  })
})

describe('where a request stands', () => {
  const none = { pending: 0, in_progress: 0, applied: 0, failed: 0, conflict: 0, held: 0, cancelled: 0 }
  const label = (status: string, changes: Partial<typeof none> = {}): string =>
    standingOf({ status, plan_held: false, changes: { ...none, ...changes } }, false).label

  it('is not called broken where a person cancelled the run, and nothing else failed', () => {
    const off = 'cancelled: the run was cancelled'
    const stands = (error: string | null) =>
      standingOf({ status: 'failed', plan_held: false, changes: none, error }, false)
    const called = { label: 'Run cancelled', tone: 'warn' }
    expect(stands(`R-1: ${off}`)).toEqual(called)
    expect(stands(`R-1: ${off}; R-2: ${off}; R-3: depends on R-2, which has no draft`)).toEqual(called)
    const broken = [
      `R-1: ${off}; R-2: timeout: it was not done`,
      'R-1: depends on R-0, which has no draft',
      'R-1: no_submission: it said the run was cancelled',
      `R-1: ${off} by nobody`,
      null,
    ]
    for (const error of broken) expect([error, stands(error).tone]).toEqual([error, 'danger'])
    expect(assignmentStanding({ status: 'failed', error: off })).toEqual({
      label: 'Not drafted',
      tone: 'warn',
    })
    expect(assignmentStanding({ status: 'failed', error: 'timeout: late' }).tone).toBe('danger')
    expect(assignmentStanding({ status: 'queued', error: null }).tone).toBe('ok')
    expect(wasCalledOff('')).toBe(false)
  })

  it('follows its changes once it is queued', () => {
    expect(label('assigned')).toBe('Drafting')
    expect(label('queued', { applied: 2, held: 1, pending: 1 })).toBe('1 needs you')
    expect(label('queued', { applied: 2, pending: 1 })).toBe('Landing')
    expect(label('queued', { applied: 2, cancelled: 1 })).toBe('Done')
    expect(label('queued', { cancelled: 1 })).toBe('Cancelled')
    expect(label('constructor')).toBe('constructor')
  })

  it('says when it can go on', () => {
    const again = (status: string, away = false) => whyNotAgain({ status, plan_held: false }, away)
    expect(again('failed')).toBeNull()
    expect(again('failed', true)).toMatch(/reached/)
    expect(again('queued')).toMatch(/queued/)
    expect(whyNotAgain({ status: 'needs_answer', plan_held: true }, false)).toMatch(/run the plan/)
  })
})
