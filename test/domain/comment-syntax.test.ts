import { expect, it } from 'vitest'
import { commentLine } from '../../main/engine/domain/comment-syntax.ts'

it.each([
  ['src/a.ts', '// x'],
  ['a.PY', '# x'],
  ['Makefile', '# x'],
  ['deep/CMakeLists.txt', '# x'],
  ['.gitignore', '# x'],
  ['q.sql', '-- x'],
  ['s.css', '/* x */'],
  ['README.md', '<!-- x -->'],
  ['a.clj', ';; x'],
  ['a.tex', '% x'],
  ['notes.txt', null],
  ['package.json', null],
  ['no-extension', null],
  ['photo.png', null],
  ['odd.', null],
])('%s: %s', (file, expected) => {
  expect(commentLine(file, 'x')).toBe(expected)
})

it('writes no comment that would end early or break the file', () => {
  expect(commentLine('a.md', 'REQ--1 by a')).toBeNull()
  expect(commentLine('a.md', 'by a-')).toBeNull()
  expect(commentLine('a.css', 'a */ b')).toBeNull()
  expect(commentLine('a.ts', 'a\nb')).toBeNull()
})
