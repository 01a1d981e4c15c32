import { describe, expect, it } from 'vitest'
import { guard, GUARD_STAGES } from '../../main/engine/agents/guard.ts'
import { sha256 } from '../../main/engine/base/hash.ts'
import { drawn } from '../support/fake-secrets.ts'
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

  const secret = ['gh', 'p_', drawn(36)].join('')
  const replaced = { patch: undefined, replacement: `one\n${secret}\n` }
  const modes = `diff --git a/a.ts b/a.ts\nold mode 100644\nnew mode 100755\n--- a/a.ts\n+++ b/a.ts\n${patch}`
  const added = (path: string): Record<string, unknown> =>
    change({ path, operation: 'add', patch: undefined, replacement: '' })

  it.each<[stage: string, code: string, value: object, said: RegExp]>([
    ['size', 'too_many_files', requestOf(...Array.from({ length: 501 }, () => change())), /changes 501 files; at most 500 .* leave out/],
    ['size', 'too_large', requestOf(change({ patch: 'x'.repeat(11 * 1024 * 1024) })), /more than 10485760 bytes: leave out/],
    ['size', 'patch_too_large', requestOf(change({ patch: 'x'.repeat(1024 * 1024 + 1) })), /^a\.ts: .* 1048577 bytes; at most 1048576 .*change less/],
    ['size', 'replacement_too_large', requestOf(change({ patch: undefined, replacement: 'x'.repeat(1024 * 1024 + 1) })), /^a\.ts: /],
    ['schema', 'unknown_key', { ...requestOf(change()), extra: 1 }, /extra.*remove it/],
    ['schema', 'forbidden_key', JSON.parse('{"__proto__": 1}') as object, /rename it/],
    ['scope', 'out_of_scope', requestOf(change({ path: 'b.ts' })), /^b\.ts is not among .* change only these: a\.ts, bin\.ts/],
    ['scope', 'out_of_scope', requestOf(change({ path: 'dirt/b.ts' })), /^dirt\/b\.ts/],
    ['scope', 'path_parent_component', requestOf(change({ path: 'dir/../b.ts' })), /^dir\/\.\.\/b\.ts: /],
    ['format', 'binary_path', requestOf(change({ path: 'bin.ts' })), /^bin\.ts: .*binary; only text/],
    ['format', 'patch_mode_change', requestOf(change({ patch: modes })), /^a\.ts: .*mode/],
    ['base', 'file_exists', requestOf(change({ operation: 'add', patch: '@@ -0,0 +1 @@\n+x\n' })), /^a\.ts exists already: update it/],
    ['base', 'file_missing', requestOf(change({ path: 'n.ts' })), /^n\.ts does not exist: add it/],
    ['applies', 'does_not_apply', requestOf(change({ patch: '@@ -1 +1 @@\n-three\n+drei\n' })), /^a\.ts: /],
    ['hash', 'hash_mismatch', requestOf(change({ patch_hash: sha256('other') })), /patch_hash of a\.ts .*: hash the exact/],
    ['secrets', 'secret_found', requestOf(change(replaced)), /^line 2 of a\.ts has what looks like a github token: take it out and have it read/],
    ['whole', 'path_collision', requestOf(added('n.ts'), added('N.ts')), /changes\[1\]\.path .*rename one/],
    ['post_condition', 'no_change', requestOf(change({ patch: undefined, replacement: 'one\ntwo\n' })), /^a\.ts would stay as it is: leave it out/],
  ])('refuses at the stage %s with %s, in words that say where and what to do', async (stage, code, value, said) => {
    const clean: unknown = code === 'forbidden_key' ? value : JSON.parse(JSON.stringify(value))
    expect(await judge(clean)).toMatchObject({ ok: false, stage, code, message: expect.stringMatching(said) })
  }) // prettier-ignore

  it('asks in its order: of all faults that are left the cheapest one is named', async () => {
    // Mended one by one from the front, the next is named each time.
    const faulty = (): Record<string, unknown>[] => [
      ...Array.from({ length: 495 }, (_, index) => added(`dir/${index}`)),
      added('b.ts'),
      change({ path: 'bin.ts', ...replaced }),
      change({ path: 'n.ts' }),
      change({ patch: '@@ -1 +1 @@\n-three\n+drei\n' }),
      change({ path: 'c.ts', ...replaced, patch_hash: sha256('other') }),
      change({ path: 'd.ts', ...replaced }),
      added('N.ts'),
      added('n.ts'),
      change({ path: 'e.ts', patch: undefined, replacement: 'one\n' }),
    ]
    const mended = ['dir/0', '', 'b.ts', 'bin.ts', 'n.ts', 'a.ts', 'c.ts', 'd.ts', 'N.ts', 'e.ts']
    let changes = faulty()
    let extra: Record<string, unknown> = { extra: 1 }
    const stages: string[] = []
    const targets = ['a.ts', 'bin.ts', 'dir/', 'n.ts', 'c.ts', 'd.ts', 'N.ts', 'e.ts']
    for (const path of mended) {
      const value: unknown = JSON.parse(JSON.stringify({ ...requestOf(...changes), ...extra }))
      const result = await guard(value, {
        fileTargets: targets,
        read: filesOf({ ...files, 'c.ts': 'one\n', 'd.ts': 'one\n', 'e.ts': 'one\n' }),
      })
      stages.push(result.ok ? 'ok' : result.stage)
      if (path === '') extra = {}
      else if (path === 'dir/0') changes = changes.slice(495)
      else if (path === 'n.ts')
        changes = changes.filter((one) => one['path'] !== 'n.ts' || one['operation'] === 'add')
      else changes = changes.filter((one) => one['path'] !== path)
      // One change is left to be of a request at all.
      if (changes.length === 0) break
    }
    expect(stages).toEqual([...GUARD_STAGES])
  })

  describe('a secret in what is added', () => {
    const other = ['AI', 'za', drawn(35)].join('')
    const at = (text: string, base = 'one\n'): ReturnType<typeof guard> => {
      const request = requestOf(change({ patch: undefined, replacement: text }))
      return guard(JSON.parse(JSON.stringify(request)), {
        fileTargets: ['a.ts'],
        read: filesOf({ 'a.ts': base }),
      })
    }

    it('is told of by path, line and kind for each, and is never itself in the answer', async () => {
      const result = await at(`${secret}\none\nkey(${other})\n${`${secret}\n`.repeat(6)}`)
      expect(result).toMatchObject({
        code: 'secret_found',
        message: expect.stringMatching(
          /^line 1 of a\.ts has what looks like a github token; line 3 of a\.ts has what looks like a Google API key; .*, and 3 more: take/,
        ),
      })
      for (const text of [secret, other, secret.slice(4, 20)])
        expect(JSON.stringify(result)).not.toContain(text)
    })

    it('is none where it was there before, or goes', async () => {
      expect(await at(`one\n${secret}\ntwo\n`, `one\n${secret}\n`)).toMatchObject({ ok: true })
      expect(await at('one\n', `one\n${secret}\n`)).toMatchObject({ ok: true })
    })

    it('is looked for in the lines a patch adds, with the number they have then', async () => {
      const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`)
      const text = `@@ -25,2 +25,3 @@\n line 24\n+x = ${secret}\n line 25\n`
      const value = JSON.parse(JSON.stringify(requestOf(change({ patch: text })))) as unknown
      const read = filesOf({ 'a.ts': lines.join('') })
      expect(await guard(value, { fileTargets: ['a.ts'], read })).toMatchObject({
        code: 'secret_found',
        message: expect.stringMatching(/^line 26 of a\.ts has/),
      })
      const added = change({ path: 'n.ts', operation: 'add', patch: `@@ -0,0 +1,2 @@\n+one\n+${secret}\n` })
      expect(await judge(JSON.parse(JSON.stringify(requestOf(added))))).toMatchObject({
        code: 'secret_found',
        message: expect.stringMatching(/^line 2 of n\.ts has/),
      })
    })
  })
})
