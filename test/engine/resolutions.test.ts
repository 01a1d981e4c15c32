import { expect, test } from 'vitest'
import { added, deleted, diffed, replaced, request } from '../support/requests.ts'
import { attempt, land, withBench, type Workbench } from '../support/workbench.ts'

const TEN = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n'
const OURS = TEN.replace('five', 'FIVE of the target')
const THEIRS = TEN.replace('five', 'five of the change')
const SETTLED = TEN.replace('five', 'five, as settled')
const FILES = { 'a.txt': TEN, 'b.txt': TEN, 'c.txt': TEN }

const PATHS = ['a.txt', 'b.txt'] as const

/** A change in conflict at `a.txt` and `b.txt` that also edits `c.txt`, where nothing is in its way. */
async function inConflict(bench: Workbench): Promise<number> {
  await land(bench, request({ task: 'FIRST' }, ...PATHS.map((path) => diffed(path, TEN, OURS))))
  const edits = PATHS.map((path) => diffed(path, TEN, THEIRS))
  const last = diffed('c.txt', TEN, TEN.replace('ten', 'TEN'))
  const shown = await attempt(bench, request({ task: 'SECOND', base: bench.base }, ...edits, last))
  expect(shown.conflicts.map(({ path }) => path)).toEqual([...PATHS])
  return shown.id
}

const settled = (path: string, text = SETTLED) => ({ path, how: 'from', content: Buffer.from(text) }) as const
const side = (path: string, how: 'ours' | 'theirs' | 'base' | 'delete') =>
  ({ path, how, content: null }) as const

test('a resolution must decide every conflicted path and no other, or nothing is kept of it', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const refusals: [Parameters<typeof bench.engine.resolve>[2], string, string][] = [
      [[settled('a.txt')], 'paths_missing', 'b.txt'],
      [[], 'paths_missing', 'a.txt, b.txt'],
      [[settled('a.txt'), settled('b.txt'), settled('c.txt')], 'not_in_conflict', 'c.txt'],
    ]
    for (const [decisions, code, names] of refusals) {
      const resolving = bench.engine.resolve(id, 'operator', decisions)
      await expect(resolving).rejects.toMatchObject({ code, message: expect.stringContaining(names) })
    }
    expect(bench.show(id)).toMatchObject({ status: 'conflict', resolutions: [] })
    const cli = bench.cli('resolve', String(id), '--by', 'operator', '--path', 'a.txt', '--ours')
    expect([cli.code, cli.stdout]).toEqual([1, ''])
    expect(cli.stderr).toContain('b.txt')
  }))

test('a resolved change lands as the same row with the same payload, its other paths merged as ever', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const before = bench.show(id)
    await bench.engine.resolve(
      id,
      'operator',
      PATHS.map((path) => settled(path)),
    )
    expect(bench.show(id).status).toBe('pending')
    await bench.drain()
    const after = bench.show(id)
    expect(after).toMatchObject({ status: 'applied', landed_commit: bench.tip(), last_error: null })
    expect([after.payload, after.payload_hash, after.task_id]).toEqual([
      before.payload,
      before.payload_hash,
      'SECOND',
    ])
    expect(after.fence).toBeGreaterThan(before.fence)
    expect(after.resolutions.map(({ path, how, resolved_by }) => [path, how, resolved_by])).toEqual(
      PATHS.map((path) => [path, 'from', 'operator']),
    )
    expect(PATHS.map((path) => bench.text(path))).toEqual([SETTLED, SETTLED])
    expect(bench.text('c.txt')).toBe(TEN.replace('ten', 'TEN'))
    expect(bench.engine.list({}).length).toBe(2)
    expect(bench.landed().length).toBe(2)
  }))

test.each([
  ['ours', OURS],
  ['theirs', THEIRS],
  ['base', TEN],
  ['delete', null],
] as const)('--%s for every path takes that side', (how, text) =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const flags = PATHS.flatMap((path) => ['--path', path, `--${how}`])
    expect(bench.cli('resolve', String(id), '--by', 'operator', ...flags)).toMatchObject({
      code: 0,
      stderr: '',
    })
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', last_error: null })
    expect(PATHS.map((path) => bench.text(path))).toEqual([text, text])
    expect(bench.text('c.txt')).toBe(TEN.replace('ten', 'TEN'))
  }),
)

test('taking the side of the target everywhere leaves nothing to land', () =>
  withBench({ files: FILES }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, diffed('a.txt', TEN, OURS)))
    const { id } = await attempt(
      bench,
      request({ task: 'SECOND', base: bench.base }, diffed('a.txt', TEN, THEIRS)),
    )
    const tip = bench.tip()
    await bench.engine.resolve(id, 'operator', [side('a.txt', 'ours')])
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', landed_commit: null })
    expect(bench.tip()).toBe(tip)
  }))

