/** The database file: made, migrated from every earlier version with data in it, refused when it is a newer one's. */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HyperionError } from '../../main/engine/base/errors.ts'
import { MIGRATIONS, openDatabase } from '../../main/engine/store/database.ts'
import { openStore } from '../../main/engine/store/store.ts'
import { CHANGE_STATUSES, PRIORITIES } from '../../schemas/states.ts'
import { manualClock } from '../support/manual-clock.ts'

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url))
/** Tables that a later version may not lose. */
const TABLES = [
  'agent_run_events',
  'agent_runs',
  'agent_sessions',
  'approvals',
  'assignments',
  'briefs',
  'cast_approvals',
  'cast_drafts',
  'casts',
  'chain',
  'change_archive',
  'change_attempts',
  'change_dependencies',
  'change_paths',
  'change_queue',
  'change_queue_logs',
  'check_runs',
  'checkout_journal',
  'checkout_journal_files',
  'conflicts',
  'criteria_evidence',
  'dead_letters',
  'file_modifications',
  'landing_attempts',
  'landing_lease',
  'precedents',
  'questions',
  'resolutions',
  'review_drafts',
  'review_sides',
  'review_trials',
  'task_requests',
  'widenings',
  'workers',
  'workspace',
]

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  file = join(folder, 'state', 'hyperion.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Looks at a database with SQLite as Node brings it, past all of our own code. */
function look<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path)
  try {
    return work(db)
  } finally {
    db.close()
  }
}

function thrownBy(work: () => unknown): HyperionError {
  try {
    work()
  } catch (error) {
    if (error instanceof HyperionError) return error
    throw error
  }
  throw new Error('it did not throw')
}

