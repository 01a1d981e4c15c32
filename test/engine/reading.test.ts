/** Changes and files as they are read: what landed as git has it, what did not as it was written, and nothing is left. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asHyperionError } from '../../main/engine/base/errors.ts'
import { openObjects } from '../../main/engine/git/objects.ts'
import { openReading } from '../../main/engine/workspace/reading.ts'
import { changedFilesSchema, changedTextsSchema, fileTextSchema, MAX_READ } from '../../schemas/reading.ts'
import { added, deleted, patched, replaced, request } from '../support/requests.ts'
import { land, withBench, type Workbench } from '../support/workbench.ts'

const FILES = {
  'a.txt': 'one\ntwo\nthree\n',
  'b.txt': 'x\r\ny\r\n',
  'dir/gone.txt': 'away\nwith\nit\n',
  'pic.bin': new Uint8Array([0, 1, 2]),
  'large.txt': 'x'.repeat(MAX_READ),
  'larger.txt': 'x'.repeat(MAX_READ + 1),
  'latin.txt': new Uint8Array([0x66, 0xfc, 0x72, 0x0a]),
}
const SECOND = '@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n'

const bench = (work: (b: Workbench) => Promise<void>): Promise<void> => withBench({ files: FILES }, work)

async function filesOf(b: Workbench, id: number) {
  return changedFilesSchema.parse(await b.engine.reading.files(id))
}
async function textsOf(b: Workbench, id: number, path: string) {
  return changedTextsSchema.parse(await b.engine.reading.texts(id, path))
}
const queued = async (b: Workbench, value: unknown): Promise<number> => (await b.enqueue(value))[0] ?? 0
const refusal = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'told',
    (thrown: unknown) => asHyperionError(thrown).code,
  )

describe('a landed change', () => {
  test('is its commit against the parent, whatever landed since', () =>
    bench(async (b) => {
      const [id = 0] = await land(
        b,
        request(
          { task: 'T-1' },
          patched('a.txt', SECOND),
          added('run.sh', '#!/bin/sh\n', true),
          deleted('dir/gone.txt'),
        ),
      )
      await land(b, request({ task: 'T-2' }, replaced('a.txt', 'all\nelse\n')))
      expect(await filesOf(b, id)).toEqual({
        landed: b.show(id).landed_commit,
        files: [
          { path: 'a.txt', state: 'changed', added: 1, removed: 1, note: null },
          { path: 'dir/gone.txt', state: 'deleted', added: 0, removed: 3, note: null },
          { path: 'run.sh', state: 'added', added: 1, removed: 0, note: 'executable' },
        ],
        more: 0,
        note: null,
      })
      expect(await textsOf(b, id, 'a.txt')).toMatchObject({
        base_origin: 'landed',
        before: { text: 'one\ntwo\nthree\n' },
        after: { text: 'one\nzwei\nthree\n' },
        before_commit: b.base,
        after_commit: b.show(id).landed_commit,
      })
      expect(await textsOf(b, id, 'run.sh')).toMatchObject({
        before: { text: null, absent: true, reason: null },
        after: { text: '#!/bin/sh\n', executable: true },
      })
      expect((await textsOf(b, id, 'dir/gone.txt')).after).toMatchObject({ text: null, absent: true })
      expect(await refusal(b.engine.reading.texts(id, 'b/../a.txt'))).toBe('no_such_path')
      expect(await refusal(b.engine.reading.texts(99, 'a.txt'))).toBe('no_such_change')
    }))

  test('tells of both its sides where a line comes from', () =>
    bench(async (b) => {
      const [first = 0] = await land(b, request({ task: 'T-1' }, patched('a.txt', SECOND)))
      const again = '@@ -2 +2,2 @@\n-zwei\n+dos\n+tres\n'
      const [second = 0] = await land(b, request({ task: 'T-2' }, patched('a.txt', again)))
      const of = (side: 'before' | 'after', line: number) =>
        b.engine.reading.why({ id: second, side }, 'a.txt', line)
      expect(await of('before', 2)).toMatchObject({ text: 'zwei', change: { id: first } })
      expect(await of('after', 3)).toMatchObject({ text: 'tres', change: { id: second } })
      expect(await of('after', 1)).toMatchObject({ text: 'one', last: { origin: 'operator' }, change: null })
      const waiting = await queued(b, request({ task: 'T-3' }, replaced('a.txt', 'x\n')))
      expect(await refusal(b.engine.reading.why({ id: waiting, side: 'after' }, 'a.txt', 1))).toBe(
        'not_landed',
      )
    }))

  test('that found everything there already, or whose commit is gone, is shown as written, saying so', () =>
    bench(async (b) => {
      const [same = 0] = await land(b, request({ task: 'T-1' }, replaced('a.txt', FILES['a.txt'])))
      expect(b.show(same).landed_commit).toBeNull()
      expect((await filesOf(b, same)).note).toMatch(/was there already/)
      const [id = 0] = await land(b, request({ task: 'T-2' }, patched('a.txt', SECOND)))
      b.engine.ground.store.db
        .sql('UPDATE change_queue SET landed_commit = ? WHERE id = ?')
        .run('1'.repeat(40), id)
      expect(await filesOf(b, id)).toMatchObject({
        landed: null,
        files: [{ path: 'a.txt', state: 'changed', added: 1, removed: 1 }],
        note: expect.stringContaining('has the landed commit no more'),
      })
    }))
})

describe('a change that did not land', () => {
  test('is what it makes of what it was written on, counted as git counts', () =>
    bench(async (b) => {
      await land(
        b,
        request({ task: 'T-0', priority: 'urgent' }, patched('a.txt', '@@ -3 +3 @@\n-three\n+drei\n')),
      )
      const id = await queued(
        b,
        request(
          { task: 'T-1', base: b.base },
          patched('a.txt', SECOND),
          replaced('b.txt', 'x\r\ny\r\nz\r\n'),
          deleted('dir/gone.txt'),
          added('dir/gone.txt/now-a-folder', 'new\nfile\n'),
        ),
      )
      expect((await filesOf(b, id)).files).toEqual([
        { path: 'a.txt', state: 'changed', added: 1, removed: 1, note: null },
        { path: 'b.txt', state: 'changed', added: 1, removed: 0, note: null },
        { path: 'dir/gone.txt', state: 'deleted', added: 0, removed: 3, note: null },
        { path: 'dir/gone.txt/now-a-folder', state: 'added', added: 2, removed: 0, note: null },
      ])
      expect(await textsOf(b, id, 'a.txt')).toMatchObject({
        base_origin: 'given',
        before: { text: FILES['a.txt'] },
        after: { text: 'one\nzwei\nthree\n' },
        before_commit: b.base,
        after_commit: null,
      })
    }))

  test('has its base found where it names none, and says where there is none', () =>
    bench(async (b) => {
      const fits = await queued(b, request({ task: 'T-1' }, patched('a.txt', SECOND)))
      expect((await textsOf(b, fits, 'a.txt')).base_origin).toBe('inferred')
      const nowhere = '@@ -1,3 +1,3 @@\n never\n-was\n+is\n there\n'
      const id = await queued(b, request({ task: 'T-2' }, patched('a.txt', nowhere)))
      expect((await filesOf(b, id)).files).toEqual([
        { path: 'a.txt', state: 'unknown', added: null, removed: null, note: expect.stringContaining('no commit is known') },
      ]) // prettier-ignore
      expect(await textsOf(b, id, 'a.txt')).toMatchObject({
        base_origin: 'unknown',
        before: null,
        after: null,
        note: expect.stringContaining('no commit is known'),
      })
      const binary = await queued(b, request({ task: 'T-3' }, replaced('pic.bin', 'text\n')))
      expect((await filesOf(b, binary)).files).toMatchObject([
        { state: 'refused', note: expect.stringContaining('binary') },
      ])
      expect((await textsOf(b, binary, 'pic.bin')).note).toMatch(/binary/)
    }))

  test('leaves nothing in the repository by being read', () =>
    bench(async (b) => {
      const id = await queued(
        b,
        request({ task: 'T-1', base: b.base }, deleted('dir/gone.txt'), added('dir/gone.txt/in', 'x\n')),
      )
      const { repository, repoGit, store } = b.engine.ground
      const scratch = join(b.dir, '.hyperion', 'tmp')
      const objects = openObjects(repository.format, repoGit)
      const { target } = b.engine
      const deps = { store, objects, repoGit, buildGit: repoGit, scratch, target, workspaceUuid: 'any' }
      const reading = openReading(deps)
      const before = b.repo.git('count-objects', '-v')
      expect((await reading.files(id)).files).toMatchObject([{ state: 'deleted' }, { state: 'added' }])
      await reading.texts(id, 'dir/gone.txt/in')
      // Whoever else works with these objects writes what is staged there.
      await objects.flush()
      objects.close()
      expect(b.repo.git('count-objects', '-v')).toBe(before)
      expect(readdirSync(scratch).filter((name) => name.startsWith('counts-'))).toEqual([])
    }))
})

test('a file of the target is read as it landed, or says why there is no text of it', () =>
  bench(async (b) => {
    const read = async (path: string) => fileTextSchema.parse(await b.engine.reading.file(path))
    expect(await read('b.txt')).toEqual({
      path: 'b.txt',
      target: 'hyperion/main',
      tip: b.base,
      text: 'x\r\ny\r\n',
      absent: false,
      bytes: 6,
      executable: false,
      reason: null,
    })
    expect(await read('pic.bin')).toMatchObject({ text: null, reason: 'binary', bytes: 3 })
    expect(await read('latin.txt')).toMatchObject({ text: null, reason: 'not_utf8', bytes: 4 })
    expect(await read('large.txt')).toMatchObject({ reason: null, text: expect.stringMatching(/^x{9}/) })
    expect(await read('larger.txt')).toMatchObject({ text: null, reason: 'too_large', bytes: MAX_READ + 1 })
    for (const path of ['none.txt', '../a.txt', 'dir', 'a.txt/b', '/etc/passwd', 'a\0.txt'])
      expect(await refusal(b.engine.reading.file(path)), path).toMatch(
        /^(no_such_path|not_a_regular_file|path_under_file)$/,
      )
  }))
