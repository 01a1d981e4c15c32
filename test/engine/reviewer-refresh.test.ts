/** The ground moves under a conflict: other landings, a base that is gone, a target that is deleted or rewound. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../main/engine/base/clock.ts'
import { openEngine, type Engine } from '../../main/engine/engine.ts'
import { openStore } from '../../main/engine/store/store.ts'
import { diffed, request } from '../support/requests.ts'
import { attempt, land, withBench, type Workbench } from '../support/workbench.ts'
import {
  decided,
  EMPTY,
  inConflict,
  landText,
  OURS,
  pathOf,
  SETTLED,
  TEN,
  THEIRS,
} from './reviewer-support.ts'

const FILES = { 'a.txt': TEN, 'b.txt': TEN, 'c.txt': TEN }
const TARGET = 'refs/heads/hyperion/main'

/** A second engine on the same queue, as another process would have it: nothing it knows comes from the first. */
async function withAnother(bench: Workbench, work: (engine: Engine) => Promise<void>): Promise<void> {
  const host = { env: process.env, home: process.env['HOME'] ?? null }
  const engine = await openEngine({ workspace: bench.dir, host, actor: 'another' })
  try {
    await work(engine)
  } finally {
    await engine.close()
  }
}

test('the target moves: the path is said to have moved, a look makes its sides new, the draft keeps its own', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench, ['a.txt', 'b.txt'])
    const { review } = bench.engine
    const before = pathOf(await review.show(id))
    const draft = { ...EMPTY, text: SETTLED }
    review.draft(id, { path: 'a.txt', sidesKey: before.sides_key, revision: null, tab: 'one', draft })

    const moved = OURS.replace('nine', 'NINE')
    await landText(bench, 'THIRD', 'a.txt', moved)
    await landText(bench, 'FOURTH', 'c.txt', TEN.replace('one', 'ONE'))
    const shown = await review.show(id)
    expect(shown.paths.map((path) => path.moved)).toEqual([true, false])
    expect(shown.landed_since.map(({ task_id, commit }) => [task_id, commit])).toEqual([
      ['FOURTH', bench.tip()],
      ['THIRD', bench.repo.git('rev-parse', `${TARGET}^`)],
    ])
    expect(shown.target_problem).toBeNull()

    const fresh = await review.refresh(id)
    expect(fresh.paths.map((path) => [path.record.path, path.moved, path.record.tip])).toEqual([
      ['a.txt', false, bench.tip()],
      ['b.txt', false, bench.tip()],
    ])
    expect(fresh.landed_since).toEqual([])
    const after = pathOf(fresh)
    expect(after.sides_key).not.toBe(before.sides_key)
    expect(pathOf(fresh, 'b.txt').sides_key).toBe(pathOf(shown, 'b.txt').sides_key)
    expect(after.draft).toMatchObject({ revision: 1, sides_key: before.sides_key, text: SETTLED })
    const texts = review.texts(id, 'a.txt')
    expect([texts.now.ours.text, texts.drafted?.ours.text, texts.drafted?.sides_key]).toEqual([
      moved,
      OURS,
      before.sides_key,
    ])

    // A window that has not looked yet may still write on the sides it shows; once carried over they are the new ones.
    const write = (sidesKey: string, revision: number) =>
      review.draft(id, { path: 'a.txt', sidesKey, revision, tab: 'one', draft })
    expect(write(before.sides_key, 1).stored).toBe(true)
    expect(write(after.sides_key, 2).stored).toBe(true)
    expect(review.texts(id, 'a.txt').drafted).toBeNull()
    expect(bench.show(id)).toMatchObject({ status: 'conflict', fence: 1 })
    expect(bench.show(id).log.at(-1)).toMatchObject({
      message: 'conflict looked at again',
      details: { paths: ['a.txt', 'b.txt'], fits: [] },
    })
    // Nothing moved since: nothing is written.
    const last = bench.engine.ground.store.logs.lastId()
    await review.refresh(id)
    expect(bench.engine.ground.store.logs.lastId()).toBe(last)
  }))

test('what fits by now leaves the conflict; with nothing left it is requeued without a decision, and lands', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench, ['a.txt', 'b.txt'])
    const { review } = bench.engine
    // The target takes the line back, so that the change fits as it was sent.
    await landText(bench, 'THIRD', 'a.txt', TEN.replace('nine', 'NINE'))
    expect((await review.refresh(id)).paths.map(({ record }) => record.path)).toEqual(['b.txt'])
    await expect(bench.engine.resolve(id, 'me', [])).rejects.toMatchObject({ code: 'paths_missing' })
    await landText(bench, 'FOURTH', 'b.txt', TEN)
    const none = await review.refresh(id)
    expect([none.paths, none.status]).toEqual([[], 'conflict'])
    await bench.engine.resolve(id, 'me', [])
    expect(bench.show(id).log.map(({ message }) => message)).toContain('fits again')
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', landed_commit: bench.tip() })
    expect([bench.text('a.txt'), bench.text('b.txt')]).toEqual([THEIRS.replace('nine', 'NINE'), THEIRS])
  }))

