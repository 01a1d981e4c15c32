/** What may enter the queue, refusal by refusal. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../main/engine/base/hash.ts'
import { readJson } from '../../main/engine/base/json.ts'
import { REQUEST_LIMITS } from '../../main/engine/domain/limits.ts'
import { validateChangeRequest } from '../../main/engine/domain/validate-change.ts'

const metadata = {
  intent: 'x',
  complexity: 3,
  sample_diff: '',
  telemetry_anchors: [],
  approvals: [],
  agent_model: 'gpt-5-mini',
}
const patched = (patch: string, path = 'a.txt', operation = 'update') => ({
  path,
  operation,
  patch,
  patch_hash: sha256(patch),
})
const replaced = (replacement: string, path = 'a.txt', operation = 'update') => ({
  path,
  operation,
  replacement,
  patch_hash: sha256(replacement),
})
const removed = (path: string) => ({ path, operation: 'delete', patch_hash: sha256('') })
const request = (...changes: object[]) => ({ task_id: 'T-1', agent: 'a', changes, checks: ['x'], metadata })
const HUNK = '@@ -1,2 +1,2 @@\n a\n-b\n+c\n'

const codes = (value: unknown): string[] => {
  const verdict = validateChangeRequest(value)
  return verdict.ok ? [] : verdict.errors.map(({ code, field }) => (field === '' ? code : `${code} ${field}`))
}
const warnings = (value: unknown): string[] => validateChangeRequest(value).warnings.map(({ code }) => code)

describe('accepts', () => {
  test.each([
    ['a patch', request(patched(HUNK))],
    ['a replacement', request(replaced('x\n'))],
    ['an added executable', request({ ...replaced('#!/bin/sh\n', 'run', 'add'), executable: true })],
    ['an added file by patch', request(patched('@@ -0,0 +1 @@\n+x\n', 'new.txt', 'add'))],
    ['an added empty file', request(replaced('', 'empty', 'add'))],
    ['a bare delete', request(removed('a.txt'))],
    ['a delete with its patch', request(patched('@@ -1 +0,0 @@\n-x\n', 'a.txt', 'delete'))],
    ['a file in place of a folder of the same name', request(removed('lib/a'), replaced('x', 'lib', 'add'))],
    ['a rename of case only', request(removed('Readme.md'), replaced('x', 'README.md', 'add'))],
    ['a line of exactly 64 KiB', request(replaced(`${'x'.repeat(65_536)}\n`))],
    ['non-ASCII names', request(replaced('x', 'docs/größe-漢字.md', 'add'))],
  ])('%s', (_, value) => {
    expect(codes(value)).toEqual([])
    expect(warnings(value)).toEqual([])
  })

  test('returns the request as it was sent', () => {
    const value = request({ ...patched(HUNK) })
    const verdict = validateChangeRequest({ ...value, metadata: { ...metadata, own: [1] } })
    expect(verdict).toEqual({
      ok: true,
      warnings: [],
      request: { ...value, metadata: { ...metadata, own: [1] } },
    })
  })
})

describe("the seed's own example", () => {
  const patch = '@@ -10,7 +10,8 @@\n- old\n+ new'
  const example = {
    task_id: 'ENG-214',
    agent: 'developer-3',
    changes: [{ path: 'src/module/file.ts', operation: 'update', patch, patch_hash: '<sha256>' }],
    checks: ['npm test', 'npm run lint'],
  }
  test('is refused while its hash is a placeholder, and for that alone', () => {
    expect(codes(example)).toEqual(['wrong_value changes[0].patch_hash'])
  })
  test('validates as printed once the hash is real: bare hunk, wrong counts, no final newline, no metadata', () => {
    const real = { ...example, changes: [{ ...example.changes[0], patch_hash: sha256(patch) }] }
    expect(codes(real)).toEqual([])
    expect(warnings(real)).toContain('metadata_absent')
    expect(warnings(real)).toContain('normalised')
  })
})

test('sample-change.json is valid without a warning', () => {
  const bytes = readFileSync(join(import.meta.dirname, '..', '..', 'sample-change.json'))
  expect(validateChangeRequest(readJson(bytes, REQUEST_LIMITS))).toMatchObject({ ok: true, warnings: [] })
})

describe('refuses', () => {
  const long = (bytes: number): string => `${'x'.repeat(63)}\n`.repeat(Math.ceil(bytes / 64))
  const hunks = (count: number): string =>
    Array.from(
      { length: count },
      (_, index) => `@@ -${index * 9 + 1} +${index * 9 + 1} @@\n-${index}\n+x\n`,
    ).join('')
  test.each<[string, unknown, string[]]>([
    ['no object', null, ['wrong_type']],
    ['an unknown key', { ...request(patched(HUNK)), note: 1 }, ['unknown_key note']],
    ['half a surrogate pair', request(replaced('\ud800')), ['not_unicode changes[0].replacement']],
    [
      '__proto__ under metadata',
      { ...request(patched(HUNK)), metadata: JSON.parse('{"__proto__":{}}') },
      ['forbidden_key metadata'],
    ],
    [
      'deep metadata',
      { ...request(patched(HUNK)), metadata: { x: JSON.parse('['.repeat(70) + ']'.repeat(70)) } },
      ['too_deep metadata'],
    ],
    [
      'over 10 MiB',
      request(...Array.from({ length: 11 }, (_, i) => replaced(long(1_000_000), `f${i}`))),
      ['too_large'],
    ],
    [
      '501 files',
      request(...Array.from({ length: 501 }, (_, i) => replaced('', `f${i}`))),
      ['too_big changes'],
    ],
    ['the same path twice', request(replaced('x'), replaced('y')), ['path_duplicate changes[1].path']],
    [
      'the same path twice, deleted once',
      request(replaced('x'), removed('a.txt')),
      ['path_duplicate changes[1].path'],
    ],
    [
      'paths that differ in case',
      request(replaced('x', 'A/b', 'add'), replaced('x', 'a/B', 'add')),
      ['path_collision changes[1].path'],
    ],
    [
      'a file that is also a folder',
      request(replaced('x', 'a/b', 'add'), replaced('x', 'a', 'add')),
      ['path_collision changes[1].path'],
    ],
    ['a path outside', request(replaced('x', '../a')), ['path_parent_component changes[0].path']],
    ['an empty path', request(replaced('x', '')), ['path_empty changes[0].path']],
    ['a path into git', request(patched(HUNK, '.GIT/config')), ['path_git_folder changes[0].path']],
    ['a deleted path into git', request(removed('.git/config')), ['path_git_folder changes[0].path']],
    [
      'a patch over 1 MiB',
      request(patched(`@@ -0,0 +1 @@\n${'+x\n'.repeat(349_600)}`, 'n', 'add')),
      ['patch_too_large changes[0].patch'],
    ],
    [
      'a replacement over 1 MiB',
      request(replaced(long(1024 * 1024 + 1))),
      ['replacement_too_large changes[0].replacement'],
    ],
    [
      'a replacement line over 64 KiB',
      request(replaced(`a\n${'é'.repeat(32_769)}`)),
      ['replacement_line_too_long changes[0].replacement'],
    ],
    [
      'a patch line over 64 KiB',
      request(patched(`@@ -0,0 +1 @@\n+${'x'.repeat(65_537)}\n`, 'n', 'add')),
      ['patch_line_too_long changes[0].patch'],
    ],
    [
      'over 10,000 hunks in one patch',
      request(patched(hunks(10_001))),
      ['patch_too_many_hunks changes[0].patch'],
    ],
    [
      'over 10,000 hunks in all',
      request(patched(hunks(6000)), patched(hunks(6000), 'b')),
      ['patch_too_many_hunks changes'],
    ],
    [
      'the hash of another patch',
      request({ ...patched(HUNK), patch_hash: sha256('x') }),
      ['hash_mismatch changes[0].patch_hash'],
    ],
    [
      'the hash of a normalised patch',
      request({ ...patched(HUNK.trimEnd()), patch_hash: sha256(HUNK) }),
      ['hash_mismatch changes[0].patch_hash'],
    ],
    [
      'the wrong hash of a replacement',
      request({ ...replaced('a'), patch_hash: sha256('b') }),
      ['hash_mismatch changes[0].patch_hash'],
    ],
    [
      'the wrong hash of a delete',
      request({ ...removed('a'), patch_hash: sha256('b') }),
      ['hash_mismatch changes[0].patch_hash'],
    ],
    [
      'a patch for another file',
      request(patched(`--- a/b.txt\n+++ b/b.txt\n${HUNK}`)),
      ['patch_other_file changes[0].patch'],
    ],
    ['text that is no patch', request(patched('change b to c')), ['patch_garbage changes[0].patch']],
    [
      'an added file with old lines',
      request(patched(HUNK, 'n', 'add')),
      ['patch_add_has_old_lines changes[0].patch'],
    ],
    [
      'a delete that leaves lines',
      request(patched(HUNK, 'a', 'delete')),
      ['patch_delete_has_new_lines changes[0].patch'],
    ],
    [
      'a task that waits for itself',
      { ...request(patched(HUNK)), depends_on: ['T-0', 'T-1'] },
      ['depends_on_itself depends_on[1]'],
    ],
    [
      'everything wrong at once',
      request(replaced('x', '/a'), { ...replaced('y', 'b'), patch_hash: sha256('') }),
      ['path_absolute changes[0].path', 'hash_mismatch changes[1].patch_hash'],
    ],
  ])('%s', (_, value, expected) => expect(codes(value)).toEqual(expected))

  test('in one sentence that names the field and the remedy', () => {
    const verdict = validateChangeRequest(
      request({ ...replaced('a'), patch_hash: sha256('b') }, replaced('x', 'a\u202eb')),
    )
    expect(verdict).toMatchObject({
      ok: false,
      errors: [
        { message: `changes[0].patch_hash is not the SHA-256 of replacement, which is ${sha256('a')}` },
        {
          message:
            'changes[1].path "a\\u{202e}b": the path holds a bidirectional control character; remove it',
        },
      ],
    })
  })

  test('a hostile shape quickly', () => {
    const cyclic: Record<string, unknown> = { ...request(replaced('x')) }
    cyclic['metadata'] = cyclic
    expect(codes(cyclic)[0]).toContain('too_deep')
    expect(codes({ ...request(), changes: [undefined] })).toEqual(['not_json changes[0]'])
  })
})

describe('warns of', () => {
  test.each([
    ['absent metadata', { ...request(replaced('x')), metadata: undefined }, ['metadata_absent']],
    ['partial metadata', { ...request(replaced('x')), metadata: { intent: 'x' } }, ['metadata_incomplete']],
    ['a patch that had to be normalised', request(patched(HUNK.trimEnd())), ['normalised']],
  ])('%s', (_, value, expected) => {
    expect(codes(value)).toEqual([])
    expect(warnings(value)).toEqual(expected)
  })
})
