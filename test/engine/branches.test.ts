/** Branches that somebody moved, wrote anew or took away: said in one sentence, and nothing lands where that could lose something. */
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ensureInitialised, initialise, openEngine } from '../../main/engine/engine.ts'
import { added, request } from '../support/requests.ts'
import { drainQueue, land, withBench, type Workbench } from '../support/workbench.ts'

const TARGET = 'refs/heads/hyperion/main'
const one = (task: string) => request({ task }, added(`${task}.txt`, `${task}\n`))
const own = (bench: Workbench, name: string): string => {
  bench.repo.write(`${name}.txt`, `${name}\n`)
  return bench.repo.commit(name)
}
const isIn = (bench: Workbench, commit: string, rev: string): boolean =>
  bench.repo.git('rev-list', rev).split('\n').includes(commit)
const host = () => ({ env: process.env, home: process.env['HOME'] ?? null })
const pauseOf = (bench: Workbench): Record<string, unknown> | null =>
  JSON.parse(bench.engine.ground.store.facts.get('paused') ?? 'null') as Record<string, unknown> | null
/** What \`resume --accept\` does. */
const resume = (bench: Workbench): void => bench.engine.ground.store.facts.remove('paused')

/** What Home says to do next. */
const guidance = async (bench: Workbench): Promise<string[]> => {
  const home = await bench.engine.views.home({ version: '0', workers: null, trouble: null })
  return home.guidance.map(({ text }) => text)
}

