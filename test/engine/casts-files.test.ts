/** Approvals of casts, casts that come from elsewhere, and the files they are written to. */
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withBench } from '../support/workbench.ts'
import { TAB, configured, store, complete, errors, codes, at, write, queue } from './casts-support.ts'

describe('approvals', () => {
  const policy = configured({ approvals: { required: 1 } })

  test('that were recorded for this very content count for what becomes of it', () =>
    withBench(policy, async (bench) => {
      const view = await complete(bench)
      expect(codes(view)).toContain('approval_needed')
      const approved = await bench.engine.casts.approve(at(view), { by: 'Ada', role: 'owner', note: 'fine' })
      expect(approved.examination.approvals).toEqual(['recorded'])
      expect(codes(approved)).not.toContain('approval_needed')
      expect(approved.draft.answers.approvals).toMatchObject([
        { approver: 'Ada', role: 'owner', note: 'fine', payload_hash: view.examination.content_hash },
      ])
      await write(bench, approved)
      await queue(bench)
      await bench.drain()
      expect(bench.statuses()).toEqual(['applied'])
      expect(bench.landed().at(-1)?.trailers).toContain('Approved-By: Ada')
    }))

  test('are void once the content changed, and stand again where it is what it was', () =>
    withBench(policy, async (bench) => {
      const view = await complete(bench)
      const approved = await bench.engine.casts.approve(at(view), { by: 'Ada', role: null, note: null })
      const edited = await store(bench, approved, { intent: 'Something else' })
      expect(edited.examination.approvals).toEqual(['void'])
      expect(codes(edited)).toEqual(expect.arrayContaining(['approval_void', 'approval_needed']))
      const back = await store(bench, edited, { intent: view.draft.answers.intent })
      expect(back.examination.approvals).toEqual(['recorded'])
      const written = await store(bench, back, { intent: 'Something else' })
      await write(bench, written)
      await queue(bench)
      await bench.drain()
      expect(bench.statuses()).toEqual(['held'])
    }))

  test('that a file claims, or that were taken back, count for nothing', () =>
    withBench(policy, async (bench) => {
      const view = await complete(bench)
      const claimed = await store(bench, view, {
        approvals: [
          { approver: 'Eve', approved_at: 1_760_000_000, payload_hash: view.examination.content_hash },
        ],
      })
      expect(claimed.examination.approvals).toEqual(['claim'])
      const approved = await bench.engine.casts.approve(at(claimed), { by: 'Ada', role: null, note: null })
      expect(approved.examination.approvals).toEqual(['claim', 'recorded'])
      const withdrawn = await bench.engine.casts.withdraw(at(approved), 1)
      expect(withdrawn.examination.approvals).toEqual(['claim'])
      await write(bench, withdrawn)
      await queue(bench)
      await bench.drain()
      expect(bench.statuses()).toEqual(['held'])
    }))

  test('let a check run that the cast names', () =>
    withBench(
      configured({ approvals: { required: 1 }, checks: { allow: { good: 'true' } } }),
      async (bench) => {
        const view = await complete(bench, { checks: ['good', 'echo named'] })
        const approved = await bench.engine.casts.approve(at(view), { by: 'Ada', role: null, note: null })
        await write(bench, approved)
        await queue(bench)
        const [row] = bench.engine.list({})
        expect(bench.show(row?.id ?? 0).approvals).toMatchObject([{ approver: 'Ada' }])
      },
    ))
})

