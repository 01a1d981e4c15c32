/** `audit verify`: whatever is changed in log, database or branch is found, and the first difference is named. */
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { walkLog } from '../../main/engine/audit/walk-log.ts'
import { ENCODED_ROW, rowHash } from '../../main/engine/domain/log-chain.ts'
import { change } from '../support/requests.ts'
import { auditBench, type AuditBench } from './audit-support.ts'

let audit: AuditBench
beforeAll(async () => {
  audit = await auditBench()
})
afterAll(() => audit.dispose())

const sql =
  (text: string) =>
  (db: DatabaseSync): void =>
    db.exec(text)
const landed = (at: number): string => audit.bench.landed()[at]?.commit ?? ''

test('a queue and a branch that nobody touched agree, and the state remembers it', async () => {
  const { ids, bench } = audit
  expect(ids.checked.map((id) => bench.show(id).status)).toEqual(['applied', 'applied'])
  expect(bench.show(ids.approved)).toMatchObject({ status: 'applied', check_verdict: 'passed' })
  expect(bench.show(ids.present)).toMatchObject({ status: 'applied', landed_commit: null })
  const report = await bench.engine.verifyAudit()
  expect(report).toMatchObject({ clean: true, difference: null, landed: 3, commits: 3, unsettled: 0 })
  expect(report.log_rows).toBe(bench.engine.ground.store.logs.lastId())
  expect(bench.engine.auditState()).toMatchObject({
    head: report.head,
    log_rows: report.log_rows,
    key: { state: 'ok', keyid: expect.stringMatching(/^[0-9a-f]{64}$/) },
    last: { clean: true, verified_at: report.verified_at },
  })
})

test('each commit names the hash of a row before the one that tells of its landing', () => {
  const { db } = audit.bench.engine.ground.store
  for (const { commit, trailers } of audit.bench.landed()) {
    const [, head] = /^Audit-Head: ([0-9a-f]{64})$/m.exec(trailers) ?? []
    const row = db.sql<{ id: number }>('SELECT id FROM change_queue_logs WHERE hash = ?').get(head ?? '')
    const told = db
      .sql<{ id: number }>(
        `SELECT id FROM change_queue_logs WHERE message = 'applied' AND details ->> 'commit' = ?`,
      )
      .get(commit)
    expect(row?.id).toBeGreaterThan(0)
    expect(told?.id).toBeGreaterThan(row?.id ?? Infinity)
  }
})