describe('a target moved back by hand', () => {
  test('pauses landing with the reason, is never landed on, and counts as it is once that is accepted', () =>
    withBench({}, async (bench) => {
      const [first = 0, second = 0] = [...(await land(bench, one('A'))), ...(await land(bench, one('B')))]
      const left = bench.tip()
      bench.repo.git('update-ref', TARGET, bench.base)
      const [third = 0] = await bench.enqueue(one('C'))
      const said = `hyperion/main was moved by hand and no longer holds landed change(s) ${first}, ${second}`
      await expect(bench.drain()).rejects.toMatchObject({
        code: 'target_rewound',
        kind: 'user',
        message: said,
        hint: expect.stringContaining(`git update-ref ${TARGET} ${left}`),
      })
      expect(pauseOf(bench)).toMatchObject({
        by: 'hyperion',
        code: 'target_rewound',
        reason: said,
        at: expect.any(Number),
      })
      // Every other process is stopped as well, and looking changes nothing.
      await bench.drain()
      expect([bench.show(third).status, bench.tip()]).toEqual(['pending', bench.base])
      expect((await bench.engine.upstream()).trouble).toMatchObject({
        code: 'target_rewound',
        sentence: said,
      })
      expect((await bench.engine.doctor()).find(({ name }) => name === 'target')).toMatchObject({
        state: 'broken',
        detail: said,
      })
      await expect(bench.engine.sync()).rejects.toMatchObject({ code: 'target_rewound' })

      resume(bench)
      await bench.drain()
      expect([bench.show(third).status, bench.landed().length]).toEqual(['applied', 1])
      for (const id of [first, second]) {
        const { status, reason_code: code, landed_commit: commit, last_error: said } = bench.show(id)
        expect([status, code, commit]).toEqual(['cancelled', 'taken_back', null])
        expect(said).toContain('was taken back: hyperion/main was moved by hand')
      }
      expect(
        (await bench.engine.doctor())
          .filter(({ name }) => name === 'target' || name === 'landed')
          .map(({ state }) => state),
      ).toEqual(['ok', 'ok'])
    }))

  test('accepted, what it lost counts as taken back: cancelled, known to the audit, and tried again when asked', () =>
    withBench({}, async (bench) => {
      const [kept = 0] = await land(bench, one('KEPT'))
      const to = bench.tip()
      const [lost = 0, old = 0] = [...(await land(bench, one('LOST'))), ...(await land(bench, one('OLD')))]
      const { db } = bench.engine.ground.store
      db.sql('UPDATE change_queue SET updated_at = 1 WHERE id = ?').run(old)
      bench.engine.cleanUp(60)
      expect(bench.show(old).archived).toBe(true)
      const [waits = 0] = await bench.enqueue(
        request({ task: 'WAITS', dependsOn: ['LOST'] }, added('waits.txt', 'waits\n')),
      )
      bench.repo.git('update-ref', TARGET, to)
      await expect(bench.drain()).rejects.toMatchObject({ code: 'target_rewound' })
      expect(await bench.engine.verifyAudit()).toMatchObject({
        clean: false,
        difference: { code: 'not_reachable', change_id: lost },
      })

      resume(bench)
      await bench.drain()
      expect([kept, lost, old, waits].map((id) => bench.show(id).status)).toEqual(
        ['applied', 'cancelled', 'cancelled', 'held'], // prettier-ignore
      )
      expect(bench.tip()).toBe(to)
      expect(await bench.engine.verifyAudit()).toMatchObject({ clean: true, landed: 1 })

      const again = join(bench.dir, 'again.json')
      writeFileSync(again, JSON.stringify(one('LOST')))
      const skipped = bench.cli('enqueue', again)
      expect([skipped.code, skipped.stderr]).toEqual([
        1,
        expect.stringContaining(
          `change ${lost} already (cancelled); \`hyperion retry ${lost}\` tries it again`,
        ),
      ])
      await bench.engine.retry(lost)
      await bench.drain()
      expect([lost, waits].map((id) => bench.show(id).status)).toEqual(['applied', 'applied'])
      expect([bench.text('LOST.txt'), bench.landed().length]).toEqual(['LOST\n', 3])
      expect(await bench.engine.verifyAudit()).toMatchObject({ clean: true, landed: 3 })
    }))

  test('and put back goes on with everything, and is told of again should it happen again', () =>
    withBench({}, async (bench) => {
      await land(bench, one('A'))
      const left = bench.tip()
      await bench.enqueue(one('B'), one('C'))
      for (const _ of ['once', 'once more']) {
        bench.repo.git('update-ref', TARGET, bench.base)
        await expect(bench.drain()).rejects.toMatchObject({ code: 'target_rewound' })
        bench.repo.git('update-ref', TARGET, left)
        resume(bench)
        // Whoever looks sees that all is well.
        await bench.engine
          .request(
            { request_id: 'R', summary: 'x', requested_changes: [{ path: 'r.ts', summary: 'x' }] },
            { source: 'x', model: null, agents: 1 },
            new AbortController().signal,
          )
          .catch(() => undefined)
      }
      await bench.drain()
      expect(bench.statuses()).toEqual(['applied', 'applied', 'applied', 'applied'])
      expect(bench.landed().length).toBe(4)
    }))

  test('in the middle of an attempt lands nothing on what is left', () =>
    withBench({}, async (bench) => {
      await land(bench, one('A'))
      const [id = 0] = await bench.enqueue(one('B'))
      const onStep = (step: string): void => {
        if (step === 'intent') bench.repo.git('update-ref', TARGET, bench.base)
      }
      await expect(bench.drain({ onStep })).rejects.toMatchObject({ code: 'target_rewound' })
      expect([bench.tip(), bench.show(id).status, bench.show(id).attempts]).toEqual([
        bench.base,
        'pending',
        0,
      ])
    }))

  test('is no loss where upstream has everything, nor is a target moved on by hand', () =>
    withBench({}, async (bench) => {
      await land(bench, one('A'))
      await bench.engine.sync()
      bench.repo.git('update-ref', TARGET, bench.base)
      await land(bench, one('B'))
      expect(bench.landed().length).toBe(2)
      const moved = bench.repo.git('commit-tree', `${TARGET}^{tree}`, '-p', TARGET, '-m', 'by hand')
      bench.repo.git('update-ref', TARGET, moved)
      await land(bench, one('C'))
      expect(isIn(bench, moved, TARGET)).toBe(true)
    }))
})

test('a target moved back is a loss where upstream has everything and is not followed', () =>
  withBench({ files: { 'hyperion.config.json': '{"landing":{"follow":false}}\n' } }, async (bench) => {
    await land(bench, one('A'))
    await bench.engine.sync()
    bench.repo.git('update-ref', TARGET, bench.base)
    await bench.enqueue(one('B'))
    await expect(bench.drain()).rejects.toMatchObject({ code: 'target_rewound' })
    expect(bench.tip()).toBe(bench.base)
  }))

