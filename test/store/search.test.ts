/** Searching the queue for a text: it finds what is there now, whatever was read for searches before. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newChange, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

function insert(task: string, intent: string): number {
  const { store } = temp
  const change = { ...newChange(task), payload: JSON.stringify({ metadata: { intent } }), payloadHash: task }
  const made = store.db.write(() => store.changes.insert(change))
  if (!('id' in made)) throw new Error(`${task} is there already`)
  return made.id
}

const found = (text: string): number[] => {
  const { page, ids } = temp.store.browse
  const { rows, total } = page({ text }, 0, 100)
  expect(total).toBe(rows.length)
  expect(ids({ text })).toEqual(rows.map(({ id }) => id).toReversed())
  return ids({ text })
}

test('task, agent and intent are found in any case, and nothing else is', () => {
  const first = insert('PAY-1', 'Retry the payment')
  const second = insert('SHIP-1', 'Print the label')
  expect(found('RETRY the')).toEqual([first])
  expect(found('ship-')).toEqual([second])
  expect(found('-1')).toEqual([first, second])
  expect(found('100 %')).toEqual([])
})

test('what came after the first search is found, and what went away is not', () => {
  const first = insert('PAY-1', 'Retry the payment')
  expect(found('pay')).toEqual([first])
  const second = insert('PAY-2', 'Ask before paying twice')
  expect(found('pay')).toEqual([first, second])
  // One goes and one comes: as many as before.
  temp.store.db.write(() => temp.store.db.sql('DELETE FROM change_queue WHERE id = ?').run(first))
  const third = insert('PAY-3', 'Pay at once')
  expect(found('pay')).toEqual([second, third])
})

test('what a transaction took back was never there', () => {
  const { store } = temp
  const first = insert('PAY-1', 'Retry the payment')
  expect(() =>
    store.db.write(() => {
      insert('PAY-2', 'Pay later')
      expect(found('later')).toHaveLength(1)
      throw new Error('taken back')
    }),
  ).toThrow('taken back')
  // It gets the number of the one that was taken back.
  const second = insert('PAY-9', 'Another one')
  expect(found('another')).toEqual([second])
  expect(found('later')).toEqual([])
  expect(found('pay')).toEqual([first, second])
})

test('an error is found while the change has it', () => {
  const { store } = temp
  const id = insert('PAY-1', 'Retry the payment')
  expect(found('no such check')).toEqual([])
  store.db.write(() => store.changes.move(id, 'held', { lastError: 'No such CHECK', reasonCode: 'policy' }))
  expect(found('no such check')).toEqual([id])
  store.db.write(() => store.changes.move(id, 'pending', { lastError: null, reasonCode: null }))
  expect(found('no such check')).toEqual([])
})
