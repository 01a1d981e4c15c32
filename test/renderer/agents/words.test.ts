/** What agents cost and how they stand, in words: the unknown is said to be unknown. */
import { describe, expect, it } from 'vitest'
import {
  isWaiting,
  leftOpen,
  openOf,
  settledWords,
  writtenAnswers,
  type Question,
} from '../../../renderer/agents/answers.ts'
import {
  costWords,
  hereWords,
  leftWords,
  moneyWords,
  repairsWords,
  retryReason,
  retryWords,
  runStanding,
  settingsFor,
  spentWords,
  tokensWords,
} from '../../../renderer/agents/words.ts'
import { agentParts } from '../../../renderer/views/home/agents-line.tsx'
import { readPlan } from '../../../renderer/views/requests/plan.ts'
import {
  standingOf,
  submittedWords,
  whyNotEdited,
  whyNotWithdrawn,
} from '../../../renderer/views/requests/words.ts'
import type { Costs } from '../../../schemas/agents.ts'
import { noCounts } from '../stand-in-client.ts'

const USD = 'USD'
const spent = (more: Partial<Costs['today']> = {}): Costs['today'] => ({
  cost_nano: 12_300_000,
  unknown_runs: 0,
  estimated_runs: 0,
  input_tokens: 1200,
  output_tokens: 30,
  runs: 2,
  ...more,
})

describe('cost', () => {
  it('has four figures that count, and is unknown where nobody knows it', () => {
    expect([moneyWords(12_345_678, USD), moneyWords(0, USD), moneyWords(2_500_000_000, null), moneyWords(null, USD)]).toEqual(['0.01235 USD', '0.00 USD', '2.50', 'unknown']) // prettier-ignore
    expect(costWords(spent(), USD)).toBe('0.0123 USD')
    expect(costWords(spent({ unknown_runs: 1 }), USD)).toBe('at least 0.0123 USD, 1 run of unknown cost')
    expect(costWords(spent({ cost_nano: null, unknown_runs: 2 }), USD)).toBe('cost unknown')
    // A stub beside it costs nothing, which says nothing of the other.
    expect(costWords(spent({ cost_nano: 0, unknown_runs: 1 }), USD)).toBe('1 run of unknown cost')
  })

  it('comes with its tokens, and is left out where no model was asked', () => {
    expect(spentWords(spent(), USD)).toBe('0.0123 USD · 1,200 tokens in, 30 out')
    expect(spentWords(spent({ cost_nano: null, unknown_runs: 2, input_tokens: 0, output_tokens: 0 }), USD)).toBe('cost unknown') // prettier-ignore
    expect(spentWords(spent({ cost_nano: 0, input_tokens: 0, output_tokens: 0 }), USD)).toBe(null)
    expect(tokensWords(null, null)).toBe(null)
    expect(spentWords(spent({ estimated_runs: 1 }), USD)).toBe(
      'about 0.0123 USD · about 1,200 tokens in, 30 out',
    )
    expect(costWords(spent({ unknown_runs: 1, estimated_runs: 1 }), USD)).toBe(
      'at least about 0.0123 USD, 1 run of unknown cost',
    )
    expect(leftWords(20_000_000, spent({ estimated_runs: 1 }), USD)).toBe('about 0.0077 USD of 0.02 USD left')
  })

  it('is held against a limit only where it is known', () => {
    expect(leftWords(null, spent(), USD)).toBe(null)
    expect(leftWords(20_000_000, spent(), USD)).toBe('0.0077 USD of 0.02 USD left')
    expect(leftWords(10_000_000, spent(), USD)).toBe('0.0023 USD beyond the budget of 0.01 USD')
    expect(leftWords(20_000_000, spent({ unknown_runs: 1 }), USD)).toBe('budget 0.02 USD')
  })

  it('is on Home with how many run, per landed change, and of the day’s budget', () => {
    const costs: Costs = { currency: USD, today: spent(), landed_today: 2, per_landed_change_nano: null, per_day_nano: 20_000_000, per_request_nano: null, running: 1, stopped: false } // prettier-ignore
    expect(agentParts(costs)).toEqual([
      '1 at work',
      '2 runs today',
      '0.0123 USD',
      '1,200 tokens in, 30 out',
      'unknown per landed change (2)',
      '0.0077 USD of 0.02 USD left today',
    ])
    const estimated = { ...costs, today: spent({ estimated_runs: 1 }), per_landed_change_nano: 6_150_000 }
    expect(agentParts(estimated).slice(2)).toEqual([
      'about 0.0123 USD',
      'about 1,200 tokens in, 30 out',
      'about 0.00615 USD per landed change (2)',
      'about 0.0077 USD of 0.02 USD left today',
    ])
    const stubs = { ...costs, per_day_nano: null, running: 0, today: spent({ cost_nano: 0, input_tokens: 0, output_tokens: 0 }) } // prettier-ignore
    expect(agentParts(stubs)).toEqual(['none at work', '2 runs today', 'no model was asked'])
  })
})