describe('upstream', () => {
  test('rewound keeps its commits in the target; nothing brings them back unasked, and changes go on landing', () =>
    withBench({}, async (bench) => {
      const dropped = own(bench, 'dropped')
      await land(bench, one('A'))
      await bench.engine.sync()
      await land(bench, one('B'))
      bench.repo.git('reset', '--quiet', '--hard', bench.base)
      await land(bench, one('C'))
      expect(isIn(bench, dropped, TARGET)).toBe(true)
      await expect(bench.engine.sync()).rejects.toMatchObject({
        code: 'upstream_rewritten',
        hint: expect.stringContaining('hyperion sync --accept'),
      })
      expect(bench.repo.head()).toBe(bench.base)
      expect(await bench.engine.upstream()).toMatchObject({
        relation: 'upstream_rewritten',
        trouble: { code: 'upstream_rewritten' },
        merge: null,
      })
      expect((await bench.engine.doctor()).find(({ name }) => name === 'upstream')).toMatchObject({
        state: 'broken',
      })
      expect(await guidance(bench)).toContainEqual(
        expect.stringMatching(/^the history of main was written anew/),
      )
      expect(await bench.engine.sync(true)).toMatchObject({ kind: 'synced', to: bench.tip() })
      expect(bench.repo.head()).toBe(bench.tip())
      expect(await guidance(bench)).not.toContainEqual(expect.stringContaining('main'))
    }))

  test('force-pushed is not merged unasked; accepted, both histories are there', () =>
    withBench({}, async (bench) => {
      const before = own(bench, 'before')
      await land(bench, one('A'))
      bench.repo.git('commit', '--quiet', '--amend', '-m', 'after')
      const after = bench.repo.head()
      await land(bench, one('B'))
      expect(bench.engine.list({}).map(({ agent }) => agent)).not.toContain('hyperion')
      await expect(bench.engine.sync()).rejects.toMatchObject({ code: 'upstream_rewritten' })
      await expect(bench.engine.sync(true)).rejects.toMatchObject({ code: 'diverged', kind: 'not_landed' })
      await bench.drain()
      expect([before, after].map((commit) => isIn(bench, commit, TARGET))).toEqual([true, true])
      expect(await bench.engine.sync()).toMatchObject({ kind: 'synced' })
    }))

  test('rewritten before its merge landed only replaces the merge', () =>
    withBench({}, async (bench) => {
      await land(bench, one('A'))
      own(bench, 'first')
      await expect(bench.engine.sync()).rejects.toMatchObject({ code: 'diverged' })
      const [queued] = bench.engine.list({ status: 'pending' })
      bench.repo.git('commit', '--quiet', '--amend', '-m', 'second')
      const second = bench.repo.head()
      await bench.drain()
      expect(bench.show(queued?.id ?? 0)).toMatchObject({
        status: 'applied',
        task_id: `upstream-${second.slice(0, 10)}`,
      })
      expect(bench.repo.git('rev-parse', `${TARGET}^2`)).toBe(second)
    }))

  test('of another history is not merged', () =>
    withBench({}, async (bench) => {
      bench.repo.git('checkout', '--quiet', '--orphan', 'other')
      own(bench, 'alone')
      bench.repo.git('branch', '-M', 'other', 'main')
      await land(bench, one('A'))
      const [merge] = bench.engine.list({ status: 'failed' })
      expect(merge?.last_error).toMatch(/^main shares no history with hyperion\/main; merge /)
    }))

  test('deleted stops following and syncing, with the way to put it back; changes go on landing', () =>
    withBench({}, async (bench) => {
      await land(bench, one('A'))
      bench.repo.git('branch', '-m', 'main', 'renamed')
      await land(bench, one('B'))
      const gone = {
        code: 'ref_missing',
        message: 'the branch main, which hyperion/main follows, does not exist',
      }
      await expect(bench.engine.sync()).rejects.toMatchObject({
        ...gone,
        hint: 'put it back with `git branch main hyperion/main`, or set landing.upstream to another branch',
      })
      expect((await bench.engine.upstream()).trouble).toMatchObject({
        code: gone.code,
        sentence: gone.message,
      })
    }))
})