/** Every row of every table, as one value. */
function everything(path: string): Record<string, unknown[]> {
  return look(path, (db) => {
    const tables = db
      .prepare(
        `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
      )
      .all() as { name: string }[]
    return Object.fromEntries(tables.map(({ name }) => [name, db.prepare(`SELECT * FROM ${name}`).all()]))
  })
}

/** Makes a database as version `version` of the program left it, with rows in every table. */
function makeVersion(version: number): void {
  mkdirSync(join(folder, 'state'), { recursive: true })
  look(file, (db) => {
    db.exec('PRAGMA journal_mode = WAL')
    for (const migration of MIGRATIONS.slice(0, version)) db.exec(migration)
    // A version that brought no table or column has no rows of its own.
    const given = Array.from({ length: version }, (_, n) => join(fixtures, `version-${n + 1}.sql`))
    for (const name of given.filter((name) => existsSync(name))) db.exec(readFileSync(name, 'utf8'))
    db.exec(`PRAGMA user_version = ${version}`)
  })
}

describe('a new file', () => {
  test('is made with its folder, private to its owner, with its companions', () => {
    const db = openDatabase(file)
    db.exec(`INSERT INTO workspace VALUES ('k', 'v')`)
    for (const name of readdirSync(join(folder, 'state'))) {
      expect([name, statSync(join(folder, 'state', name)).mode & 0o777]).toEqual([name, 0o600])
    }
    expect(readdirSync(join(folder, 'state'))).toContain('hyperion.db-wal')
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700)
    db.close()
  })

  test('is private whatever the umask is', () => {
    const before = process.umask(0)
    try {
      openDatabase(file).close()
    } finally {
      process.umask(before)
    }
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('has every table, is whole, in WAL mode, synced at every commit, with foreign keys on', () => {
    const db = openDatabase(file)
    expect(Object.keys(everything(file))).toEqual(TABLES)
    expect(db.pragma('user_version')).toEqual([{ user_version: MIGRATIONS.length }])
    expect(db.pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }])
    expect(db.pragma('synchronous')).toEqual([{ synchronous: 2 }])
    expect(db.pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }])
    expect(db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
    db.close()
  })

  test('is not made where it must exist', () => {
    const error = thrownBy(() => openDatabase(file, { mustExist: true }))
    expect(error).toMatchObject({ kind: 'user', code: 'not_initialised', exitCode: 1 })
    expect(readdirSync(folder)).toEqual([])
  })

  test('is made once when several processes open it at the same time', () => {
    const loader = fileURLToPath(new URL('../support/sql-loader.ts', import.meta.url))
    const store = new URL('../../main/engine/store/store.ts', import.meta.url).href
    const clock = new URL('../../main/engine/base/clock.ts', import.meta.url).href
    const program = `
      const { openStore } = await import(${JSON.stringify(store)})
      const { systemClock } = await import(${JSON.stringify(clock)})
      openStore(process.argv[1], systemClock()).close()`
    const one = `"$NODE" --import "$LOADER" --input-type=module -e "$PROGRAM" "$FILE" || echo failed`
    const out = execFileSync('sh', ['-c', `for i in 1 2 3 4; do { ${one}; } & done; wait`], {
      env: { ...process.env, NODE: process.execPath, LOADER: loader, PROGRAM: program, FILE: file },
      encoding: 'utf8',
    })
    expect(out).toBe('')
    expect(look(file, (db) => db.prepare('PRAGMA user_version').get())).toEqual({
      user_version: MIGRATIONS.length,
    })
  })
})

describe('migrations', () => {
  test('every version has a fixture with rows in every table it has', () => {
    for (let version = 1; version <= MIGRATIONS.length; version += 1) {
      makeVersion(version)
      const empty = Object.entries(everything(file)).filter(([, rows]) => rows.length === 0)
      expect(empty.map(([name]) => name)).toEqual([])
      rmSync(join(folder, 'state'), { recursive: true })
    }
  })

  test.each(Array.from({ length: MIGRATIONS.length }, (_, index) => index + 1))(
    'a database of version %i with data in it keeps every row and works on',
    (version) => {
      makeVersion(version)
      const before = everything(file)
      const clock = manualClock('boot-of-fixture')
      const store = openStore(file, clock)
      expect(store.db.pragma('user_version')).toEqual([{ user_version: MIGRATIONS.length }])
      expect(store.db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
      expect(store.db.pragma('foreign_key_check')).toEqual([])
      const after = everything(file)
      for (const [table, rows] of Object.entries(before)) {
        // The log and the facts tell of the migration as well.
        const kept = rows.map((row) => expect.objectContaining(row as object) as unknown)
        expect(after[table], table).toEqual(expect.arrayContaining(kept))
      }
      const [row] = store.claims.claim({ workerId: 'w', process: null, leaseSeconds: 60, limit: 1 })
      expect(row).toMatchObject({ task_id: 'T-ready', fence: 1 })
      store.db.write(() => store.changes.move(row?.id ?? 0, 'applied'))
      // What depended on it and what waited behind it on its path are free now.
      const next = store.claims.claim({ workerId: 'w', process: null, leaseSeconds: 60, limit: 9 })
      expect(next.map(({ task_id }) => task_id)).toEqual(['T-behind', 'T-dependent'])
      expect(store.changes.find(1)).toMatchObject({ archived: true, row: { task_id: 'T-archived' } })
      store.close()
    },
  )

  test('changes that an older program left waiting for themselves are held once this one opens the queue', () => {
    makeVersion(1)
    look(file, (db) => {
      for (const [id, task, needs] of [
        [901, 'A', 'B'],
        [902, 'B', 'C'],
        [903, 'C', 'A'],
      ] as const) {
        db.exec(`INSERT INTO change_queue (id, task_id, agent, status, payload, payload_hash, priority, unmet, created_at, updated_at)
          VALUES (${id}, '${task}', 'agent', 'pending', '{"changes":[]}', 'hash-${id}', 'normal', 1, 1, 1);
          INSERT INTO change_dependencies VALUES (${id}, '${needs}')`)
      }
    })
    const store = openStore(file, manualClock('boot-of-fixture'))
    for (const id of [901, 902, 903]) {
      expect(store.changes.get(id)).toMatchObject({ status: 'held', reason_code: 'dependency_cycle' })
    }
    store.close()
  })

  test('opening again changes nothing', () => {
    openDatabase(file).close()
    const before = readFileSync(file)
    openDatabase(file).close()
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})

describe('a newer version’s database', () => {
  const makeNewer = (): void => {
    openDatabase(file).close()
    look(file, (db) => {
      db.exec(`CREATE TABLE of_the_future (x); INSERT INTO of_the_future VALUES (1)`)
      db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    })
  }
  const refused = (): void => {
    const error = thrownBy(() => openStore(file, manualClock()))
    expect(error).toMatchObject({ kind: 'database_newer', code: 'database_newer', exitCode: 5 })
    expect(error.message).toContain(file)
    expect(error.message).toContain(`schema ${MIGRATIONS.length + 1}`)
    expect(error.hint).not.toBeNull()
  }

  test('is refused with its own exit code, every byte of the file as it was', () => {
    makeNewer()
    const before = readFileSync(file)
    refused()
    expect(readFileSync(file).equals(before)).toBe(true)
    // Looking leaves SQLite's empty companions at most.
    const log = `${file}-wal`
    expect(existsSync(log) ? readFileSync(log).length : 0).toBe(0)
  })

  test('is refused as it is even where its writer was killed and its log is not yet in the file', () => {
    makeNewer()
    const bytes = (): Buffer[] => ['', '-wal'].map((suffix) => readFileSync(`${file}${suffix}`))
    const other = join(folder, 'other.db')
    look(file, (db) => {
      db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 2}; INSERT INTO of_the_future VALUES (2)`)
      // A copy taken while the writer lives is what a killed writer leaves behind.
      copyFileSync(file, other)
      copyFileSync(`${file}-wal`, `${other}-wal`)
    })
    for (const suffix of ['', '-wal']) copyFileSync(`${other}${suffix}`, `${file}${suffix}`)
    const before = bytes()
    const error = thrownBy(() => openStore(file, manualClock()))
    expect(error.message).toContain(`schema ${MIGRATIONS.length + 2}`)
    expect(bytes().map((part, index) => part.equals(before[index] as Buffer))).toEqual([true, true])
  })
})

