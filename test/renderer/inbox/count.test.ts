/** The one number of what waits, and the sentence that says it. */
import { describe, expect, it } from 'vitest'
import { sentenceOf } from '../../../renderer/views/home/health.ts'
import { MOST_LISTED, setAside, touches, waitingOf } from '../../../renderer/views/inbox/order.ts'
import type { InboxItem } from '../../../schemas/view.ts'
import { change, log, turn } from '../stand-in-client.ts'

const item = (id: number | null, more: Partial<InboxItem> = {}): InboxItem => ({
  key: id === null ? 'checkout' : `held-${id}`,
  kind: id === null ? 'checkout' : 'held',
  change_id: id,
  task_id: null,
  request_id: null,
  agent: null,
  title: '',
  reason: '',
  code: null,
  since: id === null ? null : 1,
  ...more,
})

describe('how much waits', () => {
  it('counts what is no change as well, and not what was set aside', () => {
    const all = [item(1), item(2), item(null)]
    expect(waitingOf(all, {}, 2).count).toBe(3)
    expect(waitingOf(all, setAside(item(2), {}), 2)).toMatchObject({ count: 2, later: [{ change_id: 2 }] })
    // What the feed says of changes alone is no second number.
    expect(waitingOf(all, {}, 40).count).toBe(3)
    expect(waitingOf([], {}, 0).count).toBe(0)
  })

  it('counts what is beyond the end of the list', () => {
    const all = [...Array.from({ length: MOST_LISTED }, (_, n) => item(n + 1)), item(null)]
    expect(waitingOf(all, {}, 700).count).toBe(701)
    expect(waitingOf(all, setAside(item(1), {}), 700).count).toBe(700)
    expect(waitingOf(all, {}, null).count).toBe(501)
  })

  it('does not count twice what agents ask, which the feed counts with the changes', () => {
    const asked = item(null, { key: 'question-R', kind: 'question', request_id: 'R' })
    const all = [...Array.from({ length: MOST_LISTED }, (_, n) => item(n + 1)), asked]
    expect(waitingOf(all, {}, 701).count).toBe(701)
  })

  it('is looked up where agents ask, or a question was decided elsewhere', () => {
    const asked = item(null, { key: 'question-R', kind: 'question', request_id: 'R' })
    expect(touches(turn(2, { requests: ['R'] }), [asked], 1)).toBe(true)
    expect(touches(turn(2, { requests: ['S'] }), [asked], 1)).toBe(false)
    const waits = { ...log(2), message: 'request waits' }
    expect(touches(turn(2, { logs: [waits] }), [], 0)).toBe(true)
    expect(touches(turn(2, { logs: [log(2)] }), [], 0)).toBe(false)
  })

  it('is looked up where a turn may have changed it, and not for every change that lands', () => {
    const items = [item(1), item(null)]
    const reads = (more: Parameters<typeof turn>[1]): boolean => touches(turn(5, more), items, 1)
    expect(
      reads({ changes: [change(7, { status: 'applied' }), change(8, { status: 'pending' })], inbox: 1 }),
    ).toBe(false)
    expect(reads({ inbox: 2 })).toBe(true)
    expect(reads({ changes: [change(1, { status: 'pending' })], inbox: 1 })).toBe(true)
    expect(reads({ changes: [change(7, { status: 'conflict' })], inbox: 1 })).toBe(true)
    expect(reads({ gone: [1] })).toBe(true)
    // The first that lands begins to lag behind.
    expect(touches(turn(5, { changes: [change(7, { status: 'applied' })], inbox: 1 }), [item(1)], 1)).toBe(
      true,
    )
  })
})

describe('the sentence of Home', () => {
  const say = (level: 'ok' | 'attention' | 'stopped', count: number | null, later = 0): string =>
    sentenceOf(
      { level, stopped: level === 'stopped' ? 'no worker runs' : null, queue: 'nothing queued' },
      { count, later },
    )
  it.each([
    ['ok', 0, 'Healthy: nothing queued'],
    ['ok', 1, 'Healthy: nothing queued; 1 for you'],
    ['ok', null, 'Healthy: nothing queued'],
    ['attention', 3, '3 for you; nothing queued'],
    ['attention', null, 'Nothing queued'],
    ['stopped', 3, 'Stopped: no worker runs'],
  ] as const)('%s with %s waiting is "%s"', (level, count, sentence) =>
    expect(say(level, count)).toBe(sentence),
  )

  it('says so where all of it was set aside', () =>
    expect(say('attention', 0, 2)).toBe('Nothing new for you, 2 set aside; nothing queued'))
})