describe('standing', () => {
  it('of a run', () => {
    expect(runStanding({ status: 'running', code: null }, false).label).toBe('At work')
    expect(runStanding({ status: 'running', code: null }, false, true)).toEqual({ label: 'Waits', tone: 'warn' }) // prettier-ignore
    expect(runStanding({ status: 'failed', code: 'auth' }, false)).toEqual({ label: 'Not signed in', tone: 'danger' }) // prettier-ignore
    expect(runStanding({ status: 'failed', code: 'cancelled' }, false).tone).toBe('muted')
    expect(runStanding({ status: 'failed', code: 'toString' }, false).label).toBe('Failed')
    expect(runStanding({ status: 'failed', code: 'invalid' }, true)).toEqual({ label: 'Asks for files', tone: 'warn' }) // prettier-ignore
    expect(runStanding({ status: 'failed', code: 'interrupted' }, false)).toEqual({ label: 'Interrupted', tone: 'danger' }) // prettier-ignore
    expect(settingsFor({ code: 'interrupted' })).toBe(null)
    expect(runStanding({ status: 'failed', code: 'unavailable' }, false).label).toBe('Not there')
    expect([repairsWords(0, 2), repairsWords(1, 2), repairsWords(3, 2), repairsWords(1, null)]).toEqual([null, 'repair 1 of 2', 'refused, all 2 repairs used', '1 refusal']) // prettier-ignore
  })

  it('names what mends a run, where a setting does, and says a service’s words as a person would', () => {
    expect(['budget', 'auth', 'unavailable', 'invalid', null].map((code) => settingsFor({ code }))).toEqual(['Budget in Settings', 'Agents in Settings', 'Agents in Settings', null, null]) // prettier-ignore
    expect([retryWords({ delayMs: 0, times: 1 }, true), retryWords({ delayMs: 0, times: 3 }, false), retryWords({ delayMs: 5000, times: 1 }, true), retryWords({ delayMs: 5000, times: 1 }, false)]).toEqual(['Asked again', 'Asked again 3 times', 'Asks again after 5.0 s', 'Asked again after 5.0 s']) // prettier-ignore
    expect([retryReason('rate_limit'), retryReason('429 Too Many')]).toEqual(['its service is asked too often', '429 Too Many']) // prettier-ignore
  })

  it('of a request says who is at it, unless a hard stop or a person’s word holds it', () => {
    const label = (status: string, stopped: boolean, plan_held = false) =>
      standingOf({ status, plan_held, changes: noCounts }, stopped).label
    const all = ['received', 'briefed', 'assigned', 'needs_answer', 'queued']
    expect(all.map((status) => label(status, false))).toEqual(['Briefing', 'Planning', 'Drafting', 'Needs an answer', 'Queued']) // prettier-ignore
    expect(all.map((status) => label(status, true))).toEqual(['Stopped', 'Stopped', 'Stopped', 'Needs an answer', 'Queued']) // prettier-ignore
    expect(label('needs_answer', true, true)).toBe('Plan waits for you')
  })

  it('of an assignment whose plan can be edited, or why it cannot', () => {
    const why = (...[status, of, atWork]: [Parameters<typeof whyNotEdited>[0], string, boolean]) =>
      whyNotEdited(status, { status: of }, atWork)
    expect([why('failed', 'assigned', false), why('asks', 'failed', false)]).toEqual([null, null])
    expect(why('failed', 'cancelled', false)).toBe('Its request was cancelled')
    expect(why('planned', 'assigned', true)).toMatch(/cancel the run first/)
    expect([why('drafted', 'assigned', false), why('queued', 'queued', false)]).toEqual([
      'It is drafted',
      'It is queued; reject or cancel its change first',
    ])
  })

  it('of one that was just handed in, and what cannot be withdrawn any more', () => {
    const done = { request_id: 'R', enqueued: [1], failed: [{}], held: false, going: false }
    expect(submittedWords(done, true)).toBe('R: 1 queued, 1 failed')
    expect(submittedWords({ ...done, enqueued: [], held: true }, true)).toBe('R: its plan waits for you')
    expect(submittedWords({ ...done, enqueued: [], going: true }, false)).toBe('R: agents are at work on it')
    expect(submittedWords({ ...done, enqueued: [], going: true }, true)).toBe(
      'R waits: all agents are stopped',
    )
    expect(['queued', 'cancelled', 'failed'].map((status) => whyNotWithdrawn({ status }, false) === null)).toEqual([false, false, true]) // prettier-ignore
    expect(whyNotWithdrawn({ status: 'failed' }, true)).toMatch(/cannot be reached/)
  })
})

