/** Upstream and target that both moved on: a merge enters the queue, lands through the same steps, and loses nothing. */
import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conflictRecordSchema } from '../../schemas/conflict.ts'
import { added, deleted, diffed, replaced, request } from '../support/requests.ts'
import { attempt, land, withBench, type Workbench } from '../support/workbench.ts'

const TEN = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n'
const FILES = { 'f.txt': TEN, 'other.txt': 'other\n', 'dir/a.txt': 'a\n' }

/** A commit of the operator's on upstream. */
function own(bench: Workbench, write: () => void, message = 'of the operator'): string {
  write()
  return bench.repo.commit(message)
}

/** Lands a change of an agent's, then has upstream go its own way. */
async function divided(bench: Workbench, ours: string, theirs: string): Promise<string> {
  await land(bench, request({ task: 'AGENT' }, diffed('f.txt', TEN, ours)))
  return own(bench, () => bench.repo.write('f.txt', theirs))
}

const merges = (bench: Workbench) => bench.engine.list({}).filter(({ agent }) => agent === 'hyperion')
const theMerge = (bench: Workbench) => bench.show(merges(bench).at(-1)?.id ?? 0)
const parents = (bench: Workbench): string[] => bench.landed('hyperion/main').at(-1)?.parents ?? []

describe('a merge of upstream', () => {
  test('lands as a merge commit with both histories, by Hyperion, and sync then fast-forwards', () =>
    withBench({ files: FILES }, async (bench) => {
      const up = await divided(bench, TEN.replace('two', 'TWO'), TEN.replace('nine', 'NINE'))
      const before = bench.tip()
      await bench.drain()
      expect(bench.text('f.txt')).toBe(TEN.replace('two', 'TWO').replace('nine', 'NINE'))
      const merge = theMerge(bench)
      expect(merge).toMatchObject({
        status: 'applied',
        task_id: `upstream-${up.slice(0, 10)}`,
        landed_commit: bench.tip(),
      })
      expect(bench.repo.git('log', '-1', '--format=%P|%an <%ae>|%cn|%s', 'hyperion/main')).toBe(
        `${before} ${up}|Hyperion <hyperion@agents.invalid>|Hyperion|upstream-${up.slice(0, 10)}: merge main at ${up.slice(0, 10)} into hyperion/main`,
      )
      expect(
        bench.repo.git('log', '-1', '--format=%(trailers:key=Hyperion-Change,valueonly)', 'hyperion/main'),
      ).toMatch(new RegExp(`^[0-9a-f-]{36}/${merge.id}$`, 'm'))
      expect(await bench.engine.upstream()).toMatchObject({
        relation: 'target_ahead',
        ahead: 2,
        behind: 0,
        merge: null,
        trouble: null,
      })
      expect(await bench.engine.sync()).toMatchObject({ kind: 'synced', to: bench.tip() })
      expect(bench.repo.head()).toBe(bench.tip())
      expect(bench.repo.git('status', '--porcelain')).toBe('')
      expect(await bench.engine.upstream()).toMatchObject({ relation: 'same', last_sync: bench.tip() })
    }))

  test('brings new, renamed, removed and executable files, links and submodules of the operator along', () =>
    withBench({ files: FILES }, async (bench) => {
      await land(bench, request({ task: 'AGENT' }, diffed('f.txt', TEN, TEN.replace('two', 'TWO'))))
      own(bench, () => {
        bench.repo.git('mv', 'f.txt', 'renamed.txt')
        bench.repo.write('tool.sh', { content: '#!/bin/sh\n', executable: true })
        chmodSync(join(bench.dir, 'other.txt'), 0o755)
        bench.repo.remove('dir/a.txt')
        symlinkSync('tool.sh', join(bench.dir, 'link'))
      })
      bench.repo.git('update-index', '--add', '--cacheinfo', `160000,${bench.base},sub`)
      bench.repo.git('commit', '--quiet', '-m', 'a submodule')
      await bench.drain()
      expect(theMerge(bench)).toMatchObject({ status: 'applied', last_error: null })
      const modes = bench.repo
        .git('ls-tree', '-r', '--format=%(objectmode) %(path)', 'hyperion/main')
        .split('\n')
      expect(modes).toEqual([
        '120000 link',
        '100755 other.txt',
        '100644 renamed.txt',
        '160000 sub',
        '100755 tool.sh',
      ])
      expect(bench.text('renamed.txt')).toBe(TEN.replace('two', 'TWO'))
    }))

  test('is landed even where both have the same tree by then, so that upstream is contained', () =>
    withBench({ files: FILES }, async (bench) => {
      const same = TEN.replace('two', 'TWO')
      const up = await divided(bench, same, same)
      await bench.drain()
      expect(theMerge(bench).status).toBe('applied')
      expect(parents(bench)[1] ?? bench.repo.git('rev-parse', 'hyperion/main^2')).toBe(up)
    }))

  test('is queued once however many look, and in front of what waits', () =>
    withBench({ files: FILES }, async (bench) => {
      const up = await divided(bench, TEN.replace('two', 'TWO'), TEN.replace('nine', 'NINE'))
      await bench.enqueue(
        request(
          { task: 'BEHIND', base: up },
          diffed('f.txt', TEN.replace('nine', 'NINE'), TEN.replace('nine', 'NINE').replace('six', 'SIX')),
        ),
      )
      expect(await bench.workers(4)).toMatchObject({ code: 0 })
      expect(merges(bench).length).toBe(1)
      expect(bench.statuses()).toEqual(['applied', 'applied', 'applied'])
      expect(bench.text('f.txt')).toBe(
        TEN.replace('two', 'TWO').replace('nine', 'NINE').replace('six', 'SIX'),
      )
      expect(bench.landed().filter(({ parents: [, second] }) => second === up).length).toBe(1)
    }))

  test('no payload can claim to be one', () =>
    withBench({ files: FILES }, async (bench) => {
      const value = request({ task: 'T' }, added('x.txt', 'x\n'))
      const forged = {
        ...value,
        agent: 'hyperion',
        changes: [],
        checks: ['none'],
        upstream: { commit: bench.base, ref: 'refs/heads/main' },
      }
      await expect(bench.enqueue(forged)).rejects.toMatchObject({ kind: 'user' })
      await expect(bench.enqueue({ ...value, upstream: forged.upstream })).rejects.toMatchObject({
        kind: 'user',
      })
      await expect(bench.enqueue({ ...value, kind: 'upstream_merge' })).rejects.toMatchObject({
        kind: 'user',
      })
      expect(bench.statuses()).toEqual([])
    }))
})

