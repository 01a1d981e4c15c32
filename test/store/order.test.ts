/** In which order changes are claimed: priority, age, shared paths, dependencies, chains in one batch. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unmetDependencies } from '../../main/engine/store/dependencies.ts'
import { earlierOnPaths } from '../../main/engine/store/order.ts'
import * as acts from '../../main/engine/landing/acts.ts'
import type { ChangeRow } from '../../main/engine/store/changes.ts'
import { cleanUp } from '../../main/engine/store/retention.ts'
import { OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

const tasks = (rows: readonly ChangeRow[]): string[] => rows.map((row) => row.task_id)
const claimOne = (): ChangeRow => {
  const [row] = temp.claim()
  if (row === undefined) throw new Error('nothing was leased')
  return row
}
/** Claims one at a time until nothing is left to claim. */
function claimAll(): string[] {
  const claimed: string[] = []
  for (;;) {
    const [row] = temp.claim()
    if (row === undefined) return claimed
    claimed.push(row.task_id)
  }
}

describe('without shared paths', () => {
  test('priority comes first, then age', () => {
    temp.add('normal-1')
    temp.add('low', { priority: 'low' })
    temp.add('urgent-1', { priority: 'urgent' })
    temp.add('high', { priority: 'high' })
    temp.add('normal-2')
    temp.add('urgent-2', { priority: 'urgent' })
    expect(claimAll()).toEqual(['urgent-1', 'urgent-2', 'high', 'normal-1', 'normal-2', 'low'])
  })

  test('a batch is what single claims would have given', () => {
    for (const [index, priority] of (['low', 'urgent', 'normal', 'high', 'urgent'] as const).entries()) {
      temp.add(`T-${index}`, { priority })
    }
    expect(tasks(temp.claim(3))).toEqual(['T-1', 'T-4', 'T-3'])
    expect(tasks(temp.claim(3))).toEqual(['T-2', 'T-0'])
  })
})

describe('on one path', () => {
  test('a later change waits for the earlier one, whatever its priority', async () => {
    const first = temp.add('first', { paths: ['a', 'b'], priority: 'low' })
    const second = temp.add('second', { paths: ['b', 'c'], priority: 'urgent' })
    const third = temp.add('third', { paths: ['c'], priority: 'urgent' })
    temp.add('aside', { paths: ['d'] })
    expect(claimAll()).toEqual(['aside', 'first'])
    expect(earlierOnPaths(temp.store.db, second)).toEqual([first])
    await temp.finish(temp.row(first), OUTCOMES.applied)
    expect(claimAll()).toEqual(['second'])
    await temp.finish(temp.row(second), OUTCOMES.applied)
    expect(claimAll()).toEqual(['third'])
    expect(temp.row(third).blocked).toBe(0)
  })

  test.each(['conflict', 'held', 'validation_failed', 'cancelled', 'applied', 'already_present'] as const)(
    'an earlier change that ended as %s does not block',
    async (kind) => {
      temp.add('first', { paths: ['a'] })
      temp.add('second', { paths: ['a'] })
      await temp.finish(claimOne(), OUTCOMES[kind])
      expect(claimAll()).toEqual(['second'])
    },
  )

  test.each(['tip_moved', 'lease_lost', 'paused'] as const)(
    'one that was given back (%s) goes first again',
    async (kind) => {
      temp.add('first', { paths: ['a'] })
      temp.add('second', { paths: ['a'] })
      await temp.finish(claimOne(), OUTCOMES[kind])
      expect(claimAll()).toEqual(['first'])
    },
  )

  test('one in backoff still blocks', async () => {
    temp.add('first', { paths: ['a'] })
    temp.add('second', { paths: ['a'] })
    await temp.finish(claimOne(), OUTCOMES.crashed)
    expect(claimAll()).toEqual([])
    temp.clock.advance(2_000)
    expect(claimAll()).toEqual(['first'])
  })

  test('one that comes back takes its old place, ahead of those that did not start', async () => {
    const first = temp.add('first', { paths: ['a', 'b'] })
    temp.add('second', { paths: ['a'] })
    const third = temp.add('third', { paths: ['b'] })
    await temp.finish(claimOne(), OUTCOMES.held)
    expect(tasks(temp.claim())).toEqual(['second'])
    await acts.approve(temp.actDeps, { id: first, by: 'someone', role: null, note: null, contentHash: 'h' })
    // `second` is under way already, and what is earlier on b is `first` again, which waits for nobody.
    expect(temp.row(third).blocked).toBe(1)
    expect(claimAll()).toEqual(['first'])
    await temp.finish(temp.row(first), OUTCOMES.applied)
    expect(claimAll()).toEqual(['third'])
  })

  test('one that waited, was cancelled and comes back no longer waits for what has ended meanwhile', async () => {
    const first = temp.add('first', { paths: ['a'] })
    const second = temp.add('second', { paths: ['a'] })
    await acts.cancel(temp.actDeps, second, 'cancel')
    await temp.finish(claimOne(), OUTCOMES.applied)
    expect(temp.status(first)).toBe('applied')
    await acts.retry(temp.actDeps, second)
    expect(claimAll()).toEqual(['second'])
  })

  test('a change in the middle that ends lets the ones behind it through only when all before have ended', async () => {
    const first = temp.add('first', { paths: ['a'] })
    const middle = temp.add('middle', { paths: ['a', 'b'] })
    temp.add('last', { paths: ['a', 'b'] })
    await acts.cancel(temp.actDeps, middle, 'cancel')
    expect(claimAll()).toEqual(['first'])
    await temp.finish(temp.row(first), OUTCOMES.applied)
    expect(claimAll()).toEqual(['last'])
  })
})

