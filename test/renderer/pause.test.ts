/** What a pause says, and which turns of the feed may have made or ended one. */
import { describe, expect, it } from 'vitest'
import { acceptSentence, pauseSentence, tellsOfPause } from '../../renderer/shell/pause.ts'
import { sentenceOf } from '../../renderer/views/home/health.ts'
import type { Pause } from '../../schemas/acts.ts'

const pause: Pause = { by: 'ada', at: 1_000, reason: 'release day', code: null, remedy: null }

describe('a pause', () => {
  it('says who, for how long and why, and leaves out what is not known', () => {
    expect(pauseSentence(pause, 1_180)).toBe('Paused by ada for 3 min: release day')
    expect(pauseSentence({ ...pause, by: null, at: null, reason: null }, 1_180)).toBe('Paused')
    expect(pauseSentence({ ...pause, reason: 'a\u202eb\nc' }, 1_180)).not.toMatch(/[\u202e\n]/)
  })

  it('of Hyperion’s own names what ending it accepts', () => {
    const own = { ...pause, code: 'target_rewound', reason: 'main lost 1 landed change' }
    expect(acceptSentence(own)).toMatch(/accepts “target_rewound”.*main lost 1 landed change/)
    expect(acceptSentence({ ...own, reason: null })).toMatch(/could lose something/)
  })

  it('is asked about where the feed may tell of one', () => {
    expect(tellsOfPause([{ message: 'paused', level: 'warn' }])).toBe(true)
    expect(tellsOfPause([{ message: 'resumed', level: 'warn' }])).toBe(true)
    expect(tellsOfPause([{ message: 'target rewound', level: 'error' }])).toBe(true)
    expect(tellsOfPause([{ message: 'applied', level: 'info' }])).toBe(false)
    expect(tellsOfPause([])).toBe(false)
  })

  it('is not called healthy', () => {
    const health = { level: 'ok', stopped: null, queue: '3 queued' } as const
    expect(sentenceOf(health, { count: 0, later: 0 }, true)).toBe('Paused: 3 queued')
    expect(sentenceOf({ ...health, stopped: 'no git' }, { count: 0, later: 0 }, true)).toBe('Stopped: no git')
    expect(sentenceOf(health, { count: 0, later: 0 })).toBe('Healthy: 3 queued')
  })
})
