/** The stream of agents folded into runs: in order, once each, within bounds, with repairs counted. */
import { describe, expect, it } from 'vitest'
import {
  goesOn,
  lastSaid,
  MOST_ENTRIES,
  MOST_TEXT,
  NO_RUNS,
  runsByTask,
  runsOfRole,
  spentOf,
  takeTurn,
  waitsUntil,
  type Runs,
  type RunView,
} from '../../../renderer/agents/model.ts'
import { row } from './runs.ts'

type Said = [kind: string, body: unknown]
const text = (words: string): Said => ['text', { text: words }]
const prompt = (words: string): Said => ['prompt', { text: words, length: words.length }]
const refused = (code = 'search_not_found'): Said => [
  'submission',
  { value: { summary: 'S' }, review: { accepted: false, code, message: 'not there' } },
]
const accepted: Said = ['submission', { value: { summary: 'S' }, review: { accepted: true } }]
const retry: Said = ['retry', { reason: 'later', delay_ms: 5000 }]

/** One run after these events, numbered from `from`. */
function hear(events: readonly Said[], runs: Runs = NO_RUNS, from = 1): Runs {
  return takeTurn(runs, {
    runs: runs.has(1) ? [] : [row(1)],
    events: events.map(([kind, body], n) => ({ run_id: 1, seq: from + n, at_ms: 1_000, kind, body })),
  })
}
const view = (runs: Runs): RunView => {
  const found = runs.get(1)
  if (found === undefined) throw new Error('no run')
  return found
}
const kinds = (runs: Runs): string[] => view(runs).entries.map(({ kind }) => kind)

describe('a run', () => {
  it('joins words that follow one another, and nothing else', () => {
    const runs = hear([
      prompt('do'),
      text('a'),
      text('b'),
      ['tool', { name: 'view', input: { path: 'x' } }],
      text('c'),
    ])
    expect(view(runs).entries).toMatchObject([
      { kind: 'prompt', text: 'do', again: false },
      { kind: 'text', text: 'ab' },
      { kind: 'tool', name: 'view', input: { path: 'x' } },
      { kind: 'text', text: 'c' },
    ])
  })

  it('takes each event once, however often it is told', () => {
    const once = hear([text('a'), text('b')])
    expect(hear([text('a'), text('b')], once)).not.toBe(once)
    expect(view(hear([text('a'), text('b'), text('c')], once)).entries).toMatchObject([{ text: 'abc' }])
  })

  it('stays the same object where a turn says nothing of it', () => {
    const runs = takeTurn(hear([text('a')]), { runs: [row(2)], events: [] })
    const next = takeTurn(runs, { runs: [], events: [{ run_id: 2, seq: 1, at_ms: 0, kind: 'text', body: { text: 'b' } }] }) // prettier-ignore
    expect(next.get(1)).toBe(runs.get(1))
    expect(next.get(2)).not.toBe(runs.get(2))
    expect(takeTurn(next, { runs: [], events: [] })).toBe(next)
  })

  it('takes a newer row and keeps what was said', () => {
    const runs = takeTurn(hear([text('a')]), { runs: [row(1, { status: 'submitted' })], events: [] })
    expect(view(runs)).toMatchObject({ run: { status: 'submitted' }, entries: [{ text: 'a' }] })
  })

  it('survives bodies of any shape, and kinds it does not know', () => {
    const runs = hear([
      ['text', null],
      ['denied', 'x'],
      ['submission', []],
      ['retry', 7],
      ['prompt', {}],
      ['later', {}],
    ])
    expect(kinds(runs)).toEqual(['text', 'denied', 'submission', 'retry', 'prompt'])
    expect(view(runs).seq).toBe(6)
  })

  it('waits after a retry until the service is asked again, and no longer than it runs', () => {
    const runs = hear([prompt('do'), retry])
    expect(waitsUntil(view(runs))).toBe(6_000)
    expect(waitsUntil(view(hear([prompt('do')], runs, 3)))).toBeNull()
    expect(waitsUntil(view(hear([['retry', { reason: 'x', delay_ms: 0 }]])))).toBeNull()
    expect(waitsUntil(view(takeTurn(runs, { runs: [row(1, { status: 'failed' })], events: [] })))).toBeNull()
  })

  it('says once what its service is asked again and again for', () => {
    const soon: Said = ['retry', { reason: 'busy', delay_ms: 0 }]
    expect(view(hear([soon, soon, soon, retry, soon])).entries).toMatchObject([{ times: 3 }, { reason: 'later', times: 1 }, { times: 1 }]) // prettier-ignore
  })

  it('goes on with the session of one before it', () => {
    const views = [row(1, { session_id: 's' }), row(2, { session_id: 's' }), row(3), row(4)].map((run) => ({
      ...view(hear([])),
      run,
    }))
    expect(views.map((one) => goesOn(one, views))).toEqual([false, true, false, false])
  })

  it('counts refusals as the repairs that they bring about: told or by a tool, and from the start after a retry', () => {
    expect(view(hear([prompt('do'), refused(), prompt('mend'), accepted])).refusals).toBe(1)
    // A message in which nothing was handed in.
    expect(view(hear([prompt('do'), text('hm'), prompt('mend')])).refusals).toBe(1)
    // By a tool, in one turn.
    expect(view(hear([prompt('do'), refused(), refused(), accepted])).refusals).toBe(2)
    expect(view(hear([prompt('do'), refused(), retry, prompt('do')])).refusals).toBe(0)
    expect(view(hear([prompt('do'), retry, prompt('do')])).entries.at(-1)).toMatchObject({ again: false })
    expect(view(hear([prompt('do'), text('hm'), prompt('mend')])).entries.at(-1)).toMatchObject({
      again: true,
    })
  })

  it('that asks for files asks, and needs no repair', () => {
    expect(view(hear([prompt('do'), refused('asks_to_widen')]))).toMatchObject({ asks: true, refusals: 0 })
  })

  it('counts denials', () => {
    expect(view(hear([['denied', { name: 'bash', reason: 'no' }], text('ah'), ['denied', { name: 'w', reason: '' }]])).denials).toBe(2) // prettier-ignore
  })

  it('keeps the last words and says how many it let go', () => {
    const half = 'x'.repeat(MOST_TEXT / 2)
    const runs = hear([text(half), ['tool', { name: 't' }], text(half), text('end')])
    const { entries, kept, cutText } = view(runs)
    expect([kept, cutText]).toEqual([MOST_TEXT, 3])
    expect(entries).toMatchObject([{ text: half.slice(3) }, { name: 't' }, { text: `${half}end` }])
  })

  it('keeps so many entries and every prompt', () => {
    const tools = Array.from({ length: MOST_ENTRIES + 5 }, (_, n): Said => ['tool', { name: `t${n}` }])
    const { entries, cutEntries } = view(hear([prompt('do'), ...tools]))
    expect(entries).toHaveLength(MOST_ENTRIES)
    expect(cutEntries).toBe(6)
    expect(entries[0]).toMatchObject({ kind: 'prompt' })
    expect(entries.at(-1)).toMatchObject({ name: `t${MOST_ENTRIES + 4}` })
  })
})

