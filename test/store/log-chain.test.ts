/** The log as a hash chain: how rows are encoded, and that every way of writing them continues one chain. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { walkLog } from '../../main/engine/audit/walk-log.ts'
import { CHAIN_START, encodeRow, type ChainedRow } from '../../main/engine/domain/log-chain.ts'
import { MIGRATIONS } from '../../main/engine/store/database.ts'
import { openStore } from '../../main/engine/store/store.ts'
import { manualClock } from '../support/manual-clock.ts'
import { tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

const rows = (): (ChainedRow & { hash: string })[] =>
  temp.store.db.sql('SELECT * FROM change_queue_logs ORDER BY id').all() as never
const walked = () => walkLog(temp.store.logs.chain, new Set())

/** The encoding as SCHEMAS.md tells it, written once more. */
function hashBySpecification(previous: string, row: ChainedRow): string {
  const hash = createHash('sha256')
  const field = (kind: string, bytes: Buffer): void =>
    void hash.update(`${kind}${bytes.length}:`).update(bytes)
  field('t', Buffer.from(previous))
  for (const column of ['id', 'queue_id', 'task_id', 'level', 'message', 'details', 'created_at'] as const) {
    const value = row[column]
    if (value === null) field('n', Buffer.alloc(0))
    else field(typeof value === 'number' ? 'i' : 't', Buffer.from(String(value), 'utf8'))
  }
  return hash.digest('hex')
}

test('each row holds the one before it, by the rule that is documented', async () => {
  const { logs } = temp.store
  logs.write({ message: 'first' })
  logs.write({
    message: 'zweite – 中文 🙂 \u{0}',
    queueId: 7,
    taskId: 'T-1',
    level: 'warn',
    details: { ä: '\ud83d' },
  })
  temp.store.db.write(() => {
    logs.write({ message: 'third', details: { a: [1, null] } })
    logs.write({ message: 'fourth' })
  })
  let previous = CHAIN_START
  for (const row of rows()) {
    expect(row.hash).toBe(hashBySpecification(previous, row))
    previous = row.hash
  }
  expect(logs.chain.head()).toEqual({ sequence: 4, hash: previous })
  expect(await walked()).toMatchObject({ difference: null, rows: 4, head: { sequence: 4, hash: previous } })
})

const text = fc.string({ unit: 'binary', maxLength: 20 })
const value = fc.oneof(fc.constant(null), fc.nat(), text)
const anyRow = fc.record({
  id: fc.nat(),
  queue_id: fc.option(fc.nat(), { nil: null }),
  task_id: value,
  level: value,
  message: value,
  details: value,
  created_at: fc.nat(),
})

test('no two rows are encoded alike', () => {
  const key = (row: ChainedRow): string => JSON.stringify(Object.values(row))
  fc.assert(
    fc.property(anyRow, anyRow, (a, b) => (encodeRow(a) === encodeRow(b)) === (key(a) === key(b))),
    { numRuns: 2000 },
  )
  // Where one value ends and the next begins is told apart, and a number from its digits as a text.
  const row = { id: 1, queue_id: null, task_id: 'ab', level: 'c', message: '', details: '', created_at: 1 }
  expect(encodeRow(row)).not.toBe(encodeRow({ ...row, task_id: 'a', level: 'bc' }))
  expect(encodeRow(row)).not.toBe(encodeRow({ ...row, task_id: 't1:a', level: 'b' }))
  expect(encodeRow({ ...row, task_id: 12 })).not.toBe(encodeRow({ ...row, task_id: '12' }))
  expect(encodeRow({ ...row, task_id: null })).not.toBe(encodeRow({ ...row, task_id: '' }))
})

