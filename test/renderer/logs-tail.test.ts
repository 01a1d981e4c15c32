/** The live tail: order, pausing, gaps after a broken line, and the filter of live rows. */
import { describe, expect, it } from 'vitest'
import { askOf, fits, logFilter } from '../../renderer/views/logs/log-filter.ts'
import { summaryOf } from '../../renderer/views/logs/summary.ts'
import { emptyTail, fillGap, FOLLOWED, pause, resume, take, takeOlder } from '../../renderer/views/logs/tail-model.ts' // prettier-ignore
import type { LogEvent } from '../../schemas/log-event.ts'

const event = (id: number, change: Partial<LogEvent> = {}): LogEvent => ({ id, queue_id: null, task_id: null, level: 'info', message: `m${id}`, details: {}, created_at: 1, ...change }) // prettier-ignore
const events = (from: number, to: number): LogEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => event(from + at))
const ids = (list: readonly LogEvent[]): number[] => list.map(({ id }) => id)

describe('the tail', () => {
  it('shows each event once and in order, whichever way it came', () => {
    let tail = take(emptyTail, events(5, 8))
    tail = take(tail, events(1, 6))
    tail = take(tail, events(9, 9))
    expect(ids(tail.rows)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(tail.seen).toBe(9)
  })

  it('counts what comes while it is paused, moves nothing, and has all of it afterwards', () => {
    const paused = take(take(pause(take(emptyTail, events(1, 3))), events(4, 100)), events(90, 217))
    expect(ids(paused.rows)).toEqual([1, 2, 3])
    expect(paused.waiting).toHaveLength(214)
    const on = resume(paused)
    expect(ids(on.rows)).toEqual(ids(events(1, 217)))
    expect([on.paused, on.waiting.length]).toEqual([false, 0])
  })

  it('keeps the newest while it follows, and knows that older ones are left out', () => {
    const tail = take({ ...emptyTail, complete: true }, events(1, FOLLOWED + 50))
    expect(tail.rows).toHaveLength(FOLLOWED)
    expect(tail.rows[0]?.id).toBe(51)
    expect(tail.complete).toBe(false)
  })

  it('remembers how far the log was looked through though nothing of it fits', () => {
    expect(take(emptyTail, [], 70).seen).toBe(70)
  })

  it('takes older events on top', () => {
    const tail = takeOlder(take(emptyTail, events(10, 12)), events(7, 9), true)
    expect(ids(tail.rows)).toEqual([7, 8, 9, 10, 11, 12])
    expect(tail.complete).toBe(true)
  })
})

describe('a gap', () => {
  const log = events(1, 1000)
  const asks: (number | null)[] = []
  const read = async ({ before, limit }: { before: number | null; limit: number }) => {
    asks.push(before)
    return log.filter(({ id }) => before === null || id < before).slice(-limit)
  }

  it('is filled back to what was seen, and no further', async () => {
    asks.length = 0
    const filled = await fillGap(750, read, { limit: 100, most: 10 })
    expect(ids(filled.events)).toEqual(ids(events(751, 1000)))
    expect(filled.gapBefore).toBeNull()
    expect(asks).toEqual([null, 901, 801])
  })

  it('is told where it is too wide to fill', async () => {
    const filled = await fillGap(10, read, { limit: 100, most: 3 })
    expect(filled.events).toHaveLength(300)
    expect(filled.gapBefore).toBe(701)
  })

  it('reads one page at first, and says whether that is all', async () => {
    expect((await fillGap(null, read, { limit: 100, most: 10 })).events).toHaveLength(100)
    expect(await fillGap(null, read, { limit: 5000, most: 10 })).toMatchObject({
      complete: true,
      gapBefore: null,
    })
  })
})

describe('the filter of the log', () => {
  it('reads level, change, anchor and text', () => {
    const { filter, error } = logFilter('level:warn change:87 anchor:"a b" some text')
    expect(error).toBeNull()
    expect(filter).toEqual({ level: 'warn', change: 87, anchor: 'a b', text: 'some text' })
    expect(askOf(filter)).toEqual({ level: 'warn', change_id: 87, text: 'some text' })
    expect(askOf(logFilter('anchor:x').filter).text).toBe('x')
    expect(logFilter('change:x').error?.message).toBe('change: takes the number of a change')
  })

  it('tests live rows as the engine tests stored ones', () => {
    const row = event(1, { level: 'warn', queue_id: 87, task_id: 'REQ-1-1', message: 'held', details: { code: 'no_checks', telemetry_anchors: ['x'] } }) // prettier-ignore
    const test = (input: string) => fits(row, logFilter(input).filter)
    for (const input of [
      '',
      'level:info',
      'level:warn',
      'change:87',
      'anchor:x',
      'HELD',
      'req-1',
      'NO_CHECKS',
    ]) {
      expect([input, test(input)]).toEqual([input, true])
    }
    for (const input of ['level:error', 'change:8', 'anchor:xx', 'landed'])
      expect([input, test(input)]).toEqual([input, false])
  })

  it('spells details on one line without what stands elsewhere', () => {
    const row = event(1, { task_id: 'T', details: { code: 'c', none: null, telemetry_anchors: ['x'], n: 1 } })
    expect(summaryOf(row, false)).toBe('T  code=c  n=1')
    expect(summaryOf(row, true)).toBe('code=c  n=1')
  })
})
