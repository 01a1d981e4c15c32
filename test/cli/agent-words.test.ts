/** How the command line tells runs, what they cost and what was asked: an estimate as one, the unknown as unknown. */
import { expect, test } from 'vitest'
import type { AgentRunRow } from '../../schemas/agents.ts'
import { costText, questionLines, runLines } from '../../main/cli/commands/agents.ts'

const run = (more: Partial<AgentRunRow> = {}): AgentRunRow => ({
  id: 1,
  request_id: 'R-1',
  task_id: 'R-1-1',
  role: 'developer',
  agent: 'agent-1',
  harness: 'copilot',
  model: 'm',
  session_id: null,
  status: 'submitted',
  code: null,
  detail: null,
  via: 'tool',
  repairs: 0,
  usage_source: 'reported',
  input_tokens: 288,
  output_tokens: 18,
  cost_nano: 56_280_000,
  exposure_nano: 0,
  currency: 'USD',
  started_at: 1,
  ended_at: 2,
  duration_ms: 1,
  ...more,
})
const none = {
  usage_source: 'unavailable',
  input_tokens: null,
  output_tokens: null,
  cost_nano: null,
} as const
const cells = (row: AgentRunRow): string[] => runLines([row])[1]?.split(/ {2,}/) ?? []

test.each([
  ['counted', run(), ['submitted', '288 in, 18 out', '0.05628 USD']],
  ['estimated', run({ usage_source: 'estimated' }), ['submitted', 'about 288 in, 18 out', 'about 0.05628 USD']],
  ['estimated, without a price', run({ usage_source: 'estimated', cost_nano: null }), ['submitted', 'about 288 in, 18 out', 'unknown']],
  ['not counted', run(none), ['submitted', 'unknown', 'unknown']],
  ['of a stub', run({ ...none, harness: 'stub' }), ['submitted']],
  ['that asks for files', run({ status: 'failed', code: 'asks_to_widen' }), ['asks for files', '288 in, 18 out', '0.05628 USD']],
  ['that was refused', run({ status: 'failed', code: 'invalid' }), ['invalid', '288 in, 18 out', '0.05628 USD']],
])('a run %s', (_, row, said) => {
  expect(cells(row).slice(3)).toEqual(said)
}) // prettier-ignore

test('the cost of all is an estimate where one is part of it', () => {
  const costs = {
    cost_nano: 56_280_000,
    unknown_runs: 0,
    estimated_runs: 0,
    input_tokens: 1,
    output_tokens: 1,
    runs: 2,
  }
  expect(costText(costs, 'USD')).toBe('0.05628 USD')
  expect(costText({ ...costs, estimated_runs: 1 }, 'USD')).toBe('about 0.05628 USD')
  expect(costText({ ...costs, unknown_runs: 1, estimated_runs: 1 }, 'USD')).toBe(
    'about 0.05628 USD, and 1 run(s) of unknown cost',
  )
  expect(costText({ ...costs, cost_nano: null, unknown_runs: 2 }, 'USD')).toBe('unknown')
})

test('a question is offered for an answer until the plan is made; then it is told what was taken', () => {
  const asked = { number: 1, text: 'Which?', blocking: false, answer: null, skipped: false, overdue: false }
  const question = { ...asked, assumption: 'these' }
  expect(questionLines('R-1', [question])).toEqual([
    'question 1: Which? (otherwise: these)',
    '  hyperion answer R-1 --question 1 TEXT',
  ])
  expect(questionLines('R-1', [question], true)).toEqual([
    'question 1: Which? — not answered; taken as assumed: these',
  ])
  expect(questionLines('R-1', [asked], true)).toEqual(['question 1: Which? — not answered'])
})