describe('a conflict of upstream', () => {
  const inConflict = async (bench: Workbench): Promise<string> => {
    const up = await divided(
      bench,
      TEN.replace('five', 'FIVE of the target'),
      TEN.replace('five', 'five of upstream'),
    )
    await bench.drain()
    return up
  }

  test('is a row like any other with all sides, settled by resolve', () =>
    withBench({ files: FILES }, async (bench) => {
      const up = await inConflict(bench)
      const shown = theMerge(bench)
      expect(shown).toMatchObject({ status: 'conflict', reason_code: 'conflict', attempts: 0 })
      const record = conflictRecordSchema.parse(shown.conflicts[0])
      expect(record).toMatchObject({
        path: 'f.txt',
        kind: 'content',
        base_commit: bench.base,
        base_origin: 'given',
        tip: bench.tip(),
      })
      expect(record.markers).toContain(
        '<<<<<<< target\nFIVE of the target\n||||||| base\nfive\n=======\nfive of upstream\n>>>>>>> main\n',
      )
      expect(record.touched_by.map(({ task_id }) => task_id)).toEqual(['AGENT'])
      await expect(bench.engine.sync()).rejects.toMatchObject({
        code: 'diverged',
        hint: `settle its conflict with \`hyperion resolve ${shown.id}\``,
      })
      expect(await bench.engine.upstream()).toMatchObject({
        relation: 'diverged',
        merge: { change_id: shown.id, status: 'conflict', commit: up },
        trouble: { code: 'diverged' },
      })
      await bench.engine.resolve(shown.id, 'operator', [
        { path: 'f.txt', how: 'from', content: Buffer.from('settled\n') },
      ])
      await bench.drain()
      expect(theMerge(bench)).toMatchObject({ status: 'applied', id: shown.id })
      expect(bench.text('f.txt')).toBe('settled\n')
      expect(await bench.engine.sync()).toMatchObject({ kind: 'synced' })
    }))

  test('waits while others land, and is built again where what it is about moved', () =>
    withBench({ files: FILES }, async (bench) => {
      await inConflict(bench)
      const { id } = theMerge(bench)
      await land(bench, request({ task: 'ELSEWHERE' }, added('new.txt', 'new\n')))
      expect(bench.show(id).attempts_made.length).toBe(1)
      const now = TEN.replace('five', 'five of upstream')
      await land(bench, request({ task: 'SAME' }, replaced('f.txt', now)))
      await bench.drain()
      expect(bench.show(id)).toMatchObject({ status: 'applied', landed_commit: bench.tip() })
    }))

  test('keeps its row and what was decided when upstream moves on elsewhere, and asks again where it moved', () =>
    withBench({ files: { ...FILES, 'g.txt': TEN } }, async (bench) => {
      const both = (text: string) => [diffed('f.txt', TEN, text), diffed('g.txt', TEN, text)] as const
      await land(bench, request({ task: 'AGENT' }, ...both(TEN.replace('five', 'ours'))))
      own(bench, () => {
        bench.repo.write('f.txt', TEN.replace('five', 'theirs'))
        bench.repo.write('g.txt', TEN.replace('five', 'theirs'))
      })
      await bench.drain()
      const { id } = theMerge(bench)
      const settled = (path: string, text: string) => ({
        path,
        how: 'from' as const,
        content: Buffer.from(text),
      })
      await bench.engine.resolve(id, 'operator', [
        settled('f.txt', 'settled f\n'),
        settled('g.txt', 'settled g\n'),
      ])
      // Before a worker comes, the operator commits once more.
      const newer = own(bench, () => bench.repo.write('g.txt', TEN.replace('five', 'theirs, again')))
      await bench.drain()
      const shown = bench.show(id)
      expect(merges(bench).length).toBe(1)
      expect(shown).toMatchObject({ status: 'conflict', task_id: `upstream-${newer.slice(0, 10)}` })
      expect(shown.conflicts.map(({ path }) => path)).toEqual(['g.txt'])
      await bench.engine.resolve(id, 'operator', [settled('g.txt', 'settled once more\n')])
      await bench.drain()
      expect([bench.show(id).status, bench.text('f.txt'), bench.text('g.txt')]).toEqual([
        'applied',
        'settled f\n',
        'settled once more\n',
      ])
    }))

  test('ends by itself when the operator merges by hand', () =>
    withBench({ files: FILES }, async (bench) => {
      await inConflict(bench)
      const { id } = theMerge(bench)
      bench.repo.git('merge', '--quiet', '-X', 'ours', '--no-edit', 'hyperion/main')
      await bench.drain()
      expect(bench.tip()).toBe(bench.repo.head())
      expect(bench.show(id)).toMatchObject({ status: 'applied', landed_commit: null })
    }))

  test.each([
    ['modify_delete', deleted('f.txt'), 'edit', 'theirs', TEN.replace('five', '5')],
    [
      'delete_modify',
      diffed('f.txt', TEN, TEN.replace('five', 'V')),
      'delete',
      'ours',
      TEN.replace('five', 'V'),
    ],
  ] as const)('one side deleted the file (%s seen from the other)', (_, ours, theirs, how, text) =>
    withBench({ files: FILES }, async (bench) => {
      await land(bench, request({ task: 'AGENT' }, ours))
      own(bench, () =>
        theirs === 'edit' ? bench.repo.write('f.txt', TEN.replace('five', '5')) : bench.repo.remove('f.txt'),
      )
      await bench.drain()
      const { id, conflicts } = theMerge(bench)
      expect(conflicts.map(({ kind }) => kind)).toEqual([
        theirs === 'edit' ? 'delete_modify' : 'modify_delete',
      ])
      await bench.engine.resolve(id, 'operator', [{ path: 'f.txt', how, content: null }])
      await bench.drain()
      expect([bench.show(id).status, bench.text('f.txt')]).toEqual(['applied', text])
    }),
  )

  test('add/add, mode, binary and rename are told apart', () =>
    withBench(
      { files: { ...FILES, 'bin.dat': Buffer.from([0, 1, 2, 3]), 'old.txt': TEN } },
      async (bench) => {
        await land(
          bench,
          request(
            { task: 'AGENT' },
            added('both.txt', 'ours\n'),
            added('run.sh', '#!/bin/sh\n'),
            diffed('old.txt', TEN, TEN.replace('five', 'FIVE')),
          ),
        )
        bench.repo.git('checkout', '--quiet', '--detach', 'hyperion/main')
        bench.repo.write('bin.dat', Buffer.from([0, 9, 2, 3]))
        bench.repo.commit('by hand')
        bench.repo.git('update-ref', 'refs/heads/hyperion/main', 'HEAD')
        bench.repo.git('checkout', '--quiet', 'main')
        own(bench, () => {
          bench.repo.write('both.txt', 'theirs\n')
          bench.repo.write('run.sh', { content: '#!/bin/sh\n', executable: true })
          bench.repo.write('bin.dat', Buffer.from([0, 1, 2, 8]))
          bench.repo.git('mv', 'old.txt', 'new.txt')
          bench.repo.write('new.txt', TEN.replace('five', 'five of upstream'))
        })
        await bench.drain()
        const shown = theMerge(bench)
        expect(shown.conflicts.map(({ path, kind, rename_source }) => [path, kind, rename_source])).toEqual([
          ['bin.dat', 'binary', null],
          ['both.txt', 'add_add', null],
          ['new.txt', 'rename', 'old.txt'],
          ['run.sh', 'mode', null],
        ])
        await bench.engine.resolve(shown.id, 'operator', shown.conflicts.map(({ path }) => ({ path, how: 'theirs' as const, content: null }))) // prettier-ignore
        await bench.drain()
        expect(bench.show(shown.id)).toMatchObject({ status: 'applied' })
        expect([
          bench.text('both.txt'),
          bench.text('new.txt'),
          bench.text('old.txt'),
          bench.file('bin.dat'),
        ]).toEqual(['theirs\n', TEN.replace('five', 'five of upstream'), null, Buffer.from([0, 1, 2, 8])])
        expect(bench.repo.git('ls-tree', '--format=%(objectmode)', 'hyperion/main', 'run.sh')).toBe('100755')
      },
    ))

  test('what no text settles is left to git, with the way to do it', () =>
    withBench({ files: FILES }, async (bench) => {
      await land(bench, request({ task: 'AGENT' }, diffed('f.txt', TEN, TEN.replace('two', 'TWO'))))
      own(bench, () => {
        bench.repo.remove('f.txt')
        symlinkSync('other.txt', join(bench.dir, 'f.txt'))
      })
      await bench.drain()
      expect(theMerge(bench)).toMatchObject({
        status: 'failed',
        reason_code: 'merge_by_hand',
        last_error: expect.stringMatching(
          /in a way that no text settles; merge hyperion\/main into main with git, and the target follows$/,
        ),
      })
      expect(merges(bench).length).toBe(1)
      await bench.drain()
      expect(merges(bench).length).toBe(1)
    }))
})

