/** What is kept for the conflict reviewer: drafts that count, sides they were begun on, and decisions to be offered again. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConflictRecord } from '../../schemas/conflict.ts'
import type { DecidedChunk, Draft } from '../../schemas/reviewer.ts'
import { sidesKey } from '../../main/engine/domain/sides-key.ts'
import { newChange, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

const draft = (text: string): Draft => ({ pick: null, text, spans: [{ from: 0, to: 4 }], choices: ['both'] })
const blob = (digit: string) => ({ oid: digit.repeat(40), mode: '100644' as const })

/** A conflict in which the target has this text. */
function conflictOf(
  path: string,
  ours: string,
): { row: Parameters<TempStore['store']['records']['setConflicts']>[1][number]; key: string } {
  const record: ConflictRecord = {
    path,
    kind: 'content',
    base: blob('a'),
    ours: blob(ours),
    theirs: blob('c'),
    markers: null,
    rename_source: null,
    base_commit: null,
    base_origin: 'inferred',
    tip: 'd'.repeat(40),
    line_ending: 'lf',
    final_newline: true,
    touched_by: [],
  }
  const [base, theirs] = [Buffer.from('base'), Buffer.from('theirs')]
  const row = {
    path,
    record: JSON.stringify(record),
    base,
    ours: Buffer.from(ours),
    theirs,
    marker_text: null,
  }
  return { row, key: sidesKey(record) }
}

const newId = (task: string): number => {
  const made = temp.store.db.write(() => temp.store.changes.insert(newChange(task)))
  return 'id' in made ? made.id : 0
}
const setConflicts = (id: number, ...rows: ReturnType<typeof conflictOf>[]): void =>
  temp.store.db.write(() => temp.store.records.setConflicts(id, rows.map(({ row }) => row))) // prettier-ignore

test('a draft is stored where nobody wrote since the one it builds on, and counts up', () => {
  const id = newId('T')
  const { reviews } = temp.store
  const write = (revision: number | null, text: string) =>
    reviews.writeDraft(id, { path: 'a', sidesKey: 'k', revision, tab: 't', draft: draft(text) })
  expect(write(1, 'of nothing')).toEqual({ stored: false, current: null })
  expect(write(null, 'one')).toMatchObject({ stored: true, current: { revision: 1, ...draft('one') } })
  expect(write(null, 'again')).toMatchObject({ stored: false, current: { revision: 1, text: 'one' } })
  expect(write(1, 'two')).toMatchObject({ stored: true, current: { revision: 2 } })
  expect(reviews.drafts(id)).toEqual([
    { path: 'a', sides_key: 'k', tab: 't', revision: 2, updated_at: expect.any(Number), ...draft('two') },
  ])
  expect(reviews.revisions(id)).toEqual([{ path: 'a', revision: 2, tab: 't' }])
})

test('sides that are replaced are kept for the draft begun on them and for who shows them still, and no longer', () => {
  const id = newId('T')
  const { reviews } = temp.store
  const [one, two, three, four] = ['1', '2', '3', '4'].map((ours) => conflictOf('a', ours)) as [
    ReturnType<typeof conflictOf>,
    ReturnType<typeof conflictOf>,
    ReturnType<typeof conflictOf>,
    ReturnType<typeof conflictOf>,
  ]
  const kept = (): string[] => [one, two, three, four].filter(({ key }) => reviews.formerSides(id, 'a', key)).map(({ row }) => String(row.ours)) // prettier-ignore
  setConflicts(id, one)
  reviews.writeDraft(id, { path: 'a', sidesKey: one.key, revision: null, tab: 't', draft: draft('x') })
  setConflicts(id, one)
  expect(kept()).toEqual([])
  setConflicts(id, two)
  expect(kept()).toEqual(['1'])
  setConflicts(id, three)
  expect(kept()).toEqual(['1', '2'])
  expect(String(reviews.formerSides(id, 'a', one.key)?.ours)).toBe('1')
  reviews.writeDraft(id, { path: 'a', sidesKey: three.key, revision: 1, tab: 't', draft: draft('y') })
  setConflicts(id, four)
  expect(kept()).toEqual(['3'])
  // Sides that are not in conflict for the moment may come back with their draft.
  setConflicts(id)
  expect(kept()).toEqual(['3', '4'])
  temp.store.db.write(() => temp.store.changes.move(id, 'applied'))
  expect([kept(), reviews.drafts(id)]).toEqual([[], []])
})

test('decisions come back newest first, of each key no more than are useful, and for ever long texts none', () => {
  const { reviews, db } = temp.store
  const chunk = (text: string, choice: DecidedChunk['choice'] = 'typed'): DecidedChunk => ({
    key: 'k',
    choice,
    text,
  })
  const ids = Array.from({ length: 25 }, (_, n) => newId(`T-${n}`))
  for (const id of ids) db.write(() => reviews.decide(id, 'me', [chunk(`by ${id}`)]))
  const found = reviews.precedents(['k', 'k', 'other'])
  expect(found.map(({ change_id }) => change_id)).toEqual(ids.toReversed().slice(0, 20))
  expect(found[0]).toMatchObject({ text: `by ${ids.at(-1)}`, by: 'me', task_id: 'T-24', status: 'pending' })
  // Decided anew, the same change counts once; what is open or very long is not remembered.
  const [last = 0] = ids.slice(-1)
  db.write(() => reviews.decide(last, 'me', [chunk('anew'), chunk('', 'open'), chunk('x'.repeat(70_000))]))
  const mine = reviews.precedents(['k']).filter(({ change_id }) => change_id === last)
  expect(mine.map(({ text }) => text)).toEqual(['anew'])
})

test('another side, mode or absence is another key; the same sides are the same', () => {
  const sides = { base: blob('a'), ours: blob('b'), theirs: blob('c') }
  const others = [
    { ...sides, ours: blob('d') },
    { ...sides, ours: { ...blob('b'), mode: '100755' as const } },
    { ...sides, theirs: null },
    { base: blob('b'), ours: blob('a'), theirs: blob('c') },
  ]
  expect(new Set([sides, ...others].map(sidesKey)).size).toBe(5)
  expect(sidesKey({ ...sides })).toBe(sidesKey(sides))
})
