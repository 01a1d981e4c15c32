/** Which landed change touched which line of a conflict, told from git's own blame and the trailers. */
import { expect, test } from 'vitest'
import { whyCommitsSchema, type WhyCommits } from '../../schemas/reviewer.ts'
import { added, deleted, diffed, request } from '../support/requests.ts'
import { attempt, land, withBench, type Workbench } from '../support/workbench.ts'
import { inConflict, OURS, TEN, THEIRS } from './reviewer-support.ts'

const whyOf = async (bench: Workbench, id: number, path = 'a.txt'): Promise<WhyCommits> =>
  whyCommitsSchema.parse(await bench.engine.review.why(id, path))

/** Lines with the task, or the subject, of the commit they are told of. */
const told = (why: WhyCommits, lines: WhyCommits['lines']): unknown[] =>
  lines.map(({ from, to, commit }) => {
    const { task_id, subject } = why.commits[commit] ?? {}
    return [from, to, task_id ?? subject]
  })

test('each line is told of the commit that brought it or took it away, with who, what for and its diff', () =>
  withBench({ files: { 'a.txt': TEN, 'b.txt': TEN } }, async (bench) => {
    const wanted = TEN.replace('two', '2').replace('five', '5').replace('nine', '9')
    const texts = [
      TEN.replace('two\n', 'TWO\nand a half\n'),
      TEN.replace('two\n', 'TWO\nand a half\n').replace('five\nsix\n', ''),
    ] as const
    const first = request(
      { task: 'FIRST', agent: 'agent-a', requestId: 'REQ-1', metadata: { intent: 'shout two' } },
      diffed('a.txt', TEN, texts[0]),
    )
    const [change] = await land(bench, first, request({ task: 'ELSE' }, diffed('b.txt', TEN, OURS)))
    await land(bench, request({ task: 'SECOND' }, diffed('a.txt', texts[0], texts[1])))
    bench.repo.git('checkout', '--quiet', '--detach', 'hyperion/main')
    bench.repo.write('a.txt', texts[1].replace('nine', 'NINE'))
    bench.repo.git('update-ref', 'refs/heads/hyperion/main', bench.repo.commit('by hand'))
    bench.repo.git('checkout', '--quiet', 'main')
    const { id } = await attempt(
      bench,
      request({ task: 'T', base: bench.base }, diffed('a.txt', TEN, wanted)),
    )

    const why = await whyOf(bench, id)
    expect(why.unknown).toBeNull()
    expect(why.commits.map(({ task_id, subject }) => task_id ?? subject)).toEqual([
      'by hand',
      'SECOND',
      'FIRST',
    ])
    expect(told(why, why.lines)).toEqual([
      [2, 3, 'FIRST'],
      [8, 8, 'by hand'],
    ])
    expect(told(why, why.removed)).toEqual([
      [2, 2, 'FIRST'],
      [5, 6, 'SECOND'],
      [9, 9, 'by hand'],
    ])
    expect(why.commits.at(-1)).toMatchObject({
      change_id: change,
      request_id: 'REQ-1',
      task_id: 'FIRST',
      agent: 'agent-a',
      intent: 'shout two',
      summary: null,
      subject: 'FIRST: shout two',
      committed_at: expect.any(Number),
    })
    expect(why.commits[0]).toMatchObject({
      change_id: null,
      task_id: null,
      agent: 'Author',
      intent: 'by hand',
    })
    expect(why.commits.at(-1)?.diff).toContain('@@ -1,5 +1,6 @@\n one\n-two\n+TWO\n+and a half\n')
    expect(why.commits.every(({ diff }) => diff?.includes('b.txt') === false)).toBe(true)

    // Asked again it is remembered; another tip is another question.
    const again = await bench.engine.review.why(id, 'a.txt')
    expect((await bench.engine.review.why(id, 'a.txt')).commits).toBe(again.commits)
    await land(
      bench,
      request({ task: 'LATE' }, diffed('a.txt', bench.text('a.txt') ?? '', `${bench.text('a.txt')}more\n`)),
    )
    await bench.engine.review.refresh(id)
    expect((await whyOf(bench, id)).commits[0]?.task_id).toBe('LATE')
  }))

test('a file that the target deleted: every line went with one commit', () =>
  withBench({ files: { 'a.txt': TEN } }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, diffed('a.txt', TEN, OURS)))
    await land(bench, request({ task: 'GONE', metadata: { intent: 'not needed' } }, deleted('a.txt')))
    const { id } = await attempt(
      bench,
      request({ task: 'T', base: bench.base }, diffed('a.txt', TEN, THEIRS)),
    )
    const why = await whyOf(bench, id)
    expect([why.lines, told(why, why.removed)]).toEqual([
      [],
      [
        [1, 4, 'GONE'],
        [5, 5, 'FIRST'],
        [6, 10, 'GONE'],
      ],
    ])
    expect(why.commits.map(({ task_id }) => task_id)).toEqual(['GONE', 'FIRST'])
  }))