describe('with checks', () => {
  const config = (allow: Record<string, string>) => ({
    files: {
      ...FILES,
      'hyperion.config.json': `${JSON.stringify({ checks: { allow, retryFlaky: 0, sandbox: 'off' }, approvals: { protectedPaths: ['**'], required: 2 } })}\n`,
    },
  })

  test('every command on the list runs on the merge, nobody has to approve it, and a red one keeps the target where it is', () =>
    withBench(
      config({ good: 'true', together: 'test ! -f ours.txt || test ! -f theirs.txt' }),
      async (bench) => {
        const [id = 0] = await bench.enqueue({
          ...request({ task: 'AGENT' }, added('ours.txt', 'x\n')),
          checks: ['good'],
        })
        for (const by of ['a', 'b']) {
          await bench.drain({ runChecks: true })
          await bench.engine.approve(id, by, null, null)
        }
        await bench.drain({ runChecks: true })
        const before = bench.tip()
        expect(bench.show(id).status).toBe('applied')
        own(bench, () => bench.repo.write('theirs.txt', 'x\n'))
        await bench.drain({ runChecks: true })
        const shown = theMerge(bench)
        expect(shown).toMatchObject({
          status: 'failed',
          reason_code: 'check_failed',
          last_error: 'the check "together" failed with exit code 1',
        })
        expect(shown.check_runs.map(({ name, verdict }) => [name, verdict])).toEqual([
          ['good', 'passed'],
          ['together', 'failed'],
          // And what it was merged into is not to blame.
          ['together', 'passed'],
        ])
        expect(bench.tip()).toBe(before)
        await expect(bench.engine.sync()).rejects.toMatchObject({
          kind: 'not_landed',
          hint: expect.stringMatching(/^commit what mends it to main/),
        })
        // The operator mends it: the same row brings the newer commit.
        const fixed = own(bench, () => bench.repo.remove('theirs.txt'))
        await bench.drain({ runChecks: true })
        expect(theMerge(bench)).toMatchObject({ id: shown.id, status: 'applied', check_verdict: 'passed' })
        expect(bench.repo.git('rev-parse', 'hyperion/main^2')).toBe(fixed)
        expect(
          bench.repo.git('log', '-1', '--format=%(trailers:key=Checks,valueonly)', 'hyperion/main').trim(),
        ).toBe('passed good, together')
      },
    ))
})

test('a change that shares the batch with a merge is built on it', () =>
  withBench({ files: FILES }, async (bench) => {
    const up = await divided(bench, TEN.replace('two', 'TWO'), TEN.replace('nine', 'NINE'))
    const shown = await attempt(
      bench,
      request(
        { task: 'ON-TOP', base: up },
        diffed('f.txt', TEN.replace('nine', 'NINE'), TEN.replace('nine', 'nine!')),
      ),
      { batch: 8 },
    )
    expect(shown.status).toBe('applied')
    expect(bench.text('f.txt')).toBe(TEN.replace('two', 'TWO').replace('nine', 'nine!'))
  }))
