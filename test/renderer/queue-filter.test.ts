/** The filter field's grammar, its completions, and what the queue makes of it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completions, parseFilter, quoted, tokensOf, withValues, type FilterKey } from '../../renderer/filter/grammar.ts' // prettier-ignore
import { QUEUE_KEYS, queueFilter } from '../../renderer/views/queue/filter.ts'

const KEYS: readonly FilterKey[] = [{ name: 'agent', hint: '' }, { name: 'state', hint: '', values: ['failed', 'held'], many: true }] // prettier-ignore

describe('the grammar', () => {
  it('reads keys, quotes and free text in any order', () => {
    const { values, text, error } = parseFilter(
      'rate state:failed agent:"two words" limit "a:b" state:held',
      KEYS,
    )
    expect([...values]).toEqual([
      ['state', ['failed', 'held']],
      ['agent', ['two words']],
    ])
    expect(text).toBe('rate limit a:b')
    expect(error).toBeNull()
  })

  it.each([
    ['sate:failed', 'There is no “sate:”. Use agent or state, or put the text in quotes.', 0, 11],
    ['x state:lost', 'state: takes failed or held, not “lost”', 2, 12],
    ['agent:', 'agent: needs a value', 0, 6],
    ['state:,', 'state: needs a value', 0, 7],
    ['agent:a agent:b', 'agent: is given twice', 8, 15],
  ])('says what is wrong with %s and where', (input, message, from, to) => {
    expect(parseFilter(input, KEYS).error).toEqual({ message, from, to })
  })

  it('keeps what is right beside what is wrong', () => {
    const { values, text } = parseFilter('state:lost,held nope:1 text', KEYS)
    expect(values.get('state')).toEqual(['held'])
    expect(text).toBe('text')
  })

  it('reads back every value it writes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.string({ maxLength: 20 }), (agent, text) => {
        const input = withValues(quoted(text), 'agent', [agent])
        const read = parseFilter(input, KEYS)
        expect(read.values.get('agent')).toEqual([agent])
        expect(read.text).toBe(text)
      }),
    )
  })

  it('ends on any text, and its pieces lie in it in order', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (input) => {
        let at = 0
        for (const { from, to } of tokensOf(input)) {
          expect(from).toBeGreaterThanOrEqual(at)
          expect(to).toBeGreaterThan(from)
          at = to
        }
        expect(input.slice(at).trim()).toBe('')
      }),
    )
  })

  it('replaces and takes out one key and leaves the rest as it stands', () => {
    expect(withValues('a  state:held "x y"', 'state', ['failed', 'held'])).toBe('state:failed,held a "x y"')
    expect(withValues('state:held agent:a', 'state', [])).toBe('agent:a')
  })
})

describe('completions', () => {
  const take = (input: string, known = {}) => completions(input, input.length, KEYS, known)

  it('offers keys, then values, and goes on behind what was taken', () => {
    expect(take('').map(({ label }) => label)).toEqual(['agent:', 'state:'])
    expect(take('x st')).toEqual([{ label: 'state:', hint: '', input: 'x state:', caret: 8 }])
    expect(take('state:f')).toEqual([{ label: 'failed', hint: '', input: 'state:failed ', caret: 13 }])
    expect(take('state:failed,').map(({ input }) => input)).toEqual(['state:failed,held '])
  })

  it('offers values seen so far, quoted where they must be, and keeps what stands behind the caret', () => {
    const known = { agent: ['agent 1', 'other'] }
    expect(take('agent:ag', known).map(({ input }) => input)).toEqual(['agent:"agent 1" '])
    expect(completions('agent:ot text', 8, KEYS, known)).toEqual([
      { label: 'other', hint: '', input: 'agent:other text', caret: 11 },
    ])
    expect(take('nope:x', known)).toEqual([])
  })
})

describe('the filter of the queue', () => {
  it('asks the engine for exactly what was written', () => {
    const { filter, error } = queueFilter(
      'state:failed,held agent:agent-2 path:src/ anchor:checkout-latency request:REQ-1 priority:high free text',
    )
    expect(error).toBeNull()
    expect(filter).toEqual({
      states: ['failed', 'held'],
      agent: 'agent-2',
      path: 'src/',
      anchor: 'checkout-latency',
      request: 'REQ-1',
      priority: 'high',
      text: 'free text',
    })
  })

  it('asks for everything where nothing is written', () => {
    expect(queueFilter('  ').filter).toEqual({})
  })

  it('knows every state and names every key in its error', () => {
    expect(queueFilter('state:in_progress').filter.states).toEqual(['in_progress'])
    for (const { name } of QUEUE_KEYS) expect(queueFilter('nope:1').error?.message).toContain(name)
  })
})