test('a conflict that somebody else ended is not looked at again, and says how it stands', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    await landText(bench, 'THIRD', 'a.txt', OURS.replace('nine', 'NINE'))
    const looking = bench.engine.review.refresh(id)
    // Decided on the command line while git is at work for the window.
    await bench.engine.resolve(id, 'somebody', [{ path: 'a.txt', how: 'ours', content: null }])
    await expect(looking).rejects.toMatchObject({
      code: 'wrong_status',
      message: expect.stringContaining('pending'),
    })
    await expect(bench.engine.review.refresh(id)).rejects.toMatchObject({ code: 'wrong_status' })
    expect(bench.show(id).conflicts[0]?.ours?.oid).toBe(bench.repo.git('rev-parse', `${TARGET}~1:a.txt`))
  }))

test('what somebody else found while git was looking stands', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    await landText(bench, 'THIRD', 'a.txt', OURS.replace('nine', 'NINE'))
    const { records, db } = bench.engine.ground.store
    const read = records.conflicts
    // Replaced right after it was read, as by a process that looked at a newer tip.
    records.conflicts = (of) => {
      records.conflicts = read
      const found = read(of)
      const newer = found.map((row) => ({
        ...row,
        record: row.record.replace('"final_newline":true', '"final_newline":false'),
      }))
      setImmediate(() => db.write(() => records.setConflicts(id, newer)))
      return found
    }
    const { paths } = await bench.engine.review.refresh(id)
    expect(paths.map(({ record }) => record.final_newline)).toEqual([false])
    expect(paths[0]?.moved).toBe(true)
  }))

test('others may write to the queue all the while git looks', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench, ['a.txt', 'b.txt'])
    await landText(bench, 'THIRD', 'a.txt', OURS.replace('nine', 'NINE'))
    const other = openStore(bench.engine.ground.dbFile, systemClock(), { mustExist: true, busyTimeoutMs: 0 })
    try {
      const over = new AbortController()
      const looking = bench.engine.review.refresh(id).finally(() => over.abort())
      let writes = 0
      while (!over.signal.aborted) {
        other.db.write(() => other.facts.set('passed_over', '0'))
        writes += 1
        await new Promise((resolve) => setImmediate(resolve))
      }
      await looking
      expect(writes).toBeGreaterThan(3)
    } finally {
      other.close()
    }
  }))

test('a base that was garbage-collected loses nothing: sides, drafts, looking again and deciding go on', () =>
  withBench({ files: FILES }, async (bench) => {
    // Written on a commit that only a branch of its author held.
    bench.repo.git('checkout', '--quiet', '-b', 'work')
    bench.repo.write('other.txt', 'of the author\n')
    const base = bench.repo.commit('work of the author')
    bench.repo.git('checkout', '--quiet', 'main')
    const id = await inConflict(bench, ['a.txt'], { base })
    bench.repo.git('branch', '--quiet', '-D', 'work')
    bench.repo.git('reflog', 'expire', '--expire=now', '--all')
    bench.repo.git('gc', '--quiet', '--prune=now')
    expect(() => bench.repo.git('cat-file', '-e', base)).toThrow(/cat-file/)

    await withAnother(bench, async (engine) => {
      const { now } = engine.review.texts(id, 'a.txt')
      expect([now.base.text, now.ours.text, now.theirs.text]).toEqual([TEN, OURS, THEIRS])
      const why = await engine.review.why(id, 'a.txt')
      expect(why.unknown).toMatch(/^the commit [0-9a-f]{10}, on which the change was written, is gone$/)
      expect(why.commits.map(({ task_id, intent }) => [task_id, intent])).toEqual([['FIRST', 'shout five']])
      expect([why.lines, why.removed]).toEqual([[], []])

      await landText(bench, 'THIRD', 'a.txt', OURS.replace('nine', 'NINE'))
      const fresh = pathOf(await engine.review.refresh(id))
      expect([fresh.moved, fresh.record.tip, fresh.record.base_commit]).toEqual([false, bench.tip(), base])
      expect(fresh.record.markers).toContain('NINE')
      expect(fresh.record.touched_by.map(({ task_id }) => task_id)).toEqual(['FIRST', 'THIRD'])
      // What fits by now stays, for without its commit only a decision brings it in.
      await landText(bench, 'FOURTH', 'a.txt', TEN)
      expect(pathOf(await engine.review.refresh(id)).record).toMatchObject({ kind: 'content', markers: null })
      await engine.resolve(id, 'me', [await decided(bench, id, 'a.txt', SETTLED)])
    })
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', last_error: null })
    expect(bench.text('a.txt')).toBe(SETTLED)
  }))

