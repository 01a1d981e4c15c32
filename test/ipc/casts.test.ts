/** The cast builder's routes over both transports, against the real engine. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDefinedError, safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CastView } from '../../schemas/cast-draft.ts'
import { drainQueue } from '../support/workbench.ts'
import { openBench, TRANSPORTS, type Bench, type Client } from './support.ts'

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let client: Client
  beforeEach(async () => {
    const config = { approvals: { required: 1 } }
    bench = openBench({ files: { 'a.txt': 'one\ntwo\n', 'hyperion.config.json': JSON.stringify(config) } })
    client = (await bench.connect(transport)).client
    await client.workspace.open({ folder: bench.repo.dir, checks: null })
  })
  afterEach(() => bench.dispose())

  const code = (error: unknown): unknown =>
    isDefinedError(error as Error) && (error as { data: Record<string, unknown> }).data['code']
  const at = ({ draft: { id, revision } }: CastView, tab = 'one') => ({ id, revision, tab })

  test('a cast is begun, edited in two windows, approved, written and queued, and lands', async () => {
    const { casts } = client
    const begun = await casts.begin({ beginning: { kind: 'blank' }, tab: 'one' })
    const { id } = begun.draft
    const seen: string[] = []
    const watching = (async () => {
      for await (const { tab, revision } of await casts.watch({ id })) {
        seen.push(tab)
        if (revision === 2) return
      }
    })()
    expect(await casts.paths({ query: 'a.', limit: 5 })).toEqual([{ path: 'a.txt', tracked: true, also: [] }])
    const base = await casts.base({ base_commit: null, path: 'a.txt', change: null })
    expect(base.text).toBe('one\ntwo\n')
    const edit = { kind: 'text' as const, text: 'one\n2\n', executable: false }
    const made = await casts.author({ base_commit: base.base_commit, path: 'a.txt', edit })
    expect(made).toMatchObject({ plus: 1, minus: 1, problem: null })
    const answers = {
      ...begun.draft.answers,
      summary: 'Renumber',
      intent: 'why',
      complexity: 2,
      base_commit: made.base_commit,
      items: [{ path: 'a.txt', summary: 'digits', change: made.change }],
    }
    const stored = await casts.store({ ...at(begun), step: 'files', answers })
    expect(stored).toMatchObject({ stored: true, draft: { revision: 2, step: 'files' } })
    await watching
    expect(seen.at(-1)).toBe('one')
    const late = await casts.store({ ...at(begun, 'two'), step: 'intent', answers: begun.draft.answers })
    expect(late).toMatchObject({ stored: false, draft: { revision: 2, answers: { summary: 'Renumber' } } })
    const twice = await casts.approve({ ...at(stored), by: 'Ada', role: null, note: null })
    const withdrawn = await casts.withdraw({ ...at(twice), index: 0 })
    expect(withdrawn.examination.approvals).toEqual([])
    const approved = await casts.approve({ ...at(withdrawn), by: 'Ada', role: 'owner', note: null })
    const [behind] = await safe(casts.approve({ ...at(stored), by: 'Eve', role: null, note: null }))
    expect(code(behind)).toBe('draft_changed')
    const { draft, examination } = approved
    // Neither what another window has left behind nor what it has not seen yet is written.
    for (const revision of [1, stored.draft.revision, draft.revision - 1, draft.revision + 1]) {
      const [refused] = await safe(casts.write({ id, revision, overwrite: true }))
      expect([revision, code(refused)]).toEqual([revision, 'draft_changed'])
    }
    expect(existsSync(join(bench.repo.dir, 'taskjson'))).toBe(false)
    const written = await casts.write({ id, revision: draft.revision, overwrite: false })
    expect(readFileSync(join(bench.repo.dir, written.path), 'utf8')).toBe(examination.text)
    const request_id = draft.answers.request_id
    expect(await casts.queue({ request_id, agents: 1 })).toMatchObject({
      request_id,
      enqueued: [1],
      failed: [],
    })
    await drainQueue(bench.repo.dir)
    expect(await casts.history({})).toMatchObject([
      { request_id, file: 'same', request: { changes: { applied: 1 } } },
    ])
    expect((await client.home.read({})).cast).toMatchObject({ request_id, recorded: 1, accepted: true })
  })

  test('what cannot be done is refused with its code, and a draft that is put away comes back', async () => {
    const { casts } = client
    const { draft } = await casts.begin({
      beginning: { kind: 'file', name: 'x.json', text: '{"summary":"Mine"}' },
      tab: 'one',
    })
    const refused: [() => Promise<unknown>, string][] = [
      [() => casts.open({ id: 'none' }), 'no_such_draft'],
      [() => casts.write({ id: draft.id, revision: 1, overwrite: false }), 'cast_unfinished'],
      [() => casts.write({ id: draft.id, revision: 9, overwrite: false }), 'draft_changed'],
      [() => casts.queue({ request_id: 'REQ-9', agents: 1 }), 'no_such_cast'],
      [
        () => casts.begin({ beginning: { kind: 'file', name: 'x.json', text: '{' }, tab: 'one' }),
        'malformed_json',
      ],
      [() => casts.withdraw({ id: draft.id, revision: 1, tab: 'one', index: 3 }), 'no_such_approval'],
    ]
    for (const [call, expected] of refused) {
      const [error] = await safe(call())
      expect(code(error)).toBe(expected)
    }
    await casts.discard({ id: draft.id, discarded: true })
    expect(await casts.drafts({})).toEqual([])
    await casts.discard({ id: draft.id, discarded: false })
    expect(await casts.drafts({})).toMatchObject([{ id: draft.id, summary: 'Mine' }])
  })
})