describe('in the log', () => {
  const COLUMNS = ['id', 'queue_id', 'task_id', 'level', 'message', 'details', 'created_at', 'hash'] as const

  /** Flips one bit of a stored value, as it is stored. */
  function flip(db: DatabaseSync, id: number, column: string, at: number): string {
    const { kind, bytes, number } = db
      .prepare(
        `SELECT typeof(${column}) AS kind, CAST(${column} AS BLOB) AS bytes, CAST(${column} AS TEXT) AS number
         FROM change_queue_logs WHERE id = ?`,
      )
      .get(id) as { kind: string; bytes: Uint8Array | null; number: string }
    const set = (expression: string, value: Uint8Array | bigint | null): void =>
      void db.prepare(`UPDATE change_queue_logs SET ${column} = ${expression} WHERE id = ?`).run(value, id)
    if (kind === 'null') set('coalesce(?, 0)', null)
    else if (kind === 'integer') set('?', BigInt.asIntN(64, BigInt(number) ^ (1n << BigInt(at % 64))))
    else {
      const flipped = Buffer.from(bytes ?? [])
      const byte = Math.floor(at / 8) % flipped.length
      flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (at % 8))
      set('CAST(? AS TEXT)', flipped)
    }
    return `${kind} ${column}`
  }

  test('a flipped bit of any column of any row is found, and the row named', () =>
    audit.onForged(
      () => undefined,
      async ({ ground: { dbFile, store } }) => {
        const db = new DatabaseSync(dbFile)
        db.exec(
          'PRAGMA ignore_check_constraints = ON; CREATE TEMP TABLE kept AS SELECT * FROM change_queue_logs',
        )
        const last = store.logs.lastId()
        const seen = new Set<string>()
        await fc.assert(
          fc.asyncProperty(
            fc.nat(last - 1),
            fc.constantFrom(...COLUMNS),
            fc.nat(8192),
            async (index, column, at) => {
              const id = index + 1
              try {
                seen.add(flip(db, id, column, at))
              } catch (error) {
                // Two rows of one id are more than a file can hold.
                if (/UNIQUE constraint failed/.test(String(error))) return
                throw error
              }
              const { difference } = await walkLog(store.logs.chain, new Set())
              db.exec('DELETE FROM change_queue_logs; INSERT INTO change_queue_logs SELECT * FROM kept')
              expect(difference).not.toBe(null)
              // A row whose id became one past the head, or before the first, is found where it stands now.
              if (column !== 'id') expect(difference).toMatchObject({ code: 'log_row_changed', row_id: id })
            },
          ),
          { numRuns: 600 },
        )
        expect(seen.size).toBeGreaterThanOrEqual(COLUMNS.length)
        expect((await walkLog(store.logs.chain, new Set())).difference).toBe(null)
        db.close()
      },
    ))

  test.each([
    ['a row in the middle', 'DELETE FROM change_queue_logs WHERE id = 7', 'log row 7 is missing'],
    ['several rows', 'DELETE FROM change_queue_logs WHERE id BETWEEN 5 AND 9', 'log rows 5 to 9 are missing'],
    ['the first row', 'DELETE FROM change_queue_logs WHERE id = 1', 'log row 1 is missing'],
  ])('%s that was removed', async (_what, text, message) => {
    expect((await audit.verifyForged(sql(text))).difference).toMatchObject({
      code: 'log_rows_missing',
      message,
    })
  })

  test('the newest rows that were removed, with or without the head moved back', async () => {
    const last = audit.bench.engine.ground.store.logs.lastId()
    const cut = `DELETE FROM change_queue_logs WHERE id > ${last - 2};`
    const missing = { code: 'log_rows_missing', row_id: last - 1 }
    expect((await audit.verifyForged(sql(cut))).difference).toMatchObject(missing)
    const back = `UPDATE workspace SET value = (SELECT id || ' ' || hash FROM change_queue_logs ORDER BY id DESC LIMIT 1)
      WHERE key = 'audit_head';`
    expect((await audit.verifyForged(sql(cut + back))).difference).toMatchObject(missing)
  })

  test('the whole end that was removed, with everything that counts rows: the branch knows', async () => {
    const { difference } = await audit.verifyForged(
      sql(`DELETE FROM change_queue_logs WHERE id > 3;
        UPDATE workspace SET value = (SELECT id || ' ' || hash FROM change_queue_logs ORDER BY id DESC LIMIT 1)
          WHERE key = 'audit_head';
        UPDATE sqlite_sequence SET seq = 3 WHERE name = 'change_queue_logs'`),
    )
    expect(difference).toMatchObject({ code: 'head_unknown', commit: landed(0) })
  })

  test('a row that was put in, at the end, in between or before all', async () => {
    const insert = (id: string): string =>
      `INSERT INTO change_queue_logs (id, level, message, details, created_at, hash)
       VALUES (${id}, 'info', 'forged', '{}', 1, '${'a'.repeat(64)}');`
    expect((await audit.verifyForged(sql(insert('NULL')))).difference?.message).toMatch(
      /^log row \d+ \("forged"\) was added past the head/,
    )
    expect((await audit.verifyForged(sql(insert('-3')))).difference).toMatchObject({ code: 'log_row_added' })
    const moved = `UPDATE change_queue_logs SET id = -id WHERE id >= 6; UPDATE change_queue_logs SET id = 1 - id WHERE id < 0;`
    expect((await audit.verifyForged(sql(moved + insert('6')))).difference).toMatchObject({ row_id: 6 })
  })

  test('two rows that changed places', async () => {
    const swap = `UPDATE change_queue_logs SET id = -4 WHERE id = 4; UPDATE change_queue_logs SET id = 4 WHERE id = 5;
      UPDATE change_queue_logs SET id = 5 WHERE id = -4`
    expect((await audit.verifyForged(sql(swap))).difference).toMatchObject({
      code: 'log_row_changed',
      row_id: 4,
    })
  })

  test('a row whose hash was made to fit what it says now: the next one does not follow', async () => {
    const { difference } = await audit.verifyForged((db) => {
      db.exec(`UPDATE change_queue_logs SET created_at = 1 WHERE id = 5`)
      const before = db.prepare('SELECT hash FROM change_queue_logs WHERE id = 4').get() as { hash: string }
      const row = db
        .prepare(`SELECT ${ENCODED_ROW} AS encoded FROM change_queue_logs WHERE id = 5`)
        .get() as {
        encoded: Uint8Array
      }
      db.prepare('UPDATE change_queue_logs SET hash = ? WHERE id = 5').run(rowHash(before.hash, row.encoded))
    })
    expect(difference).toMatchObject({ code: 'log_row_changed', row_id: 6 })
    expect(difference?.message).toMatch(/it, or row 5 before it, was changed/)
  })

  test('a chain that was made anew from a forged row on: the commits name hashes it no longer has', async () => {
    const { difference } = await audit.verifyForged((db) => {
      db.exec(`UPDATE change_queue_logs SET created_at = 1 WHERE id = 2`)
      let hash = (db.prepare('SELECT hash FROM change_queue_logs WHERE id = 1').get() as { hash: string })
        .hash
      const rows = db.prepare(
        `SELECT id, ${ENCODED_ROW} AS encoded FROM change_queue_logs WHERE id > 1 ORDER BY id`,
      )
      for (const row of rows.all() as { id: number; encoded: Uint8Array }[]) {
        hash = rowHash(hash, row.encoded)
        db.prepare('UPDATE change_queue_logs SET hash = ? WHERE id = ?').run(hash, row.id)
        db.prepare(`UPDATE workspace SET value = ? WHERE key = 'audit_head'`).run(`${row.id} ${hash}`)
      }
    })
    expect(difference).toMatchObject({ code: 'head_unknown', commit: landed(0) })
  })

  test.each([
    ['gone', `DELETE FROM workspace WHERE key = 'audit_head'`, 'log_head_missing'],
    [
      'of another hash',
      `UPDATE workspace SET value = substr(value, 1, length(value) - 1) || CASE WHEN value LIKE '%a' THEN 'b' ELSE 'a' END
       WHERE key = 'audit_head'`,
      'log_head_wrong',
    ],
    ['nonsense', `UPDATE workspace SET value = 'x' WHERE key = 'audit_head'`, 'log_head_wrong'],
    ['rows without a hash', `UPDATE change_queue_logs SET hash = NULL WHERE id > 4`, 'log_row_unhashed'],
  ])('a head that is %s', async (_what, text, code) => {
    expect((await audit.verifyForged(sql(text))).difference).toMatchObject({ code })
  })
})

