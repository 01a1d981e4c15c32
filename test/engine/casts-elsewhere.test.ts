/** Casts from elsewhere: what is valid is written again as it is, what is not is named, and neither locks anything. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../main/engine/base/hash.ts'
import { validateCast } from '../../main/engine/domain/validate-task.ts'
import { castViewSchema } from '../../schemas/cast-draft.ts'
import { withBench } from '../support/workbench.ts'
import {
  at,
  begin,
  codes,
  complete,
  configured,
  errors,
  queue,
  store,
  TAB,
  text,
  write,
} from './casts-support.ts'

const REPLACEMENT = 'other\n'
const edit = (path: string, operation = 'update') => ({
  path,
  operation,
  replacement: REPLACEMENT,
  patch_hash: sha256(REPLACEMENT),
})
const CAST = {
  schema: 'hyperion.cast/1',
  request_id: 'REQ-9',
  summary: 'Write it anew',
  requested_changes: [{ path: 'src/a.txt', summary: 'All of it', change: edit('src/a.txt') }],
  metadata: {
    intent: 'because',
    complexity: 3,
    sample_diff: '',
    telemetry_anchors: [] as string[],
    approvals: [] as object[],
    agent_model: 'some-model',
  },
}
const META = CAST.metadata
const { intent: _intent, ...backwards } = META
const { metadata: _metadata, ...TOP } = CAST

/** Valid, each in a way that answers alone would not give back. */
const ORDINARY: readonly (readonly [string, string])[] = [
  ['an empty sample_diff beside a finished edit', JSON.stringify(CAST)],
  ['an empty list', JSON.stringify({ ...CAST, acceptance_criteria: [] })],
  ['a context of blanks', JSON.stringify({ ...CAST, context: '  ' })],
  ['blanks around words', JSON.stringify({ ...CAST, summary: ' padded ', metadata: { ...META, agent_model: ' m ' } })],
  ['a byte order mark', `\ufeff${JSON.stringify(CAST, null, 2)}\n`],
  ['keys in another order, no line end, escapes', JSON.stringify({ metadata: { ...backwards, intent: 'because' }, ...TOP }).replace('because', 'bec\\u0061use')],
  ['line ends of Windows', JSON.stringify(CAST, null, '\t').replaceAll('\n', '\r\n')],
  ['a check that is written like JSON', JSON.stringify({ ...CAST, checks: ['{"run":"true"}'] })],
] // prettier-ignore

describe('a valid cast that nobody edited', () => {
  test.each(ORDINARY)(
    'with %s is written byte for byte, and is one request with the file it came from',
    (_, body) =>
      withBench(configured(), async (bench) => {
        const view = await bench.engine.casts.begin({ kind: 'file', name: 'in.json', text: body }, TAB)
        expect(errors(view)).toEqual([])
        expect(view.draft.source?.remarks).toEqual([])
        expect(view.examination.text).toBe(body)
        await write(bench, view)
        expect(readFileSync(join(bench.dir, 'taskjson/REQ-9.json'), 'utf8')).toBe(body)
        await queue(bench, 'REQ-9')
        expect(bench.engine.casts.history()[0]?.request).toMatchObject({ same: true })
        const from = await bench.engine.casts.writeFrom('in.json', Buffer.from(body), null, false)
        expect(from.bytes).toBe(Buffer.byteLength(body))
      }),
  )

  test('is approved as it is: what the approval is for does not change by it', () =>
    withBench(configured({ approvals: { required: 1 } }), async (bench) => {
      const body = JSON.stringify(CAST)
      const view = await bench.engine.casts.begin({ kind: 'file', name: 'in.json', text: body }, TAB)
      const approved = await bench.engine.casts.approve(at(view), { by: 'Ada', role: null, note: null })
      expect(approved.examination.content_hash).toBe(view.examination.content_hash)
      expect(approved.examination.approvals).toEqual(['recorded'])
      const made = JSON.parse(approved.examination.text) as typeof CAST
      expect(made).toEqual({ ...CAST, metadata: { ...META, approvals: [expect.objectContaining({ approver: 'Ada' })] } })
      const taken = await bench.engine.casts.withdraw(at(approved), 0)
      expect(taken.examination.text).toBe(body)
      // One answer otherwise, and it is what the answers make.
      const edited = await store(bench, taken, { summary: 'Another' })
      expect(JSON.parse(edited.examination.text)).toMatchObject({ summary: 'Another', metadata: { sample_diff: 'update src/a.txt as a whole text' } })
    })) // prettier-ignore
})