test('a file that is no database is named, with a remedy, and left alone', () => {
  mkdirSync(join(folder, 'state'))
  writeFileSync(file, 'this is a letter, not a database; '.repeat(200))
  const before = readFileSync(file)
  const error = thrownBy(() => openDatabase(file))
  expect(error).toMatchObject({ kind: 'user', code: 'database_damaged', exitCode: 1 })
  expect(error.message).toContain(file)
  expect(readFileSync(file).equals(before)).toBe(true)
})

test('a folder that cannot be made is named', () => {
  writeFileSync(join(folder, 'state'), '')
  const error = thrownBy(() => openDatabase(file))
  expect(error).toMatchObject({ kind: 'user', code: 'database_not_writable' })
})

test('a backup is a whole copy, as private as the queue', async () => {
  const db = openDatabase(file)
  db.exec(`INSERT INTO workspace VALUES ('k', 'v')`)
  const copy = join(folder, 'copy.db')
  await db.backup(copy)
  db.close()
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  expect(everything(copy)['workspace']).toEqual([{ key: 'k', value: 'v' }])
})

describe('the CHECK constraints', () => {
  test('take exactly the states of the contract', () => {
    const sql = look(openAndClose(), (db) => {
      return (
        db.prepare(`SELECT sql FROM sqlite_master WHERE name = 'change_queue'`).get() as { sql: string }
      ).sql
    })
    const listed = (column: string): string[] => {
      const clause = new RegExp(`CHECK \\(${column} IN\\s*\\(([^)]*)\\)`).exec(sql)?.[1] ?? ''
      return [...clause.matchAll(/'([a-z_]+)'/g)].map((match) => match[1] ?? '')
    }
    expect(listed('status').sort()).toEqual([...CHANGE_STATUSES].sort())
    expect(listed('priority').sort()).toEqual([...PRIORITIES].sort())
  })

  const insert = (status: string) => (): unknown =>
    look(openAndClose(), (db) =>
      db
        .prepare(
          `INSERT INTO change_queue (task_id, agent, status, payload, payload_hash, priority, created_at, updated_at)
           VALUES ('T', 'a', ?, '{}', 'h', 'normal', 1, 1)`,
        )
        .run(status),
    )

  test.each(CHANGE_STATUSES)('take the state %s', (status) => {
    expect(insert(status)).not.toThrow()
  })

  test.each(['done', 'Pending', '', 'in-progress'])('refuse %j', (status) => {
    expect(insert(status)).toThrow(/CHECK constraint failed/)
  })

  function openAndClose(): string {
    openDatabase(file).close()
    return file
  }
})
