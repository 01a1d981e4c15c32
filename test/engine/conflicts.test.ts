import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conflictRecordSchema, type ConflictRecord } from '../../schemas/conflict.ts'
import { added, change, deleted, diffed, patched, replaced, request, type Json } from '../support/requests.ts'
import { attempt, land, withBench, type Workbench } from '../support/workbench.ts'

const TEN = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n'
const OURS = TEN.replace('five', 'FIVE of the target')
const THEIRS = TEN.replace('five', 'five of the change')

const oidOf = (bench: Workbench, text: string | Uint8Array): string =>
  bench.repo.run(['hash-object', '--stdin'], { stdin: text }).toString('utf8').trim()

/** Runs one change into a conflict and returns its record, which is as the schema says. */
async function conflictOf(bench: Workbench, value: Json): Promise<ConflictRecord> {
  const shown = await attempt(bench, value)
  expect([shown.status, shown.reason_code, shown.last_error]).toEqual([
    'conflict',
    'conflict',
    expect.any(String),
  ])
  expect(shown.attempts).toBe(0)
  expect(shown.log.map(({ message }) => message)).toContain('conflict')
  expect(shown.conflicts.length).toBe(1)
  return conflictRecordSchema.parse(shown.conflicts[0])
}

/** The operator's own commit, which the target follows. */
function commitAsOperator(bench: Workbench, message: string): string {
  return bench.repo.commit(message)
}

test('content: both changed a line; the record tells all sides and who touched it, by which intent', () =>
  withBench({ files: { 'src/f.txt': TEN } }, async (bench) => {
    const [first] = await land(
      bench,
      request(
        { task: 'FIRST', agent: 'agent-a', metadata: { intent: 'shout five' } },
        diffed('src/f.txt', TEN, OURS),
      ),
    )
    const tip = bench.tip()
    const edit = diffed('src/f.txt', TEN, THEIRS)
    expect(await conflictOf(bench, request({ task: 'SECOND', base: bench.base }, edit))).toEqual({
      path: 'src/f.txt',
      kind: 'content',
      base: { oid: oidOf(bench, TEN), mode: '100644' },
      ours: { oid: oidOf(bench, OURS), mode: '100644' },
      theirs: { oid: oidOf(bench, THEIRS), mode: '100644' },
      markers: TEN.replace(
        'five\n',
        '<<<<<<< target\nFIVE of the target\n||||||| base\nfive\n=======\nfive of the change\n>>>>>>> change 2 (SECOND)\n',
      ),
      rename_source: null,
      base_commit: bench.base,
      base_origin: 'given',
      tip,
      line_ending: 'lf',
      final_newline: true,
      touched_by: [
        { change_id: first, commit: tip, task_id: 'FIRST', agent: 'agent-a', intent: 'shout five' },
      ],
    })
    // The sides are there to be shown, though only the record names some of them.
    for (const text of [TEN, OURS, THEIRS]) bench.repo.git('cat-file', '-e', oidOf(bench, text))
    expect(bench.tip()).toBe(tip)
  }))

test('content: an operator who wrote trailers of his own is not taken for a change of this queue', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    bench.repo.write('f.txt', OURS)
    const commit = commitAsOperator(
      bench,
      'mine\n\nHyperion-Change: elsewhere/1\nTask-Id: ../x\nAgent: forged\n',
    )
    const record = await conflictOf(
      bench,
      request({ task: 'T', base: bench.base }, diffed('f.txt', TEN, THEIRS)),
    )
    expect(record.touched_by).toEqual([
      { change_id: null, commit, task_id: null, agent: 'Author', intent: 'mine' },
    ])
  }))