describe('in the rows', () => {
  const forged = async (text: string) => (await audit.verifyForged(sql(text))).difference

  test.each(['failed', 'cancelled'])('a landed change that is said to have %s', async (status) => {
    const text = `UPDATE change_queue SET status = '${status}' WHERE id = 1`
    expect(await forged(text)).toMatchObject({ code: 'not_recorded', change_id: 1 })
  })

  test('a verdict that the commit does not state', async () => {
    const text = `UPDATE change_queue SET check_verdict = 'failed' WHERE id = 1`
    expect(await forged(text)).toMatchObject({ code: 'verdict_differs', change_id: 1 })
  })

  test('a change marked applied without a commit, or with one that never was', async () => {
    const { failed } = audit.ids
    expect(await forged(`UPDATE change_queue SET status = 'applied' WHERE id = ${failed}`)).toMatchObject({
      code: 'not_logged',
      change_id: failed,
    })
    const oid = 'd'.repeat(40)
    const set = `UPDATE change_queue SET status = 'applied', landed_commit = '${oid}' WHERE id = ${failed}`
    expect(await forged(set)).toMatchObject({ code: 'not_reachable', change_id: failed, commit: oid })
  })

  test('a landed change that says it did not land, or is gone', async () => {
    const [id = 0] = audit.ids.checked
    const set = `UPDATE change_queue SET status = 'failed', landed_commit = NULL WHERE id = ${id}`
    expect(await forged(set)).toMatchObject({ code: 'not_recorded', change_id: id, commit: landed(0) })
    expect(await forged(`DELETE FROM change_queue WHERE id = ${id}`)).toMatchObject({
      code: 'not_recorded',
      message: expect.stringContaining('a change this queue never had'),
    })
  })

  test('another payload, payload hash, task or agent than landed', async () => {
    const [id = 0] = audit.ids.checked
    const where = `WHERE id = ${id}`
    expect(
      await forged(`UPDATE change_queue SET payload = replace(payload, '1\\n', '2\\n') ${where}`),
    ).toMatchObject({
      code: 'payload_changed',
      change_id: id,
    })
    for (const column of ['payload_hash', 'task_id', 'agent'])
      expect(await forged(`UPDATE change_queue SET ${column} = 'x' ${where}`)).toMatchObject({
        code: 'trailer_differs',
        change_id: id,
      })
  })

  test('a verdict or an approval that the commit claims and nobody gave', async () => {
    const [id = 0] = audit.ids.checked
    for (const text of [
      `DELETE FROM check_runs WHERE change_id = ${id} AND name = 'see'`,
      `UPDATE check_runs SET verdict = 'failed' WHERE change_id = ${id}`,
      `UPDATE check_runs SET tree = '${'e'.repeat(40)}' WHERE change_id = ${id}`,
    ])
      expect(await forged(text)).toMatchObject({
        code: 'check_not_recorded',
        change_id: id,
        commit: landed(0),
      })
    for (const text of ['DELETE FROM approvals', `UPDATE approvals SET decision = 'rejected'`])
      expect(await forged(text)).toMatchObject({
        code: 'approval_not_recorded',
        change_id: audit.ids.approved,
      })
  })

  test('archived changes are looked at like the others', async () => {
    const [id = 0] = audit.ids.checked
    const archive = (engine: Parameters<Parameters<AuditBench['onForged']>[1]>[0]) => {
      engine.ground.store.db.exec('UPDATE change_queue SET updated_at = 1')
      engine.cleanUp(0)
    }
    await audit.onForged(
      () => undefined,
      async (engine) => {
        archive(engine)
        expect(engine.ground.store.changes.counts().applied).toBe(0)
        expect(await engine.verifyAudit()).toMatchObject({ clean: true, landed: 3 })
        engine.ground.store.db.exec(`UPDATE change_archive SET payload_hash = 'x' WHERE id = ${id}`)
        expect((await engine.verifyAudit()).difference).toMatchObject({
          code: 'trailer_differs',
          change_id: id,
        })
      },
    )
  })
})

