/** Who works the queue, known to everyone over the same database. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

const one = { id: 'one', process: { pid: 101, startedAt: '7' } }
const two = { id: 'two', process: { pid: 102, startedAt: null } }
const names = (): string[] => temp.store.workers.list().map(({ id }) => id)

test('a worker is listed from its entry until it leaves, and the log tells both', () => {
  temp.store.workers.enter(two)
  temp.store.workers.enter(one)
  expect(temp.store.workers.list()).toEqual([one, two])
  temp.store.workers.leave(one)
  expect(names()).toEqual(['two'])
  expect(temp.store.logs.count('worker_started')).toBe(2)
  expect(temp.store.logs.count('worker_ended')).toBe(1)
})

test('a later process with the same number replaces the one before, who then takes nothing away', () => {
  const later = { id: 'later', process: { ...one.process, startedAt: '8' } }
  temp.store.workers.enter(one)
  temp.store.workers.enter(later)
  temp.store.workers.leave(one)
  expect(names()).toEqual(['later'])
})

test('only whoever is dead is forgotten', () => {
  temp.store.workers.enter(one)
  temp.store.workers.enter(two)
  temp.store.workers.forgetDead(({ pid }) => pid === 102)
  expect(names()).toEqual(['two'])
  temp.store.workers.forgetDead(({ pid }) => pid === 102)
  expect(temp.store.logs.count('worker_ended')).toBe(1)
})