test('a path that moved after its resolution merges again; where that conflicts a person decides again', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    await bench.engine.resolve(
      id,
      'operator',
      PATHS.map((path) => settled(path)),
    )
    // Both paths move on before the queue comes to it: one elsewhere in the file, one in the settled line.
    const again = OURS.replace('FIVE of the target', 'FIVE once more')
    const moved = request(
      { task: 'THIRD', priority: 'urgent' },
      diffed('a.txt', OURS, OURS.replace('nine', 'NINE')),
      diffed('b.txt', OURS, again),
    )
    bench.engine.ground.store.db.write(() => bench.engine.ground.store.changes.move(id, 'cancelled'))
    await land(bench, moved)
    await bench.engine.retry(id)
    await bench.drain()
    const shown = bench.show(id)
    expect([shown.status, shown.conflicts.map(({ path, kind }) => [path, kind])]).toEqual([
      'conflict',
      [['b.txt', 'content']],
    ])
    expect(shown.conflicts[0]?.markers).toContain('FIVE once more')
    expect(shown.conflicts[0]?.markers).toContain('five, as settled')

    await bench.engine.resolve(id, 'somebody else', [settled('b.txt', 'settled again\n')])
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', landed_commit: bench.tip() })
    expect(bench.text('a.txt')).toBe(SETTLED.replace('nine', 'NINE'))
    expect(bench.text('b.txt')).toBe('settled again\n')
  }))

test('a path that vanished after its resolution is a conflict again', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    await bench.engine.resolve(
      id,
      'operator',
      PATHS.map((path) => settled(path)),
    )
    bench.repo.git('checkout', '--quiet', '--detach', 'hyperion/main')
    bench.repo.remove('a.txt')
    const tip = bench.repo.commit('without it')
    bench.repo.git('update-ref', 'refs/heads/hyperion/main', tip)
    await bench.drain()
    const shown = bench.show(id)
    expect([shown.status, shown.conflicts.map(({ path, kind }) => [path, kind])]).toEqual([
      'conflict',
      [['a.txt', 'delete_modify']],
    ])
  }))

test('a resolution of a file both added keeps the mode of the side that was taken', () =>
  withBench({}, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, added('run.sh', 'ours\n')))
    const theirs = request({ task: 'SECOND', base: bench.base }, added('run.sh', 'theirs\n', true))
    const { id } = await attempt(bench, theirs)
    await bench.engine.resolve(id, 'operator', [side('run.sh', 'theirs')])
    await bench.drain()
    const entry = bench.repo.tree('hyperion/main').find(({ path }) => path === 'run.sh')
    expect([entry?.mode, String(entry?.bytes)]).toEqual(['100755', 'theirs\n'])
  }))

test('a deleted file may come back by a resolution, and a changed one may go', () =>
  withBench({ files: FILES }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, deleted('a.txt'), diffed('b.txt', TEN, OURS)))
    const second = request(
      { task: 'SECOND', base: bench.base },
      diffed('a.txt', TEN, THEIRS),
      deleted('b.txt'),
    )
    const { id, conflicts } = await attempt(bench, second)
    expect(conflicts.map(({ kind }) => kind)).toEqual(['delete_modify', 'modify_delete'])
    await bench.engine.resolve(id, 'operator', [side('a.txt', 'theirs'), side('b.txt', 'theirs')])
    await bench.drain()
    expect(bench.show(id).status).toBe('applied')
    expect([bench.text('a.txt'), bench.file('b.txt')]).toEqual([THEIRS, null])
  }))

test('a change in conflict keeps no later change of its paths waiting', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    await land(bench, request({ task: 'THIRD' }, replaced('a.txt', 'anew\n')))
    expect(bench.show(id).status).toBe('conflict')
    await bench.engine.discard(id)
    expect(bench.show(id)).toMatchObject({ status: 'cancelled' })
  }))

test.each([
  ['theirs', 'of the change'],
  ['ours', 'of the target'],
] as const)(
  '%s is the answer where both changed the same lines; elsewhere what landed and what was asked for stay',
  (how, line) =>
    withBench({ files: FILES }, async (bench) => {
      const landed = TEN.replace('one\n', 'ONE\n').replace('five', 'FIVE of the target')
      await land(bench, request({ task: 'FIRST' }, diffed('a.txt', TEN, landed)))
      const wanted = TEN.replace('ten\n', 'TEN\n').replace('five', 'FIVE of the change')
      const { id } = await attempt(
        bench,
        request({ task: 'SECOND', base: bench.base }, replaced('a.txt', wanted)),
      )
      await bench.engine.resolve(id, 'operator', [side('a.txt', how)])
      await bench.drain()
      expect(bench.text('a.txt')).toBe(
        TEN.replace('one\n', 'ONE\n').replace('ten\n', 'TEN\n').replace('five', `FIVE ${line}`),
      )
    }),
)
