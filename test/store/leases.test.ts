/** Leases on one file: over two connections, over several processes, over jumps of the clock, deaths and boots. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { identify, isAlive, ownIdentity } from '../../main/engine/base/process.ts'
import { backoffSeconds } from '../../main/engine/domain/retry.ts'
import type { ChangeRow } from '../../main/engine/store/changes.ts'
import { manualClock } from '../support/manual-clock.ts'
import { OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const PROCESSES = 4

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

const backoffMs = (attempts: number): number => backoffSeconds(attempts) * 1000

describe('two connections', () => {
  test('a change is given to one of them only', () => {
    const other = temp.again()
    const ids = [temp.add('T-1'), temp.add('T-2'), temp.add('T-3')]
    const mine = temp.claim(1)
    const theirs = other.claims.claim({ workerId: 'worker-2', process: null, leaseSeconds: 300, limit: 10 })
    expect(mine.map((row) => row.id)).toEqual([ids[0]])
    expect(theirs.map((row) => row.id)).toEqual([ids[1], ids[2]])
    expect(temp.claim(10)).toEqual([])
    expect(temp.row(ids[1] ?? 0)).toMatchObject({ lease_owner: 'worker-2', fence: 1, attempts: 1 })
  })

  test('what one has not committed the other cannot lease', () => {
    const other = temp.again()
    other.db.pragma('busy_timeout = 1')
    temp.store.db.write(() => {
      temp.store.changes.insert({ ...baseChange(), taskId: 'T-1' })
      expect(() =>
        other.claims.claim({ workerId: 'w', process: null, leaseSeconds: 1, limit: 1 }),
      ).toThrowError(expect.objectContaining({ kind: 'transient', code: 'database_busy' }))
    })
    expect(other.claims.claim({ workerId: 'w', process: null, leaseSeconds: 1, limit: 1 })).toHaveLength(1)
  })

  test('a pause told to one holds for the other, in the very claim', () => {
    const other = temp.again()
    temp.add('T-1')
    other.facts.set('paused', 'operator')
    expect(temp.claim()).toEqual([])
    other.facts.remove('paused')
    expect(temp.claim()).toHaveLength(1)
  })
})

describe('several processes', () => {
  test('race for the same changes: each lease is one process’s, and fences only grow', async () => {
    const ids = Array.from({ length: 60 }, (_, index) =>
      // A third of them follow each other on one path.
      temp.add(`T-${index}`, index % 3 === 0 ? { paths: ['shared.txt', `own-${index}.txt`] } : {}),
    )
    const results = await race(temp.file, PROCESSES, ids.length / PROCESSES)

    const leases = results.flat()
    const keys = leases.map(({ id, fence }) => `${id}/${fence}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Set(leases.map(({ id }) => id))).toEqual(new Set(ids))
    expect(results.filter((one) => one.length > 0).length).toBeGreaterThan(1)
    for (const one of results) {
      for (const id of ids) {
        const fences = one.filter((lease) => lease.id === id).map(({ fence }) => fence)
        expect(fences).toEqual([...fences].sort((a, b) => a - b))
      }
    }
    // The log is written in the transactions themselves: a lease always ends before the next one begins.
    for (const id of ids) {
      const log = temp.store.logs.list({ changeId: id }).map(({ message }) => message)
      expect(log.join(' ')).toMatch(/^enqueued (dequeued back )*dequeued done$/)
      expect(temp.row(id)).toMatchObject({
        status: 'applied',
        fence: log.filter((m) => m === 'dequeued').length,
      })
    }
    expect(leases.length).toBeGreaterThan(ids.length)
    const order = temp.store.logs.list({ message: 'done' }).flatMap((row) => row.queue_id ?? [])
    const chained = ids.filter((_, index) => index % 3 === 0)
    expect(order.filter((id) => chained.includes(id))).toEqual(chained)
    expect(temp.store.db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })
})

describe('expiry', () => {
  test('a lease lasts until its end on the monotonic clock, then its attempt is spent', () => {
    const id = temp.add('T-1')
    expect(temp.claim(1, 'worker-1', 300)[0]).toMatchObject({ id, fence: 1, attempts: 1 })
    temp.clock.advance(299_999)
    expect(temp.claim(1, 'worker-2')).toEqual([])
    temp.clock.advance(1)
    expect(temp.claim(1, 'worker-2')[0]).toMatchObject({ id, fence: 2, attempts: 2, lease_owner: 'worker-2' })
    expect(temp.store.records.attempts(id).map((a) => a.outcome)).toEqual(['lease_expired', null])
  })

  test('who lost its lease by expiry can neither renew nor end it', async () => {
    const id = temp.add('T-1')
    const [late] = temp.claim(1, 'worker-1', 10)
    temp.clock.advance(10_000)
    const [row] = temp.claim(1, 'worker-2')
    if (late === undefined || row === undefined) throw new Error('nothing was leased')
    expect(temp.store.claims.renew([late], 300)).toEqual([])
    expect(temp.store.claims.isOurs(id, late.fence)).toBe(false)
    await temp.finish(late, OUTCOMES.applied)
    expect(temp.row(id)).toMatchObject({ status: 'in_progress', fence: row.fence, lease_owner: 'worker-2' })
    await temp.finish(row, OUTCOMES.applied)
    expect(temp.status(id)).toBe('applied')
  })

  test('renewing moves the end', () => {
    const id = temp.add('T-1')
    const [row] = temp.claim(1, 'worker-1', 10)
    temp.clock.advance(9_000)
    expect(temp.store.claims.renew([{ id, fence: row?.fence ?? 0 }], 10)).toEqual([id])
    temp.clock.advance(9_999)
    expect(temp.claim()).toEqual([])
    temp.clock.advance(1)
    expect(temp.claim()).toHaveLength(1)
  })

  test.each([
    ['forwards by a day', 86_400_000],
    ['backwards by a day', -86_400_000],
  ])('a wall clock that jumps %s neither ends a lease nor prolongs it', async (_, jump) => {
    const id = temp.add('T-1')
    const delayed = temp.add('T-2')
    const rows = temp.claim(2, 'worker-1', 60)
    const second = rows.find((row) => row.id === delayed)
    if (second === undefined) throw new Error('nothing was leased')
    await temp.finish(second, OUTCOMES.crashed)
    temp.clock.jumpWall(jump)
    expect(temp.claim(9, 'worker-2')).toEqual([])
    temp.clock.advance(2_000)
    expect(temp.claim(9, 'worker-2').map((row) => row.id)).toEqual([delayed])
    temp.clock.advance(57_999)
    expect(temp.row(id).lease_owner).toBe('worker-1')
    expect(temp.claim(9, 'worker-2')).toEqual([])
    temp.clock.advance(1)
    expect(temp.claim(9, 'worker-2').map((row) => row.id)).toEqual([id])
  })

  test.each([
    ['earlier on its monotonic clock', 1_000],
    ['later on its monotonic clock', 900_000_000],
  ])('another boot, %s, ends every lease and every backoff of the last one', async (_, monotonicMs) => {
    const leased = temp.add('T-1')
    const delayed = temp.add('T-2')
    const rows = temp.claim(2, 'worker-1', 86_400)
    await temp.finish(rows[1] as (typeof rows)[number], OUTCOMES.crashed)
    temp.store.landings.acquire('t', { holder: 'worker-1', process: ownIdentity() }, 60_000, () => false)
    temp.clock.reboot(monotonicMs)
    const store = temp.again()
    expect(
      store.landings.acquire('t', { holder: 'worker-2', process: ownIdentity() }, 60_000, () => false),
    ).toBe(2)
    const claim = (): ChangeRow[] =>
      store.claims.claim({ workerId: 'worker-2', process: null, leaseSeconds: 300, limit: 9 })
    expect([...claim(), ...claim()].map((row) => [row.id, row.fence])).toEqual([
      [leased, 2],
      [delayed, 2],
    ])
    expect(store.db.sql(`SELECT value FROM workspace WHERE key = 'boot_id'`).get()).toEqual({
      value: 'boot-2',
    })
  })

  test('another process of the same boot leaves leases alone', () => {
    temp.add('T-1')
    temp.claim()
    const store = temp.again(manualClock('boot-1'))
    expect(store.claims.claim({ workerId: 'worker-2', process: null, leaseSeconds: 300, limit: 9 })).toEqual(
      [],
    )
  })
})

describe('recover', () => {
  const claimBy = (process: { pid: number; startedAt: string | null } | null): number => {
    const [row] = temp.store.claims.claim({ workerId: 'gone', process, leaseSeconds: 300, limit: 1 })
    return row?.id ?? 0
  }
  const dead = (owner: { pid: number; startedAt: string | null }): boolean => !isAlive(owner)

  test('gives back what a dead process held, with backoff; the living and scripts keep theirs', async () => {
    for (const task of ['T-1', 'T-2', 'T-3', 'T-4']) temp.add(task)
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
    const identity = identify(child.pid ?? 0)
    await new Promise((resolve) => child.once('close', resolve))
    const lost = claimBy(identity)
    const mine = claimBy(ownIdentity())
    const scripts = claimBy(null)
    // The same process id, started at another time, is another process.
    const reused = claimBy({ pid: process.pid, startedAt: '1' })

    expect(temp.store.claims.recover(dead, backoffMs)).toEqual([lost, reused])
    expect(temp.status(mine)).toBe('in_progress')
    expect(temp.status(scripts)).toBe('in_progress')
    expect(temp.row(lost)).toMatchObject({ status: 'pending', attempts: 1, lease_owner: null, fence: 1 })
    temp.clock.advance(1_999)
    expect(temp.claim(9)).toEqual([])
    temp.clock.advance(1)
    // One by one: either may be what ended its worker.
    expect(temp.claim(9).map((row) => row.id)).toEqual([lost])
    expect(temp.claim(9).map((row) => row.id)).toEqual([reused])
  })

  test('backs off min(2^n, 300) seconds after the n-th crash', async () => {
    const id = temp.add('T-1')
    const waits: number[] = []
    for (let n = 1; n <= 10; n += 1) {
      const [row] = temp.claim()
      if (row === undefined) throw new Error('nothing was leased')
      await temp.finish(row, OUTCOMES.crashed, 100)
      waits.push(((temp.row(id).delay_until_ms ?? 0) - temp.clock.monotonicMs()) / 1000)
      expect(temp.claim()).toEqual([])
      temp.clock.advance(300_000)
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })
})

describe('the landing lease', () => {
  const take = (store: TempStore['store'], holder: string, startedAt = '1', pid = 1): number | null =>
    store.landings.acquire(
      'refs/heads/t',
      { holder, process: { pid, startedAt } },
      1_000,
      (p) => p.startedAt === 'x',
    )

  test('is one process’s at a time, and its fence makes the one before harmless', () => {
    const other = temp.again()
    expect(take(temp.store, 'a')).toBe(1)
    expect(take(other, 'b')).toBeNull()
    expect(other.landings.holds('refs/heads/t', 1)).toBe(true)
    temp.clock.advance(1_000)
    expect(take(other, 'b')).toBe(2)
    expect(temp.store.landings.holds('refs/heads/t', 1)).toBe(false)
    temp.store.landings.release('refs/heads/t', 1)
    expect(take(temp.store, 'a')).toBeNull()
    other.landings.release('refs/heads/t', 2)
    expect(take(temp.store, 'a')).toBe(3)
  })

  test('is taken over at once from a dead process, and not by another process of the same name', () => {
    expect(take(temp.store, 'a', '1')).toBe(1)
    expect(take(temp.store, 'a', '2')).toBeNull()
    expect(take(temp.store, 'a', '1', 2)).toBeNull()
    expect(take(temp.store, 'a', '1')).toBe(2)
    temp.store.landings.release('refs/heads/t', 2)
    expect(take(temp.store, 'a', 'x')).toBe(3)
    expect(take(temp.store, 'b', '2')).toBe(4)
  })

  test('is one row a target', () => {
    expect(take(temp.store, 'a')).toBe(1)
    const second = { holder: 'b', process: { pid: 1, startedAt: '1' } }
    expect(temp.store.landings.acquire('refs/heads/u', second, 1_000, () => false)).toBe(1)
  })
})

function baseChange() {
  return {
    agent: 'agent-1',
    requestId: null,
    payload: '{}',
    payloadHash: 'h',
    priority: 'normal' as const,
    enqueuedTip: null,
    paths: ['a.txt'],
    dependsOn: [],
    telemetryAnchors: [],
  }
}

/** Starts processes that compete for the same queue from the same moment on; returns what each was given. */
async function race(file: string, count: number, share: number): Promise<{ id: number; fence: number }[][]> {
  const loader = join(here, '../support/sql-loader.ts')
  const children = Array.from({ length: count }, (_, index) => {
    const args = [
      '--import',
      loader,
      join(here, 'lease-process.ts'),
      file,
      `worker-${index}`,
      String(index + 1),
      String(share),
    ]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    let onReady = (): void => undefined
    const ready = new Promise<void>((resolve) => (onReady = resolve))
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
      if (out.includes('ready\n')) onReady()
    })
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    const done = new Promise<{ id: number; fence: number }[]>((resolve, reject) => {
      child.once('close', (code) => {
        onReady()
        if (code === 0) resolve(JSON.parse(out.replace('ready\n', '')) as { id: number; fence: number }[])
        else reject(new Error(`a competing process ended with ${code}: ${err}`))
      })
    })
    return { child, ready, done }
  })
  await Promise.all(children.map(({ ready }) => ready))
  for (const { child } of children) child.stdin.end('go\n')
  return Promise.all(children.map(({ done }) => done))
}

