/** What may be taken in as a task request or a cast. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../main/engine/base/hash.ts'
import { readJson } from '../../main/engine/base/json.ts'
import { REQUEST_LIMITS } from '../../main/engine/domain/limits.ts'
import { isCast, validateCast, validateTaskRequest } from '../../main/engine/domain/validate-task.ts'

const item = { path: 'src/a.ts', summary: 'Do it' }
const task = { request_id: 'REQ-1', summary: 'Do it', requested_changes: [item] }
const assignment = (n: number, own: object = {}) => ({
  task_id: `REQ-1-${n}`,
  parent_request_id: 'REQ-1',
  summary: 'Do it',
  file_targets: ['src/a.ts'],
  instructions: [],
  ...own,
})
const given = (...assignments: object[]) => ({ ...task, assignments })
const metadata = {
  intent: 'x',
  complexity: 3,
  sample_diff: '',
  telemetry_anchors: [],
  approvals: [],
  agent_model: 'gpt-5-mini',
}
const change = { path: 'src/a.ts', operation: 'update', replacement: 'x\n', patch_hash: sha256('x\n') }
const cast = { ...task, schema: 'hyperion.cast/1', metadata }
const castOf = (own: object, path = 'src/a.ts') => ({
  ...cast,
  requested_changes: [{ ...item, path, change: { ...change, ...own } }],
})

const found = (verdict: { ok: boolean; errors?: { code: string; field: string }[] }): string[] =>
  (verdict.errors ?? []).map(({ code, field }) => `${code} ${field}`)

describe('task request', () => {
  test.each([
    ['the least', task],
    ['one path twice', { ...task, requested_changes: [item, item] }],
    ['given assignments', given(assignment(1), assignment(2, { depends_on: ['REQ-1-1', 'OTHER-7'] }))],
    ['a folder as target', given(assignment(1, { file_targets: ['src/', 'docs/a.md'] }))],
    ['the longest id', { ...task, request_id: 'R'.repeat(196) }],
  ])('accepts %s', (_, value) =>
    expect(validateTaskRequest(value)).toEqual({ ok: true, request: value, warnings: [] }),
  )

  test.each<[string, unknown, string[]]>([
    ['a list', [task], ['wrong_type ']],
    ['an unknown key', { ...task, title: 'x' }, ['unknown_key title']],
    ['a cast', cast, ['unknown_key schema']],
    [
      'an id without room for a number',
      { ...task, request_id: 'R'.repeat(197) },
      ['request_id_too_long request_id'],
    ],
    [
      'a requested path outside',
      { ...task, requested_changes: [{ ...item, path: '../x' }] },
      ['path_parent_component requested_changes[0].path'],
    ],
    [
      'a requested folder',
      { ...task, requested_changes: [{ ...item, path: 'src/' }] },
      ['path_trailing_slash requested_changes[0].path'],
    ],
    [
      'a target outside',
      given(assignment(1, { file_targets: ['ok.ts', '/etc/'] })),
      ['path_absolute assignments[0].file_targets[1]'],
    ],
    [
      'the whole repository as target',
      given(assignment(1, { file_targets: ['/'] })),
      ['path_empty assignments[0].file_targets[0]'],
    ],
    [
      'a folder with two slashes',
      given(assignment(1, { file_targets: ['src//'] })),
      ['path_trailing_slash assignments[0].file_targets[0]'],
    ],
    [
      "another request's assignment",
      given(assignment(1, { parent_request_id: 'REQ-2' })),
      ['not_of_this_request assignments[0].parent_request_id'],
    ],
    [
      "another request's task",
      given(assignment(1, { task_id: 'REQ-2-1' })),
      ['not_of_this_request assignments[0].task_id'],
    ],
    [
      'a task without a number',
      given(assignment(1, { task_id: 'REQ-1-one' })),
      ['not_of_this_request assignments[0].task_id'],
    ],
    [
      'a task of a longer request id',
      given(assignment(1, { task_id: 'REQ-1-2-3' })),
      ['not_of_this_request assignments[0].task_id'],
    ],
    ['one task twice', given(assignment(1), assignment(1)), ['duplicate_task_id assignments[1].task_id']],
    [
      'a task that waits for itself',
      given(assignment(1, { depends_on: ['REQ-1-1'] })),
      ['dependency_cycle assignments[0].depends_on'],
    ],
    [
      'tasks that wait for each other',
      given(
        assignment(1, { depends_on: ['REQ-1-2'] }),
        assignment(2, { depends_on: ['REQ-1-3'] }),
        assignment(3, { depends_on: ['REQ-1-2'] }),
      ),
      ['dependency_cycle assignments[1].depends_on'],
    ],
  ])('refuses %s', (_, value, expected) => expect(found(validateTaskRequest(value))).toEqual(expected))

  test('sample-request.json is valid', () => {
    const bytes = readFileSync(join(import.meta.dirname, '..', '..', 'sample-request.json'))
    expect(validateTaskRequest(readJson(bytes, REQUEST_LIMITS))).toMatchObject({ ok: true, warnings: [] })
  })
})

describe('cast', () => {
  test('is told from a task request by its schema', () => {
    expect([cast, task, null, 'x', [cast]].map(isCast)).toEqual([true, false, false, false, false])
  })
  test.each([
    ['without finished edits', cast],
    ['with one', castOf({})],
  ])('accepts one %s', (_, value) =>
    expect(validateCast(value)).toEqual({ ok: true, cast: value, warnings: [] }),
  )

  test('passes on what a patch was normalised in', () => {
    const patch = '@@ -1 +1 @@\n-a\n+b'
    expect(validateCast(castOf({ replacement: undefined, patch, patch_hash: sha256(patch) }))).toMatchObject({
      ok: true,
      warnings: [{ code: 'normalised', field: 'requested_changes[0].change.patch' }],
    })
  })
  test.each<[string, unknown, string[]]>([
    ['a task request', task, ['missing schema', 'missing metadata']],
    [
      'half its metadata',
      { ...cast, metadata: { ...metadata, intent: undefined } },
      ['missing metadata.intent'],
    ],
    [
      'an edit of another path',
      castOf({ path: 'src/b.ts' }),
      ['path_differs requested_changes[0].change.path'],
    ],
    [
      'an edit with the wrong hash',
      castOf({ patch_hash: sha256('') }),
      ['hash_mismatch requested_changes[0].change.patch_hash'],
    ],
    [
      'an edit outside',
      castOf({ path: '.git/x' }, '.git/x'),
      ['path_git_folder requested_changes[0].path', 'path_git_folder requested_changes[0].change.path'],
    ],
    [
      'an assignment of another request',
      { ...cast, assignments: [assignment(1, { parent_request_id: 'X' })] },
      ['not_of_this_request assignments[0].parent_request_id'],
    ],
  ])('refuses %s', (_, value, expected) => expect(found(validateCast(value))).toEqual(expected))
})