test('a file that the target renamed is followed to where it was', () =>
  withBench({ files: { 'old.txt': TEN } }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, diffed('old.txt', TEN, OURS)))
    bench.repo.git('checkout', '--quiet', '--detach', 'hyperion/main')
    bench.repo.git('mv', 'old.txt', 'new.txt')
    bench.repo.git('update-ref', 'refs/heads/hyperion/main', bench.repo.commit('renamed'))
    bench.repo.git('checkout', '--quiet', 'main')
    const { id, conflicts } = await attempt(
      bench,
      request({ task: 'T', base: bench.base }, diffed('old.txt', TEN, THEIRS)),
    )
    expect(conflicts[0]).toMatchObject({ kind: 'rename', path: 'new.txt', rename_source: 'old.txt' })
    const why = await whyOf(bench, id, 'new.txt')
    expect(told(why, why.lines)).toEqual([[5, 5, 'FIRST']])
    expect(told(why, why.removed)).toEqual([[5, 5, 'FIRST']])
    expect(why.commits.map(({ task_id, subject }) => task_id ?? subject)).toEqual(['renamed', 'FIRST'])
    expect(why.commits[0]?.diff).toContain('rename from old.txt')
  }))

test('a file both added: all of it came since, and nothing was there to be taken away', () =>
  withBench({ files: { 'a.txt': TEN } }, async (bench) => {
    await land(bench, request({ task: 'FIRST' }, added('new.txt', 'one\ntwo\n')))
    const { id } = await attempt(bench, request({ task: 'T', base: bench.base }, added('new.txt', 'other\n')))
    const why = await whyOf(bench, id, 'new.txt')
    expect([told(why, why.lines), why.removed, why.unknown]).toEqual([[[1, 2, 'FIRST']], [], null])

    // Without a base nobody can tell what came since.
    const late = await attempt(bench, request({ task: 'LATE' }, added('new.txt', 'other\n')))
    expect(await whyOf(bench, late.id, 'new.txt')).toMatchObject({
      lines: [],
      unknown: 'it is not known on which commit the change was written',
    })
  }))

test('what is no text has no lines, and a diff that is too long is left out; who it was is told all the same', () =>
  withBench({ files: { 'a.txt': TEN, 'bin.txt': TEN } }, async (bench) => {
    bench.repo.write('bin.txt', Buffer.from([0, 1, 10, 2, 10]))
    bench.repo.write('a.txt', `${OURS}${'many lines of it\n'.repeat(8_000)}`)
    bench.repo.commit('by the operator')
    const wanted = ['a.txt', 'bin.txt'].map((path) => diffed(path, TEN, THEIRS))
    const { id } = await attempt(bench, request({ task: 'T', base: bench.base }, ...wanted))
    const binary = await whyOf(bench, id, 'bin.txt')
    expect(binary).toMatchObject({ lines: [], unknown: 'it is not text, and has no lines' })
    expect(binary.commits).toMatchObject([{ subject: 'by the operator', diff: null }])
    const long = await whyOf(bench, id, 'a.txt')
    expect(told(long, long.lines)).toEqual([
      [5, 5, 'by the operator'],
      [11, 8_010, 'by the operator'],
    ])
    expect(long.commits).toMatchObject([{ diff: null }])
  }))

test('a base that only its author had: what the target took away since they parted is told', () =>
  withBench({ files: { 'a.txt': TEN } }, async (bench) => {
    bench.repo.git('checkout', '--quiet', '-b', 'work')
    bench.repo.write('other.txt', 'of the author\n')
    const base = bench.repo.commit('work of the author')
    bench.repo.git('checkout', '--quiet', 'main')
    const id = await inConflict(bench, ['a.txt'], { base })
    const why = await whyOf(bench, id)
    expect([told(why, why.lines), told(why, why.removed), why.unknown]).toEqual([
      [[5, 5, 'FIRST']],
      [[5, 5, 'FIRST']],
      null,
    ])
  }))

test('a base of another history is said to be one', () =>
  withBench({ files: { 'a.txt': TEN } }, async (bench) => {
    bench.repo.git('checkout', '--quiet', '--orphan', 'alone')
    const base = bench.repo.commit('of nowhere')
    bench.repo.git('checkout', '--quiet', 'main')
    const id = await inConflict(bench, ['a.txt'], { base })
    const why = await whyOf(bench, id)
    expect(why.unknown).toMatch(
      /^the commit [0-9a-f]{10}, on which the change was written, shares no history/,
    )
    expect([why.lines, why.removed]).toEqual([[], []])
  }))