test('content: endings and the missing final newline are kept for whoever merges', () => {
  const crlf = TEN.replaceAll('\n', '\r\n').slice(0, -2)
  return withBench({ files: { 'f.txt': crlf } }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, diffed('f.txt', crlf, crlf.replace('five', 'FIVE'))))
    const record = await conflictOf(
      bench,
      request({ task: 'T', base: bench.base }, diffed('f.txt', crlf, crlf.replace('five', 'Five'))),
    )
    expect(record).toMatchObject({ kind: 'content', line_ending: 'crlf', final_newline: false })
    expect(record.markers).toContain('<<<<<<< target\r\nFIVE\r\n')
    expect(record.markers?.replaceAll('\r\n', '')).not.toContain('\n')
  })
})

test('add/add: both added a file; with equal texts and modes it is present already', () =>
  withBench({}, async (bench) => {
    const [first] = await land(bench, change({ task: 'FIRST', path: 'new.txt', add: 'of the target\n' }))
    const record = await conflictOf(
      bench,
      request({ task: 'T', base: bench.base }, added('new.txt', 'of the change\n')),
    )
    expect(record).toMatchObject({
      kind: 'add_add',
      base: null,
      base_commit: bench.base,
      base_origin: 'given',
    })
    expect(record.ours?.oid).toBe(oidOf(bench, 'of the target\n'))
    expect(record.theirs?.oid).toBe(oidOf(bench, 'of the change\n'))
    expect(record.markers).toContain('of the target\n||||||| base\n=======\nof the change\n')
    expect(record.touched_by.map((touched) => touched.change_id)).toEqual([first])

    // Without a base, even one queued after the file was there: what it adds is known all the same.
    const late = await conflictOf(bench, request({ task: 'LATE' }, added('new.txt', 'of the change\n')))
    expect(late).toMatchObject({ kind: 'add_add', base: null, base_commit: null, base_origin: 'unknown' })
    expect(late.theirs?.oid).toBe(oidOf(bench, 'of the change\n'))

    for (const more of [{ base: bench.base }, {}]) {
      const same = await attempt(
        bench,
        request({ task: `SAME-${Object.keys(more).length}`, ...more }, added('new.txt', 'of the target\n')),
      )
      expect(same).toMatchObject({ status: 'applied', landed_commit: null })
    }
  }))

test('modify/delete: the change deletes what the target changed', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, diffed('f.txt', TEN, OURS)))
    const record = await conflictOf(bench, request({ task: 'T', base: bench.base }, deleted('f.txt')))
    expect(record).toMatchObject({ kind: 'modify_delete', theirs: null, markers: null })
    expect([record.base?.oid, record.ours?.oid]).toEqual([oidOf(bench, TEN), oidOf(bench, OURS)])
  }))

test('delete/modify: the change changes what the target deleted', () =>
  withBench({ files: { 'f.txt': TEN, 'other.txt': 'x\n' } }, async (bench) => {
    const [first] = await land(bench, request({ task: 'FIRST' }, deleted('f.txt')))
    const record = await conflictOf(
      bench,
      request({ task: 'T', base: bench.base }, diffed('f.txt', TEN, THEIRS)),
    )
    expect(record).toMatchObject({ kind: 'delete_modify', ours: null, markers: null })
    expect([record.base?.oid, record.theirs?.oid]).toEqual([oidOf(bench, TEN), oidOf(bench, THEIRS)])
    expect(record.touched_by.map((touched) => touched.change_id)).toEqual([first])
  }))

test('mode: both added one text, one of them executable', () =>
  withBench({}, async (bench) => {
    await land(bench, change({ task: 'FIRST', path: 'run.sh', add: '#!/bin/sh\n' }))
    const value = change({
      task: 'T',
      path: 'run.sh',
      add: '#!/bin/sh\n',
      executable: true,
      base: bench.base,
    })
    const record = await conflictOf(bench, value)
    expect(record).toMatchObject({
      kind: 'mode',
      base: null,
      ours: { mode: '100644' },
      theirs: { mode: '100755' },
    })
    await bench.engine.resolve(2, 'operator', [{ path: 'run.sh', how: 'theirs', content: null }])
    await bench.drain()
    expect(bench.show(2)).toMatchObject({ status: 'applied', landed_commit: bench.tip() })
    expect(bench.repo.tree('hyperion/main').find(({ path }) => path === 'run.sh')?.mode).toBe('100755')
  }))

