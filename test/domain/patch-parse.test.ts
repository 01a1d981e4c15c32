import { expect, test } from 'vitest'
import { parsePatch, textRefusal, type Operation } from '../../main/engine/domain/patch/parse.ts'
import { ADD, FULL, HUNK, REFUSED_PATCHES } from '../support/hostile-tables.ts'

function parsed(text: string, path = 'f.ts', operation: Operation = 'update') {
  const outcome = parsePatch(text, path, operation)
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`)
  return outcome.patch
}

function code(text: string, operation: Operation = 'update', path = 'f.ts'): string {
  const outcome = parsePatch(text, path, operation)
  if (outcome.ok) return 'accepted'
  expect(outcome.message).toMatch(/^[^\n]+$/)
  return outcome.code
}

test('a patch in git’s own form needs nothing put right but its headers', () => {
  const patch = parsed(FULL)
  expect(patch.normalised).toEqual(['headers were rebuilt from the path'])
  expect(patch).toMatchObject({ path: 'f.ts', added: 1, removed: 1, executable: null })
  expect(patch.hunks).toHaveLength(1)
  expect(patch.hunks[0]).toMatchObject({
    stated: { oldStart: 1, newStart: 1 },
    oldLines: 3,
    newLines: 3,
    leading: 1,
    trailing: 1,
    oldBytes: Buffer.from('a\nb\nc\n'),
    newBytes: Buffer.from('a\nB\nc\n'),
  })
})

test.each([
  ['bare hunks', HUNK, []],
  ['no numbers', HUNK.replace(/@@.*@@/, '@@'), ['hunk 1 has no line numbers']],
  ['marks only', HUNK.replace(/@@.*@@/, '@@ @@'), ['hunk 1 has no line numbers']],
  ['a section name', HUNK.replace(/@@.*@@/, '@@ class A {'), ['hunk 1 has no line numbers']],
  ['wrong counts', HUNK.replace('-1,3', '-1,9'), ['the counts of hunk 1 were recomputed']],
  ['counts too small', HUNK.replace('-1,3 +1,3', '-1 +1'), ['the counts of hunk 1 were recomputed']],
  ['no final newline', HUNK.slice(0, -1), ['the final newline of the patch was added']],
  ['blank lines at the end', `${HUNK}\n\n`, ['blank lines after hunk 1 were left out']],
  ['a mail signature', `${HUNK}-- \n2.39.5\n\n`, ['a mail signature was left out']],
  ['plain names', `--- f.ts\n+++ f.ts\n${HUNK}`, ['headers were rebuilt from the path']],
  [
    'a time stamp',
    `--- a/f.ts\t2024-01-01\n+++ b/f.ts\t2024-01-02\n${HUNK}`,
    ['headers were rebuilt from the path'],
  ],
  ['CR LF throughout', FULL.replaceAll('\n', '\r\n'), ['headers were rebuilt from the path']],
  ['git headers alone', `diff --git f.ts f.ts\n${HUNK}`, ['headers were rebuilt from the path']],
])('%s: accepted and noted', (_, text, notes) => {
  const patch = parsed(text)
  expect(patch.normalised).toEqual(notes)
  expect(patch).toMatchObject({ added: 1, removed: 1 })
})

test('the seed’s own example is a patch', () => {
  const patch = parsed('@@ -10,7 +10,8 @@\n- old\n+ new', 'src/module/file.ts')
  expect(patch.hunks[0]).toMatchObject({ oldBytes: Buffer.from(' old\n'), newBytes: Buffer.from(' new\n') })
  expect(patch.normalised).toHaveLength(2)
})

test('an entirely empty line is an empty context line', () => {
  const patch = parsed('@@ -1,3 +1,3 @@\n-a\n+b\n\n c\n')
  expect(patch.hunks[0]?.oldBytes.toString()).toBe('a\n\nc\n')
  expect(patch.hunks[0]?.body.toString()).toBe('-a\n+b\n \n c\n')
  expect(patch.normalised).toEqual(['empty context lines were given their leading space'])
})

test('the marker of a missing newline is read in any language and written in git’s', () => {
  const hunk = parsed('@@ -1 +1 @@\n-a\n\\ Kein Zeilenumbruch\n+b\n').hunks[0]
  expect(hunk).toMatchObject({ oldEndsFile: true, newEndsFile: false, oldBytes: Buffer.from('a') })
  expect(hunk?.body.toString()).toBe('-a\n\\ No newline at end of file\n+b\n')
})

test('the final newline added to CR LF text is a CR LF', () => {
  expect(parsed('@@ -1 +1 @@\r\n-a\r\n+b').hunks[0]?.newBytes.toString()).toBe('b\r\n')
})

test('lines that look like headers are text where the counts say so', () => {
  const patch = parsed('@@ -1,2 +1,2 @@\n a\n--- x\n+++ y\n@@ -9 +9 @@\n-p\n+q\n')
  expect(patch.hunks.map((hunk) => hunk.oldBytes.toString())).toEqual(['a\n-- x\n', 'p\n'])
})

test.each([
  ['a path with spaces', 'my dir/my file.ts', 'diff --git a/my dir/my file.ts b/my dir/my file.ts\n'],
  [
    'a quoted name',
    'sa"y.ts',
    'diff --git "a/sa\\"y.ts" "b/sa\\"y.ts"\n--- "a/sa\\"y.ts"\n+++ "b/sa\\"y.ts"\n',
  ],
  [
    'octal bytes',
    'gr\u00f6\u00dfe.ts',
    '--- "a/gr\\303\\266\\303\\237e.ts"\n+++ "b/gr\\303\\266\\303\\237e.ts"\n',
  ],
  ['raw Unicode', 'gr\u00f6\u00dfe.ts', '--- a/gr\u00f6\u00dfe.ts\n+++ b/gr\u00f6\u00dfe.ts\n'],
  ['raw Unicode in quotes', 'gr\u00f6"e.ts', '--- "a/gr\u00f6\\"e.ts"\n+++ "b/gr\u00f6\\"e.ts"\n'],
])('%s is read from a header', (_, path, header) => {
  expect(code(header + HUNK, 'update', path)).toBe('accepted')
  expect(code(header + HUNK, 'update', `${path}x`)).toBe('patch_other_file')
})

test.each([
  ['100644', false],
  ['100755', true],
])('an added file of mode %s', (mode, executable) => {
  const text = `diff --git a/f.ts b/f.ts\nnew file mode ${mode}\nindex 0000000..89abcde\n${ADD}`
  expect(parsed(text, 'f.ts', 'add').executable).toBe(executable)
})

test.each(REFUSED_PATCHES)('%s is refused by its own code', (_, text, expected, operation = 'update') => {
  expect(code(text, operation)).toBe(expected)
})

test('what is just within the limits is accepted', () => {
  expect(code(HUNK.replace('B', 'B'.repeat(65_535)))).toBe('accepted')
  expect(code('@@\n-a\n+b\n'.repeat(10_000))).toBe('accepted')
  expect(code('@@\n+' + '0123456\n+'.repeat(116_000).slice(0, -1), 'add')).toBe('accepted')
})

test('replacements keep to the same limits under their own codes', () => {
  const of = (text: string) => textRefusal(text, 'replacement')?.code ?? null
  expect(of('fine\n')).toBeNull()
  expect(of('a'.repeat(1024 * 1024 + 1))).toBe('replacement_too_large')
  expect(of('a'.repeat(65_537))).toBe('replacement_line_too_long')
  expect(of('a\0')).toBe('replacement_binary')
  expect(of('\udfff')).toBe('replacement_not_unicode')
})