describe('the oldest', () => {
  const claimedIds = (limit = 1, ahead: readonly number[] = []): number[] =>
    temp.store.claims
      .claim({ workerId: 'w', process: null, leaseSeconds: 300, limit, ahead })
      .map((row) => row.id)

  test('does not starve behind urgent ones that keep coming', () => {
    const old = temp.add('OLD', { priority: 'low' })
    const leased: number[] = []
    for (let n = 0; n < 50 && !leased.includes(old); n += 1) {
      temp.add(`URGENT-${n}`, { priority: 'urgent' })
      leased.push(...claimedIds())
    }
    expect(leased.indexOf(old)).toBe(20)
    // Its turn taken, priorities count as before.
    const low = temp.add('LOW', { priority: 'low' })
    expect(claimedIds(2).at(-1)).toBe(low)
  })

  test('is not hurried where nothing went before it', () => {
    for (let n = 0; n < 30; n += 1) temp.add(`T-${n}`)
    for (let n = 0; n < 30; n += 1) expect(claimedIds()).toEqual([n + 1])
    expect(temp.store.facts.get('passed_over')).toBeNull()
  })
})

describe('behind the chain', () => {
  const claimedIds = (ahead: readonly number[], limit = 10): number[] =>
    temp.store.claims
      .claim({ workerId: 'w', process: null, leaseSeconds: 300, limit, ahead })
      .map((row) => row.id)

  test('a change on a path of one that is ahead in the chain may be leased, in order; without it, not', () => {
    const [a, b, c] = ['A', 'B', 'C'].map((task) => temp.add(task, { paths: ['f.txt'] })) as [
      number,
      number,
      number,
    ]
    expect(claimedIds([], 1)).toEqual([a])
    expect(claimedIds([])).toEqual([])
    expect(temp.store.claims.anyDue()).toBe(false)
    expect(temp.store.claims.anyDue([a])).toBe(true)
    expect(claimedIds([a], 1)).toEqual([b])
    expect(claimedIds([a])).toEqual([])
    expect(claimedIds([a, b])).toEqual([c])
  })

  test('not where an earlier one on another of its paths is outside the chain', () => {
    const a = temp.add('A', { paths: ['f.txt'] })
    const b = temp.add('B', { paths: ['g.txt'] })
    temp.add('C', { paths: ['f.txt', 'g.txt'] })
    expect(claimedIds([], 1)).toEqual([a])
    expect(claimedIds([], 1)).toEqual([b])
    expect(claimedIds([a])).toEqual([])
    expect(claimedIds([a, b])).toHaveLength(1)
  })

  test('by priority among those that are due', () => {
    const a = temp.add('A', { paths: ['f.txt'] })
    expect(claimedIds([], 1)).toEqual([a])
    const normal = temp.add('N')
    const urgent = temp.add('U', { paths: ['f.txt'], priority: 'urgent' })
    expect(claimedIds([a], 1)).toEqual([urgent])
    expect(claimedIds([a], 1)).toEqual([normal])
  })
})
