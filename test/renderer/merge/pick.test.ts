/** Picking whole lines: what is there to be picked, and that every text made of such lines can be had. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linesOf, textOf } from '../../../renderer/merge/lines.ts'
import { moved, pickable, picked, toggled } from '../../../renderer/merge/pick.ts'

const sides = (base: string, cur: string, inc: string) => ({
  base: linesOf(base),
  cur: linesOf(cur),
  inc: linesOf(inc),
})
const shown = (...texts: Parameters<typeof sides>): string[] =>
  pickable(sides(...texts)).map(({ side, line, index }) => `${side} ${index} ${line.trim()}`)

const text = fc
  .tuple(
    fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '}\n', '\n', 'x\r\n'), { maxLength: 10 }),
    fc.constantFrom('', 'a', 'z'),
  )
  .map(([lines, last]) => lines.join('') + last)
const three = fc.tuple(text, text, text).map((texts) => sides(...texts))

test('common lines are there once, each side’s where it differs, the base’s where nobody has it any more', () => {
  expect(shown('one\ntwo\nthree\n', 'one\nTWO\nthree\n', 'one\n2\nthree\nfour\n')).toEqual([
    'both 0 one',
    'base 1 two',
    'cur 1 TWO',
    'inc 1 2',
    'both 2 three',
    'inc 3 four',
  ])
  expect(pickable(sides('', 'x\na\n', 'a\n'))[1]).toEqual({
    side: 'both',
    line: 'a\n',
    index: 1,
    incIndex: 0,
  })
})

test('whatever the texts: each side is there in its order, and each text as often as it has its lines', () => {
  fc.assert(
    fc.property(three, (texts) => {
      const lines = pickable(texts)
      const cur = lines.filter(({ side }) => side === 'cur' || side === 'both')
      const inc = lines.filter(({ side }) => side === 'inc' || side === 'both')
      expect(cur.map(({ line }) => line)).toEqual(texts.cur)
      expect(cur.map(({ index }) => index)).toEqual(texts.cur.map((_, index) => index))
      expect(inc.map(({ line }) => line)).toEqual(texts.inc)
      expect(inc.map(({ side, index, incIndex }) => (side === 'both' ? incIndex : index))).toEqual(
        texts.inc.map((_, index) => index),
      )
      const base = lines.filter(({ side }) => side === 'base').map(({ index }) => index)
      expect(base).toEqual(base.toSorted((a, b) => a - b))
      const count = (list: readonly string[], line: string): number =>
        list.filter((one) => one === line).length
      for (const line of new Set([...texts.base, ...texts.cur, ...texts.inc])) {
        const there = count(
          lines.map((one) => one.line),
          line,
        )
        expect(there).toBeGreaterThanOrEqual(count(texts.base, line))
        if (!texts.cur.includes(line) && !texts.inc.includes(line))
          expect(there).toBe(count(texts.base, line))
      }
    }),
    { numRuns: 1_000 },
  )
})

describe('what is picked', () => {
  test('has its lines in the order of the selection, none glued to another', () => {
    const lines = pickable(sides('', 'a\r\n10', 'b\r\n60'))
    const at = (wanted: string): number => lines.findIndex(({ line }) => line.startsWith(wanted))
    expect(textOf(picked(lines, [at('60'), at('10'), at('a')]))).toBe('60\r\n10\r\na\r\n')
    expect(textOf(picked(lines, []))).toBe('')
  })
  test('is any text whose lines are all there, by picking and moving alone', () => {
    const wanted = three.chain((texts) => {
      const lines = pickable(texts)
      return fc.shuffledSubarray(lines.map((_, index) => index)).map((selection) => ({ lines, selection }))
    })
    fc.assert(
      fc.property(wanted, ({ lines, selection }) => {
        let now: number[] = []
        for (const index of selection) now = toggled(lines, now, index)
        for (const [place, index] of selection.entries())
          while (now.indexOf(index) > place) now = moved(now, index, -1)
        expect(now).toEqual(selection)
        expect(picked(lines, now).map((line) => line.trimEnd())).toEqual(
          selection.map((index) => lines[index]?.line.trimEnd()),
        )
      }),
      { numRuns: 1_000 },
    )
  })
  test('is a whole side, in whatever order its lines are picked', () => {
    const order = three.chain((texts) => {
      const lines = pickable(texts)
      const of = (...sidesOf: string[]): number[] =>
        lines.flatMap(({ side }, index) => (sidesOf.includes(side) ? [index] : []))
      const [cur, inc] = [of('cur', 'both'), of('inc', 'both')]
      return fc.record({
        texts: fc.constant(texts),
        lines: fc.constant(lines),
        cur: fc.shuffledSubarray(cur, { minLength: cur.length }),
        inc: fc.shuffledSubarray(inc, { minLength: inc.length }),
      })
    })
    fc.assert(
      fc.property(order, ({ texts, lines, cur, inc }) => {
        const all = (order: readonly number[]): string[] =>
          picked(
            lines,
            order.reduce<number[]>((now, index) => toggled(lines, now, index), []),
          )
        expect(all(cur)).toEqual(texts.cur)
        expect(all(inc)).toEqual(texts.inc)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('picking one line more', () => {
  const lines = pickable(sides('', 'a\nb\n', 'x\ny\n'))
  const [a, b, x, y] = ['a', 'b', 'x', 'y'].map((wanted) =>
    lines.findIndex(({ line }) => line.trim() === wanted),
  ) as [number, number, number, number]
  const after = (...clicks: number[]): number[] =>
    clicks.reduce<number[]>((now, one) => toggled(lines, now, one), [])
  test('lines of one side keep their order, of two sides the one picked first comes first', () => {
    expect(after(b, a)).toEqual([a, b])
    expect(after(y, b)).toEqual([y, b])
    expect(after(y, b, a, x)).toEqual([x, y, a, b])
  })
  test('a second time takes it out', () => {
    expect(after(a, x, a)).toEqual([x])
  })
  test('a line of both keeps to the target’s order where the two contradict each other', () => {
    const crossed = pickable(sides('', 'k\nc\n', 'k\ni\n'))
    const at = (wanted: string): number => crossed.findIndex(({ line }) => line.trim() === wanted)
    const [k, c, i] = [at('k'), at('c'), at('i')]
    expect([i, c, k].reduce<number[]>((now, one) => toggled(crossed, now, one), [])).toEqual([i, k, c])
  })
  test('what is not there, or stands at an end, stays as it is', () => {
    expect(toggled(lines, [a], 99)).toEqual([a])
    expect(moved([a, b], a, -1)).toEqual([a, b])
    expect(moved([a, b], b, 1)).toEqual([a, b])
    expect(moved([a, b], x, 1)).toEqual([a, b])
    expect(moved([a, b], a, 1)).toEqual([b, a])
  })
})
