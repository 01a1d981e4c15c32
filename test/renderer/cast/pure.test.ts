/** What the cast builder works out without a window: lines of a field, lists as they are typed, fields of remarks. */
import { describe, expect, test } from 'vitest'
import { linesIn, shownLines } from '../../../renderer/cast/lines.ts'
import { linesOfField } from '../../../renderer/cast/places.ts'
import { remarkField } from '../../../renderer/cast/remark-field.ts'
import { bare, keyed, same } from '../../../renderer/cast/work.ts'
import { NOTHING } from './stand-in-casts.ts'

const CAST = {
  schema: 'hyperion.cast/1',
  request_id: 'REQ-1',
  summary: 'a "quoted" {brace} [bracket]',
  requested_changes: [
    { path: 'a.ts', summary: 'one' },
    {
      path: 'b.ts',
      summary: 'two',
      change: { path: 'b.ts', operation: 'add', replacement: '}\n', patch_hash: 'f' },
    },
  ],
  metadata: { intent: 'why', complexity: 2, telemetry_anchors: ['x', 'y'], approvals: [] },
}
const TEXT = `${JSON.stringify(CAST, null, 2)}\n`
const shown = (field: string, text = TEXT): string | null => {
  const lines = linesOfField(text, field)
  return lines === null
    ? null
    : text
        .split('\n')
        .slice(lines.first - 1, lines.last)
        .map((line) => line.trim())
        .join('')
}

describe('lines of a field', () => {
  test.each([
    ['summary', '"summary": "a \\"quoted\\" {brace} [bracket]",'],
    ['items[0].path', '"path": "a.ts",'],
    ['items[1].summary', '"summary": "two",'],
    ['items[1].change.patch_hash', '"patch_hash": "f"'],
    ['complexity', '"complexity": 2,'],
    ['telemetry_anchors[1]', '"y"'],
    ['approvals', '"approvals": []'],
  ])('%s', (field, expected) => expect(shown(field)).toBe(expected))

  test('a whole item, and what the file does not have', () => {
    expect(shown('items[0]')).toBe('{"path": "a.ts","summary": "one"},')
    for (const field of ['context', 'items[2].path', 'items[0].change', 'approvals[0]', 'summary.x'])
      expect(shown(field)).toBeNull()
  })

  test('a file in another layout', () => {
    expect(linesOfField(JSON.stringify(CAST), 'items[1].path')).toEqual({ first: 1, last: 1 })
    expect(linesOfField('{\n"metadata":\n{"intent"\n:\n"w"}}', 'intent')).toEqual({ first: 3, last: 5 })
  })
})

test('a list is what stands on its lines; a check that says more is its JSON, once that is finished', () => {
  expect(linesIn(' one \n\n two\n', 'telemetry_anchors')).toEqual(['one', 'two'])
  const check = { run: 'npm test', expect: { exit_code: 0 } }
  expect(linesIn(`good\n${JSON.stringify(check)}\n{"run": "np\n{"x": 1}`, 'checks')).toEqual([
    'good',
    check,
    '{"run": "np',
    '{"x": 1}',
  ])
  expect(linesIn(shownLines(['good', check]), 'checks')).toEqual(['good', check])
  // An anchor that begins like JSON is an anchor.
  expect(linesIn(JSON.stringify(check), 'telemetry_anchors')).toEqual([JSON.stringify(check)])
})

test.each([
  ['priority was left out: Invalid option', 'priority'],
  ['metadata.complexity was left out: no', 'complexity'],
  ['requested_changes[12].change was left out: no', 'items[12].change'],
  ['requested_changes[3].colour was left out: no such field', 'items[3]'],
  ['summaries was left out: a cast has no such field', null],
  ['a task request of before hyperion.cast/1', null],
])('a remark leads to its field: %s', (remark, field) => expect(remarkField(remark)).toBe(field))

test('answers that come back keep the names of their items, renamed and moved as well', () => {
  let keys = 0
  const newKey = (): string => `k${(keys += 1)}`
  const item = (path: string, summary = '') => ({ path, summary, change: null })
  const work = keyed(
    { ...NOTHING, items: [item('a', 'A'), item('b', 'B'), item('b', 'again'), item('c')] },
    null,
    newKey,
  )
  expect(work.items.map(({ key }) => key)).toEqual(['k1', 'k2', 'k3', 'k4'])
  const back = keyed(
    {
      ...NOTHING,
      items: [item('b', 'B'), item('renamed', 'A'), item('b', 'again'), item('ca'), item('new', 'N')],
    },
    work,
    newKey,
  )
  expect(back.items.map(({ key }) => key)).toEqual(['k2', 'k1', 'k3', 'k4', 'k5'])
  expect(bare(work).items[0]).toEqual(item('a', 'A'))
  expect([same({ a: 1, b: undefined }, { a: 1 }), same([1], { 0: 1 }), same({ a: [1] }, { a: [2] })]).toEqual(
    [true, false, false],
  )
})