test('a mode that the target changed since is kept, by an exact patch and by a merge', () =>
  withBench({ files: { 'run.sh': TEN } }, async (bench) => {
    chmodSync(join(bench.dir, 'run.sh'), 0o755)
    commitAsOperator(bench, 'executable now')
    await land(
      bench,
      request({ task: 'A', base: bench.base }, diffed('run.sh', TEN, TEN.replace('one', 'ONE'))),
    )
    await land(
      bench,
      request({ task: 'B', base: bench.base }, diffed('run.sh', TEN, TEN.replace('ten', 'TEN'))),
    )
    const entry = bench.repo.tree('hyperion/main').find(({ path }) => path === 'run.sh')
    expect([entry?.mode, String(entry?.bytes)]).toEqual([
      '100755',
      TEN.replace('one', 'ONE').replace('ten', 'TEN'),
    ])
  }))

test('binary: the target made the file binary', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    bench.repo.write('f.txt', Buffer.from([0, 1, 2, 10]))
    commitAsOperator(bench, 'binary now')
    const record = await conflictOf(
      bench,
      request({ task: 'T', base: bench.base }, diffed('f.txt', TEN, THEIRS)),
    )
    expect(record).toMatchObject({ kind: 'binary', markers: null, theirs: { oid: oidOf(bench, THEIRS) } })
  }))

test('rename: a change follows the file, and a conflict there says where it came from', () =>
  withBench({ files: { 'old.txt': TEN } }, async (bench) => {
    bench.repo.git('mv', 'old.txt', 'new.txt')
    bench.repo.write('new.txt', OURS)
    const renaming = commitAsOperator(bench, 'renamed and shouted')
    const clean = request(
      { task: 'CLEAN', base: bench.base },
      diffed('old.txt', TEN, TEN.replace('ten', 'TEN')),
    )
    const [id = 0] = await land(bench, clean)
    expect(bench.show(id).landed_commit).toBe(bench.tip())
    expect(bench.text('new.txt')).toBe(OURS.replace('ten', 'TEN'))
    expect(bench.file('old.txt')).toBeNull()

    const record = await conflictOf(
      bench,
      request({ task: 'T', base: bench.base }, diffed('old.txt', TEN, THEIRS)),
    )
    expect(record).toMatchObject({
      kind: 'rename',
      path: 'new.txt',
      rename_source: 'old.txt',
      base_commit: bench.base,
    })
    expect(record.markers).toContain('FIVE of the target')
    expect(record.touched_by.map(({ commit }) => commit)).toEqual([renaming, bench.tip()])

    await bench.engine.resolve(2, 'operator', [
      { path: 'new.txt', how: 'from', content: Buffer.from('settled\n') },
    ])
    await bench.drain()
    expect(bench.show(2).status).toBe('applied')
    expect([bench.text('new.txt'), bench.file('old.txt')]).toEqual(['settled\n', null])
  }))

test('rename: a delete of a file that moved is a question, not done', () =>
  withBench({ files: { 'old.txt': TEN } }, async (bench) => {
    bench.repo.git('mv', 'old.txt', 'new.txt')
    commitAsOperator(bench, 'renamed')
    const record = await conflictOf(bench, request({ task: 'T', base: bench.base }, deleted('old.txt')))
    expect(record).toMatchObject({ kind: 'rename', path: 'new.txt', rename_source: 'old.txt', theirs: null })
    expect(record.ours?.oid).toBe(oidOf(bench, TEN))
    await bench.engine.resolve(1, 'operator', [{ path: 'new.txt', how: 'theirs', content: null }])
    await bench.drain()
    expect(bench.show(1)).toMatchObject({ status: 'applied', landed_commit: bench.tip() })
    expect(bench.file('new.txt')).toBeNull()
  }))

