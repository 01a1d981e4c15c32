/** Decisions carried to where the target is now, and two windows brought together: nothing is just gone. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { carryOver, reconcile } from '../../../renderer/merge/carry.ts'
import { linesOf, textOf } from '../../../renderer/merge/lines.ts'
import {
  beginResult,
  choiceOf,
  openMerge,
  PLAIN_CHOICES,
  resultWith,
  textAt,
  type Merge,
  type Result,
} from '../../../renderer/merge/result.ts'
import { viewOf } from '../../../renderer/merge/spans.ts'
import { LABELS, someLines, triples } from './support.ts'

const textsIn = (result: Result): string[] => result.spans.map((span) => textAt(viewOf(result.text), span))

const decided = (merge: Merge, picks: readonly number[]): Result =>
  resultWith(
    merge,
    merge.conflicts.map(({ marker, texts }, index) => {
      const name = PLAIN_CHOICES[picks[index % Math.max(1, picks.length)] ?? 9]
      return name === undefined ? marker : texts[name]
    }),
  )

const picks = fc.array(fc.nat(6), { minLength: 1, maxLength: 6 })

/** Five conflicts with lines between. */
const five = (cur: string[], inc: string[]): [base: string, cur: string, inc: string] => {
  const row = (words: string[]): string => words.map((word, at) => `${word}\nbetween ${at}\n`).join('')
  return [row(['b0', 'b1', 'b2', 'b3', 'b4']), row(cur), row(inc)]
}
const INC = ['i0', 'i1', 'i2', 'i3', 'i4']

describe('the target moved on', () => {
  test('four of five decisions are kept where one of the five is another conflict now', () => {
    const before = openMerge(...five(['c0', 'c1', 'c2', 'c3', 'c4'], INC), LABELS)
    const after = openMerge(...five(['c0', 'c1', 'new', 'c3', 'c4'], INC), LABELS)
    const carried = carryOver(before, decided(before, [0, 1, 2]), after)
    expect([carried.kept, carried.decided]).toEqual([4, 5])
    expect(
      carried.result.spans.map((_, at) =>
        choiceOf(after, after.conflicts[at] as never, textsIn(carried.result)[at] ?? ''),
      ),
    ).toEqual(['current', 'incoming', 'open', 'current', 'incoming'])
    expect(carried.lost.map(({ text }) => text)).toEqual(['c2\ni2\n'])
  })

  test('a conflict that is none any more takes its decision along, and says so', () => {
    const before = openMerge(...five(['c0', 'c1', 'c2', 'c3', 'c4'], INC), LABELS)
    const after = openMerge(...five(['c0', 'c1', 'i2', 'c3', 'c4'], INC), LABELS)
    const carried = carryOver(before, decided(before, [0]), after)
    expect([carried.kept, carried.decided, after.conflicts.length]).toEqual([4, 5, 4])
    expect(carried.result.text).toContain('i2\n')
  })

  test('what was typed elsewhere is kept, and handed back where the target changed the same lines', () => {
    const before = openMerge(...five(['c0', 'c1', 'c2', 'c3', 'c4'], INC), LABELS)
    const result = decided(before, [0])
    const typed = typeOver(typeOver(result, 'between 1\n', 'typed 1\n'), 'between 3\n', 'typed 3\n')
    const [base, cur, inc] = five(['c0', 'c1', 'c2', 'c3', 'c4'], INC)
    const after = openMerge(base, cur.replace('between 3', 'landed 3'), inc, LABELS)
    const carried = carryOver(before, typed, after)
    expect(carried.result.text).toContain('typed 1\n')
    expect(carried.result.text).toContain('landed 3\n')
    expect(carried.dropped).toEqual([['typed 3\n']])
  })

  test('onto the same sides it is the same result', () => {
    fc.assert(
      fc.property(triples, picks, ({ base, cur, inc }, list) => {
        const merge = openMerge(base, cur, inc, LABELS)
        const result = decided(merge, list)
        const carried = carryOver(merge, result, openMerge(base, cur, inc, LABELS))
        expect(carried.result).toEqual(result)
        expect(carried.kept).toBe(carried.decided)
      }),
      { numRuns: 1000 },
    )
  })

  test('onto any others every conflict has a place, and what was decided about one that is still there stands', () => {
    fc.assert(
      fc.property(triples, someLines(8), picks, ({ base, cur, inc }, more, list) => {
        const before = openMerge(base, cur, inc, LABELS)
        const result = decided(before, list)
        const after = openMerge(base, more + cur, inc, LABELS)
        const { result: carried, lost } = carryOver(before, result, after)
        expect(carried.spans).toHaveLength(after.conflicts.length)
        const texts = textsIn(carried)
        const had = textsIn(result)
        for (const [at, { chunk, marker }] of after.conflicts.entries()) {
          const same = before.conflicts.flatMap(({ chunk: old }, index) =>
            textOf(old.cur) === textOf(chunk.cur) &&
            textOf(old.inc) === textOf(chunk.inc) &&
            textOf(old.base) === textOf(chunk.base)
              ? [had[index]]
              : [],
          )
          expect([...same, marker]).toContain(texts[at])
        }
        for (const { conflict } of lost) expect(before.conflicts).toContain(conflict)
        // What stands between the conflicts is the new merge's.
        expect(outside(carried)).toBe(outside(beginResult(after)))
      }),
      { numRuns: 1000 },
    )
  })
})

