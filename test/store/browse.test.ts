/** Pages of the queue as the eye reads them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ChangeFilter } from '../../schemas/view.ts'
import { newChange, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

/** Queues changes of these requests in this order, so that their ids are 1, 2, 3 and so on. */
function queue(requests: readonly (string | null)[]): void {
  for (const [n, requestId] of requests.entries())
    temp.store.changes.insert({ ...newChange(`T-${n + 1}`), requestId })
}

const idsOf = (filter: ChangeFilter, offset = 0, limit = 100): number[] =>
  temp.store.browse.page(filter, offset, limit).rows.map(({ id }) => id)

test('by request, all changes of a request stand together whenever they came', () => {
  queue(['A', 'B', null, 'A', 'C', 'B', null, 'A'])
  expect(idsOf({})).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  expect(idsOf({ group: 'request' })).toEqual([8, 4, 1, 6, 2, 5, 7, 3])
  // A page begins where the one before it ended, in the middle of a request or not.
  for (const limit of [1, 2, 3, 5]) {
    const pages = Array.from({ length: 8 }, (_, page) => idsOf({ group: 'request' }, page * limit, limit))
    expect(pages.flat()).toEqual([8, 4, 1, 6, 2, 5, 7, 3])
  }
  temp.store.changes.move(8, 'cancelled', {})
  expect(idsOf({ group: 'request', states: ['pending'] })).toEqual([6, 2, 5, 4, 1, 7, 3])
  expect(temp.store.browse.page({ group: 'request', states: ['pending'] }, 0, 2).total).toBe(7)
})