test('rename: two parts of a change that meet in one file are refused', () =>
  withBench({ files: { 'old.txt': TEN } }, async (bench) => {
    bench.repo.git('mv', 'old.txt', 'new.txt')
    bench.repo.write('new.txt', OURS)
    const tip = commitAsOperator(bench, 'renamed')
    for (const text of [THEIRS, TEN.replace('ten', 'TEN')]) {
      const value = request(
        { task: 'T', base: bench.base },
        diffed('old.txt', TEN, text),
        added('new.txt', 'x\n'),
      )
      expect(await attempt(bench, value)).toMatchObject({ status: 'failed', reason_code: 'paths_meet' })
    }
    expect(bench.tip()).toBe(tip)
  }))

test('base unknown: a patch that fits no commit goes to a person, who can write the text', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    const record = await conflictOf(
      bench,
      request({ task: 'T' }, patched('f.txt', '@@ -1,2 +1,2 @@\n never\n-was\n+there\n')),
    )
    expect(record).toMatchObject({
      kind: 'base_unknown', base: null, theirs: null, markers: null, base_commit: null, base_origin: 'unknown',
      ours: { oid: oidOf(bench, TEN) },
    }) // prettier-ignore
    const resolve = (how: 'theirs' | 'base' | 'from', content: Buffer | null = null): Promise<unknown> =>
      bench.engine.resolve(1, 'operator', [{ path: 'f.txt', how, content }])
    await expect(resolve('theirs')).rejects.toMatchObject({ code: 'no_such_side' })
    await expect(resolve('base')).rejects.toMatchObject({ code: 'no_such_side' })
    expect(bench.show(1).status).toBe('conflict')
    await resolve('from', Buffer.from('written by hand\n'))
    await bench.drain()
    expect(bench.show(1).status).toBe('applied')
    expect(bench.text('f.txt')).toBe('written by hand\n')
  }))

test('a merge that is clean lands, with what both changed', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    await land(bench, request({ task: 'A' }, diffed('f.txt', TEN, TEN.replace('two', 'TWO'))))
    await land(
      bench,
      request({ task: 'B', base: bench.base }, diffed('f.txt', TEN, TEN.replace('nine', 'NINE'))),
    )
    await land(bench, request({ task: 'C', base: bench.base }, replaced('f.txt', TEN.replace('six', 'SIX'))))
    expect(bench.text('f.txt')).toBe(TEN.replace('two', 'TWO').replace('nine', 'NINE').replace('six', 'SIX'))
  }))

test('one line changed the same way twice is present already', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    await land(bench, request({ task: 'A' }, diffed('f.txt', TEN, OURS)))
    const tip = bench.tip()
    const again = await attempt(bench, request({ task: 'B', base: bench.base }, diffed('f.txt', TEN, OURS)))
    expect(again).toMatchObject({ status: 'applied', landed_commit: null, check_verdict: 'not_run' })
    expect(again.log.map(({ message }) => message)).toContain('already present')
    expect(bench.tip()).toBe(tip)
  }))

test.each([
  ['a patch with LF', 'crlf', (text: string) => diffed('f.txt', text, text.replace('five', 'FIVE'))],
  ['a replacement with LF', 'crlf', (text: string) => replaced('f.txt', text.replace('five', 'FIVE'))],
  [
    'a patch with CR LF',
    'lf',
    () => patched('f.txt', '@@ -4,3 +4,3 @@\r\n four\r\n-five\r\n+FIVE\r\n six\r\n'),
  ],
] as const)(
  '%s on a file that ends its lines with %s is converted, and the log says so',
  (_, ending, make) => {
    const stored = ending === 'crlf' ? TEN.replaceAll('\n', '\r\n') : TEN
    return withBench({ files: { 'f.txt': stored } }, async (bench) => {
      const [id = 0] = await land(bench, request({ task: 'T' }, make(TEN)))
      expect(bench.text('f.txt')).toBe(stored.replace('five', 'FIVE'))
      const told = bench.show(id).log.find(({ message }) => message === 'applied')?.details
      expect(JSON.stringify(told?.['normalised'])).toContain('line endings were converted')
    })
  },
)
