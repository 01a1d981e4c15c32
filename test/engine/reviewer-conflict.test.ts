/** The conflict as the reviewer opens it: sides as texts, drafts of several windows, decisions that count once. */
import { expect, test } from 'vitest'
import { MAX_SIDE, pathTextsSchema, reviewSchema } from '../../schemas/reviewer.ts'
import { added, change, deleted, diffed, patched, replaced, request } from '../support/requests.ts'
import { attempt, land, withBench } from '../support/workbench.ts'
import { configured, decided, EMPTY, inConflict, landText, OURS, pathOf, SETTLED, TEN, THEIRS } from './reviewer-support.ts' // prettier-ignore

const FILES = { 'a.txt': TEN, 'b.txt': TEN, 'c.txt': TEN }

test('a conflict is shown with its sides, who wants it, where the target is, and whether checks would run', () =>
  withBench(configured({ allow: { lint: 'true' } }, FILES), async (bench) => {
    const id = await inConflict(bench, ['a.txt', 'b.txt'], { checks: ['lint'] })
    const review = reviewSchema.parse(await bench.engine.review.show(id))
    expect(review).toMatchObject({
      id,
      status: 'conflict',
      target: 'hyperion/main',
      tip: bench.tip(),
      target_problem: null,
      landed_since: [],
      trial: null,
      checks_off: null,
    })
    expect(review.incoming).toEqual({
      change_id: id,
      request_id: null,
      task_id: 'SECOND',
      agent: 'agent-b',
      title: 'name five',
      intent: 'name five',
      summary: null,
    })
    const brief = review.paths.map(({ record, moved, draft }) => [record.path, moved, draft])
    expect(brief).toEqual([
      ['a.txt', false, null],
      ['b.txt', false, null],
    ])
    const texts = pathTextsSchema.parse(bench.engine.review.texts(id, 'a.txt'))
    const shownAs = (text: string) => ({
      text,
      absent: false,
      bytes: Buffer.byteLength(text),
      reason: null,
    })
    expect(texts).toEqual({
      path: 'a.txt',
      now: {
        sides_key: pathOf(review).sides_key,
        base: shownAs(TEN),
        ours: shownAs(OURS),
        theirs: shownAs(THEIRS),
      },
      drafted: null,
      patch: null,
    })
    expect(() => bench.engine.review.texts(id, 'c.txt')).toThrow(/no conflict in c\.txt/)
    await expect(bench.engine.review.show(99)).rejects.toMatchObject({ code: 'no_such_change' })
  }))

test('why checks would not run is said before anybody asks for them', () =>
  withBench(configured({ allow: {} }, FILES), async (bench) => {
    const id = await inConflict(bench, ['a.txt'], { checks: ['make it so'] })
    const { checks_off } = await bench.engine.review.show(id)
    expect(checks_off).toBe('the check "make it so" is not on the allow-list and needs an approval first')
  }))

test('every byte of a text is there: mark, endings and a missing last newline', () => {
  const crlf = `\ufeff${TEN.replaceAll('\n', '\r\n').slice(0, -2)}`
  return withBench({ files: { 'a.txt': crlf } }, async (bench) => {
    const ours = crlf.replace('five', 'FIVE')
    await land(bench, request({ task: 'FIRST' }, diffed('a.txt', crlf, ours)))
    const theirs = crlf.replace('five', 'Five')
    const { id } = await attempt(
      bench,
      request({ task: 'T', base: bench.base }, diffed('a.txt', crlf, theirs)),
    )
    const { now } = bench.engine.review.texts(id, 'a.txt')
    expect([now.base.text, now.ours.text, now.theirs.text]).toEqual([crlf, ours, theirs])
    const settled = crlf.replace('five', 'FIVE and Five')
    await bench.engine.resolve(id, 'me', [await decided(bench, id, 'a.txt', settled)])
    await bench.drain()
    expect(bench.file('a.txt')?.equals(Buffer.from(settled))).toBe(true)
  })
})

