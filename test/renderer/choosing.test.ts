/** What is chosen by keys is of what is offered for what was typed, however fast the keys were. */
import { describe, expect, test } from 'vitest'
import { arrived, CLOSED, isBehind, left, opened, pressed, shownOf, type Choosing, type Key } from '../../renderer/ui/choosing.ts' // prettier-ignore

const offers = (...values: string[]): { value: string }[] => values.map((value) => ({ value }))
const ALL = offers('a.js', 'b.js', 'src/list.js')
const LISTS = offers('src/list.js', 'src/lists.js')

/** The field had the keyboard and offered everything before a letter was typed. */
const before = arrived(opened(CLOSED), '', ALL).next

/** Presses keys one after the other; what the last of them takes, and whether it meant anything. */
function press(
  of: Choosing,
  text: string,
  ...keys: Key[]
): { now: Choosing; take: string | null; used: boolean } {
  let [now, take, used]: [Choosing, string | null, boolean] = [of, null, false]
  for (const key of keys) {
    const chosen = pressed(now, text, key)
    ;[now, take, used] = [chosen?.next ?? now, chosen?.take?.value ?? null, chosen !== null]
  }
  return { now, take, used }
}

describe('offers that are there', () => {
  test('are walked around in a circle, and one is taken', () => {
    expect(press(before, '', 'down', 'enter').take).toBe('a.js')
    expect(press(before, '', 'up', 'enter').take).toBe('src/list.js')
    expect(press(before, '', 'down', 'down', 'down', 'down', 'enter').take).toBe('a.js')
    expect(press(before, '', 'down', 'enter').now.open).toBe(false)
  })

  test('hold nothing that stands there already', () => {
    const { next } = arrived(opened(CLOSED), 'a.js', ALL)
    expect(shownOf(next, 'a.js')).toEqual(offers('b.js', 'src/list.js'))
    expect(press(next, 'a.js', 'down', 'enter').take).toBe('b.js')
  })

  test('leave a key that chooses nothing to the form', () => {
    expect(press(before, '', 'enter').used).toBe(false)
    expect(press(CLOSED, '', 'escape').used).toBe(false)
    expect(press(before, '', 'escape').now.open).toBe(false)
  })
})

describe('keys that are faster than the offers', () => {
  const typed = opened(before)

  test('take nothing of what was offered for another text', () => {
    expect(isBehind(typed, 'list')).toBe(true)
    expect(press(press(before, '', 'down').now, 'list', 'enter').take).toBeNull()
    const { now, take, used } = press(typed, 'list', 'down', 'enter')
    expect([take, used, now.active]).toEqual([null, true, -1])
  })

  test('take of what comes, as if it had been there', () => {
    const one = press(typed, 'list', 'down', 'enter').now
    expect(arrived(one, 'list', LISTS).take?.value).toBe('src/list.js')
    const two = press(typed, 'list', 'down', 'down', 'enter').now
    expect(arrived(two, 'list', LISTS).take?.value).toBe('src/lists.js')
    expect(arrived(two, 'list', LISTS).next).toMatchObject({ open: false, taking: false, ahead: [] })
  })

  test('only point at one until it is taken', () => {
    const { next, take } = arrived(press(typed, 'list', 'down').now, 'list', LISTS)
    expect([take, next.active]).toEqual([null, 0])
    expect(press(next, 'list', 'enter').take).toBe('src/list.js')
  })

  test('take nothing where nothing comes, and it stands as it was typed', () => {
    const { next, take } = arrived(press(typed, 'none', 'down', 'enter').now, 'none', [])
    expect([take, next.open]).toEqual([null, false])
  })

  test('do not count for what is typed after them, nor once it was said not to', () => {
    const waiting = press(typed, 'lis', 'down', 'enter').now
    expect(arrived(opened(waiting), 'list', LISTS)).toMatchObject({ take: null, next: { active: -1 } })
    expect(press(waiting, 'lis', 'escape').now).toMatchObject({ open: false, taking: false })
    expect(press(waiting, 'lis', 'down').now.taking).toBe(false)
  })

  test('count although the keyboard is elsewhere by then', () => {
    const gone = left(press(typed, 'list', 'down', 'enter').now)
    expect([gone.open, gone.taking]).toEqual([false, true])
    expect(arrived(gone, 'list', LISTS).take?.value).toBe('src/list.js')
    expect(left(press(typed, 'list', 'down').now).taking).toBe(false)
  })

  test('open what was closed, at its first one', () => {
    const { next } = arrived(press({ ...before, open: false }, '', 'down').now, '', ALL)
    expect([next.open, next.active]).toEqual([true, 0])
  })
})
