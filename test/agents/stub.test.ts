import { describe, expect, it } from 'vitest'
import { appendLine } from '../../main/engine/agents/adapters/stub.ts'
import { patchHash } from '../../main/engine/domain/payload-hash.ts'
import { validateChangeRequest } from '../../main/engine/domain/validate-change.ts'
import { METADATA_KEYS } from '../../schemas/metadata.ts'
import { BASE_COMMIT, request, through } from './support.ts'

describe('the stub agents', () => {
  it('make one change request per requested change, in order, by the agents in turn', async () => {
    const files = { 'a.ts': 'a\n', 'b.py': 'b\n', 'c.md': 'c\n' }
    const { drafts } = await through(request(['a.ts', 'b.py', 'c.md']), files)
    expect(drafts.map((draft) => [draft.task_id, draft.agent, draft.changes[0]?.path])).toEqual([
      ['REQ-1-1', 'agent-1', 'a.ts'],
      ['REQ-1-2', 'agent-2', 'b.py'],
      ['REQ-1-3', 'agent-1', 'c.md'],
    ])
    expect(drafts.map((draft) => draft.changes[0]?.patch)).toEqual([
      '@@ -1 +1,2 @@\n a\n+// Orchestrated update for REQ-1-1 by agent-1\n',
      '@@ -1 +1,2 @@\n b\n+# Orchestrated update for REQ-1-2 by agent-2\n',
      '@@ -1 +1,2 @@\n c\n+<!-- Orchestrated update for REQ-1-3 by agent-1 -->\n',
    ])
  })

  it('make requests that are valid, without a warning, with all six keys and true hashes', async () => {
    const { drafts, guarded } = await through(request(['a.ts', 'new/b.rs']), { 'a.ts': 'a\n' })
    for (const draft of drafts) {
      expect(validateChangeRequest(draft)).toMatchObject({ ok: true, warnings: [] })
      expect(Object.keys(draft.metadata ?? {})).toEqual(expect.arrayContaining([...METADATA_KEYS]))
      expect(draft).toMatchObject({ request_id: 'REQ-1', priority: 'normal', base_commit: BASE_COMMIT })
      for (const change of draft.changes) expect(change.patch_hash).toBe(patchHash(change))
    }
    expect(guarded.map((event) => event.code)).toEqual(['ok', 'ok'])
  })

  it('are deterministic', async () => {
    const once = await through(request(['a.ts', 'a.ts']), { 'a.ts': 'a\n' })
    const again = await through(request(['a.ts', 'a.ts']), { 'a.ts': 'a\n' })
    expect(again.drafts).toEqual(once.drafts)
  })

  it('draft the second change of a file on the first one’s draft, with no base commit', async () => {
    const { drafts, final } = await through(request(['a.ts', 'b.ts', 'a.ts', 'a.ts']), { 'a.ts': 'a\n' })
    expect(drafts.map((draft) => draft.depends_on)).toEqual([undefined, undefined, ['REQ-1-1'], ['REQ-1-3']])
    expect(drafts.map((draft) => draft.base_commit)).toEqual([BASE_COMMIT, BASE_COMMIT, undefined, undefined])
    expect(await final('a.ts')).toBe(
      'a\n// Orchestrated update for REQ-1-1 by agent-1\n' +
        '// Orchestrated update for REQ-1-3 by agent-1\n// Orchestrated update for REQ-1-4 by agent-2\n',
    )
  })

  it('add a file that does not exist, and change it further in a chain', async () => {
    const { drafts, final } = await through(request(['n.sh', 'n.sh']), {})
    expect(drafts.map((draft) => draft.changes[0]?.operation)).toEqual(['add', 'update'])
    expect(await final('n.sh')).toMatch(/^# .*REQ-1-1.*\n# .*REQ-1-2.*\n$/)
  })

  it.each([
    ['a\r\nb\r\n', 'a\r\nb\r\nX\r\n'],
    ['a\nb', 'a\nb\nX'],
    ['a\r\nb', 'a\r\nb\r\nX'],
    ['a', 'a\nX'],
    ['', 'X\n'],
    ['a\nb\r\n', 'a\nb\r\nX\r\n'],
    ['a\r\nb\n', 'a\r\nb\nX\n'],
    ['\ufeffa\n', '\ufeffa\nX\n'],
  ])('append to %j', async (before, after) => {
    expect(appendLine(before, 'X')).toBe(after)
    const { final } = await through(request(['a.ts']), { 'a.ts': before })
    expect(await final('a.ts')).toBe(after.replace('X', '// Orchestrated update for REQ-1-1 by agent-1'))
  })

  it.each([
    ['notes.txt', 'x\n', 'no_comment_syntax'],
    ['data.json', null, 'no_comment_syntax'],
    ['bin.ts', Buffer.from([0, 1, 2]), 'binary_path'],
    ['latin.ts', Buffer.from([0xe9, 10]), 'not_utf8'],
    ['big.ts', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', 'lfs_pointer'],
  ])('refuse %s', async (path, content, code) => {
    const { results } = await through(request([path]), content === null ? {} : { [path]: content })
    expect(results).toMatchObject([{ ok: false, code, message: expect.stringContaining(path) }])
  })

  it('use given assignments as they are', async () => {
    const assignments = [
      {
        task_id: 'REQ-1-7',
        parent_request_id: 'REQ-1',
        summary: 's',
        file_targets: ['x.ts', 'y.ts'],
        instructions: [],
      },
      {
        task_id: 'REQ-1-2',
        parent_request_id: 'REQ-1',
        summary: 's',
        file_targets: ['x.ts'],
        instructions: [],
        depends_on: ['REQ-1-7', 'OTHER-1'],
        checks: ['lint'],
      },
    ]
    const { drafts } = await through(request(['z.ts'], { assignments, checks: ['test'] }), { 'x.ts': 'x\n' })
    expect(
      drafts.map((draft) => [draft.task_id, draft.changes.map((change) => change.path), draft.checks]),
    ).toEqual([
      ['REQ-1-7', ['x.ts', 'y.ts'], ['test']],
      ['REQ-1-2', ['x.ts'], ['lint']],
    ])
    expect(drafts[1]?.depends_on).toEqual(['REQ-1-7', 'OTHER-1'])
  })

  it('inherit checks and metadata, and record the model that was chosen', async () => {
    const metadata = { intent: 'why', complexity: 9, telemetry_anchors: ['t'], own: 'kept' }
    const one = await through(request(['a.ts'], { metadata }), {}, { allow: { test: 'npm test' } })
    expect(one.drafts[0]).toMatchObject({
      checks: ['test'],
      metadata: { ...metadata, agent_model: 'gpt-5-mini', sample_diff: '', approvals: [] },
    })
    const small = await through(request(['a.ts']), {})
    expect(small.drafts[0]).toMatchObject({
      checks: ['none'],
      metadata: { agent_model: 'gpt-4.1', intent: 'Do the work' },
    })
    const named = await through(request(['a.ts']), {}, { model: 'mine' })
    expect(named.drafts[0]?.metadata?.agent_model).toBe('mine')
  })
})
