/** Readings: the last value stays, bursts are one reading, another workspace leaves nothing behind. */
import { describe, expect, it } from 'vitest'
import { createReadCache } from '../../renderer/state/read-cache.ts'
import { manualClock } from './manual-clock.ts'

describe('the read cache', () => {
  it('keeps the last value while a later reading fails', async () => {
    const clock = manualClock()
    const cache = createReadCache(clock)
    cache.load('k', async () => 1)
    await clock.advance(250)
    const at = cache.snapshot('k').at
    cache.load('k', async () => {
      throw new Error('broken')
    })
    await clock.advance(250)
    expect(cache.snapshot('k')).toMatchObject({ value: 1, at, loading: false, error: { message: 'broken' } })
  })

  it('reads once more, not ten times, after ten calls during a reading', async () => {
    const clock = manualClock()
    const cache = createReadCache(clock)
    let reads = 0
    for (let n = 0; n < 10; n++) cache.load('k', async () => ++reads)
    await clock.advance(1000)
    expect(reads).toBe(2)
  })

  it('drops what was under way when the workspace changes', async () => {
    const clock = manualClock()
    const cache = createReadCache(clock)
    let finish: (value: string) => void = () => undefined
    cache.subscribe('k', () => undefined)
    cache.load('k', () => new Promise((resolve) => (finish = resolve)))
    await clock.advance(0)
    cache.clear()
    finish('old')
    await clock.advance(0)
    expect(cache.snapshot('k')).toMatchObject({ value: undefined, loading: false })
    cache.load('k', async () => 'new')
    await clock.advance(0)
    expect(cache.snapshot('k').value).toBe('new')
  })
})