test('a side that is no text says why, and one that is not there is told apart from that', () =>
  withBench({ files: { 'bin.txt': TEN, 'gone.txt': TEN, 'latin.txt': TEN } }, async (bench) => {
    bench.repo.write('bin.txt', Buffer.from([0, 1, 2, 10]))
    bench.repo.write('latin.txt', Buffer.concat([Buffer.from(OURS), Buffer.from([0xe4, 0xf6, 10])]))
    bench.repo.remove('gone.txt')
    bench.repo.commit('by the operator')
    const paths = ['bin.txt', 'gone.txt', 'latin.txt']
    const wanted = request({ task: 'T', base: bench.base }, ...paths.map((path) => diffed(path, TEN, THEIRS)))
    const { id, conflicts } = await attempt(bench, wanted)
    expect(conflicts.map(({ kind }) => kind)).toEqual(['binary', 'delete_modify', 'content'])
    const sides = paths.map((path) => bench.engine.review.texts(id, path).now)
    expect(sides.map(({ ours }) => [ours.text, ours.absent, ours.reason])).toEqual([
      [null, false, 'binary'],
      [null, true, null],
      [null, false, 'not_utf8'],
    ])
    expect(sides.map(({ theirs }) => theirs.text)).toEqual(paths.map(() => THEIRS))
    // Whatever cannot be shown can still be taken.
    const keys = sides.map(({ sides_key }) => sides_key)
    await bench.engine.resolve(
      id,
      'me',
      paths.map((path, n) => ({ path, how: n < 2 ? 'ours' : 'theirs', content: null, sidesKey: keys[n] })),
    )
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', last_error: null })
    expect([bench.text('gone.txt'), bench.file('bin.txt')?.length]).toEqual([null, 4])
  }))

test('texts too large for a window, or for one answer to it, are left out, and how large they are is told', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const { review, ground } = bench.engine
    const { records, db } = ground.store
    const [row] = records.conflicts(id)
    if (row === undefined) throw new Error('no conflict')
    const { record, sides_key: sidesKey } = pathOf(await review.show(id))
    const draft = { ...EMPTY, text: 'begun' }
    review.draft(id, { path: 'a.txt', sidesKey, revision: null, tab: 'one', draft })
    const replace = (ours: Buffer, oid: string): void => {
      const text = JSON.stringify({ ...record, ours: { ...record.ours, oid } })
      db.write(() => records.setConflicts(id, [{ ...row, record: text, ours }]))
    }
    // Each of these characters is written as six: one such text fits into an answer, two do not.
    const wide = Buffer.alloc(7 * 1024 * 1024, 1)
    replace(wide, '1'.repeat(40))
    const key = pathOf(await review.show(id)).sides_key
    review.draft(id, { path: 'a.txt', sidesKey: key, revision: 1, tab: 'one', draft })
    replace(wide, '2'.repeat(40))
    const { now, drafted } = review.texts(id, 'a.txt')
    expect([now.ours.text?.length, now.theirs.text]).toEqual([wide.length, THEIRS])
    expect(drafted?.ours).toEqual({ text: null, absent: false, bytes: wide.length, reason: 'too_large' })
    expect(JSON.stringify({ now, drafted }).length).toBeLessThan(64 * 1024 * 1024)

    replace(Buffer.alloc(MAX_SIDE + 1, 'x'), '3'.repeat(40))
    expect(review.texts(id, 'a.txt').now.ours).toMatchObject({ reason: 'too_large', bytes: MAX_SIDE + 1 })
    replace(Buffer.alloc(MAX_SIDE, 'x'), '4'.repeat(40))
    expect(review.texts(id, 'a.txt').now.ours.text?.length).toBe(MAX_SIDE)

    const markers = 'x'.repeat(2 * 1024 * 1024)
    const long = JSON.stringify({ ...record, markers })
    db.write(() => records.setConflicts(id, [{ ...row, record: long }]))
    expect(pathOf(await review.show(id)).record.markers).toBeNull()
  }))

test('kinds without a merge: added by both, deleted by one, a mode, a base nobody knows', () =>
  withBench({ files: FILES }, async (bench) => {
    const first = [
      added('new.txt', 'ours\n'),
      added('run.sh', 'same\n'),
      deleted('a.txt'),
      diffed('b.txt', TEN, OURS),
    ]
    await land(bench, request({ task: 'FIRST' }, ...first))
    const second = [
      added('new.txt', 'theirs\n'),
      added('run.sh', 'same\n', true),
      diffed('a.txt', TEN, THEIRS),
      deleted('b.txt'),
    ]
    const { id } = await attempt(bench, request({ task: 'SECOND', base: bench.base }, ...second))
    const review = await bench.engine.review.show(id)
    const kinds = review.paths.map(({ record: { path, kind } }) => [path, kind])
    expect(kinds).toEqual([
      ['a.txt', 'delete_modify'],
      ['b.txt', 'modify_delete'],
      ['new.txt', 'add_add'],
      ['run.sh', 'mode'],
    ])
    const absent = review.paths.map(({ record: { path } }) => {
      const { base, ours, theirs } = bench.engine.review.texts(id, path).now
      return [base, ours, theirs].map((side) => side.absent)
    })
    expect(absent).toEqual([
      [false, true, false],
      [false, false, true],
      [true, false, false],
      [true, false, false],
    ])

    // A patch that fits nowhere in the history: only what was sent is known.
    const patch = '@@ -1,3 +1,3 @@\n of nobody\n-knows\n+known\n what\n'
    const third = await attempt(bench, request({ task: 'THIRD' }, patched('c.txt', patch)))
    expect(third.conflicts[0]?.kind).toBe('base_unknown')
    const texts = bench.engine.review.texts(third.id, 'c.txt')
    expect(texts.patch).toBe(patch)
    expect([texts.now.base.reason, texts.now.ours.text, texts.now.theirs.reason]).toEqual([
      'gone',
      TEN,
      'gone',
    ])
  }))