describe('a file that is brought in', () => {
  const cast = {
    schema: 'hyperion.cast/1',
    request_id: 'REQ-50',
    summary: 'From elsewhere',
    requested_changes: [{ path: 'src/a.txt', summary: 'An agent does it' }],
    metadata: {
      team: { name: 'other' },
      agent_model: 'gpt-5-mini',
      approvals: [],
      telemetry_anchors: [],
      sample_diff: '',
      complexity: 5,
      intent: 'why not',
    },
  }
  const file = (value: unknown, name = 'cast.json') => ({
    kind: 'file' as const,
    name,
    text: typeof value === 'string' ? value : JSON.stringify(value),
  })

  test('and not changed is written again byte for byte, its own layout and further metadata with it', () =>
    withBench(configured(), async (bench) => {
      const body = `${JSON.stringify(cast, null, 7)}   \n`
      const view = await bench.engine.casts.begin(file(body), TAB)
      expect(view.draft.source).toEqual({ name: 'cast.json', remarks: [] })
      const written = await write(bench, view)
      expect(readFileSync(join(bench.dir, written.path), 'utf8')).toBe(body)
      const edited = await store(bench, view, { summary: 'Another' })
      expect(JSON.parse(edited.examination.text)).toMatchObject({
        summary: 'Another',
        metadata: { team: { name: 'other' } },
      })
    }))

  test('of before this version is brought up to it, and says so', () =>
    withBench(configured(), async (bench) => {
      const { schema: _, ...old } = cast
      const view = await bench.engine.casts.begin(file(old), TAB)
      expect(view.draft.source?.remarks).toEqual([expect.stringMatching(/brought up to it/)])
      expect(errors(view)).toEqual([])
      expect(JSON.parse(view.examination.text)).toMatchObject({
        schema: 'hyperion.cast/1',
        request_id: 'REQ-50',
      })
    }))

  test('with faults is taken as far as it goes, each fault at its field', () =>
    withBench(configured(), async (bench) => {
      const view = await bench.engine.casts.begin(
        file({
          ...cast,
          colour: 'blue',
          priority: 'soon',
          requested_changes: [
            { path: '../outside.txt', summary: 'Out' },
            {
              path: 'src/a.txt',
              summary: 'Wrong hash',
              change: {
                path: 'src/a.txt',
                operation: 'update',
                replacement: 'x\n',
                patch_hash: 'f'.repeat(64),
              },
            },
            { path: 'src/b.txt', summary: 'No edit', change: { oops: 1 }, more: true },
            7,
          ],
          metadata: {
            ...cast.metadata,
            complexity: 11,
            approvals: [{ approver: 'Eve', approved_at: 1, payload_hash: 'a'.repeat(64) }],
          },
        }),
        TAB,
      )
      const remarks = view.draft.source?.remarks.join('\n') ?? ''
      for (const name of [
        'colour',
        'priority',
        'requested_changes[2].change',
        'requested_changes[2].more',
        'requested_changes[3]',
        'metadata.complexity',
      ])
        expect(remarks).toContain(name)
      expect(errors(view)).toEqual(
        expect.arrayContaining([
          ['files', 'items[0].path'],
          ['files', 'items[1].change.patch_hash'],
          ['anchors', 'complexity'],
        ]),
      )
      expect(view.examination.approvals).toEqual(['void'])
    }))

  test.each([
    ['no JSON', '{', 'malformed_json'],
    ['no object', '[]', 'not_a_cast'],
    ['a version nobody knows', { ...cast, schema: 'hyperion.cast/9' }, 'unknown_cast_version'],
    ['a key twice', '{"a":1,"a":2}', 'duplicate_key'],
  ])('that is %s is refused', (_, value, code) =>
    withBench(configured(), async (bench) => {
      await expect(bench.engine.casts.begin(file(value), TAB)).rejects.toMatchObject({ code })
      expect(bench.engine.casts.drafts()).toEqual([])
    }),
  )
})

describe('the file', () => {
  test('is not written over another, nor through a link, and is left alone where nothing would change', () =>
    withBench(configured(), async (bench) => {
      const view = await complete(bench)
      const folder = join(bench.dir, 'taskjson')
      const file = join(folder, 'REQ-7.json')
      mkdirSync(folder)
      writeFileSync(file, 'mine')
      await expect(write(bench, view)).rejects.toMatchObject({ code: 'cast_exists' })
      expect(readFileSync(file, 'utf8')).toBe('mine')
      await write(bench, view, true)
      const { ino } = lstatSync(file)
      await write(bench, view)
      expect(lstatSync(file).ino).toBe(ino)
      rmSync(file)
      writeFileSync(join(bench.dir, 'elsewhere.json'), 'mine')
      symlinkSync('../elsewhere.json', file)
      await expect(write(bench, view, true)).rejects.toMatchObject({ code: 'not_a_file' })
      expect(readFileSync(join(bench.dir, 'elsewhere.json'), 'utf8')).toBe('mine')
      rmSync(folder, { recursive: true })
      mkdirSync(join(bench.dir, 'other'))
      symlinkSync('other', folder)
      await expect(write(bench, view)).rejects.toMatchObject({ code: 'not_a_folder' })
      rmSync(folder)
      writeFileSync(folder, 'a file')
      await expect(write(bench, view)).rejects.toMatchObject({ code: 'not_a_folder' })
      expect(readFileSync(folder, 'utf8')).toBe('a file')
    }))
})
