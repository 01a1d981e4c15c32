/** The list of what waits: which item is shown, where it stands, what is set aside. */
import { describe, expect, it } from 'vitest'
import { readKept, writeKept } from '../../../renderer/views/inbox/kept.ts'
import { isAside, prune, setAside, shownOf, step, takeBack } from '../../../renderer/views/inbox/order.ts'
import { itemStanding } from '../../../renderer/views/inbox/standing.ts'
import type { InboxItem } from '../../../schemas/view.ts'

const item = (key: string, since: number | null = 1): InboxItem => ({
  key,
  kind: 'held',
  change_id: 1,
  task_id: key,
  request_id: null,
  agent: null,
  title: key,
  reason: '',
  code: null,
  since,
})
const [a, b, c] = [item('a'), item('b'), item('c')]

describe('the item shown', () => {
  it('is the chosen one, and once that is gone whatever took its place', () => {
    expect(shownOf([a, b, c], 'b', 0)).toBe(b)
    expect(shownOf([a, c], 'b', 1)).toBe(c)
    expect(shownOf([a], 'b', 1)).toBe(a)
    expect(shownOf([], 'b', 1)).toBeNull()
  })

  it('stands where the feed says, not where the list that was read before did', () => {
    const before = { kind: 'held', code: 'protected_path' } as const
    expect(itemStanding(before, undefined)).toMatchObject({ status: 'held', code: 'protected_path' })
    expect(itemStanding(before, { status: 'applied', reason_code: null, priority: 'normal' })).toMatchObject({
      status: 'applied',
      code: null,
    })
  })

  it('moves by one and stops at both ends', () => {
    expect(step([a, b, c], 'a', 1)).toBe(b)
    expect(step([a, b, c], 'c', 1)).toBe(c)
    expect(step([a, b, c], 'a', -1)).toBe(a)
    expect(step([a, b, c], 'gone', 1)).toBe(a)
    expect(step([], null, 1)).toBeNull()
  })
})

describe('what is set aside', () => {
  it('comes back by itself once something happened to it', () => {
    const aside = setAside(a, {})
    expect(isAside(a, aside)).toBe(true)
    expect(isAside(item('a', 2), aside)).toBe(false)
    expect(isAside(a, takeBack(a, aside))).toBe(false)
    expect(isAside(item('toString'), {})).toBe(false)
  })

  it('is forgotten once it waits no more', () => {
    const aside = setAside(item('quiet', null), setAside(a, {}))
    expect(prune([b, item('quiet', null)], aside)).toEqual({ quiet: 0 })
  })

  it('survives a shelf that holds garbage or refuses', () => {
    const isText = (value: unknown): value is string => typeof value === 'string'
    const shelf = (text: string | null): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> => ({
      getItem: () => text,
      setItem: () => {
        throw new Error('full')
      },
      removeItem: () => undefined,
    })
    expect(readKept(shelf('{'), 'key', isText)).toBeNull()
    expect(readKept(shelf('1'), 'key', isText)).toBeNull()
    expect(readKept(shelf(null), 'key', isText)).toBeNull()
    expect(readKept(shelf('"x"'), 'key', isText)).toBe('x')
    expect(writeKept(shelf(null), 'key', 'x')).toBe(false)
    expect(writeKept(shelf(null), 'key', null)).toBe(true)
  })
})