describe('runs of a request', () => {
  const runs = takeTurn(NO_RUNS, {
    runs: [
      row(3, { cost_nano: 5, input_tokens: 10, output_tokens: 1 }),
      row(1, { role: 'engineer', task_id: null, agent: 'engineer', cost_nano: null }),
      row(2, { task_id: 'REQ-1-2', harness: 'stub', cost_nano: null }),
    ],
    events: [],
  })

  it('are found by role and by task, oldest first', () => {
    expect(runsOfRole(runs, 'developer').map(({ run }) => run.id)).toEqual([2, 3])
    const tasks = [...runsByTask(takeTurn(runs, { runs: [row(4)], events: [] }))]
    expect(tasks.map(([task, views]) => [task, ...views.map(({ run }) => run.id)])).toEqual([
      ['REQ-1-2', 2],
      ['REQ-1-1', 3, 4],
    ])
  })

  it('are summed with what is unknown counted, never as nothing', () => {
    expect(spentOf(runs.values())).toEqual({ cost_nano: 5, unknown_runs: 1, input_tokens: 10, output_tokens: 1, runs: 3, estimated_runs: 0 }) // prettier-ignore
    expect(spentOf(runsOfRole(runs, 'engineer'))).toMatchObject({ cost_nano: null, unknown_runs: 1 })
    expect(spentOf(runsByTask(runs).get('REQ-1-2') ?? [])).toMatchObject({ cost_nano: 0, unknown_runs: 0 })
    const guessed = [...runs.values()].map((one) => ({
      ...one,
      run: { ...one.run, usage_source: 'estimated' as const },
    }))
    expect(spentOf([...runs.values(), ...guessed.slice(0, 1)]).estimated_runs).toBe(1)
    expect(spentOf([])).toMatchObject({ cost_nano: 0, runs: 0 })
  })

  it('tell what an agent said last, by its words or by what it handed in', () => {
    expect(lastSaid([view(hear([text('first'), ['tool', { name: 't' }], text('last'), refused()]))])).toBe(
      'last',
    )
    expect(lastSaid([view(hear([prompt('do'), refused()]))])).toBe('S')
    expect(lastSaid([view(hear([prompt('do')]))])).toBe(null)
  })

  it('tell of last words only what stands around the hand-in, which is told in words elsewhere', () => {
    const json = '{"summary":"S","files":[{"content":"a ``` b\\n```\\n"}],"widen":[]}'
    const said = (words: string) => lastSaid([view(hear([text(words), refused()]))])
    expect(said(`I need b.js.\n\n\`\`\`json\n${json}\n\`\`\`\n\nShall I?`)).toBe('I need b.js.\n\nShall I?')
    expect(said(`I need b.js.\n\`\`\`\n${json}`)).toBe('I need b.js.')
    // Where there is nothing else, it is what it called the work.
    expect(said(`\`\`\`json\n${json}\n\`\`\``)).toBe('S')
    expect(said(json)).toBe('S')
    expect(lastSaid([view(hear([text(json)]))])).toBe(null)
    // Other blocks are its words.
    const code = 'So:\n```js\nif (a) {}\n```'
    expect(said(code)).toBe(code)
  })
})
