import { describe, expect, it } from 'vitest'
import { guard, GUARD_STAGES } from '../../main/engine/agents/guard.ts'
import { sha256 } from '../../main/engine/base/hash.ts'
import { filesOf } from './support.ts'

const files = { 'a.ts': 'one\ntwo\n', 'bin.ts': Buffer.from([0]) }
const patch = '@@ -1,2 +1,2 @@\n-one\n+eins\n two\n'

function change(extra: Record<string, unknown> = {}): Record<string, unknown> {
  const made: Record<string, unknown> = { path: 'a.ts', operation: 'update', patch, ...extra }
  const text = (made['patch'] ?? made['replacement'] ?? '') as string
  return { patch_hash: sha256(text), ...made }
}
const requestOf = (...changes: Record<string, unknown>[]): Record<string, unknown> => ({
  task_id: 'T-1',
  agent: 'agent-1',
  changes,
  checks: ['none'],
})
const judge = (value: unknown, fileTargets = ['a.ts', 'bin.ts', 'dir/', 'n.ts', 'N.ts', 'Package.JSON']) =>
  guard(value, { fileTargets, read: filesOf(files) })

describe('the guard', () => {
  it('lets through what is right', async () => {
    expect(await judge(requestOf(change()))).toMatchObject({ ok: true, request: { task_id: 'T-1' } })
    const added = change({ path: 'dir/x/y.ts', operation: 'add', patch: '@@ -0,0 +1 @@\n+x\n' })
    expect(await judge(requestOf(added))).toMatchObject({ ok: true })
  })

  it.each([
    ['size', 'too_large', requestOf(change({ patch: 'x'.repeat(11 * 1024 * 1024) }))],
    ['schema', 'unknown_key', { ...requestOf(change()), extra: 1 }],
    ['scope', 'out_of_scope', requestOf(change({ path: 'b.ts' }))],
    ['scope', 'out_of_scope', requestOf(change({ path: 'dirt/b.ts' }))],
    ['scope', 'path_parent_component', requestOf(change({ path: 'dir/../b.ts' }))],
    ['format', 'binary_path', requestOf(change({ path: 'bin.ts' }))],
    [
      'format',
      'patch_mode_change',
      requestOf(
        change({
          patch: `diff --git a/a.ts b/a.ts\nold mode 100644\nnew mode 100755\n--- a/a.ts\n+++ b/a.ts\n${patch}`,
        }),
      ),
    ],
    ['base', 'file_exists', requestOf(change({ operation: 'add', patch: '@@ -0,0 +1 @@\n+x\n' }))],
    ['base', 'file_missing', requestOf(change({ path: 'n.ts' }))],
    ['applies', 'does_not_apply', requestOf(change({ patch: '@@ -1 +1 @@\n-three\n+drei\n' }))],
    ['hash', 'hash_mismatch', requestOf(change({ patch_hash: sha256('other') }))],
    [
      'whole',
      'path_collision',
      requestOf(
        change({ path: 'n.ts', operation: 'add', patch: undefined, replacement: '' }),
        change({ path: 'N.ts', operation: 'add', patch: undefined, replacement: '' }),
      ),
    ],
    ['post_condition', 'no_change', requestOf(change({ patch: undefined, replacement: 'one\ntwo\n' }))],
  ])('refuses at the stage %s with %s', async (stage, code, value) => {
    const clean: unknown = JSON.parse(JSON.stringify(value))
    expect(await judge(clean)).toMatchObject({ ok: false, stage, code })
  })

  it('asks in its order: of two faults the cheaper one is named', async () => {
    const faults = [
      { path: 'b.ts', patch_hash: sha256('other') },
      { path: 'bin.ts', patch_hash: sha256('other') },
      { path: 'n.ts', patch_hash: sha256('other') },
      { patch: '@@ -1 +1 @@\n-three\n+drei\n', patch_hash: sha256('other') },
      { patch_hash: sha256('other') },
    ]
    const stages: string[] = []
    for (const fault of faults) {
      const result = await judge(requestOf(change(fault)))
      stages.push(result.ok ? 'ok' : result.stage)
    }
    expect(stages).toEqual(['scope', 'format', 'base', 'applies', 'hash'])
    expect(stages.map((stage) => GUARD_STAGES.indexOf(stage as (typeof GUARD_STAGES)[number]))).toEqual([
      2, 3, 4, 5, 6,
    ])
  })
})