test('a transaction that is rolled back leaves the chain where it was', async () => {
  temp.store.logs.write({ message: 'first' })
  const before = temp.store.logs.chain.head()
  expect(() =>
    temp.store.db.write(() => {
      temp.store.logs.write({ message: 'never' })
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(temp.store.logs.chain.head()).toEqual(before)
  temp.store.logs.write({ message: 'second' })
  expect(await walked()).toMatchObject({ difference: null, rows: 2 })
})

test('the head is refused inside a transaction, where it may yet be rolled back', () => {
  expect(() => temp.store.db.write(() => temp.store.logs.chain.head())).toThrow(/in a transaction/)
})

describe('processes', () => {
  const program = (work: string): { program: string; args: string[] } => {
    const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
    const loader = fileURLToPath(new URL('../support/sql-loader.ts', import.meta.url))
    const source = `
      const { openStore } = await import(${url('../../main/engine/store/store.ts')})
      const { systemClock } = await import(${url('../../main/engine/base/clock.ts')})
      const store = openStore(process.argv[1], systemClock())
      process.stdout.write('ready\\n')
      await new Promise((resolve) => process.stdin.once('data', resolve))
      ${work}`
    return {
      program: process.execPath,
      args: ['--import', loader, '--input-type=module', '-e', source, temp.file],
    }
  }

  test('that write at once continue one chain', async () => {
    const { program: node, args } = program(`
      for (let n = 0; n < 150; n += 1) {
        if (n % 3 === 0) store.logs.write({ message: 'alone', details: { pid: process.pid, n } })
        else store.db.write(() => { store.logs.write({ message: 'a' }); store.logs.write({ message: 'b' }) })
      }
      store.close()
      process.exit(0)`)
    const children = [1, 2, 3].map(() => spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
    await Promise.all(children.map((child) => new Promise((resolve) => child.stdout.once('data', resolve))))
    const ends = children.map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of children) child.stdin.write('go\n')
    expect(await Promise.all(ends)).toEqual([0, 0, 0])
    expect(await walked()).toMatchObject({ difference: null, rows: 3 * (50 + 2 * 100) })
  })

  test('that are killed while they write leave a chain that holds and goes on', async () => {
    for (const wanted of [5, 60, 140]) {
      const { program: node, args } = program(`for (;;) store.logs.write({ message: 'on and on' })`)
      const child = spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'] })
      await new Promise((resolve) => child.stdout.once('data', resolve))
      const ended = new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal)))
      const from = temp.store.logs.lastId()
      child.stdin.write('go\n')
      while (temp.store.logs.lastId() < from + wanted) await new Promise((resolve) => setImmediate(resolve))
      child.kill('SIGKILL')
      expect(await ended).toBe('SIGKILL')
      temp.store.logs.write({ message: 'after it' })
      expect(await walked()).toMatchObject({ difference: null, rows: temp.store.logs.lastId() })
    }
  })
})

describe('rows of an older version', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'older-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function older(name: string, change: (db: DatabaseSync) => void = () => undefined): string {
    const file = join(folder, name)
    const db = new DatabaseSync(file)
    db.exec('PRAGMA journal_mode = WAL')
    for (const migration of MIGRATIONS.slice(0, 4)) db.exec(migration)
    db.exec(readFileSync(new URL('./fixtures/version-1.sql', import.meta.url), 'utf8'))
    db.exec(readFileSync(new URL('./fixtures/version-4.sql', import.meta.url), 'utf8'))
    change(db)
    db.exec('PRAGMA user_version = 4')
    db.close()
    return file
  }

  test('are taken into the chain when this version opens them, and changing one is found', async () => {
    const file = older('a.db')
    const store = openStore(file, manualClock())
    const { chainedAt } = store.logs.chain.standing()
    expect(chainedAt).toBeGreaterThan(1)
    expect(await walkLog(store.logs.chain, new Set())).toMatchObject({ difference: null, chainedAt })
    store.db.exec(`UPDATE change_queue_logs SET created_at = created_at + 1 WHERE id = 1`)
    expect((await walkLog(store.logs.chain, new Set())).difference).toMatchObject({ row_id: 1 })
    store.close()
  })

  test('may have lost some before; one that goes afterwards is found', async () => {
    const insert = `INSERT INTO change_queue_logs (level, message, details, created_at) VALUES ('info', 'x', '{}', 1)`
    const file = older('b.db', (db) => {
      for (let n = 0; n < 6; n += 1) db.exec(insert)
      db.exec(`DELETE FROM change_queue_logs WHERE id IN
        ((SELECT max(id) FROM change_queue_logs), (SELECT max(id) - 2 FROM change_queue_logs))`)
    })
    const store = openStore(file, manualClock())
    store.logs.write({ message: 'goes on' })
    expect((await walkLog(store.logs.chain, new Set())).difference).toBe(null)
    const gone = store.logs.list({ message: 'x', limit: 1 })[0]?.id
    store.db.exec(`DELETE FROM change_queue_logs WHERE id = ${gone}`)
    expect((await walkLog(store.logs.chain, new Set())).difference).toMatchObject({
      code: 'log_rows_missing',
    })
    store.close()
  })

  test('a chain that lost its head is not begun anew', async () => {
    temp.store.logs.write({ message: 'first' })
    temp.store.db.exec(
      `UPDATE change_queue_logs SET message = 'forged'; DELETE FROM workspace WHERE key = 'audit_head'`,
    )
    const again = temp.again()
    expect((await walkLog(again.logs.chain, new Set())).difference).toMatchObject({
      code: 'log_row_changed',
      row_id: 1,
    })
    again.logs.write({ message: 'second' })
    expect((await walkLog(again.logs.chain, new Set())).difference).toMatchObject({ row_id: 1 })
  })
})