describe('what does not fit', () => {
  const change = { ...edit('src/a.txt'), patch_hash: sha256(REPLACEMENT).toUpperCase() }
  test.each([
    ['an unknown field', { ...CAST, colour: 1 }, 'colour was left out: a cast has no such field'],
    ['a hash in capitals', { ...CAST, requested_changes: [{ path: 'src/a.txt', summary: 's', change }] }, 'requested_changes[0].change was left out: change.patch_hash'],
    ['an unknown field of an edit', { ...CAST, requested_changes: [{ path: 'src/a.txt', summary: 's', change: { ...edit('src/a.txt'), by: 'x' } }] }, 'requested_changes[0].change was left out: change.by'],
    ['a path that is no text', { ...CAST, requested_changes: [{ path: 7, summary: 's' }] }, 'requested_changes[0].path was left out: path takes text'],
    ['a summary that is too long', { ...CAST, requested_changes: [{ path: 'src/a.txt', summary: 'x'.repeat(200_000) }] }, 'requested_changes[0].summary was left out: summary takes text of at most 100000 characters'],
    ['a context that is too long', { ...CAST, context: 'x'.repeat(200_000) }, 'context was left out: context takes text of at most 100000 characters'],
    ['assignments that are no list', { ...CAST, assignments: {} }, 'assignments was left out: it is not a list'],
    ['no checks at all', { ...CAST, checks: [] }, 'checks was left out: checks'],
    ['a 501st file', { ...CAST, requested_changes: Array.from({ length: 501 }, (_, n) => ({ path: `f${n}`, summary: 's' })) }, 'requested_changes from the 501st on were left out'],
  ])('%s is named, kept from the terminal, and the draft can be opened', (_, value, said) =>
    withBench(configured(), async (bench) => {
      const body = JSON.stringify(value)
      const view = await bench.engine.casts.begin({ kind: 'file', name: 'in.json', text: body }, TAB)
      expect(view.draft.source?.remarks[0]).toContain(said)
      expect(view.draft.source?.remarks.join('\n')).not.toMatch(/Invalid|Too big|Unrecognized/)
      expect(castViewSchema.safeParse(await bench.engine.casts.open(view.draft.id)).success).toBe(true)
      await expect(bench.engine.casts.writeFrom('in.json', Buffer.from(body), null, false)).rejects.toMatchObject({
        code: 'cast_would_lose',
        message: expect.stringContaining(said),
      })
      expect(bench.engine.casts.history()).toEqual([])
    })) // prettier-ignore

  test('other metadata stays where an assignment is none', () =>
    withBench(configured(), async (bench) => {
      const body = JSON.stringify({ ...CAST, assignments: 7, metadata: { ...META, team: 'blue' } })
      const view = await bench.engine.casts.begin({ kind: 'file', name: 'in.json', text: body }, TAB)
      expect(JSON.parse(view.examination.text)).toMatchObject({ metadata: { team: 'blue' } })
    }))

  test('half a character is refused in a file, is made whole in an answer, and locks no list', () =>
    withBench(configured(), async (bench) => {
      const body = JSON.stringify({ ...CAST, summary: 'half \ud800' })
      await expect(bench.engine.casts.begin({ kind: 'file', name: 'in.json', text: body }, TAB)).rejects.toMatchObject({ code: 'not_unicode' }) // prettier-ignore
      expect(bench.engine.casts.drafts()).toEqual([])
      const view = await store(bench, await begin(bench), { intent: 'half \udc00, whole 🙂' })
      expect(view.draft.answers.intent).toBe('half \ufffd, whole 🙂')
      // One of an earlier day that cannot be examined is told, and the others are there.
      bench.engine.ground.store.db.exec(`UPDATE cast_drafts SET answers = json_set(answers, '$.intent', 7)`)
      await begin(bench)
      const [sound, broken] = await bench.engine.casts.standings()
      expect(sound?.standing?.errors).toBeGreaterThan(0)
      expect(broken?.standing).toMatchObject({ errors: 1, file: null })
    }))
})

