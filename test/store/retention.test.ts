/** Duplicates, the archive, and what stays for how long. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as acts from '../../main/engine/landing/acts.ts'
import type { ChangeRow } from '../../main/engine/store/changes.ts'
import { cleanUp, sweepIfDue } from '../../main/engine/store/retention.ts'
import { newChange, OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

const sweep = (ttlSeconds: number): number => cleanUp({ ...temp.store, clock: temp.clock }, ttlSeconds)
const submit = (task: string, text = '') =>
  temp.store.db.write(() => temp.store.changes.insert(newChange(task, { text })))
const claimOne = (): ChangeRow => {
  const [row] = temp.claim()
  if (row === undefined) throw new Error('nothing was leased')
  return row
}

describe('dedup', () => {
  test('the same task and payload is refused with the first one’s id and state; one log row, nothing else', async () => {
    const id = temp.add('T')
    await temp.finish(claimOne(), OUTCOMES.conflict)
    const before = temp.row(id)
    temp.clock.advance(60_000)
    expect(submit('T')).toMatchObject({ duplicateOf: { id, status: 'conflict' } })
    expect(temp.row(id)).toEqual(before)
    expect(temp.store.changes.list({})).toHaveLength(1)
    expect(temp.store.logs.count('duplicate change request')).toBe(1)
    expect(temp.store.logs.list({ changeId: id }).at(-1)).toMatchObject({ level: 'warn', task_id: 'T' })
  })

  test('another payload of the task, or another task with the payload, is no duplicate', () => {
    temp.add('T', { text: 'one' })
    expect(submit('T', 'two')).toHaveProperty('id')
    expect(submit('U', 'one')).toHaveProperty('id')
  })

  test.each(['applied', 'validation_failed', 'cancelled'] as const)(
    'holds for a change that ended (%s) until it is archived; then the pair may come again, under a new id',
    async (kind) => {
      const id = temp.add('T')
      await temp.finish(claimOne(), OUTCOMES[kind])
      expect(submit('T')).toHaveProperty('duplicateOf')
      temp.clock.advance(11_000)
      expect(sweep(10)).toBe(1)
      const again = temp.add('T')
      expect(again).toBeGreaterThan(id)
      expect(temp.store.changes.find(id)).toMatchObject({ archived: true })
      expect(temp.store.changes.find(again)).toMatchObject({
        archived: false,
        row: { status: 'pending', attempts: 0 },
      })
    },
  )

  test('is a constraint of the table as well', () => {
    temp.add('T')
    const copy = (): unknown =>
      temp.store.db
        .exec(`INSERT INTO change_queue (task_id, agent, status, payload, payload_hash, priority, created_at,
        updated_at) SELECT task_id, agent, status, payload, payload_hash, priority, 1, 1 FROM change_queue`)
    expect(copy).toThrow(/UNIQUE/)
  })

  test('ids are never used again, even when the newest change was archived', async () => {
    temp.add('A')
    const newest = temp.add('B')
    await acts.cancel(temp.actDeps, newest, 'cancel')
    temp.clock.advance(11_000)
    sweep(10)
    expect(temp.add('C')).toBe(newest + 1)
  })
})

describe('cleanup', () => {
  test('takes exactly what has ended and was not touched for longer than the limit', async () => {
    const states = ['applied', 'validation_failed', 'cancelled', 'conflict', 'held', 'tip_moved'] as const
    const ids = states.map((kind) => temp.add(kind))
    for (const [index, row] of temp.claim(9).entries())
      await temp.finish(row, OUTCOMES[states[index] ?? 'applied'])
    const leased = temp.claim(1)
    expect(leased).toHaveLength(1)
    const waiting = temp.add('waiting')
    temp.clock.advance(10_000)
    expect(sweep(10)).toBe(0)
    temp.clock.advance(1_000)
    expect(sweep(10)).toBe(3)
    const archived = [...ids, waiting].map((id) => temp.store.changes.find(id)?.archived)
    expect(archived).toEqual([true, true, true, false, false, false, false])
    expect(temp.store.facts.get('last_cleanup')).toBe(String(Math.floor(temp.clock.nowMs() / 1000)))
    const swept = temp.store.logs
      .list({ message: 'cleanup_stale_records' })
      .map((row) => JSON.parse(row.details) as object)
    expect(swept).toEqual([
      { ttl_seconds: 10, archived: 0 },
      { ttl_seconds: 10, archived: 3 },
    ])
  })

  test('keeps everything a reader asks for: the row, its log, attempts, dead letter and checks', async () => {
    const id = temp.add('T')
    await temp.finish(claimOne(), OUTCOMES.check_failed)
    const before = temp.row(id)
    temp.clock.advance(11_000)
    sweep(10)
    expect(temp.store.changes.get(id)).toBeUndefined()
    const found = temp.store.changes.find(id)
    for (const column of [
      'task_id',
      'status',
      'payload',
      'payload_hash',
      'attempts',
      'last_error',
      'fence',
      'created_at',
      'updated_at',
      'check_verdict',
      'reason_code',
    ] as const) {
      // prettier-ignore
      expect(found?.row[column], column).toBe(before[column])
    }
    expect(found?.row).toMatchObject({
      lease_owner: null,
      leased_until: null,
      blocked: 0,
      unmet: 0,
      cancel_requested: 0,
    })
    expect(temp.store.records.attempts(id)).toHaveLength(1)
    expect(temp.store.records.deadLetterOf(id)).toMatchObject({ queue_id: id })
    expect(temp.store.logs.list({ changeId: id }).length).toBeGreaterThan(2)
    await expect(acts.retry(temp.actDeps, id)).rejects.toMatchObject({ kind: 'user', code: 'archived' })
    expect(temp.store.db.pragma('foreign_key_check')).toEqual([])
  })

  test('leaves a change whose landing nobody has settled', async () => {
    const id = temp.add('T')
    const row = claimOne()
    const owner = { pid: 1, startedAt: null }
    const intent = {
      changeId: id,
      commitOid: 'c',
      treeOid: 't',
      oldTip: 'o',
      newTip: 'c',
      target: 'refs/heads/t',
      fence: row.fence,
      workerId: 'w',
      process: owner,
      git: owner,
    }
    temp.store.landings.intend([intent])
    await temp.finish(row, OUTCOMES.validation_failed)
    temp.clock.advance(11_000)
    expect(sweep(10)).toBe(0)
    temp.store.landings.close(id, 'c', 'abandoned')
    expect(sweep(10)).toBe(1)
  })

  test('a wall clock set back makes rows younger, never older', async () => {
    temp.add('T')
    await temp.finish(claimOne(), OUTCOMES.applied)
    temp.clock.jumpWall(-86_400_000)
    temp.clock.advance(11_000)
    expect(sweep(10)).toBe(0)
  })

  test('at once takes what ended before this second, and the database stays whole', async () => {
    for (let index = 0; index < 50; index += 1)
      temp.add(`T-${index}`, { paths: [`p-${index % 5}`], text: String(index) })
    for (const row of temp.claim(50)) await temp.finish(row, OUTCOMES.applied)
    temp.clock.advance(1_000)
    expect(sweep(0)).toBe(50)
    expect(temp.store.db.sql('SELECT count(*) AS n FROM change_paths').get()).toEqual({ n: 0 })
    expect(temp.store.db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(temp.store.db.pragma('foreign_key_check')).toEqual([])
  })
})

describe('listing', () => {
  test('oldest first, the newest N, by state, by when they were touched', async () => {
    const ids = ['A', 'B', 'C', 'D'].map((task) => temp.add(task))
    const since = Math.floor(temp.clock.nowMs() / 1000) + 10
    temp.clock.advance(10_000)
    await acts.cancel(temp.actDeps, ids[1] ?? 0, 'cancel')
    const list = (filter: Parameters<TempStore['store']['changes']['list']>[0]): number[] =>
      temp.store.changes.list(filter).map((row) => row.id)
    expect(list({})).toEqual(ids)
    expect(list({ limit: 2 })).toEqual(ids.slice(2))
    expect(list({ sinceSeconds: since })).toEqual([ids[1]])
    expect(list({ sinceSeconds: since + 1 })).toEqual([])
    expect(list({ status: 'pending', limit: 2 })).toEqual([ids[2], ids[3]])
    expect(temp.store.changes.counts()).toEqual({
      pending: 3,
      in_progress: 0,
      applied: 0,
      failed: 0,
      conflict: 0,
      held: 0,
      cancelled: 1,
    })
  })

  test('dead letters likewise', async () => {
    for (const task of ['A', 'B', 'C']) {
      temp.add(task)
      await temp.finish(claimOne(), OUTCOMES.validation_failed)
      temp.clock.advance(10_000)
    }
    const all = temp.store.records.deadLetters({})
    expect(all.map((row) => row.task_id)).toEqual(['A', 'B', 'C'])
    expect(temp.store.records.deadLetters({ limit: 1 })).toEqual(all.slice(2))
    expect(temp.store.records.deadLetters({ sinceSeconds: all[1]?.failed_at ?? 0 })).toEqual(all.slice(1))
  })
})

describe('the hourly sweep', () => {
  const RETENTION = { appliedSeconds: 100, deadLetterSeconds: 5_000 }
  const hourly = (store = temp.store) => sweepIfDue({ ...store, clock: temp.clock }, RETENTION)

  test('is done by one of many, once an hour, and tells when', async () => {
    const other = temp.again()
    expect(hourly()).toBeNull()
    temp.add('T')
    expect(hourly()).toBeNull()
    temp.clock.advance(3_600_000)
    expect(hourly()).toEqual({ archived: 0, deadLetters: 0 })
    expect(hourly(other)).toBeNull()
    temp.clock.advance(3_599_000)
    expect([hourly(), hourly(other)]).toEqual([null, null])
    temp.clock.advance(1_000)
    expect([hourly(other), hourly()]).toEqual([{ archived: 0, deadLetters: 0 }, null])
    expect(temp.store.facts.get('last_cleanup')).toBe(String(Math.floor(temp.clock.nowMs() / 1000)))
  })

  test('goes by both retentions: ended changes to the archive, dead letters away', async () => {
    const id = temp.add('T')
    await temp.finish(claimOne(), OUTCOMES.check_failed)
    temp.clock.advance(3_600_000)
    expect(hourly()).toEqual({ archived: 1, deadLetters: 0 })
    expect(temp.store.records.deadLetterOf(id)).toBeDefined()
    temp.clock.advance(3_600_000)
    expect(hourly()).toEqual({ archived: 0, deadLetters: 1 })
    expect(temp.store.records.deadLetterOf(id)).toBeUndefined()
    expect(temp.store.changes.find(id)).toMatchObject({ archived: true })
    expect(temp.store.logs.count('cleanup_dead_letters')).toBe(1)
  })

  test('is due after the clock went back', () => {
    temp.store.facts.set('last_cleanup', String(Math.floor(temp.clock.nowMs() / 1000)))
    expect(hourly()).toBeNull()
    temp.clock.jumpWall(-1_000_000)
    expect(hourly()).not.toBeNull()
  })
})