describe('chains in one batch', () => {
  test('followers come with the change they follow, behind it, each where its priority belongs', () => {
    temp.add('a1', { paths: ['a'] })
    temp.add('a2', { paths: ['a'], priority: 'high' })
    temp.add('b1', { paths: ['b'], priority: 'high' })
    temp.add('a3', { paths: ['a'], priority: 'low' })
    temp.add('c1', { paths: ['c'] })
    expect(tasks(temp.claim(10))).toEqual(['b1', 'a1', 'a2', 'c1', 'a3'])
  })

  test('a follower comes only once everything before it on any of its paths is in the batch', () => {
    temp.add('a1', { paths: ['a'] })
    temp.add('b1', { paths: ['b'], priority: 'low' })
    temp.add('ab', { paths: ['a', 'b'], priority: 'urgent' })
    expect(tasks(temp.claim(2))).toEqual(['a1', 'b1'])
    expect(temp.claim(10)).toEqual([])
  })

  test('is not begun behind a change that somebody else has', () => {
    temp.add('a1', { paths: ['a'] })
    temp.add('a2', { paths: ['a'] })
    temp.add('a3', { paths: ['a'] })
    temp.claim(1)
    expect(temp.claim(10, 'worker-2')).toEqual([])
  })

  test('ends before a change in backoff and leads around one with something unmet', async () => {
    temp.add('a1', { paths: ['a'] })
    temp.add('a2', { paths: ['a'], dependsOn: ['elsewhere'] })
    temp.add('a3', { paths: ['a'] })
    const one = temp.add('b1', { paths: ['b'] })
    const two = temp.add('b2', { paths: ['b'] })
    expect(tasks(temp.claim(10))).toEqual(['a1', 'a3', 'b1', 'b2'])
    await temp.finish(temp.row(two), OUTCOMES.crashed)
    await temp.finish(temp.row(one), OUTCOMES.tip_moved)
    expect(tasks(temp.claim(10))).toEqual(['b1'])
  })

  test('of many changes is claimed whole', () => {
    for (let index = 0; index < 200; index += 1) temp.add(`T-${index}`, { paths: ['one.txt'] })
    expect(temp.claim(256).map((row) => row.id)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  })
})

describe('depends_on', () => {
  test('keeps nobody waiting on its paths until it is met, so that no two wait for each other', async () => {
    const first = temp.add('first', { dependsOn: ['second'], paths: ['p'] })
    const second = temp.add('second', { paths: ['p', 'q'] })
    const third = temp.add('third', { paths: ['p'] })
    expect([first, second, third].map((id) => temp.row(id).blocked)).toEqual([0, 0, 1])
    expect(temp.claim(1).map(({ id }) => id)).toEqual([second])
    await temp.finish(temp.row(second), OUTCOMES.applied)
    // Met now, it takes its old place: before the third.
    expect([first, third].map((id) => temp.row(id).blocked)).toEqual([0, 1])
    expect(temp.claim(10).map(({ id }) => id)).toEqual([first, third])
  })

  test('waits until every task is applied', async () => {
    const dependent = temp.add('D', { dependsOn: ['A', 'B'] })
    const a = temp.add('A')
    expect(temp.row(dependent).unmet).toBe(2)
    expect(tasks(temp.claim(10))).toEqual(['A'])
    await temp.finish(temp.row(a), OUTCOMES.applied)
    expect(unmetDependencies(temp.store.db, dependent)).toEqual([{ taskId: 'B', state: 'waiting' }])
    expect(claimAll()).toEqual([])
    const b = temp.add('B')
    expect(claimAll()).toEqual(['B'])
    await temp.finish(temp.row(b), OUTCOMES.already_present)
    expect(claimAll()).toEqual(['D'])
  })

  test('never comes in one batch with what it depends on', () => {
    temp.add('A')
    temp.add('D', { dependsOn: ['A'] })
    expect(tasks(temp.claim(10))).toEqual(['A'])
  })

  test.each(['conflict', 'held'] as const)('waits for a task that is %s', async (kind) => {
    temp.add('A')
    const dependent = temp.add('D', { dependsOn: ['A'] })
    await temp.finish(claimOne(), OUTCOMES[kind])
    expect(temp.row(dependent)).toMatchObject({ status: 'pending', unmet: 1 })
    expect(claimAll()).toEqual([])
  })

  test.each(['validation_failed', 'check_failed', 'cancelled'] as const)(
    'on a task that ended as %s makes a change held with the reason, and the retry of that task lets it go on',
    async (kind) => {
      const a = temp.add('A')
      const dependent = temp.add('D', { dependsOn: ['A'] })
      await temp.finish(claimOne(), OUTCOMES[kind])
      expect(temp.row(dependent)).toMatchObject({ status: 'held', reason_code: 'dependency_impossible' })
      expect(temp.row(dependent).last_error).toContain('A')
      expect(temp.store.logs.list({ changeId: dependent }).at(-1)).toMatchObject({
        message: 'held',
        level: 'warn',
      })

      await acts.retry(temp.actDeps, a)
      expect(temp.row(dependent)).toMatchObject({
        status: 'pending',
        reason_code: null,
        last_error: null,
        unmet: 1,
      })
      await temp.finish(claimOne(), OUTCOMES.applied)
      expect(claimAll()).toEqual(['D'])
    },
  )

  test('a held change goes on when the task is submitted again, even after the failed one was archived', async () => {
    temp.add('A')
    const dependent = temp.add('D', { dependsOn: ['A'] })
    await temp.finish(claimOne(), OUTCOMES.validation_failed)
    temp.clock.advance(10_000)
    expect(cleanUp({ ...temp.store, clock: temp.clock }, 5)).toBe(1)
    expect(temp.row(dependent)).toMatchObject({ status: 'held', reason_code: 'dependency_impossible' })
    temp.add('A', { text: 'better' })
    expect(temp.status(dependent)).toBe('pending')
    expect(claimAll()).toEqual(['A'])
  })

  test('a change that comes in after its task has failed is held at once', async () => {
    temp.add('A')
    await temp.finish(claimOne(), OUTCOMES.check_failed)
    expect(temp.status(temp.add('D', { dependsOn: ['A'] }))).toBe('held')
  })

  test('is met by a task that was applied and archived', async () => {
    temp.add('A')
    await temp.finish(claimOne(), OUTCOMES.applied)
    temp.clock.advance(10_000)
    cleanUp({ ...temp.store, clock: temp.clock }, 5)
    temp.add('D', { dependsOn: ['A'] })
    expect(claimAll()).toEqual(['D'])
  })

  test('one failed change of a task is no reason while another of it lives or was applied', async () => {
    const one = temp.add('A', { text: 'one' })
    const two = temp.add('A', { text: 'two' })
    const dependent = temp.add('D', { dependsOn: ['A'] })
    await temp.finish(claimOne(), OUTCOMES.validation_failed)
    expect([temp.status(one), temp.status(dependent)]).toEqual(['failed', 'pending'])
    await temp.finish(claimOne(), OUTCOMES.applied)
    expect([temp.status(two), temp.row(dependent).unmet]).toEqual(['applied', 0])
  })

  test('a cancelled change that is retried sees what became of its tasks meanwhile', async () => {
    const [met, failed] = ['A', 'B'].map((task) => temp.add(task))
    const [free, stuck] = ['A', 'B'].map((task) => temp.add(`after-${task}`, { dependsOn: [task] }))
    for (const id of [free, stuck]) await acts.cancel(temp.actDeps, id ?? 0, 'cancel')
    const rows = temp.claim(2)
    expect(rows.map((row) => row.id)).toEqual([met, failed])
    for (const [index, row] of rows.entries()) {
      await temp.finish(row, index === 0 ? OUTCOMES.applied : OUTCOMES.validation_failed)
    }
    for (const id of [free, stuck]) await acts.retry(temp.actDeps, id ?? 0)
    expect(temp.row(free ?? 0)).toMatchObject({ status: 'pending', unmet: 0 })
    expect(temp.row(stuck ?? 0)).toMatchObject({ status: 'held', reason_code: 'dependency_impossible' })
    expect(claimAll()).toEqual(['after-A'])
  })

  test('of each other holds both, with the whole round as the reason, and whoever ends frees the rest', async () => {
    const a = temp.add('A', { dependsOn: ['B'] })
    const behind = temp.add('behind', { dependsOn: ['A'] })
    expect(temp.status(a)).toBe('pending')
    const b = temp.add('B', { dependsOn: ['C'] })
    const c = temp.add('C', { dependsOn: ['A'] })
    for (const id of [a, b, c]) {
      expect(temp.row(id)).toMatchObject({ status: 'held', reason_code: 'dependency_cycle' })
    }
    expect(temp.row(c).last_error).toBe(
      'waits for itself: task C, which waits for A, which waits for B, which waits for C',
    )
    // It is no part of the round and waits for a person only through it.
    expect(temp.row(behind)).toMatchObject({ status: 'pending', unmet: 1 })
    expect(claimAll()).toEqual([])

    const decision = { id: a, by: 'someone', role: null, note: null, contentHash: 'h' }
    await expect(acts.approve(temp.actDeps, decision)).rejects.toMatchObject({ code: 'dependency_cycle' })

    await acts.cancel(temp.actDeps, b, 'cancel')
    expect(temp.row(a)).toMatchObject({ status: 'held', reason_code: 'dependency_impossible' })
    expect(temp.row(c)).toMatchObject({ status: 'pending', reason_code: null })
    temp.add('B', { text: 'without a dependency' })
    expect(temp.status(a)).toBe('pending')
    expect(claimAll()).toEqual(['B'])
  })

  test('another change of a task that waits for itself sets the round free', async () => {
    const [a, b] = [temp.add('A', { dependsOn: ['B'] }), temp.add('B', { dependsOn: ['A'] })]
    expect([temp.status(a), temp.status(b)]).toEqual(['held', 'held'])
    temp.add('B', { text: 'free' })
    expect([temp.status(a), temp.status(b)]).toEqual(['pending', 'pending'])
    await temp.finish(claimOne(), OUTCOMES.applied)
    await temp.finish(claimOne(), OUTCOMES.applied)
    await temp.finish(claimOne(), OUTCOMES.applied)
    expect([temp.status(a), temp.status(b)]).toEqual(['applied', 'applied'])
  })

  test('a round of a thousand changes and more is held as well', () => {
    const size = 1500
    const ids = Array.from({ length: size }, (_, n) =>
      temp.add(`T-${n}`, { dependsOn: [`T-${(n + 1) % size}`] }),
    )
    expect(new Set(ids.map((id) => temp.status(id)))).toEqual(new Set(['held']))
  })

  test('an approval does not override an impossible dependency', async () => {
    temp.add('A')
    const dependent = temp.add('D', { dependsOn: ['A'] })
    await temp.finish(claimOne(), OUTCOMES.validation_failed)
    const decision = { id: dependent, by: 'someone', role: null, note: null, contentHash: 'h' }
    await expect(acts.approve(temp.actDeps, decision)).rejects.toMatchObject({
      code: 'dependency_impossible',
    })
    expect(temp.store.records.approvals(dependent)).toEqual([])
  })

  test('what is held for a dependency does not block those behind it', async () => {
    temp.add('A')
    temp.add('D', { dependsOn: ['A'], paths: ['shared'] })
    temp.add('behind', { paths: ['shared'] })
    await temp.finish(claimOne(), OUTCOMES.validation_failed)
    expect(claimAll()).toEqual(['behind'])
  })
})

describe('what a drain waits for', () => {
  const unsettled = (): number => temp.store.claims.unsettled()

  test('leases, backoffs and what is ready', async () => {
    temp.add('A')
    expect(unsettled()).toBe(1)
    const row = claimOne()
    expect(unsettled()).toBe(1)
    await temp.finish(row, OUTCOMES.crashed)
    expect(unsettled()).toBe(1)
    temp.clock.advance(2_000)
    await temp.finish(claimOne(), OUTCOMES.applied)
    expect(unsettled()).toBe(0)
  })

  test('not for a person or an unmet dependency', async () => {
    temp.add('C')
    temp.add('H')
    await temp.finish(claimOne(), OUTCOMES.conflict)
    await temp.finish(claimOne(), OUTCOMES.held)
    temp.add('unmet', { dependsOn: ['nowhere'], paths: ['a'] })
    expect(temp.claim(10)).toEqual([])
    expect(unsettled()).toBe(0)
  })

  test('for a backoff, also behind a change that came back with an unmet dependency', async () => {
    const first = temp.add('first', { dependsOn: ['nowhere'], paths: ['a'] })
    await acts.cancel(temp.actDeps, first, 'cancel')
    temp.add('second', { paths: ['a'] })
    await temp.finish(claimOne(), OUTCOMES.crashed)
    expect(unsettled()).toBe(1)
    await acts.retry(temp.actDeps, first)
    expect(unsettled()).toBe(1)
  })
})