describe('on the branch', () => {
  const commit = (message: string, parent = audit.bench.tip()): string =>
    audit.bench.repo.git('commit-tree', `${parent}^{tree}`, '-p', parent, '-m', message)
  const uuid = (): string => audit.bench.engine.ground.store.facts.get('uuid') ?? ''

  test('what the operator commits without such a trailer is fine', async () => {
    const text = `an own commit\n\nIt talks of Hyperion-Change: ${uuid()}/1 in a sentence.\n\nSigned-off-by: me`
    expect(await audit.verifyAt(commit(text))).toMatchObject({ clean: true, commits: 3 })
    expect(await audit.verifyAt(commit('x\n\nHyperion-Change: another-queue/1'))).toMatchObject({
      clean: true,
    })
  })

  test.each([
    ['a change that failed', () => `${audit.ids.failed}`, 'not_recorded'],
    ['a change there never was', () => '999', 'not_recorded'],
    ['no number', () => 'one', 'unknown_change'],
    ['a change that landed before', () => `${audit.ids.checked[0]}`, 'landed_twice'],
  ])('a forged commit that names %s', async (_what, id, code) => {
    const forgedCommit = commit(`forged\n\nHyperion-Change: ${uuid()}/${id()}`)
    const { difference } = await audit.verifyAt(forgedCommit)
    expect(difference).toMatchObject({ code, commit: forgedCommit })
    expect(difference?.message).toContain(forgedCommit.slice(0, 12))
  })

  test('a landed commit that was amended, or rewound', async () => {
    const { bench } = audit
    const [last] = bench.landed().slice(-1)
    const amended = bench.repo.git(
      'commit-tree',
      bench.base + '^{tree}',
      '-p',
      landed(1),
      '-m',
      last?.message ?? '',
    )
    expect((await audit.verifyAt(amended)).difference).toMatchObject({
      code: 'not_recorded',
      commit: amended,
      message: expect.stringContaining(`which landed as ${last?.commit.slice(0, 12)}`),
    })
    expect((await audit.verifyAt(landed(1))).difference).toMatchObject({
      code: 'not_reachable',
      change_id: audit.ids.approved,
      commit: last?.commit,
    })
  })
})

test('what lands while it is looked at, or was interrupted, is no difference', async () => {
  const { bench } = audit
  const [id = 0] = await bench.enqueue(change({ task: 'T-late', path: 'late.txt', add: 'x\n' }))
  const reports: Promise<unknown>[] = []
  await bench.drain({
    onStep: (step) => {
      // The ref has moved, and the rows do not say so yet.
      if (step === 'tell') reports.push(bench.engine.verifyAudit())
    },
  })
  expect(bench.show(id).status).toBe('applied')
  expect(await Promise.all(reports)).toMatchObject([{ clean: true, difference: null }])
  expect(await bench.engine.verifyAudit()).toMatchObject({ clean: true, landed: 4, commits: 4, unsettled: 0 })
})