test('a target that is deleted is said to be, with the remedy; what was written is there', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const { review } = bench.engine
    bench.repo.git('update-ref', '-d', TARGET)
    const shown = await review.show(id)
    expect(shown).toMatchObject({ tip: null, checks_off: expect.any(String) })
    expect(shown.target_problem).toMatch(
      /hyperion\/main, which changes land on, does not exist; run `hyperion init`/,
    )
    expect(pathOf(shown).moved).toBe(false)
    expect(review.texts(id, 'a.txt').now.ours.text).toBe(OURS)
    const draft = { ...EMPTY, text: SETTLED }
    const { sides_key: sidesKey } = pathOf(shown)
    expect(review.draft(id, { path: 'a.txt', sidesKey, revision: null, tab: 'one', draft }).stored).toBe(true)
    await expect(review.refresh(id)).rejects.toMatchObject({ code: 'target_missing' })
    await bench.engine.cancel(id)
    expect(bench.show(id).status).toBe('cancelled')
  }))

test('a rewound target is said to be; looking pauses nobody, and once it is accepted the conflict goes on', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const { review } = bench.engine
    const lost = bench.tip()
    // Other hands moved it back and on: the line that was in the way is another one now.
    bench.repo.git('checkout', '--quiet', '--detach', bench.base)
    bench.repo.write('a.txt', OURS.replace('FIVE', 'Fifth'))
    const elsewhere = bench.repo.commit('instead')
    bench.repo.git('update-ref', TARGET, elsewhere)
    const shown = await review.show(id)
    expect(shown.target_problem).toMatch(
      /was moved by hand and no longer holds landed change\(s\) 1; run `git update-ref/,
    )
    await expect(review.refresh(id)).rejects.toMatchObject({ code: 'target_rewound' })
    expect(bench.engine.paused()).toBeNull()

    await expect(bench.drain()).rejects.toMatchObject({ code: 'target_rewound' })
    await bench.engine.resume('target_rewound')
    await attempt(bench, request({ task: 'LATER' }, diffed('c.txt', TEN, TEN.replace('one', 'ONE'))))
    const accepted = await review.show(id)
    expect(accepted.target_problem).toBe(
      `hyperion/main was moved by hand and no longer holds ${lost.slice(0, 10)}, on which this conflict was found; look again`,
    )
    const fresh = await review.refresh(id)
    expect([fresh.target_problem, pathOf(fresh).record.tip]).toEqual([null, bench.tip()])
    expect(review.texts(id, 'a.txt').now.ours.text).toBe(OURS.replace('FIVE', 'Fifth'))
  }))

test('a target that is checked out is said to be, and where', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    bench.repo.git('checkout', '--quiet', 'hyperion/main')
    const { target_problem } = await bench.engine.review.show(id)
    expect(target_problem).toContain(`is checked out at ${bench.dir}; check out another branch there`)
  }))

test('a merge of upstream in conflict is looked at again as any other', () =>
  withBench({ files: FILES }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, diffed('a.txt', TEN, OURS)))
    writeFileSync(join(bench.dir, 'a.txt'), THEIRS)
    const upstream = bench.repo.commit('of the operator')
    await bench.drain()
    const [merge] = bench.engine.list({ status: 'conflict' })
    const id = merge?.id ?? 0
    const { review } = bench.engine
    const shown = await review.show(id)
    expect(shown.incoming).toMatchObject({ agent: 'hyperion', intent: expect.stringContaining('merge main') })
    expect(pathOf(shown).record).toMatchObject({ kind: 'content', base_commit: bench.base })
    const why = await review.why(id, 'a.txt')
    expect(why.unknown).toBeNull()
    expect(why.lines).toEqual([{ from: 5, to: 5, commit: 0 }])
    expect(why.commits).toMatchObject([{ task_id: 'FIRST' }])
    await bench.engine.resolve(id, 'me', [await decided(bench, id, 'a.txt', SETTLED)])
    await bench.drain()
    expect(bench.landed().at(-1)?.parents).toContain(upstream)
    expect(bench.text('a.txt')).toBe(SETTLED)
  }))
