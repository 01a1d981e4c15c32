/** The pause: one for all, said with who and why, and never ended by mistake. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { asHyperionError } from '../../main/engine/base/errors.ts'
import {
  pauseQueue,
  pauseRemedy,
  pauseText,
  pauseTeller,
  readPause,
  resumeQueue,
} from '../../main/engine/store/pause.ts'
import { tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => (temp = tempStore()))
afterEach(() => temp.dispose())

const events = (): unknown[] =>
  temp.store.logs
    .list({})
    .flatMap(({ message, details }) =>
      message === 'paused' || message === 'resumed' ? [[message, JSON.parse(details)]] : [],
    )

test('it stops claiming for every connection, stands as first made, and is logged once', () => {
  temp.add('T-1')
  const at = Math.floor(temp.clock.nowMs() / 1000)
  const made = { by: 'operator', at, reason: 'release', code: null, remedy: null }
  expect(pauseQueue(temp.actDeps, 'release')).toEqual({ pause: made, already: false })
  const other = temp.again()
  expect(pauseQueue({ ...temp.actDeps, store: other, actor: 'bob' }, 'mine')).toEqual({
    pause: made,
    already: true,
  })
  expect(temp.claim()).toEqual([])
  expect(other.claims.claim({ workerId: 'w', process: null, leaseSeconds: 9, limit: 1 })).toEqual([])
  temp.clock.advance(5_000)
  expect(resumeQueue({ ...temp.actDeps, store: other, actor: 'bob' }, null)).toEqual(made)
  expect(resumeQueue(temp.actDeps, null)).toBeNull()
  expect(temp.claim()).toHaveLength(1)
  expect(events()).toEqual([
    ['paused', { by: 'operator', reason: 'release' }],
    ['resumed', { by: 'bob', paused_by: 'operator', reason: 'release', seconds: 5, accepted: null }],
  ])
})

test('a stop of its own ends only where exactly that is accepted', () => {
  const { facts } = temp.store
  const stop = {
    by: 'hyperion',
    at: 1_700_000_000,
    reason: 'hyperion/main was set back',
    code: 'target_rewound',
  }
  facts.set('paused', JSON.stringify(stop))
  const refusal = (accept: string | null): string => {
    try {
      resumeQueue(temp.actDeps, accept)
      return 'resumed'
    } catch (thrown) {
      const { kind, code, message, hint } = asHyperionError(thrown)
      return `${kind} ${code}: ${message}; ${hint}`
    }
  }
  const said =
    'user target_rewound: landing was stopped: hyperion/main was set back; ' +
    'to go on as it is, run `hyperion resume --accept target_rewound`'
  expect([refusal(null), refusal('other')]).toEqual([said, said])
  facts.set('paused', JSON.stringify({ ...stop, remedy: 'put it back' }))
  expect(refusal(null)).toContain('; put it back; to go on as it is, run')
  // A person's pause does not take its place either.
  expect(pauseQueue(temp.actDeps, 'mine')).toMatchObject({ already: true, pause: { code: 'target_rewound' } })
  expect(refusal('target_rewound')).toBe('resumed')
  expect(events()).toMatchObject([['resumed', { accepted: 'target_rewound' }]])
})

test('whatever stands in the queue is a pause, and its words are inert', () => {
  const { facts } = temp.store
  const text = (stored: string): string => {
    facts.set('paused', stored)
    return pauseText(readPause(facts) ?? expect.fail('no pause'))
  }
  expect(text('operator')).toBe('paused: operator')
  expect(text('{"by":7,"at":"noon","reason":null}')).toBe('paused')
  expect(text('{"by":"ada","at":1e300}')).toBe('paused by ada')
  expect(text('[1]')).toBe('paused: [1]')
  expect(text('"x"')).toBe('paused: "x"')
  expect(text('{"by":"\\u001b[31mada","at":0,"reason":"a\\nb"}')).toBe(
    'paused by \\x1b[31mada since 1970-01-01T00:00:00Z: a\\nb',
  )
  expect(pauseRemedy({ by: null, at: null, reason: null, code: 'x', remedy: null })).toContain('--accept x')
  facts.remove('paused')
  expect(readPause(facts)).toBeNull()
})

test('that it is paused, and that it is over, is said once each', () => {
  const said: string[] = []
  const tell = pauseTeller(
    () => readPause(temp.store.facts),
    (sentence) => void said.push(sentence),
  )
  tell()
  pauseQueue(temp.actDeps, 'release')
  tell()
  tell()
  resumeQueue(temp.actDeps, null)
  tell()
  tell()
  expect(said).toEqual([
    expect.stringMatching(/^paused by operator since .*: release; run `hyperion resume`$/),
    'the queue is worked again',
  ])
})
