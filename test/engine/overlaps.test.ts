/** Who edits the same lines is told when a change comes in, and shown for as long as both are open. */
import { expect, test } from 'vitest'
import { openOverlaps } from '../../main/engine/intake/overlaps.ts'
import type { ChangeRequest } from '../../schemas/change-request.ts'
import { added, deleted, hunksBetween, numbered, patched, replaced, request } from '../support/requests.ts'
import { withBench, type Workbench } from '../support/workbench.ts'
import { newChange, tempStore } from '../support/temp-store.ts'

const TEXT = numbered(60)
const FILES = { 'src/x.ts': TEXT, 'b.txt': 'b\n' }

/** A patch of src/x.ts that replaces these lines. */
const edit = (first: number, last: number, word: string) => {
  const lines = TEXT.split('\n')
  lines.splice(first - 1, last - first + 1, `${word} ${first}`)
  return patched('src/x.ts', hunksBetween(TEXT, lines.join('\n')))
}

const warningsOf = async (b: Workbench, ...values: unknown[]): Promise<string[][]> =>
  (await b.engine.enqueue(values.map((value, n) => ({ source: `${n}`, value })))).map((result) =>
    result.kind === 'enqueued'
      ? result.warnings.filter((said) => said.includes(' also edits '))
      : ['duplicate'],
  )

const ofTask = (task: string, ...changes: Parameters<typeof request>[1][]) => request({ task }, ...changes)

test('what meets the lines of an open change says whose and which, and leaves the others alone', () =>
  withBench({ files: FILES }, async (b) => {
    expect(await warningsOf(b, ofTask('REQ-140-2', edit(40, 52, 'a')))).toEqual([[]])
    expect(
      await warningsOf(b, ofTask('REQ-141-1', edit(50, 50, 'b')), ofTask('REQ-142-1', edit(10, 11, 'c'))),
    ).toEqual([['0: REQ-140-2 (change 1) also edits lines 40–52 of src/x.ts'], []])
    const seen = b.show(2)
    expect(seen.overlaps).toEqual([
      { change_id: 1, task_id: 'REQ-140-2', agent: 'developer-1', status: 'pending', path: 'src/x.ts', lines: { first: 40, last: 52 } },
    ]) // prettier-ignore
    // Both see each other, whoever came first.
    expect(b.show(1).overlaps).toMatchObject([{ change_id: 2, lines: { first: 50, last: 50 } }])
    expect(b.show(3).overlaps).toEqual([])
    const marks = b.engine
      .logs({ message: 'overlap' })
      .map(({ queue_id, details }) => ({ queue_id, details }))
    expect(marks).toMatchObject([
      {
        queue_id: 2,
        details: { overlaps: [{ change_id: 1, path: 'src/x.ts', lines: { first: 40, last: 52 } }] },
      },
    ])
  }))

test('a whole text, a delete and an unnumbered patch meet every edit of the file', () =>
  withBench({ files: FILES }, async (b) => {
    await warningsOf(b, ofTask('T-1', edit(5, 5, 'a')))
    const all = await warningsOf(
      b,
      ofTask('T-2', replaced('src/x.ts', 'x\n')),
      ofTask('T-3', deleted('src/x.ts'), added('new.txt', 'n\n')),
      ofTask('T-4', patched('src/x.ts', '@@\n-line 30\n+x\n')),
      ofTask('T-5', added('new.txt', 'n\n')),
      ofTask('T-6', replaced('b.txt', 'x\n')),
    )
    expect(all).toEqual([
      ['0: T-1 (change 1) also edits line 5 of src/x.ts'],
      ['1: T-1 (change 1) also edits line 5 of src/x.ts', '1: T-2 (change 2) also edits src/x.ts'],
      expect.arrayContaining(['2: T-3 (change 3) also edits src/x.ts']),
      ['3: T-3 (change 3) also edits new.txt'],
      [],
    ])
  }))

test('what waits for a person counts, what has ended does not, archived or not', () =>
  withBench({ files: FILES }, async (b) => {
    await warningsOf(
      b,
      ofTask('T-1', edit(5, 5, 'a')),
      ofTask('T-2', edit(5, 5, 'b')),
      ofTask('T-3', edit(5, 5, 'c')),
    )
    const { changes, db } = b.engine.ground.store
    db.write(() => changes.move(1, 'held', { reasonCode: 'approval_required' }))
    await b.engine.cancel(3)
    expect(await warningsOf(b, ofTask('T-4', edit(5, 5, 'd')))).toEqual([
      ['0: T-1 (change 1) also edits line 5 of src/x.ts', '0: T-2 (change 2) also edits line 5 of src/x.ts'],
    ])
    expect(b.show(4).overlaps.map(({ change_id, status }) => [change_id, status])).toEqual([
      [1, 'held'],
      [2, 'pending'],
    ])
    await b.engine.cancel(2)
    expect(b.show(4).overlaps.map(({ change_id }) => change_id)).toEqual([1])
    await b.engine.cancel(4)
    expect(b.show(4).overlaps).toEqual([])
  }))

test('a warning costs the same however many changes are queued to one file', () => {
  const temp = tempStore()
  try {
    const { store } = temp
    const changeTo = (line: number) => ({
      task_id: 'T', agent: 'a', checks: ['none'], changes: [patched('one.txt', `@@ -${line},1 +${line},1 @@\n-a\n+b\n`)],
    }) as unknown as ChangeRequest // prettier-ignore
    let reads = 0
    const counted = {
      ...store.db,
      sql: ((text: string) => {
        const statement = store.db.sql(text)
        return { ...statement, get: (...given: never[]) => ((reads += 1), statement.get(...given)), all: (...given: never[]) => ((reads += 1), statement.all(...given)) } // prettier-ignore
      }) as typeof store.db.sql,
    }
    const overlaps = openOverlaps(counted)
    const cost: number[] = []
    store.db.write(() => {
      for (let n = 1; n <= 3_000; n += 1) {
        const made = { ...newChange(`T-${n}`, { paths: ['one.txt'] }), payload: JSON.stringify(changeTo(5)) }
        const result = store.changes.insert(made)
        const before = reads
        const found = overlaps.of('id' in result ? result.id : 0, changeTo(5), true)
        cost.push(reads - before)
        expect(found.length).toBeLessThanOrEqual(20)
      }
    })
    // Lines of those before are known from when they came in; a queue of any length adds no statement.
    expect(Math.max(...cost)).toBeLessThanOrEqual(4)
    // Another process has seen none of them: it reads the nearest ones and no more.
    reads = 0
    openOverlaps(counted).of(3_000, changeTo(5), true)
    expect(reads).toBeLessThanOrEqual(40)
  } finally {
    temp.dispose()
  }
})
