import { expect, test } from 'vitest'
import { applyPatch, applyReplacement, baseRefusal } from '../../main/engine/domain/patch/apply.ts'
import { parsePatch, type Operation } from '../../main/engine/domain/patch/parse.ts'

function apply(base: string | null, text: string, operation: Operation = 'update') {
  const parsed = parsePatch(text, 'f.ts', operation)
  if (!parsed.ok) throw new Error(`${parsed.code}: ${parsed.message}`)
  return applyPatch(base === null ? null : Buffer.from(base), parsed.patch, operation)
}

function result(base: string | null, text: string, operation: Operation = 'update'): string | null {
  const outcome = apply(base, text, operation)
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`)
  return outcome.result?.toString() ?? null
}

function refusal(
  base: string | null,
  text: string,
  operation: Operation = 'update',
): [string, number] | null {
  const outcome = apply(base, text, operation)
  return outcome.ok ? null : [outcome.code, outcome.hunk]
}

const LINES = '1\n2\n3\n4\n5\n6\n7\n8\n'
const BLOCKS = 'x\na\n}\ny\na\n}\nz\n'

test('hunks go where their numbers say', () => {
  expect(result(LINES, '@@ -1,2 +1,3 @@\n 1\n+n\n 2\n@@ -7,2 +8,1 @@\n 7\n-8\n')).toBe(
    '1\nn\n2\n3\n4\n5\n6\n7\n',
  )
  expect(result(BLOCKS, '@@ -5,2 +5,2 @@\n-a\n+b\n }\n')).toBe('x\na\n}\ny\nb\n}\nz\n')
})

test('numbers count what the hunks before added', () => {
  const text = '@@ -1,1 +1,3 @@\n-x\n+1\n+2\n+3\n@@ -5,2 +7,2 @@\n-a\n+b\n }\n'
  expect(result(BLOCKS, text)).toBe('1\n2\n3\na\n}\ny\nb\n}\nz\n')
  expect(refusal(BLOCKS, text.replace('+7,2', '+5,2'))).toEqual(['ambiguous_hunk', 2])
})

test('numbers that do not fit give way to the only place', () => {
  const outcome = apply(LINES, '@@ -40,3 +40,3 @@\n 4\n-5\n+five\n 6\n')
  expect(outcome).toMatchObject({ ok: true, normalised: ['hunk 1 said line 40 and was placed at line 4'] })
  expect(result(LINES, '@@\n 4\n-5\n+five\n 6\n')).toBe('1\n2\n3\n4\nfive\n6\n7\n8\n')
})

test.each([
  ['no numbers and two places', BLOCKS, '@@\n-a\n+b\n }\n', 'ambiguous_hunk'],
  ['numbers that fit no place and two places', BLOCKS, '@@ -3,2 +3,2 @@\n-a\n+b\n }\n', 'ambiguous_hunk'],
  ['old and new number that disagree', BLOCKS, '@@ -2,2 +5,2 @@\n-a\n+b\n }\n', 'ambiguous_hunk'],
  [
    'numbers in the middle, the same lines at the end',
    'x\na\ny\na\n',
    '@@ -2 +2 @@\n-a\n+b\n',
    'ambiguous_hunk',
  ],
  ['places that overlap', 'a\na\na\n', '@@\n a\n-a\n+b\n', 'ambiguous_hunk'],
  ['lines that are not there', LINES, '@@ -2,2 +2,2 @@\n 2\n-x\n+y\n', 'does_not_apply'],
  ['lines in another order', LINES, '@@ -2,2 +2,2 @@\n 3\n-2\n+y\n', 'does_not_apply'],
  ['white space that differs', 'a b\nc\n', '@@ -1,2 +1,2 @@\n a  b\n-c\n+d\n', 'does_not_apply'],
  ['an insertion without context', LINES, '@@ -3,0 +4 @@\n+x\n', 'no_context'],
  ['an insertion at the start without context', LINES, '@@ -0,0 +1 @@\n+x\n', 'no_context'],
  ['a missing newline the patch does not mention', '1\n2', '@@ -1,2 +1,2 @@\n 1\n-2\n+3\n', 'does_not_apply'],
  [
    'a missing newline that is not missing',
    '1\n2\n',
    '@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+3\n',
    'does_not_apply',
  ],
  [
    'a newline removed before the end',
    LINES,
    '@@ -2 +2 @@\n-2\n+x\n\\ No newline at end of file\n',
    'does_not_apply',
  ],
])('%s: refused', (_, base, text, code) => {
  expect(refusal(base, text)).toEqual([code, 1])
})

test('hunks share no line, context included', () => {
  expect(refusal(LINES, '@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n@@ -3,3 +3,3 @@\n 3\n-4\n+y\n 5\n')).toEqual([
    'overlapping_hunks',
    2,
  ])
  expect(result(LINES, '@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n@@ -4,2 +4,2 @@\n-4\n+y\n 5\n')).toBe(
    '1\nx\n3\ny\n5\n6\n7\n8\n',
  )
})

test('hunks out of order are put in order where each has one place, else refused', () => {
  const outcome = apply(LINES, '@@ -7,1 +7,1 @@\n-7\n+x\n@@ -2,1 +2,1 @@\n-2\n+y\n')
  expect(outcome.ok && outcome.result?.toString()).toBe('1\ny\n3\n4\n5\n6\nx\n8\n')
  expect(outcome.ok && outcome.normalised).toContain('the hunks were put in the order of the file')
  expect(refusal(BLOCKS, '@@ -7,1 +7,1 @@\n-z\n+Z\n@@ -2,2 +2,2 @@\n-a\n+b\n }\n')).toEqual([
    'ambiguous_hunk',
    2,
  ])
})

test('final newlines are kept, added and removed as the patch says', () => {
  const none = '\\ No newline at end of file\n'
  expect(result('1\n2', `@@ -1,2 +1,2 @@\n 1\n-2\n${none}+3\n`)).toBe('1\n3\n')
  expect(result('1\n2\n', `@@ -1,2 +1,2 @@\n 1\n-2\n+3\n${none}`)).toBe('1\n3')
  expect(result('1\n2', `@@ -1,2 +1,2 @@\n-1\n+x\n 2\n${none}`)).toBe('x\n2')
  expect(refusal('1\n2', '@@ -1,2 +1,2 @@\n-1\n+x\n 2\n')).toEqual(['does_not_apply', 1])
})

test('a context line without newline is ambiguous where git would take the start of another line for it', () => {
  const text = '@@ -1,2 +1,3 @@\n a\n+n\n b\n\\ No newline at end of file\n'
  expect(refusal('a\nb\nc\na\nb', text)).toEqual(['ambiguous_hunk', 1])
  expect(result('c\na\nb', text)).toBe('c\na\nn\nb')
})

test('the text says where and how, with context git needs', () => {
  const outcome = apply(LINES, '--- f.ts\n+++ f.ts\n@@ -9 +9 @@\n-3\n+x\n+y\n@@ -4 +4 @@\n-4\n@@\n-7\n+z')
  expect(outcome.ok && outcome.text).toBe(
    [
      'diff --git a/f.ts b/f.ts',
      '--- a/f.ts',
      '+++ b/f.ts',
      '@@ -3,4 +3,4 @@',
      '-3',
      '+x',
      '+y',
      '-4',
      ' 5',
      ' 6',
      '@@ -7,2 +7,2 @@',
      '-7',
      '+z',
      ' 8',
      '',
    ].join('\n'),
  )
})

test('an added file has the patch’s bytes, whatever its line endings', () => {
  expect(result(null, '--- /dev/null\n+++ b/f.ts\n@@ -0,0 +1,2 @@\n+a\r\n+b\n', 'add')).toBe('a\r\nb\n')
  expect(result(null, '@@\n+a\n\\ No newline at end of file', 'add')).toBe('a')
  expect(refusal('', '@@\n+a\n', 'add')).toEqual(['file_exists', 0])
})

test('an empty file takes an insertion without context', () => {
  expect(result('', '@@ -0,0 +1,2 @@\n+a\n+b\n')).toBe('a\nb\n')
  expect(refusal('', '@@\n+a\n@@\n+b\n')).toEqual(['no_context', 1])
})

test('a delete removes exactly what is there', () => {
  expect(result('a\nb\n', '@@ -1,2 +0,0 @@\n-a\n-b\n', 'delete')).toBeNull()
  expect(result('a\nb\n', '@@\n-a\n@@\n-b\n', 'delete')).toBeNull()
  expect(result('a\r\nb', '@@\n-a\n-b\n\\ No newline at end of file\n', 'delete')).toBeNull()
  expect(refusal('a\nb\nc\n', '@@ -1,2 +0,0 @@\n-a\n-b\n', 'delete')).toEqual(['incomplete_delete', 0])
  expect(refusal('a\nx\n', '@@ -1,2 +0,0 @@\n-a\n-b\n', 'delete')).toEqual(['does_not_apply', 1])
})

test('an update may leave an empty file', () => {
  expect(result('a\n', '@@ -1 +0,0 @@\n-a\n')).toBe('')
})

test.each(['update', 'delete'] as const)('a file to %s must be there', (operation) => {
  expect(refusal(null, '@@\n-a\n', operation)).toEqual(['file_missing', 0])
})

test('a patch in the other line ending is converted to the file’s', () => {
  const text = '@@ -1,3 +1,4 @@\n 1\n-2\n+x\n+y\n 3\n'
  expect(result('1\r\n2\r\n3\r\n', text)).toBe('1\r\nx\r\ny\r\n3\r\n')
  expect(result('1\n2\n3\n', text.replaceAll('\n', '\r\n'))).toBe('1\nx\ny\n3\n')
  const open = '@@ -1,2 +1,2 @@\n-1\n+x\n 2\n\\ No newline at end of file\n'
  expect(result('1\r\n2', open)).toBe('x\r\n2')
  expect(result('1\n2', open.replaceAll('\n', '\r\n'))).toBe('x\n2')
  const outcome = apply('1\r\n2\r\n3\r\n', text)
  expect(outcome.ok && outcome.normalised).toEqual([
    'line endings were converted from LF to CR LF, as in the base',
  ])
  expect(outcome.ok && outcome.text).toContain('\n+x\r\n+y\r\n 3\r\n')
})

test('mixed line endings never arise, and are kept where they are', () => {
  expect(refusal('1\n2\n', '@@ -1,2 +1,2 @@\n 1\n-2\n+x\r\n')).toEqual(['mixed_line_endings', 0])
  expect(result('1\n2\n', '@@ -1,2 +1,2 @@\n-1\n-2\n+1\r\n+2\r\n')).toBe('1\r\n2\r\n')
  expect(result('1\r\n2\n3\n', '@@ -1,2 +1,2 @@\n 1\r\n-2\n+x\n')).toBe('1\r\nx\n3\n')
  expect(refusal('1\r\n2\n3\n', '@@ -1,2 +1,2 @@\n 1\n-2\n+x\n')).toEqual(['does_not_apply', 1])
})

test('files that are not text cannot be changed', () => {
  expect(baseRefusal(Buffer.from('plain\n'))).toBeNull()
  expect(baseRefusal(Buffer.from('a\0b'))?.code).toBe('binary_path')
  expect(baseRefusal(Buffer.from([0x61, 0xe9, 0x0a]))?.code).toBe('not_utf8')
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n'
  expect(baseRefusal(Buffer.from(pointer))?.code).toBe('lfs_pointer')
  expect(refusal('a\0b\n', '@@\n-a\n+b\n')).toEqual(['binary_path', 0])
  expect(applyReplacement(Buffer.from(pointer), 'x\n')).toMatchObject({ ok: false, code: 'lfs_pointer' })
})

test.each([
  ['a new file keeps its bytes', null, 'a\r\nb\n', 'a\r\nb\n'],
  ['the same ending', 'x\n', 'a\nb', 'a\nb'],
  ['LF into CR LF', 'x\r\n', 'a\nb\n', 'a\r\nb\r\n'],
  ['CR LF into LF', 'x\n', 'a\r\nb', 'a\nb'],
  ['into a file without newline', 'x', 'a\r\n', 'a\r\n'],
  ['into a mixed file', 'x\r\ny\n', 'a\r\nb\n', 'a\r\nb\n'],
  ['mixed into a uniform file', 'x\n', 'a\r\nb\n', 'mixed_line_endings'],
  ['a NUL', 'x\n', 'a\0', 'replacement_binary'],
])('a replacement: %s', (_, base, text, expected) => {
  const outcome = applyReplacement(base === null ? null : Buffer.from(base), text)
  expect(outcome.ok ? outcome.result.toString() : outcome.code).toBe(expected)
})

test('searching many hunks in many like lines takes one pass', () => {
  const base = 'a\nb\n'.repeat(50_000)
  const hunks = Array.from(
    { length: 10_000 },
    (_, i) => `@@\n${' a\n b\n'.repeat(5 + (i % 6))}-a\n+x\n c\n`,
  ).join('')
  expect(refusal(base, hunks)).toEqual(['does_not_apply', 1])
  const growing: string[] = []
  for (let i = 1; i <= 600; i++) growing.push(`@@\n${' a\n'.repeat(i)}-b\n+x\n`)
  expect(refusal(`${'a\n'.repeat(200_000)}b\n`, growing.join(''))?.[0]).toBe('overlapping_hunks')
}, 10_000)
