import { expect, test } from 'vitest'
import { added, change, diffed, replaced, request } from '../support/requests.ts'
import { withBench, type Workbench } from '../support/workbench.ts'

const TEN = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n'

/** Works the queue in one batch and takes one change back just before it would land. */
async function drainWithout(bench: Workbench, id: number): Promise<void> {
  let done = false
  await bench.drain({
    onStep: async (step) => {
      if (step !== 'prepare' || done) return
      done = true
      await bench.engine.cancel(id)
    },
  })
  expect(bench.show(id).status).toBe('cancelled')
}

test('a name refused because of a change ahead in the batch is looked at again when that one is withdrawn', () =>
  withBench({}, async (bench) => {
    const [first = 0, second = 0, third = 0] = await bench.enqueue(
      request({ task: 'A' }, added('Notes.md', 'a\n')),
      request({ task: 'B' }, added('NOTES.md', 'b\n')),
      request({ task: 'C' }, added('Notes.md/inside.txt', 'c\n')),
    )
    await drainWithout(bench, first)
    expect(bench.show(second)).toMatchObject({ status: 'applied' })
    expect(bench.show(third)).toMatchObject({ status: 'failed', reason_code: 'name_collision' })
    expect(bench.landed().length).toBe(1)
  }))

test('and is final when that one landed', () =>
  withBench({}, async (bench) => {
    const [first = 0, second = 0, third = 0] = await bench.enqueue(
      request({ task: 'A' }, added('Notes.md', 'a\n')),
      request({ task: 'B' }, added('NOTES.md', 'b\n')),
      request({ task: 'C' }, added('Notes.md/inside.txt', 'c\n')),
    )
    await bench.drain()
    expect(bench.show(first).status).toBe('applied')
    expect(bench.show(second)).toMatchObject({ status: 'failed', reason_code: 'name_collision' })
    expect(bench.show(third)).toMatchObject({ status: 'failed', reason_code: 'path_under_file' })
  }))

test('a conflict behind a rename with a change ahead in the batch goes when that one is withdrawn', () =>
  withBench({ files: { 'old.txt': TEN } }, async (bench) => {
    bench.repo.git('mv', 'old.txt', 'new.txt')
    bench.repo.commit('renamed')
    const [first = 0, second = 0] = await bench.enqueue(
      request({ task: 'A' }, diffed('new.txt', TEN, TEN.replace('five', 'FIVE'))),
      request({ task: 'B', base: bench.base }, diffed('old.txt', TEN, TEN.replace('five', '5'))),
    )
    await drainWithout(bench, first)
    expect(bench.show(second)).toMatchObject({ status: 'applied', conflicts: [] })
    expect(bench.text('new.txt')).toBe(TEN.replace('five', '5'))
  }))

test('a change that does not fit is left out whole, and what follows on its paths keeps its order', () =>
  withBench({ files: { 'f.txt': TEN, 'g.txt': TEN } }, async (bench) => {
    const edit = (path: string, from: string, to: string) => diffed(path, TEN, TEN.replace(from, to))
    const base = bench.base
    const ids = await bench.enqueue(
      request({ task: 'A', base }, edit('f.txt', 'five', 'FIVE')),
      request({ task: 'B', base }, edit('f.txt', 'five', '5'), edit('g.txt', 'one', 'ONE')),
      request({ task: 'C', base }, edit('g.txt', 'ten', 'TEN')),
      request({ task: 'D', base }, edit('f.txt', 'ten', 'TEN')),
      change({ task: 'E', path: 'e.txt', add: 'e\n' }),
    )
    await bench.drain()
    expect(ids.map((id) => bench.show(id).status)).toEqual([
      'applied',
      'conflict',
      'applied',
      'applied',
      'applied',
    ])
    expect(
      bench
        .show(ids[1] ?? 0)
        .conflicts.map(({ path, touched_by }) => [path, touched_by.map((t) => t.task_id)]),
    ).toEqual([['f.txt', ['A']]])
    expect(bench.text('g.txt')).toBe(TEN.replace('ten', 'TEN'))
    expect(bench.text('f.txt')).toBe(TEN.replace('five', 'FIVE').replace('ten', 'TEN'))
  }))