describe('answers', () => {
  test('blanks around one line go, and a check that says more is the same however it was typed', () =>
    withBench(configured(), async (bench) => {
      const items = [{ path: 'src/a.txt', summary: ' padded ', change: null }]
      const plain = await complete(bench, { items, summary: ' Two ', checks: ['{"run":"true"}'] })
      const other = await store(bench, plain, {
        items: [{ path: 'src/a.txt', summary: 'padded', change: null }],
        summary: 'Two',
        checks: [{ run: 'true' }],
      })
      expect(other.examination.text).toBe(plain.examination.text)
      expect(validateCast(JSON.parse(plain.examination.text)).ok).toBe(true)
    }))

  test('of another shape are refused, and nothing is stored', () =>
    withBench(configured(), async (bench) => {
      const view = await begin(bench)
      await expect(store(bench, view, { request_id: 'x'.repeat(5_000) })).rejects.toMatchObject({ code: 'bad_answer' })
      expect((await bench.engine.casts.open(view.draft.id)).draft.revision).toBe(1)
    })) // prettier-ignore

  test('an edit that does not fit is in no cast and keeps it from being written, until it is mended or taken out', () =>
    withBench(configured(), async (bench) => {
      const view = await complete(bench)
      const [item] = view.draft.answers.items
      const unfit = { kind: 'patch' as const, text: '@@ -1 +1 @@\n-no\n+yes\n', why: 'line 1 differs' }
      const broken = await store(bench, view, { items: [{ path: 'src/a.txt', summary: 'Name them', change: null, unfit }] })
      expect(errors(broken)).toEqual([['files', 'items[0].change']])
      expect(broken.examination.findings.find(({ code }) => code === 'unfit_edit')?.message).toContain('line 1 differs')
      expect(broken.examination.text).not.toContain('-no')
      await expect(write(bench, broken)).rejects.toMatchObject({ code: 'cast_unfinished' })
      const mended = await store(bench, broken, { items: item === undefined ? [] : [item] })
      expect(errors(mended)).toEqual([])
    })) // prettier-ignore
})

describe('finished edits without a base', () => {
  test.each([
    ['adds a file that is there', 'src/a.txt', 'add', 'is in the base already'],
    ['updates one that is not', 'src/none.txt', 'update', 'is not in the base'],
  ])('one that %s is told, for it is tried on the target as it is', (_, path, operation, said) =>
    withBench(configured(), async (bench) => {
      const value = { ...CAST, requested_changes: [{ path, summary: 's', change: edit(path, operation) }] }
      const view = await bench.engine.casts.begin({ kind: 'file', name: 'in.json', text: JSON.stringify(value) }, TAB)
      const found = view.examination.findings.find(({ code }) => code === 'does_not_apply_now')
      expect([found?.level, found?.field]).toEqual(['warning', 'items[0].change'])
      expect(found?.message).toContain(said)
      const fine = { ...CAST, requested_changes: [{ path: 'src/a.txt', summary: 's', change: edit('src/a.txt') }] }
      const other = await bench.engine.casts.begin({ kind: 'file', name: 'in.json', text: JSON.stringify(fine) }, TAB)
      expect(codes(other)).not.toContain('does_not_apply_now')
      expect(other.examination.edits[0]).toEqual({ plus: 1, minus: text().split('\n').length - 1 })
    })) // prettier-ignore
})

test('an approval is recorded only where the cast says of it what was recorded', () =>
  withBench(configured(), async (bench) => {
    const view = await complete(bench)
    const approved = await bench.engine.casts.approve(at(view), { by: 'Ann', role: 'owner', note: 'fine' })
    const [own] = approved.draft.answers.approvals
    expect(own).toMatchObject({ approver: 'Ann' })
    for (const other of [{ role: 'admin' }, { note: 'not fine' }, { approved_at: 1 }]) {
      const edited = await store(bench, await bench.engine.casts.open(view.draft.id), { approvals: [{ ...own, ...other } as never] })
      expect(edited.examination.approvals).toEqual(['claim'])
      expect(edited.examination.findings.find(({ code }) => code === 'approval_claim')?.message).toContain('are not those that were recorded')
    }
  })) // prettier-ignore
