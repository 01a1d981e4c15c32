/** Deciding, typing and undoing: choices are read off the text, and no sequence of them loses a byte. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  beginResult,
  choiceOf,
  markerLines,
  openMerge,
  placing,
  PLAIN_CHOICES,
  resultWith,
  textAt,
  type Result,
} from '../../../renderer/merge/result.ts'
import { applyEdits, moveSpans, viewOf, type TextEdit } from '../../../renderer/merge/spans.ts'
import { LABELS, triples } from './support.ts'

function step(result: Result, edit: TextEdit): Result {
  const text = applyEdits(result.text, [edit])
  return { text, spans: moveSpans(result.spans, [edit], viewOf(text)) }
}

const inverse = (text: string, { from, to, text: put }: TextEdit): TextEdit => ({
  from,
  to: from + put.length,
  text: text.slice(from, to),
})

type Act =
  { kind: 'choose'; which: number; choice: number } | { kind: 'type'; at: number; drop: number; put: string }
const acts = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('choose' as const), which: fc.nat(20), choice: fc.nat(5) }),
    fc.record({
      kind: fc.constant('type' as const),
      at: fc.nat(400),
      drop: fc.nat(12),
      put: fc.constantFrom('', 'x', '\n', 'new line\n', 'x\ny'),
    }),
  ) as fc.Arbitrary<Act>,
  { maxLength: 12 },
)

describe('a sequence of decisions and typing', () => {
  test('undone step by step it is the text it was, byte for byte, with every conflict where it was', () => {
    fc.assert(
      fc.property(triples, acts, ({ base, cur, inc }, list) => {
        const merge = openMerge(base, cur, inc, LABELS)
        const begun = beginResult(merge)
        const undo: { edit: TextEdit; spans: Result['spans'] }[] = []
        let result = begun
        for (const act of list) {
          const edit = editOf(result, act)
          if (edit === null) continue
          undo.push({ edit: inverse(result.text, edit), spans: result.spans })
          result = step(result, edit)
        }
        // As the editor does it: the text by the inverse edit, the spans by the version of the text.
        for (const { edit, spans } of undo.toReversed())
          result = { text: applyEdits(result.text, [edit]), spans }
        expect(result).toEqual(begun)

        function editOf({ text, spans }: Result, act: Act): TextEdit | null {
          if (act.kind === 'type') {
            const from = act.at % (text.length + 1)
            return { from, to: Math.min(text.length, from + act.drop), text: act.put }
          }
          const index = act.which % Math.max(1, merge.conflicts.length)
          const [conflict, span] = [merge.conflicts[index], spans[index]]
          if (conflict === undefined || span === undefined) return null
          const choice = PLAIN_CHOICES[act.choice]
          return placing(span, choice === undefined ? conflict.marker : conflict.texts[choice])
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('spans are whole lines, in order, apart from each other, and in the text', () => {
    fc.assert(
      fc.property(triples, acts, ({ base, cur, inc }, list) => {
        const merge = openMerge(base, cur, inc, LABELS)
        let result = beginResult(merge)
        for (const act of list) {
          if (act.kind !== 'type') continue
          const from = act.at % (result.text.length + 1)
          result = step(result, { from, to: Math.min(result.text.length, from + act.drop), text: act.put })
          let end = 0
          for (const span of result.spans) {
            expect(span.from).toBeGreaterThanOrEqual(end)
            expect(span.to).toBeGreaterThanOrEqual(span.from)
            expect(span.to).toBeLessThanOrEqual(result.text.length)
            end = span.to
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('several edits at once move them as the same edits one behind the other would', () => {
    fc.assert(
      fc.property(triples, fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { maxLength: 4 }), (sides, list) => {
        const merge = openMerge(sides.base, sides.cur, sides.inc, LABELS)
        const begun = beginResult(merge)
        const at = [...new Set(list.map(([which]) => which % Math.max(1, merge.conflicts.length)))].toSorted(
          (a, b) => a - b,
        )
        const edits = at.flatMap((index) => {
          const [conflict, span] = [merge.conflicts[index], begun.spans[index]]
          return conflict === undefined || span === undefined ? [] : [placing(span, conflict.texts.both)]
        })
        const text = applyEdits(begun.text, edits)
        const wanted = merge.conflicts.map(({ marker, texts }, index) =>
          at.includes(index) ? texts.both : marker,
        )
        expect({ text, spans: moveSpans(begun.spans, edits, viewOf(text)) }).toEqual(
          resultWith(merge, wanted),
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('what was chosen last is what the text says, as long as nothing else has that text', () => {
    fc.assert(
      fc.property(triples, fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { maxLength: 8 }), (sides, list) => {
        const merge = openMerge(sides.base, sides.cur, sides.inc, LABELS)
        let result = beginResult(merge)
        const chosen = merge.conflicts.map(({ marker }) => marker)
        for (const [which, choice] of list) {
          const index = which % Math.max(1, merge.conflicts.length)
          const [conflict, span] = [merge.conflicts[index], result.spans[index]]
          if (conflict === undefined || span === undefined) return
          const name = PLAIN_CHOICES[choice]
          chosen[index] = name === undefined ? conflict.marker : conflict.texts[name]
          result = step(result, placing(span, chosen[index]))
        }
        expect(result).toEqual(resultWith(merge, chosen))
        for (const [index, conflict] of merge.conflicts.entries()) {
          const text = textAt(viewOf(result.text), result.spans[index] ?? { from: 0, to: 0 })
          const choice = choiceOf(merge, conflict, text)
          if (choice !== 'open') expect(conflict.texts[choice as 'current']).toBe(text)
          else expect(text).toBe(conflict.marker)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('one conflict', () => {
  const merge = openMerge('a\nold\nz\n', 'a\nmine\nz\n', 'a\nyours\nz\n', LABELS)
  const [conflict] = merge.conflicts as [(typeof merge.conflicts)[number]]
  const begun = beginResult(merge)

  test('stands open as its marker block', () => {
    expect(begun.text).toBe(
      'a\n<<<<<<< target\nmine\n||||||| base\nold\n=======\nyours\n>>>>>>> incoming\nz\n',
    )
    expect(choiceOf(merge, conflict, conflict.marker)).toBe('open')
  })

  test.each([
    ['mine\n', 'current'],
    ['yours\n', 'incoming'],
    ['mine\nyours\n', 'both'],
    ['yours\nmine\n', 'both_reversed'],
    ['old\n', 'base'],
    ['', 'typed'],
    ['new\n', 'typed'],
    ['<<<<<<< target\nmine\n', 'open'],
    ['=======\n', 'typed'],
  ])('%j is %s', (text, choice) => {
    expect(choiceOf(merge, conflict, text)).toBe(choice)
  })

  test('a text that was offered is a suggestion', () => {
    expect(choiceOf(merge, conflict, 'new\n', ['other\n', 'new\n'])).toBe('suggestion')
  })

  test('a character typed into its first line makes it typed, and taken out again what it was', () => {
    const chosen = step(begun, placing(begun.spans[0] as never, conflict.texts.current))
    const typed = step(chosen, { from: 2, to: 2, text: 'x' })
    expect(textAt(viewOf(typed.text), typed.spans[0] as never)).toBe('xmine\n')
    const back = step(typed, { from: 2, to: 3, text: '' })
    expect(back).toEqual(chosen)
  })

  test('lines typed before and behind it are not part of it', () => {
    const chosen = step(begun, placing(begun.spans[0] as never, conflict.texts.current))
    const before = step(chosen, { from: 2, to: 2, text: 'new\n' })
    expect(textAt(viewOf(before.text), before.spans[0] as never)).toBe('mine\n')
    const behind = step(chosen, { from: 7, to: 7, text: 'new\n' })
    expect(textAt(viewOf(behind.text), behind.spans[0] as never)).toBe('mine\n')
  })

  test('one that was left empty is filled by what is typed there', () => {
    const emptied = step(begun, placing(begun.spans[0] as never, ''))
    const typed = step(emptied, { from: 2, to: 2, text: 'new\n' })
    expect(textAt(viewOf(typed.text), typed.spans[0] as never)).toBe('new\n')
  })

  test('everything replaced at once leaves one span with all of it', () => {
    const two = openMerge('a\nx\nb\ny\nc\n', 'a\n1\nb\n2\nc\n', 'a\n3\nb\n4\nc\n', LABELS)
    const all = step(beginResult(two), { from: 0, to: beginResult(two).text.length, text: 'all\n' })
    expect(all.spans).toEqual([
      { from: 0, to: 4 },
      { from: 4, to: 4 },
    ])
  })

  test('the last line of a file without an end is not glued to what follows', () => {
    const at = openMerge('', '10', '60', LABELS)
    expect(at.conflicts[0]?.texts.both).toBe('10\n60')
    expect(at.conflicts[0]?.texts.both_reversed).toBe('60\n10')
  })
})

describe('markers that were left', () => {
  const merge = openMerge('a\n', '<<<<<<< shown\nb\n', 'c\n', LABELS)
  test('are found wherever they are, but not those of a side itself', () => {
    expect(markerLines('x\n>>>>>>> incoming\ny\n<<<<<<< shown\n', merge)).toEqual([1])
    expect(markerLines('Title\n=======\n<<<<<<<<<< more\n', merge)).toEqual([])
    expect(choiceOf(merge, merge.conflicts[0] as never, '<<<<<<< shown\nb\n')).toBe('current')
    expect(choiceOf(merge, merge.conflicts[0] as never, '<<<<<<< shown\nb\nmore\n')).toBe('typed')
  })
})
