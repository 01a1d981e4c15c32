/** What claiming and completing read, as SQLite plans it: an index each, never a table from end to end. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../main/engine/store/database.ts'
import { storeOver, type Store } from '../../main/engine/store/store.ts'
import { finishLease, newChange, OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
let seen: Set<string>
let store: Store
beforeEach(() => {
  temp = tempStore()
  seen = new Set()
  store = recording(temp.store.db)
})
afterEach(() => temp.dispose())

/** The same store over a connection that notes every statement it is asked for. */
function recording(real: Database): Store {
  const db: Database = Object.create(real, {
    sql: {
      value: (text: string) => {
        seen.add(text)
        return real.sql(text)
      },
    },
  }) as Database
  return storeOver(db, temp.clock)
}

/** The steps of a statement's plan. */
function planOf(text: string): string[] {
  const parameters = text.includes('?1')
    ? new Set(text.match(/\?\d+/g)).size
    : (text.match(/\?/g) ?? []).length
  const nulls = Array.from({ length: parameters }, () => null)
  return temp.store.db
    .sql<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
    .all(...nulls)
    .map((row) => row.detail)
}

/**
 * Plans that go through more than a search: the claimable index read from its start under a LIMIT is the whole point
 * of it, the index of leases holds what workers have at this moment, and an intermediate result is no table.
 */
const HARMLESS = [
  /^SCAN change_queue USING (?:COVERING )?INDEX change_queue_(claimable|leased|circles)$/,
  /^SCAN CONSTANT ROW$/,
  /^SCAN \(subquery-\d+\)$/,
  // The ids a statement is given.
  /^SCAN json_each VIRTUAL TABLE/,
]
/** A search for a state alone goes through every change in that state. */
const STATE_ALONE = /change_queue_status \(status=\?\)/
const scans = (): string[] =>
  [...seen].flatMap((text) => {
    const plan = planOf(text)
    const bad = plan.filter(
      (step) =>
        (step.startsWith('SCAN') && !HARMLESS.some((form) => form.test(step))) || STATE_ALONE.test(step),
    )
    return bad.map((step) => `${step}: ${text.replace(/\s+/g, ' ')}`)
  })

function fill(): void {
  for (let index = 0; index < 40; index += 1) {
    const dependsOn = index % 7 === 6 ? [`T-${index - 1}`] : []
    const paths = index % 4 === 0 ? ['shared'] : [`own-${index}`]
    store.db.write(() => store.changes.insert(newChange(`T-${index}`, { paths, dependsOn })))
  }
}

const claim = (limit: number) => store.claims.claim({ workerId: 'w', process: null, leaseSeconds: 10, limit })

describe('no statement scans', () => {
  test('when changes come in', () => {
    fill()
    expect(seen.size).toBeGreaterThan(5)
    expect(scans()).toEqual([])
  })

  test.each([1, 16])('when %i are claimed, with expired leases and backoffs about', async (limit) => {
    fill()
    const rows = claim(8)
    for (const row of rows.slice(0, 1)) await finishLease(store, temp.clock, row, OUTCOMES.crashed, 5)
    temp.clock.advance(10_000)
    seen.clear()
    // Those whose attempt was interrupted come one by one, then the rest together.
    const claimed = Array.from({ length: 17 }, () => claim(limit).length)
    expect(Math.max(...claimed)).toBe(limit)
    expect([...seen].some((text) => text.includes('lease_deadline_ms <='))).toBe(true)
    expect(scans()).toEqual([])
  })

  test('when leases are renewed, looked at and recovered', () => {
    fill()
    const rows = claim(3)
    seen.clear()
    store.claims.renew(rows, 10)
    store.claims.isOurs(rows[0]?.id ?? 0, 1)
    store.claims.recover(() => true, () => 1_000) // prettier-ignore
    expect(scans()).toEqual([])
  })

  test.each(Object.entries(OUTCOMES))('when an attempt ends: %s', async (_, outcome) => {
    fill()
    const rows = claim(12)
    seen.clear()
    for (const row of rows) await finishLease(store, temp.clock, row, outcome, 1)
    expect(seen.size).toBeGreaterThan(3)
    expect(scans()).toEqual([])
  })

  test('when a conflict is reviewed, drafted, decided and replaced', () => {
    fill()
    seen.clear()
    const { reviews, records } = store
    const draft = { pick: null, text: 'x', spans: [], choices: [] }
    store.db.write(() => {
      reviews.writeDraft(1, { path: 'a', sidesKey: 'k', revision: null, tab: 't', draft })
      reviews.decide(1, 'me', [{ key: 'k', choice: 'both', text: 'x' }])
      reviews.setTrial(1, {} as never)
      records.setConflicts(1, [])
      records.setConflicts(1, [])
    })
    reviews.drafts(1)
    reviews.revisions(1)
    reviews.formerSides(1, 'a', 'k')
    reviews.trial(1)
    reviews.lastLogged(1)
    expect(reviews.precedents(['k'])).toHaveLength(1)
    expect(seen.size).toBeGreaterThan(12)
    expect(scans()).toEqual([])
  })

  test('when intents are written, looked for and closed', () => {
    fill()
    store.landings.openIntents(1)
    store.landings.close(1, 'c', 'landed')
    store.landings.holds('t', 1)
    // The last look of a landing goes by id.
    store.changes.get(1)
    seen.delete([...seen].find((text) => text.includes('?1 IS NULL OR change_id')) ?? '')
    expect(scans()).toEqual([])
  })
})

test('a claim finds its rows in the order of the index, without sorting the queue', () => {
  fill()
  seen.clear()
  claim(1)
  const text = [...seen].find((one) => one.includes('ORDER BY priority_rank DESC')) ?? ''
  expect(planOf(text)).toEqual(['SCAN change_queue USING INDEX change_queue_claimable'])
})

test('the check notices a scan', () => {
  seen = new Set([
    'SELECT * FROM change_queue WHERE agent = ?',
    `SELECT id FROM change_queue WHERE status = 'held'`,
  ])
  expect(scans()).toHaveLength(2)
})