function outside({ text, spans }: Result): string {
  let at = 0
  let rest = ''
  for (const { from, to } of spans) {
    rest += text.slice(at, from)
    at = to
  }
  return rest + text.slice(at)
}

/** Replaces a line outside of any conflict. */
function typeOver({ text, spans }: Result, line: string, by: string): Result {
  const at = text.indexOf(line)
  const shift = by.length - line.length
  return {
    text: text.replace(line, by),
    spans: spans.map(({ from, to }) => (from > at ? { from: from + shift, to: to + shift } : { from, to })),
  }
}

describe('two windows on one file', () => {
  const merge = openMerge(...five(['c0', 'c1', 'c2', 'c3', 'c4'], INC), LABELS)
  const begun = beginResult(merge)
  const withOnly = (at: number, name: 'current' | 'incoming'): Result =>
    resultWith(
      merge,
      merge.conflicts.map(({ marker, texts }, index) => (index === at ? texts[name] : marker)),
    )

  test('each has the decisions of both', () => {
    const { result, differing } = reconcile(merge, begun, withOnly(0, 'current'), withOnly(3, 'incoming'))
    expect(textsIn(result).map((text, at) => choiceOf(merge, merge.conflicts[at] as never, text))).toEqual([
      'current', 'open', 'open', 'incoming', 'open',
    ]) // prettier-ignore
    expect(differing).toEqual([])
  })

  test('the same one decided in two ways stays as it is here, and the other is named', () => {
    const { result, differing } = reconcile(merge, begun, withOnly(2, 'current'), withOnly(2, 'incoming'))
    expect(textsIn(result)[2]).toBe('c2\n')
    expect(differing).toEqual([{ index: 2, theirs: 'i2\n' }])
  })

  test('lines typed in both are in both, and what meets is handed back', () => {
    const mine = typeOver(typeOver(begun, 'between 1\n', 'mine 1\n'), 'between 2\n', 'mine 2\n')
    const theirs = typeOver(typeOver(begun, 'between 2\n', 'theirs 2\n'), 'between 3\n', 'theirs 3\n')
    const { result, dropped } = reconcile(merge, begun, mine, theirs)
    expect(linesOf(result.text)).toEqual(expect.arrayContaining(['mine 1\n', 'mine 2\n', 'theirs 3\n']))
    expect(dropped).toEqual([['theirs 2\n']])
  })

  test('a window that did nothing has what the other has', () => {
    fc.assert(
      fc.property(triples, picks, ({ base, cur, inc }, list) => {
        const any = openMerge(base, cur, inc, LABELS)
        const theirs = decided(any, list)
        expect(reconcile(any, beginResult(any), beginResult(any), theirs).result).toEqual(theirs)
        expect(reconcile(any, beginResult(any), theirs, beginResult(any)).result).toEqual(theirs)
      }),
      { numRuns: 1000 },
    )
  })
})
