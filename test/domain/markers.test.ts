import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { leftMarker } from '../../main/engine/domain/markers.ts'

const conflict = (current = 'ours', incoming = 'theirs'): string =>
  `<<<<<<< target\n${current}\n||||||| base\nbase\n=======\n${incoming}\n>>>>>>> change 2 (T)\n`

test.each([
  ['a conflict', conflict(), 1],
  ['one further down', `one\ntwo\n${conflict()}three\n`, 3],
  ['one without its base', 'one\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b', 2],
  ['one in CRLF', conflict().replaceAll('\n', '\r\n'), 1],
  ['one whose markers have no label', '<<<<<<<\nx\n=======\ny\n>>>>>>>\n', 1],
  ['the second where the first is finished', `one\n=======\n${conflict()}`, 3],
  ['nothing', 'one\ntwo\n', null],
  ['a heading with seven signs', 'Heading\n=======\n', null],
  [
    'longer and shorter rows of signs',
    '<<<<<<<< a\n========\n>>>>>>>> b\n<<<<<< a\n======\n>>>>>> b\n',
    null,
  ],
  ['markers in another order', '>>>>>>> b\nx\n=======\ny\n<<<<<<< a\n', null],
  ['a beginning without an end', '<<<<<<< a\nx\n=======\ny\n', null],
  ['markers inside a line', ' <<<<<<< a\n =======\n >>>>>>> b\n', null],
])('finds %s', (_, text, line) => {
  expect(leftMarker(text, [])).toBe(line)
})

test('a text may hold the markers that a side holds, but not one more of the same', () => {
  const about = 'How to merge:\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> topic\n'
  expect(leftMarker(about, ['', about, ''])).toBeNull()
  expect(leftMarker(about.replace('x', 'z'), [about])).toBeNull()
  expect(leftMarker(`${about}${about}`, [about])).toBe(2)
  expect(leftMarker(`${about}${conflict()}`, [about])).toBe(7)
  expect(leftMarker(about, ['<<<<<<< HEAD\n'])).toBeNull()
  expect(leftMarker(about, ['nothing of it'])).toBe(2)
})

test('any text between its own conflicts: what git left is found, what was there before is not', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '=======', '||||||| base', '', '<', '>>>'))
    .map((l) => l.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const own = `${before}\n${after}`
      expect(leftMarker(own, [])).toBeNull()
      expect(leftMarker(`${before}\n${conflict()}${after}`, [own])).toBe(before.split('\n').length + 1)
    }),
  )
})