describe('answers', () => {
  const question = (number: number, more: Partial<Question> = {}): Question => ({ number, text: 'Q', blocking: true, answer: null, skipped: false, overdue: false, ...more }) // prettier-ignore
  const questions = [question(1), question(2, { blocking: false }), question(3, { answer: 'x' }), question(4, { skipped: true }), question(5)] // prettier-ignore

  it('are sent where something was written to what is open; what would stay open is counted', () => {
    expect(openOf(questions).map(({ number }) => number)).toEqual([1, 2, 5])
    const answers = writtenAnswers(questions, { 1: ' yes ', 2: '  ', 3: 'late' })
    expect(answers).toEqual([{ question: 1, text: 'yes' }])
    expect(leftOpen(questions, answers)).toBe(1)
    expect([isWaiting(questions), isWaiting([question(1, { blocking: false })])]).toEqual([true, false])
  })

  it('that were given, and why there is none', () => {
    const assumed = { assumption: 'no', skipped: true }
    expect([
      settledWords(question(1, { answer: 'x' })),
      settledWords(question(1, assumed)),
      settledWords(question(1, { ...assumed, overdue: true })),
      settledWords(question(1, { blocking: false })),
    ]).toEqual([
      'Q — x',
      'Q — taken as assumed: no',
      'Q — nobody answered in time, taken as assumed: no',
      'Q — nobody answered, taken as assumed: what the Engineer thinks best',
    ])
  })
})

describe('a plan written by hand', () => {
  const good = { task_id: 'T-1', parent_request_id: 'T', summary: 'S', file_targets: ['a'], instructions: [] }
  const said = (value: unknown): string | true => {
    const read = readPlan(typeof value === 'string' ? value : JSON.stringify(value), 'T-1')
    return read.ok ? true : read.error
  }

  it.each([
    [good, true],
    ['{', /^This is not JSON/],
    ['[]', /object/],
    [{ ...good, task_id: 'T-2' }, /^task_id stays T-1/],
    [{ ...good, parent_request_id: 1 }, /^parent_request_id/],
    [{ ...good, summary: ' ' }, /^summary/],
    [{ ...good, file_targets: [] }, /^file_targets/],
    [{ ...good, file_targets: [1] }, /^file_targets/],
    [{ ...good, instructions: 'x' }, /^instructions/],
    [{ ...good, depends_on: [1] }, /^depends_on/],
  ])('%j: %s', (value, expected) => {
    if (expected === true) expect(said(value)).toBe(true)
    else expect(said(value)).toMatch(expected as RegExp)
  })
})

describe('a remedy', () => {
  it('names what this window has, and leaves everything else as it is', () => {
    expect(hereWords('agents are stopped; run `hyperion resume`, then `hyperion continue REQ-1`')).toBe(
      'agents are stopped; press Resume, then Go on',
    )
    expect(hereWords('interrupted; `hyperion continue REQ-1` goes on')).toBe('interrupted; press Go on')
    const other = 'start `copilot` and run /login; see `hyperion doctor`'
    expect(hereWords(other)).toBe(other)
  })
})