test('two windows on one path: who writes second sees what the first wrote, and nothing is lost', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const { review } = bench.engine
    const { sides_key: sidesKey } = pathOf(await review.show(id))
    const write = (tab: string, revision: number | null, text: string) =>
      review.draft(id, { path: 'a.txt', sidesKey, revision, tab, draft: { ...EMPTY, text } })
    expect(write('one', null, 'first')).toMatchObject({ stored: true, current: { revision: 1, tab: 'one' } })
    const refused = write('two', null, 'second')
    expect(refused).toMatchObject({ stored: false, current: { revision: 1, tab: 'one', text: 'first' } })
    expect(write('two', 1, 'first and second')).toMatchObject({ stored: true, current: { revision: 2 } })
    expect(write('one', 1, 'late')).toMatchObject({ stored: false, current: { text: 'first and second' } })
    expect(pathOf(await review.show(id)).draft).toMatchObject({
      path: 'a.txt',
      revision: 2,
      tab: 'two',
      text: 'first and second',
      sides_key: sidesKey,
    })
    const wrongPath = { path: 'c.txt', sidesKey, revision: null, tab: 'one', draft: EMPTY }
    expect(() => review.draft(id, wrongPath)).toThrow(/no conflict in c\.txt/)
    const wrongSides = { path: 'a.txt', sidesKey: 'of nobody', revision: 2, tab: 'one', draft: EMPTY }
    expect(() => review.draft(id, wrongSides)).toThrow(expect.objectContaining({ code: 'conflict_moved' }))
    await bench.engine.cancel(id)
    expect(() => write('one', 2, 'too late')).toThrow(expect.objectContaining({ code: 'wrong_status' }))
  }))

test('a draft stays while its conflict may come back, and goes when the change has landed or is archived', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const { review, ground } = bench.engine
    const { sides_key: sidesKey } = pathOf(await review.show(id))
    const draft = { ...EMPTY, text: 'as far as it went' }
    review.draft(id, { path: 'a.txt', sidesKey, revision: null, tab: 'one', draft })
    const kept = (): number => ground.store.reviews.drafts(id).length
    await bench.engine.cancel(id)
    await bench.engine.retry(id)
    await bench.drain()
    expect(pathOf(await review.show(id)).draft).toMatchObject({ text: draft.text, revision: 1 })
    await bench.engine.resolve(id, 'me', [await decided(bench, id, 'a.txt', SETTLED)])
    expect(kept()).toBe(1)
    await bench.drain()
    expect([bench.show(id).status, kept()]).toEqual(['applied', 0])

    const wanted = request({ task: 'THIRD', base: bench.base }, diffed('a.txt', TEN, THEIRS))
    const { id: third } = await attempt(bench, wanted)
    const key = pathOf(await review.show(third)).sides_key
    review.draft(third, { path: 'a.txt', sidesKey: key, revision: null, tab: 'one', draft })
    await bench.engine.cancel(third)
    ground.store.db.sql('UPDATE change_queue SET updated_at = 1').run()
    bench.engine.cleanUp(1)
    expect(bench.show(third).archived).toBe(true)
    expect(ground.store.reviews.drafts(third)).toEqual([])
  }))

test('a resolution lands byte for byte, and it is recorded who decided what, and how', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench, ['a.txt', 'b.txt'])
    const odd = `${SETTLED}\u{1f600} tab\there, cr\rthere, no last newline`
    const a = await decided(bench, id, 'a.txt', odd)
    const chunks = [
      { key: 'k1', choice: 'both' as const, text: 'x\ny\n' },
      { key: 'k2', choice: 'both' as const, text: 'z\n' },
      { key: 'k3', choice: 'typed' as const, text: 'w\n' },
    ]
    const b = { path: 'b.txt', how: 'theirs' as const, content: null, sidesKey: a.sidesKey }
    await bench.engine.resolve(id, 'me', [{ ...a, chunks }, b])
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', landed_commit: bench.tip() })
    expect(bench.file('a.txt')?.equals(Buffer.from(odd))).toBe(true)
    const resolved = bench.show(id).log.find(({ message }) => message === 'resolve')
    expect(resolved?.details).toMatchObject({
      resolved_by: 'me',
      paths: [
        { path: 'a.txt', how: 'from', choices: { both: 2, typed: 1 } },
        { path: 'b.txt', how: 'theirs' },
      ],
    })
    expect(bench.show(id).resolutions.map(({ path, choices }) => [path, choices])).toEqual([
      ['a.txt', { both: 2, typed: 1 }],
      ['b.txt', null],
    ])

    expect(bench.cli('show', String(id)).stdout).toContain(
      'resolved a.txt with from by me (2 both, 1 typed)\n',
    )

    // Offered again, with how it went: newest first for each key.
    const found = bench.engine.review.precedents(['k1', 'k3', 'of nobody'])
    expect(
      found.map(({ key, choice, text, by, change_id, task_id, status }) => [
        key,
        choice,
        text,
        by,
        change_id,
        task_id,
        status,
      ]),
    ).toEqual([
      ['k1', 'both', 'x\ny\n', 'me', id, 'SECOND', 'applied'],
      ['k3', 'typed', 'w\n', 'me', id, 'SECOND', 'applied'],
    ])
  }))

