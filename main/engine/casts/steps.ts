/** The steps of the cast builder, its questions in their order: what the window and the terminal go through alike. */
import {
  CAST_STEPS,
  type CAST_ANSWER_KINDS,
  type CastAnswers,
  type CastFinding,
  type CastGuide,
  type CastStep,
} from '../../../schemas/cast-draft.ts'
import { PRIORITIES } from '../../../schemas/states.ts'
import type { Finding } from '../base/json.ts'

export interface CastQuestion {
  field: Exclude<keyof CastAnswers, 'kept' | 'items' | 'approvals' | 'base_commit'>
  label: string
  help: string
  /** How the answer is typed. */
  as: (typeof CAST_ANSWER_KINDS)[number]
  required: boolean
}

export interface CastStepText {
  id: CastStep
  title: string
  questions: readonly CastQuestion[]
}

/** What each rating means, from 1. */
export const COMPLEXITY_WORDS = [
  'a typo or a comment',
  'one line, no other reads it',
  'one function, as it is done elsewhere',
  'one file, with its test',
  'some files of one part',
  'a new part, as the others are made',
  'parts that depend on each other',
  'a contract that others rely on',
  'data that has to be carried over',
  'nobody has done this here before',
] as const

const question = (
  field: CastQuestion['field'],
  label: string,
  help: string,
  as: CastQuestion['as'] = 'line',
  required = false,
): CastQuestion => ({ field, label, help, as, required })

export const STEPS: readonly CastStepText[] = [
  {
    id: 'intent',
    title: 'Intent',
    questions: [
      question(
        'request_id',
        'Request id',
        'Names the cast and its file: letters, digits, ".", "_", "-".',
        'line',
        true,
      ),
      question('summary', 'Summary', 'What is wanted, in one sentence.', 'line', true),
      question('intent', 'Intent', 'What it is for: the reason, not the edit.', 'text', true),
      question('context', 'Context', 'Whatever helps whoever does it.', 'text'),
      question(
        'acceptance_criteria',
        'Acceptance criteria',
        'What must be true when it is done, one a line.',
        'list',
      ),
      question('priority', 'Priority', 'low, normal, high or urgent.', 'priority'),
    ],
  },
  {
    id: 'files',
    title: 'Files & changes',
    questions: [
      question(
        'checks',
        'Checks',
        'Names from the allow-list or commands, one a line; empty: all on the list.',
        'list',
      ),
    ],
  },
  {
    id: 'anchors',
    title: 'Anchors & complexity',
    questions: [
      question(
        'telemetry_anchors',
        'Telemetry anchors',
        'Names under which its events are found again, one a line.',
        'list',
      ),
      question(
        'complexity',
        'Complexity',
        '1 to 10; decides the model and the approvals.',
        'complexity',
        true,
      ),
      question('agent_model', 'Model', 'Empty: by complexity.'),
      question(
        'sample_diff',
        'Sample diff',
        'A short diff that shows what is meant; empty: from the first finished edit.',
        'text',
      ),
    ],
  },
  { id: 'approvals', title: 'Approvals', questions: [] },
  { id: 'review', title: 'Review', questions: [] },
]

/** The same for who asks from outside. */
export const guide = (): CastGuide => ({
  steps: STEPS.map(({ questions, ...step }) => ({ ...step, questions: [...questions] })),
  complexity: [...COMPLEXITY_WORDS],
})

const STEP_OF: ReadonlyMap<string, CastStep> = new Map([
  ...STEPS.flatMap(({ id, questions }) => questions.map(({ field }) => [field, id] as const)),
  ['items', 'files'],
  ['base_commit', 'files'],
  ['approvals', 'approvals'],
])

/** Where a field is asked for. */
export const stepOf = (field: string): CastStep => STEP_OF.get(/^\w+/.exec(field)?.[0] ?? '') ?? 'review'

/** The step before or behind one; null at the ends. */
export function stepBeside(step: CastStep, by: -1 | 1): CastStep | null {
  return CAST_STEPS[CAST_STEPS.indexOf(step) + by] ?? null
}

/** What the rules for casts say, at the field where it was answered. */
export function atField(finding: Finding, level: CastFinding['level']): CastFinding {
  const field = finding.field.replace(/^metadata\./, '').replace(/^requested_changes/, 'items')
  const message = finding.message.replace(finding.field, field)
  return { step: stepOf(field), field, code: finding.code, message, level }
}

export type Answered =
  { ok: true; value: CastAnswers[CastQuestion['field']] } | { ok: false; problem: string }

/** Lines with something in them, blanks around them aside. */
export const listIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** What was typed as an answer to a question. */
export function readAnswer({ as, field }: CastQuestion, text: string): Answered {
  switch (as) {
    case 'line':
      return { ok: true, value: text.trim() }
    case 'text':
      return { ok: true, value: text }
    case 'list': {
      const lines = listIn(text)
      return { ok: true, value: field === 'checks' && lines.length === 0 ? null : lines }
    }
    case 'priority': {
      const word = text.trim().toLowerCase()
      if (word === '') return { ok: true, value: null }
      const known = PRIORITIES.find((one) => one === word)
      return known === undefined
        ? { ok: false, problem: `a priority is one of ${PRIORITIES.join(', ')}` }
        : { ok: true, value: known }
    }
    case 'complexity': {
      if (text.trim() === '') return { ok: true, value: null }
      const rated = Number(text.trim())
      return Number.isInteger(rated) && rated >= 1 && rated <= COMPLEXITY_WORDS.length
        ? { ok: true, value: rated }
        : { ok: false, problem: 'complexity is a whole number from 1 to 10' }
    }
  }
}

/** An answer as it would be typed. */
export function typedAnswer(answers: CastAnswers, { field }: CastQuestion): string {
  const value = answers[field]
  if (value === null) return ''
  if (!Array.isArray(value)) return String(value)
  return value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')
}