test('changes that follow each other land in their order, each with the next waiting for it', () =>
  withBench({}, async (bench) => {
    const count = 30
    const requests = Array.from({ length: count }, (_, index) => {
      const fields = { task: `S-${index}`, ...(index === 0 ? {} : { dependsOn: [`S-${index - 1}`] }) }
      // The last are queued first: it is depends_on that keeps them in order.
      return request(fields, added(`part/${index}.txt`, `${index}\n`))
    })
    await bench.enqueue(...requests.toReversed())
    await bench.drain()
    const order = bench.landed().map(({ message }) => /^Task-Id: (.*)$/m.exec(message)?.[1])
    expect(order).toEqual(requests.map((one) => one['task_id']))
  }))

test('a dependency that can no longer be met holds a change with the reason, until it can', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    const [first = 0, second = 0] = await bench.enqueue(
      request({ task: 'A', base: bench.base }, replaced('f.txt', 'whole\n')),
      request({ task: 'B', dependsOn: ['A'] }, added('b.txt', 'b\n')),
    )
    await bench.engine.markFailed(first, null, 'not wanted')
    expect(bench.show(second)).toMatchObject({
      status: 'held',
      reason_code: 'dependency_impossible',
      last_error: expect.stringContaining('A'),
    })
    await bench.drain()
    await expect(bench.engine.approve(second, 'operator', null, null)).rejects.toMatchObject({
      code: 'dependency_impossible',
    })
    await bench.engine.retry(first)
    await bench.drain()
    expect([first, second].map((id) => bench.show(id).status)).toEqual(['applied', 'applied'])
  }))

test('a change that is given back takes what comes after it on its paths along, and the order stays', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    const edit = (task: string, line: string) =>
      request({ task, base: bench.base }, diffed('f.txt', TEN, TEN.replace(line, line.toUpperCase())))
    const [first = 0] = await bench.enqueue(
      edit('A', 'one'),
      edit('B', 'five'),
      request({ task: 'X' }, added('x.txt', 'x\n')),
      edit('C', 'ten'),
    )
    let done = false
    await bench.drain({
      onStep: async (step) => {
        if (step !== 'prepare' || done) return
        done = true
        await bench.engine.release(first, bench.show(first).fence)
      },
    })
    const log = bench.repo.git(
      'log',
      '--reverse',
      '--format=%(trailers:key=Task-Id,valueonly)',
      'hyperion/main',
    )
    expect(log.split(/\s+/).filter((task) => task !== '')).toEqual(['X', 'A', 'B', 'C'])
  }))

test('a target checked out while its changes were built is not moved', () =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    const [id = 0] = await bench.enqueue(request({ task: 'A' }, added('a.txt', 'a\n')))
    await expect(
      bench.drain({
        onStep: (step) => {
          if (step === 'verify') bench.repo.git('checkout', '--quiet', 'hyperion/main')
        },
      }),
    ).rejects.toMatchObject({ code: 'target_checked_out' })
    expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0 })
    expect([bench.tip(), bench.repo.git('status', '--porcelain')]).toEqual([bench.base, ''])
  }))

test('what is built before a change that is cancelled at the last moment lands all the same, at once', () =>
  withBench({}, async (bench) => {
    const ids = await bench.enqueue(
      ...Array.from({ length: 9 }, (_, n) => request({ task: `T-${n}` }, added(`f${n}.txt`, 'x\n'))),
    )
    const moves: (readonly number[])[] = []
    await bench.drain({
      onStep: async (step, landing) => {
        if (step === 'commit') moves.push(landing)
        if (step === 'prepare' && landing.length === 9) await bench.engine.cancel(ids[7] ?? 0)
      },
    })
    expect(moves.map((landing) => landing.length)).toEqual([7, 1])
    expect(bench.show(ids[7] ?? 0).status).toBe('cancelled')
    expect(bench.landed().length).toBe(8)
  }))