test('a text that was not finished is refused, from the window and from the command line', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const { record, sides_key: sidesKey } = pathOf(await bench.engine.review.show(id))
    const left = { path: 'a.txt', how: 'from' as const, content: Buffer.from(record.markers ?? ''), sidesKey }
    const refusal = {
      code: 'markers_left',
      message: expect.stringMatching(/^a\.txt still .* from line 5 on$/),
    }
    await expect(bench.engine.resolve(id, 'me', [left])).rejects.toMatchObject(refusal)
    bench.repo.write('left.txt', record.markers ?? '')
    const cli = bench.cli(
      'resolve',
      String(id),
      '--by',
      'me',
      '--path',
      'a.txt',
      '--from',
      `${bench.dir}/left.txt`,
    )
    expect([cli.code, cli.stdout]).toEqual([1, ''])
    expect(cli.stderr).toContain('a.txt still has conflict markers, from line 5 on')
    const nothing = { path: 'a.txt', how: 'from' as const, content: null }
    await expect(bench.engine.resolve(id, 'me', [nothing])).rejects.toMatchObject({ code: 'no_text' })
    expect(bench.show(id)).toMatchObject({ status: 'conflict', resolutions: [] })
  }))

test('a text about merging may hold the markers that it always held', () => {
  const about = (line: string): string =>
    `How to merge\n\n<<<<<<< HEAD\n${line}\n=======\ntheirs\n>>>>>>> topic\n`
  return withBench({ files: { 'doc.md': about('ours') } }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, replaced('doc.md', about('OURS'))))
    const { id } = await attempt(
      bench,
      request({ task: 'T', base: bench.base }, replaced('doc.md', about('Ours'))),
    )
    const both = about('OURS, or Ours')
    await bench.engine.resolve(id, 'me', [await decided(bench, id, 'doc.md', both)])
    await bench.drain()
    expect(bench.text('doc.md')).toBe(both)
  })
})

test('a decision about what the target has no more is refused; the command line decides on what is stored', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const decision = await decided(bench, id, 'a.txt', SETTLED)
    await landText(bench, 'THIRD', 'a.txt', OURS.replace('nine', 'NINE'))
    const refusal = { code: 'conflict_moved', hint: 'look again', message: expect.stringContaining('a.txt') }
    await expect(bench.engine.resolve(id, 'me', [decision])).rejects.toMatchObject(refusal)
    expect(pathOf(await bench.engine.review.show(id)).moved).toBe(true)
    await bench.engine.review.refresh(id)
    await expect(bench.engine.resolve(id, 'me', [decision])).rejects.toMatchObject(refusal)
    expect(bench.show(id).status).toBe('conflict')
    const { sidesKey: _, ...unkeyed } = decision
    await bench.engine.resolve(id, 'me', [
      { ...unkeyed, content: Buffer.from(SETTLED.replace('nine', 'NINE')) },
    ])
    await bench.drain()
    expect(bench.text('a.txt')).toBe(SETTLED.replace('nine', 'NINE'))
  }))

test('what was decided before says how its change stands, archived ones too', () =>
  withBench({ files: FILES }, async (bench) => {
    const id = await inConflict(bench)
    const chunk = { key: 'same', choice: 'incoming' as const, text: 'five of the change\n' }
    const decision = { ...(await decided(bench, id, 'a.txt', THEIRS)), chunks: [chunk] }
    await bench.engine.resolve(id, 'me', [decision])
    expect(bench.engine.review.precedents(['same'])).toMatchObject([
      { status: 'pending', check_verdict: null },
    ])
    await bench.drain()
    bench.engine.ground.store.db.sql('UPDATE change_queue SET updated_at = 1').run()
    bench.engine.cleanUp(1)
    expect(bench.engine.review.precedents(['same'])).toMatchObject([
      { status: 'applied', check_verdict: 'not_run', change_id: id, decided_at: expect.any(Number) },
    ])
    expect(bench.engine.review.precedents([])).toEqual([])
    expect(await attempt(bench, change({ task: 'X', path: 'x.txt', add: 'x\n' }))).toMatchObject({
      status: 'applied',
    })
  }))
