/** What is told outside the window: what was not there before, once, together, and only while nobody looks. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AGAIN_MS,
  decide,
  GATHER_MS,
  noticeOf,
  QUIET_MS,
  type Memory,
} from '../../../renderer/notify/decide.ts'
import type { InboxItem } from '../../../schemas/view.ts'

const item = (key: string, more: Partial<InboxItem> = {}): InboxItem => ({
  key,
  kind: 'held',
  change_id: 1,
  task_id: key,
  request_id: null,
  agent: null,
  title: `Title of ${key}`,
  reason: 'because',
  code: null,
  since: 5,
  ...more,
})
const engine = item('engine', { kind: 'engine', change_id: null, since: null })

interface Moment {
  at: number
  keys: readonly (string | InboxItem)[]
  focused?: boolean
}

/** Plays moments in order, and whatever was asked to be looked at again in between; returns what was told when. */
function play(moments: readonly Moment[]): [number, string[]][] {
  const told: [number, string[]][] = []
  let memory: Memory | null = null
  let again: number | null = null
  let last: Moment | null = null
  const look = (moment: Moment, at: number): void => {
    const items = moment.keys.map((key) => (typeof key === 'string' ? item(key) : key))
    const decision = decide(memory, { items, focused: moment.focused ?? false, at })
    memory = decision.memory
    again = decision.again
    if (decision.say.length > 0) told.push([at, decision.say.map(({ key }) => key)])
  }
  const lookAgainUntil = (end: number): void => {
    if (last === null || again === null || again > end) return
    look(last, again)
    lookAgainUntil(end)
  }
  for (const moment of moments) {
    lookAgainUntil(moment.at)
    look(moment, moment.at)
    last = moment
  }
  lookAgainUntil(Infinity)
  return told
}

describe('what is told', () => {
  it('is what starts to wait, not what waited when the page opened', () => {
    expect(play([{ at: 0, keys: ['a', 'b'] }])).toEqual([])
    expect(
      play([
        { at: 0, keys: ['a'] },
        { at: 100, keys: ['a', 'b'] },
      ]),
    ).toEqual([[100 + GATHER_MS, ['b']]])
  })

  it('is told once, however often the list is read and whatever a reconnect replays', () => {
    const moments = [
      { at: 0, keys: [] },
      { at: 100, keys: ['a'] },
    ]
    const replayed = Array.from({ length: 20 }, (_, n) => ({ at: 30_000 + n * 20_000, keys: ['a'] }))
    expect(play([...moments, ...replayed])).toEqual([[100 + GATHER_MS, ['a']]])
  })

  it('comes together where it came together, and after a pause where it keeps coming', () => {
    expect(
      play([
        { at: 0, keys: [] },
        { at: 100, keys: ['a'] },
        { at: 900, keys: ['a', 'b', 'c'] },
        { at: 2_000, keys: ['a', 'b', 'c', 'd'] },
        { at: 5_000, keys: ['a', 'b', 'c', 'd', 'e'] },
      ]),
    ).toEqual([
      [1_100, ['a', 'b', 'c']],
      [1_100 + QUIET_MS, ['d', 'e']],
    ])
  })

  it('leaves out what is over by then, and is nothing while the person looks', () => {
    expect(
      play([
        { at: 0, keys: [] },
        { at: 100, keys: ['a', 'b'] },
        { at: 500, keys: ['b'] },
      ]),
    ).toEqual([[1_100, ['b']]])
    expect(
      play([
        { at: 0, keys: [] },
        { at: 100, keys: ['a'] },
        { at: 500, keys: ['a'], focused: true },
        { at: 20_000, keys: ['a'] },
      ]),
    ).toEqual([])
  })

  it('costs no pause where it was over before it was told', () => {
    expect(
      play([
        { at: 0, keys: [] },
        { at: 100, keys: ['a'] },
        { at: 500, keys: [] },
        { at: 2_000, keys: ['b'] },
      ]),
    ).toEqual([[3_000, ['b']]])
  })

  it('is told anew where it was over and waits again', () => {
    expect(
      play([
        { at: 0, keys: [] },
        { at: 100, keys: ['a'] },
        { at: 20_000, keys: [] },
        { at: 40_000, keys: ['a'] },
      ]),
    ).toEqual([
      [1_100, ['a']],
      [41_000, ['a']],
    ])
  })

  it('does not repeat an engine that comes and goes, until it was well for a while', () => {
    const flapping = Array.from({ length: 10 }, (_, n) => ({
      at: 20_000 * (n + 1),
      keys: n % 2 === 0 ? [engine] : [],
    }))
    const late = 200_000 + AGAIN_MS + 1
    expect(play([{ at: 0, keys: [] }, ...flapping, { at: late, keys: [engine] }])).toEqual([
      [21_000, ['engine']],
      [late + GATHER_MS, ['engine']],
    ])
  })

  it('does not take for new what comes back to the end of a list that is cut off', () => {
    const full = Array.from({ length: 500 }, (_, n) => item(`k${n}`, { since: 1_000 - n }))
    const newer = item('new', { since: 2_000 })
    const older = item('older', { since: 400 })
    expect(
      play([
        { at: 0, keys: full },
        { at: 100, keys: [newer, ...full.slice(0, 499)] },
        { at: 20_000, keys: [...full.slice(0, 499), full[499] ?? newer] },
        { at: 40_000, keys: [...full.slice(1), older] },
      ]),
    ).toEqual([[1_100, ['new']]])
  })

  it('is never told twice without a break, and never to somebody who looks, whatever happens', () => {
    const moment = fc.record({
      step: fc.integer({ min: 1, max: 15_000 }),
      keys: fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e')),
      focused: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 30 }), (steps) => {
        let at = 0
        const moments = steps.map(({ step, keys, focused }) => ({ at: (at += step), keys, focused }))
        const last = new Map<string, number>()
        let before: number | null = null
        for (const [when, keys] of play(moments)) {
          if (before !== null) expect(when - before).toBeGreaterThanOrEqual(QUIET_MS)
          before = when
          const looking = moments.findLast((one) => one.at <= when)
          expect(looking?.focused).toBe(false)
          for (const key of keys) {
            expect(looking?.keys).toContain(key)
            const earlier = last.get(key)
            const gone = moments.some(
              (one) => earlier !== undefined && one.at > earlier && one.at <= when && !one.keys.includes(key),
            )
            expect(earlier === undefined || gone).toBe(true)
            last.set(key, when)
          }
        }
      }),
    )
  })
})

describe('the words', () => {
  it('name one by its title and lead to it', () => {
    expect(noticeOf([item('held-7')], 'shop')).toEqual({
      title: 'Held for you: Title of held-7',
      body: 'because\nshop',
      path: '/inbox?item=held-7',
    })
  })

  it('count several by kind and lead to all of them', () => {
    const items = [item('a'), item('b', { kind: 'conflict' }), item('c'), engine]
    expect(noticeOf(items, 'shop')).toEqual({
      title: '4 things for you',
      body: '1 engine that lands nothing, 1 conflict, 2 held changes\nshop',
      path: '/inbox',
    })
  })

  it('are short and harmless, whatever an agent wrote', () => {
    const evil = item('held-1', {
      title: `\u202e<b>\u001b[2J${'x'.repeat(10_000)}`,
      reason: '\u2066y\nz'.repeat(500),
    })
    const { title, body } = noticeOf([evil], 'shop')
    expect(title.length).toBeLessThanOrEqual(200)
    expect(body.length).toBeLessThanOrEqual(500)
    // eslint-disable-next-line no-control-regex
    expect(title + body).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/)
  })
})