describe('a target', () => {
  test('of another workspace of the repository is refused at init, by name, and landed on by neither unawares', () =>
    withBench({}, async (bench) => {
      const linked = join(dirname(bench.dir), 'linked')
      bench.repo.git('worktree', 'add', '--quiet', '-b', 'side', linked)
      const taken = {
        code: 'target_taken',
        message: `the workspace ${bench.dir} lands on hyperion/main of this repository already`,
      }
      await expect(initialise({ workspace: linked, host: host() })).rejects.toMatchObject(taken)
      await expect(ensureInitialised({ workspace: linked, host: host() })).rejects.toMatchObject(taken)
      await land(bench, one('A'))

      // One that was made before the other knew of it.
      const marker = join(bench.repo.gitDir, 'hyperion')
      renameSync(marker, `${marker}-away`)
      const made = await initialise({ workspace: linked, host: host() })
      made.ground.store.close()
      const second = await openEngine({ workspace: linked, host: host(), actor: 'second' })
      await bench.enqueue(one('B'))
      await expect(bench.drain()).rejects.toMatchObject({
        code: 'target_taken',
        message: expect.stringContaining(linked),
      })
      expect((await bench.engine.doctor()).find(({ name }) => name === 'target')).toMatchObject({
        state: 'broken',
        detail: expect.stringContaining(linked),
      })
      await drainQueue(linked)
      await second.close()

      // Gone with its folder, it has nothing to say any more.
      rmSync(linked, { recursive: true })
      await bench.drain()
      expect(bench.statuses()).toEqual(['applied', 'applied'])
    }))

  test('stays that of a workspace that was moved', () =>
    withBench({}, async (bench) => {
      await land(bench, one('A'))
      const there = join(dirname(bench.dir), 'moved')
      mkdirSync(there)
      renameSync(bench.dir, join(there, 'work'))
      await drainQueue(join(there, 'work'))
      renameSync(join(there, 'work'), bench.dir)
      await land(bench, one('B'))
      expect(bench.landed().length).toBe(2)
    }))
})

test('a copy of a repository is another one, which nobody else lands on', () =>
  withBench({}, async (bench) => {
    await land(bench, one('A'))
    const copy = join(dirname(bench.dir), 'copy')
    cpSync(bench.dir, copy, { recursive: true })
    await bench.enqueue(one('B'))
    await drainQueue(copy)
    await bench.drain()
    expect(bench.landed().length).toBe(2)
  }))

describe('landing.syncCheckout "when-clean"', () => {
  const files = { 'hyperion.config.json': '{"landing":{"syncCheckout":"when-clean"}}\n', 'f.txt': 'f\n' }

  test('brings each landing to the checkout by itself, around edits, and says what keeps it away', () =>
    withBench({ files }, async (bench) => {
      bench.repo.write('f.txt', 'edited\n')
      await land(bench, one('A'))
      expect([bench.repo.head(), bench.repo.read('f.txt').toString()]).toEqual([bench.tip(), 'edited\n'])
      bench.repo.write('B.txt', 'mine\n')
      const before = bench.tip()
      await land(bench, one('B'))
      expect([bench.repo.head(), bench.repo.read('B.txt').toString()]).toEqual([before, 'mine\n'])
      const kept = { code: 'would_overwrite', sentence: expect.stringContaining('B.txt is not tracked') }
      expect((await bench.engine.upstream()).kept).toMatchObject(kept)
      expect(bench.engine.logs({ message: 'not synced' }).length).toBe(1)
      bench.repo.remove('B.txt')
      await land(bench, one('C'))
      expect(bench.repo.head()).toBe(bench.tip())
      expect((await bench.engine.upstream()).kept).toBeNull()
      expect(bench.repo.git('status', '--porcelain')).toBe(' M f.txt')
    }))

  test('holds no lease while it works, and of several workers one moves the checkout', () =>
    withBench({ files }, async (bench) => {
      await bench.enqueue(...['A', 'B', 'C', 'D', 'E', 'G'].map(one))
      expect(await bench.workers(3)).toMatchObject({ code: 0, stderr: '' })
      expect(bench.statuses()).toEqual(Array.from({ length: 6 }, () => 'applied'))
      expect(bench.engine.logs({ message: 'not synced' })).toEqual([])
      await bench.engine.sync()
      expect([bench.repo.head(), bench.repo.git('status', '--porcelain')]).toEqual([bench.tip(), ''])
      const { store } = bench.engine.ground
      expect(store.journal.open()).toEqual([])
      expect(
        store.db.sql<{ n: number }>(`SELECT count(*) AS n FROM landing_lease WHERE holder IS NOT NULL`).get()
          ?.n,
      ).toBe(0)
    }))

  test('leaves alone what a person undid', () =>
    withBench({ files }, async (bench) => {
      await land(bench, one('A'))
      bench.repo.git('reset', '--quiet', '--hard', bench.base)
      await land(bench, one('B'))
      expect(bench.repo.head()).toBe(bench.base)
      expect((await bench.engine.upstream()).kept).toMatchObject({ code: 'upstream_rewritten' })
    }))
})
