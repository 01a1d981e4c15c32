/** The cast builder's side of the engine: drafts, what they come to, edits on a pinned base, paths. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { castSchema } from '../../schemas/cast.ts'
import { diffed, replaced, request } from '../support/requests.ts'
import { land, withBench } from '../support/workbench.ts'
import { TAB, text, configured, begin, store, complete, errors, write, queue } from './casts-support.ts'

describe('a draft', () => {
  test('begins with the next free id, and each thing that is missing is named at the step that asks for it', () =>
    withBench(configured(), async (bench) => {
      const first = await begin(bench)
      expect(first.draft.answers.request_id).toBe('REQ-1')
      expect((await begin(bench)).draft.answers.request_id).toBe('REQ-2')
      expect(errors(first)).toEqual(
        expect.arrayContaining([
          ['intent', 'summary'],
          ['files', 'items'],
          ['intent', 'intent'],
          ['anchors', 'complexity'],
        ]),
      )
      expect(errors(first)).toHaveLength(4)
      expect(first.examination.steps.map(({ errors: n }) => n)).toEqual([2, 1, 1, 0, 0])
      await expect(write(bench, first)).rejects.toMatchObject({ code: 'cast_unfinished' })
      expect(existsSync(join(bench.dir, 'taskjson'))).toBe(false)
    }))

  test('becomes exactly the file that was shown, which lands what was edited', () =>
    withBench(configured(), async (bench) => {
      const view = await complete(bench)
      expect(errors(view)).toEqual([])
      const { examination } = view
      castSchema.parse(JSON.parse(examination.text))
      expect(examination).toMatchObject({
        file: { path: 'taskjson/REQ-7.json', state: 'none' },
        model: { name: 'gpt-4.1', why: 'complexity is 3 or less' },
        edits: [{ plus: 2, minus: 2 }],
      })
      const written = await write(bench, view)
      expect(written.context_problem).toBeNull()
      const file = join(bench.dir, written.path)
      expect(readFileSync(file, 'utf8')).toBe(examination.text)
      const context = JSON.parse(readFileSync(join(bench.dir, 'execution/next_task_context.json'), 'utf8'))
      expect(context).toMatchObject({
        request_id: 'REQ-7',
        intent: 'So that they are read more easily',
        complexity: 2,
        telemetry_anchors: ['naming'],
        agent_model: 'gpt-4.1',
        sample_diff: examination.sample_diff,
      })
      expect(bench.engine.casts.history()).toMatchObject([
        { request_id: 'REQ-7', file: 'same', request: null },
      ])
      const done = await queue(bench)
      expect(done.failed).toEqual([])
      await bench.drain()
      expect(bench.text('src/a.txt')).toBe(text({ 3: 'three\n', 25: 'twenty-five\n' }))
      expect(bench.engine.casts.history()).toMatchObject([
        { request: { status: 'queued', same: true, changes: { applied: 1 } } },
      ])
      writeFileSync(file, '{}')
      expect(bench.engine.casts.history()).toMatchObject([{ file: 'other' }])
      expect(() => bench.engine.casts.readWritten('REQ-7')).toThrow(/is not what was written/)
      rmSync(file)
      expect(bench.engine.casts.history()).toMatchObject([{ file: 'gone' }])
    }))

  test('the same answers are the same bytes, in whatever order they were given', () =>
    withBench(configured(), async (bench) => {
      const one = await complete(bench)
      let other = await begin(bench)
      for (const [key, value] of Object.entries(one.draft.answers).toReversed())
        other = await store(bench, other, { [key]: value })
      expect(other.examination.text).toBe(one.examination.text)
    }))

  test('of two windows the one that is behind stores nothing and hears what the other wrote', () =>
    withBench(configured(), async (bench) => {
      const view = await begin(bench)
      const heard: number[] = []
      const over = new AbortController()
      const watching = (async () => {
        for await (const { revision } of bench.engine.casts.watch(
          view.draft.id,
          over.signal,
          async () => {},
        )) {
          heard.push(revision)
          if (revision === 2) return
        }
      })()
      await store(bench, view, { summary: 'first' })
      await watching
      expect(heard.at(-1)).toBe(2)
      const { id, step, answers } = view.draft
      const late = await bench.engine.casts.store({
        id,
        revision: 1,
        step,
        tab: 'tab-2',
        answers: { ...answers, intent: 'late' },
      })
      expect(late).toMatchObject({
        stored: false,
        draft: { revision: 2, answers: { summary: 'first', intent: '' } },
      })
      over.abort()
    }))

  test('that is put away is not listed, and can be taken out again', () =>
    withBench(configured(), async (bench) => {
      const { draft } = await begin(bench)
      bench.engine.casts.setDiscarded(draft.id, true)
      expect(bench.engine.casts.drafts()).toEqual([])
      bench.engine.casts.setDiscarded(draft.id, false)
      expect(bench.engine.casts.drafts()).toMatchObject([{ id: draft.id, request_id: 'REQ-1' }])
    }))

  test('with an id that stands for another request is told so, and a copy gets one of its own', () =>
    withBench(configured(), async (bench) => {
      const view = await complete(bench)
      await write(bench, view)
      await queue(bench)
      const again = await store(bench, view, { summary: 'Something else' })
      expect(errors(again)).toEqual([['intent', 'request_id']])
      const copy = await bench.engine.casts.begin({ kind: 'draft', id: view.draft.id }, TAB)
      expect(copy.draft.answers).toMatchObject({
        request_id: 'REQ-8',
        summary: 'Something else',
        approvals: [],
      })
    }))
})

describe('an edit', () => {
  test('is cut by git, made on the pinned base, and tried there though the target moved on', () =>
    withBench(configured(), async (bench) => {
      const view = await complete(bench)
      const patch = view.draft.answers.items[0]?.change?.patch ?? ''
      expect(patch.match(/^@@/gm)).toHaveLength(2)
      const base = bench.tip()
      await land(bench, request({ task: 'T' }, diffed('src/a.txt', text(), text({ 15: 'fifteen\n' }))))
      const found = await bench.engine.casts.base(base, 'src/a.txt')
      expect([found.text, found.base_commit]).toEqual([text(), base])
      expect((await bench.engine.casts.base(null, 'src/a.txt')).text).toBe(text({ 15: 'fifteen\n' }))
      const again = await bench.engine.casts.open(view.draft.id)
      expect(again.examination.edits).toEqual([{ plus: 2, minus: 2 }])
      await write(bench, again)
      await queue(bench)
      await bench.drain()
      expect(bench.text('src/a.txt')).toBe(text({ 3: 'three\n', 15: 'fifteen\n', 25: 'twenty-five\n' }))
    }))

  test('keeps line ends and a missing last one', () =>
    withBench(configured(), async (bench) => {
      const made = await bench.engine.casts.author('win.txt', null, {
        kind: 'text',
        text: 'one\r\n2\r\nthree',
        executable: false,
      })
      const view = await complete(bench, {
        items: [{ path: 'win.txt', summary: 's', change: made.change }],
      })
      await write(bench, view)
      await queue(bench)
      await bench.drain()
      expect(bench.file('win.txt')?.toString()).toBe('one\r\n2\r\nthree')
    }))

  test('that adds or deletes, or comes as a patch, is the entry it amounts to; what is none says why', () =>
    withBench(configured(), async (bench) => {
      const { casts } = bench.engine
      const edit = (path: string, body: string) =>
        casts.author(path, null, { kind: 'text', text: body, executable: false })
      expect((await edit('new/ä file.txt', 'x\n')).change).toMatchObject({
        operation: 'add',
        replacement: 'x\n',
      })
      expect((await casts.author('src/b.txt', null, { kind: 'delete' })).change).toMatchObject({
        operation: 'delete',
      })
      const patch = '@@ -1,2 +1,2 @@\n-line 1\n+LINE 1\n line 2\n'
      expect(await casts.author('src/b.txt', null, { kind: 'patch', patch })).toMatchObject({
        change: { operation: 'update', patch },
        plus: 1,
        minus: 1,
      })
      const refused: [Promise<{ problem: string | null }>, RegExp][] = [
        [edit('src/a.txt', text()), /would stay as it is/],
        [edit('../out.txt', 'x'), /\.\./],
        [edit('src', 'x'), /folder/],
        [edit('src/a.txt/deeper', 'x'), /not a folder/],
        [casts.author('none.txt', null, { kind: 'delete' }), /not in the base/],
        [
          casts.author('src/b.txt', null, { kind: 'patch', patch: '@@ -1 +1 @@\n-nothing\n+x\n' }),
          /does not fit/,
        ],
        [casts.author('src/b.txt', null, { kind: 'patch', patch: 'no patch' }), /is refused/],
      ]
      for (const [made, why] of refused) expect((await made).problem).toMatch(why)
      await expect(casts.base('f'.repeat(40), 'src/a.txt')).rejects.toMatchObject({ code: 'base_missing' })
    }))

  test('that does not apply, a path nobody tracks, one others edit and one that comes twice are told at the item', () =>
    withBench(configured(), async (bench) => {
      await bench.enqueue(request({ task: 'OPEN-1' }, replaced('src/b.txt', 'all new\n')))
      const view = await complete(bench)
      const [item] = view.draft.answers.items
      const broken = await store(bench, view, {
        items: [
          { path: 'src/b.txt', summary: 'b', change: null },
          { path: 'src/b.txt', summary: 'again', change: null },
          { path: 'new.txt', summary: 'new', change: null },
          {
            path: 'src/b.txt',
            summary: 'bad',
            change:
              item?.change === undefined || item.change === null ? null : { ...item.change, path: 'win.txt' },
          },
          {
            path: 'win.txt',
            summary: 'bad',
            change:
              item?.change === undefined || item.change === null ? null : { ...item.change, path: 'win.txt' },
          },
        ],
      })
      const told = broken.examination.findings.map(({ field, code }) => `${field} ${code}`)
      expect(told).toEqual(
        expect.arrayContaining([
          'items[0].path also_edited',
          'items[1].path path_again',
          'items[2].path untracked',
          'items[3].change.path path_differs',
          'items[4].change does_not_apply',
        ]),
      )
    }))

  test('that adds a file which the base has, or deletes one that it lacks, does not apply', () =>
    withBench(configured(), async (bench) => {
      const view = await complete(bench)
      const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
      const wrong = await store(bench, view, {
        items: [
          {
            path: 'src/a.txt',
            summary: 'a',
            change: { path: 'src/a.txt', operation: 'add', replacement: '', patch_hash: hash },
          },
          {
            path: 'none.txt',
            summary: 'd',
            change: { path: 'none.txt', operation: 'delete', patch_hash: hash },
          },
        ],
      })
      expect(errors(wrong)).toEqual([
        ['files', 'items[0].change'],
        ['files', 'items[1].change'],
      ])
    }))
})

describe('paths', () => {
  test('are those of the target, names first, with who else edits them', () =>
    withBench(configured(), async (bench) => {
      await bench.enqueue(request({ task: 'OPEN-1' }, replaced('src/b.txt', 'all new\n')))
      expect(await bench.engine.casts.paths('b.t', 10)).toEqual([
        { path: 'src/b.txt', tracked: true, also: ['OPEN-1'] },
      ])
      expect((await bench.engine.casts.paths('W', 10)).map(({ path }) => path)).toEqual(['win.txt'])
      expect(await bench.engine.casts.paths('nothing', 10)).toEqual([])
      expect(await bench.engine.casts.paths('', 2)).toHaveLength(2)
    }))
})
