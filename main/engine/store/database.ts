/** The one door to SQLite: opening, migrating, transactions. Imports better-sqlite3; nothing else does. */
import { closeSync, existsSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { diskFull, HyperionError, userError } from '../base/errors.ts'
import queue from './migrations/0001-queue.sql?raw'
import circles from './migrations/0002-circles.sql?raw'
import errors from './migrations/0003-errors.sql?raw'
import workers from './migrations/0004-workers.sql?raw'
import chain from './migrations/0005-chain.sql?raw'
import audit from './migrations/0006-audit.sql?raw'
import upstream from './migrations/0007-upstream.sql?raw'
import reviewer from './migrations/0008-reviewer.sql?raw'
import casts from './migrations/0009-casts.sql?raw'
import agents from './migrations/0010-agents.sql?raw'
import plans from './migrations/0011-plans.sql?raw'

/** In order; the database's user_version is the number of those that ran. */
export const MIGRATIONS: readonly string[] = [
  queue,
  circles,
  errors,
  workers,
  chain,
  audit,
  upstream,
  reviewer,
  casts,
  agents,
  plans,
]

/** Values SQLite takes and gives. */
export type SqlValue = string | number | bigint | Buffer | null
export type Row = Record<string, SqlValue>

/** A prepared statement with its row type declared by the caller, next to the SQL. */
export interface Statement<R> {
  get(...params: SqlValue[]): R | undefined
  all(...params: SqlValue[]): R[]
  run(...params: SqlValue[]): { changes: number; lastInsertRowid: number }
}

export interface Database {
  readonly file: string
  /** Whether opening brought a database with data in it to this program's schema. */
  readonly migrated: boolean
  /** Returns the statement for this SQL, prepared once per connection. */
  sql<R = Row>(text: string): Statement<R>
  /** Runs `work` in one immediate transaction: all of it or nothing. Joins a transaction that is already open. */
  write<T>(work: () => T): T
  /**
   * Runs `work`, which may wait for another process, in one immediate transaction. The connection belongs to `work`
   * until it ends: `inTransaction` tells timers to keep off.
   */
  writeAsync<T>(work: () => Promise<T>): Promise<T>
  readonly inTransaction: boolean
  pragma(text: string): unknown
  /**
   * Changes when somebody commits, told by the file alone: a query costs an idle program more. Two commits within one
   * tick of the file system's clock may look like one.
   */
  stamp(): string
  exec(text: string): void
  /** Copies the queue as it is at one moment into a file, which is made; others go on reading and writing. */
  backup(file: string): Promise<void>
  close(): void
}

export interface OpenOptions {
  /** Refuse to create. */
  mustExist?: boolean
  busyTimeoutMs?: number
}

export const notInitialised = (file: string): HyperionError =>
  userError('not_initialised', `there is no queue at ${file}`, 'run `hyperion init` in the repository')

const busy = (error: unknown): boolean =>
  error instanceof BetterSqlite3.SqliteError && /^SQLITE_BUSY|^SQLITE_LOCKED/.test(error.code)

function hasNoRoom(file: string): boolean {
  try {
    return statfsSync(dirname(file)).bavail === 0
  } catch {
    return false
  }
}

function translate(error: unknown, file: string): unknown {
  if (busy(error)) {
    return new HyperionError('transient', 'database_busy', `another program holds the queue ${file}`, {
      hint: 'wait until it is done, or end it, and try again',
      cause: error,
    })
  }
  if (!(error instanceof BetterSqlite3.SqliteError)) return error
  // Extended codes (SQLITE_IOERR_READ) begin with the code they refine.
  const code = /^SQLITE_[A-Z]+/.exec(error.code)?.[0]
  // Without room for its smallest file SQLite says that it cannot open or read something.
  const full = code === 'SQLITE_FULL' || (/IOERR|CANTOPEN/.test(code ?? '') && hasNoRoom(file))
  switch (full ? 'SQLITE_FULL' : code) {
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return userError(
        'database_damaged',
        `the queue ${file} is damaged: ${error.message}`,
        'restore it from a backup, or move it away and run init',
      )
    case 'SQLITE_READONLY':
    case 'SQLITE_CANTOPEN':
      return userError(
        'database_not_writable',
        `the queue ${file} cannot be written: ${error.message}`,
        'make the file and its folder writable',
      )
    case 'SQLITE_FULL':
      return diskFull(file, error)
    case 'SQLITE_IOERR':
      return userError(
        'database_unreadable',
        `the queue ${file} cannot be read or written: ${error.message}`,
        'look at the disk, or name another file with --db',
      )
    default:
      return error
  }
}

function connect(file: string, options: OpenOptions): BetterSqlite3.Database {
  if (Number(process.versions['napi'] ?? 0) < 10) {
    throw new HyperionError(
      'user',
      'node_too_old',
      `Node ${process.version} cannot load the database module`,
      {
        hint: 'use Node 22.14 or newer, or start it with bin/hyperion.mjs',
      },
    )
  }
  if (!existsSync(file)) {
    if (options.mustExist === true) throw notInitialised(file)
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      // SQLite gives its -wal and -shm files the mode of the main file, so that one is made first.
      closeSync(openSync(file, 'a', 0o600))
    } catch (error) {
      throw userError(
        'database_not_writable',
        `the queue ${file} cannot be made: ${(error as Error).message}`,
        'make its parent folder writable or name another file with --db',
      )
    }
  }
  const timeout = options.busyTimeoutMs ?? 10_000
  // A connection that may write moves the log into the file when it closes, and a newer program's stays as it is.
  const looking = new BetterSqlite3(file, { timeout, readonly: true })
  try {
    refuseNewer(looking, file)
    refuseForeign(looking, file)
  } finally {
    looking.close()
  }
  return new BetterSqlite3(file, { timeout })
}

const versionOf = (db: BetterSqlite3.Database): number => Number(db.pragma('user_version', { simple: true }))

/** A file of another program is not ours to add tables to. */
function refuseForeign(db: BetterSqlite3.Database, file: string): void {
  if (versionOf(db) > 0) return
  const found = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()
  if (found === 0) return
  throw userError('not_a_queue', `${file} is the database of another program`, 'name another file with --db')
}

function refuseNewer(db: BetterSqlite3.Database, file: string): void {
  const version = versionOf(db)
  if (version <= MIGRATIONS.length) return
  throw new HyperionError(
    'database_newer',
    'database_newer',
    `the queue ${file} was written by a newer version (schema ${version}, this program knows ${MIGRATIONS.length})`,
    { hint: 'use the newer Hyperion; nothing was changed' },
  )
}

/** Returns whether there was an older schema. */
function migrate(db: BetterSqlite3.Database, file: string): boolean {
  const found = versionOf(db)
  if (found === MIGRATIONS.length) return false
  // Another process may be doing the same, or even more: look again once the write lock is ours.
  db.transaction(() => {
    refuseNewer(db, file)
    for (let next = versionOf(db); next < MIGRATIONS.length; next += 1) {
      db.exec(MIGRATIONS[next] ?? '')
      db.pragma(`user_version = ${next + 1}`)
    }
  }).immediate()
  return found > 0
}

/**
 * Opens the queue's database, creating and migrating it as needed.
 *
 * The file is private to its owner (0600), in WAL mode and fsynced at every commit. Throws `database_newer` (exit 5)
 * without writing when a later version made it, `not_initialised` when `mustExist` and it does not.
 */
export function openDatabase(file: string, options: OpenOptions = {}): Database {
  let db: BetterSqlite3.Database
  try {
    db = connect(file, options)
  } catch (error) {
    throw translate(error, file)
  }
  try {
    db.pragma('trusted_schema = OFF')
    db.pragma('foreign_keys = ON')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    const migrated = migrate(db, file)
    return wrap(db, file, migrated)
  } catch (error) {
    db.close()
    throw translate(error, file)
  }
}

function wrap(db: BetterSqlite3.Database, file: string, migrated: boolean): Database {
  const prepared = new Map<string, Statement<unknown>>()
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw translate(error, file)
    }
  }
  const prepare = (text: string): Statement<unknown> => {
    const made = guarded(() => db.prepare(text))
    // The module takes `?1` for a name: numbered parameters travel in an object.
    const bind: (params: SqlValue[]) => unknown[] = /\?\d/.test(text)
      ? (params) => [Object.fromEntries(params.map((value, index) => [String(index + 1), value]))]
      : (params) => params
    return {
      get: (...params) => guarded(() => made.get(...bind(params))),
      all: (...params) => guarded(() => made.all(...bind(params))),
      run: (...params) =>
        guarded(() => {
          const result = made.run(...bind(params))
          return { changes: result.changes, lastInsertRowid: Number(result.lastInsertRowid) }
        }),
    }
  }
  const rollback = (): void => {
    if (db.inTransaction) db.exec('ROLLBACK')
  }
  return {
    file,
    migrated,
    sql: <R>(text: string): Statement<R> => {
      const statement = prepared.get(text) ?? prepare(text)
      prepared.set(text, statement)
      return statement as Statement<R>
    },
    write: (work) => {
      if (db.inTransaction) return work()
      guarded(() => db.exec('BEGIN IMMEDIATE'))
      try {
        const value = work()
        guarded(() => db.exec('COMMIT'))
        return value
      } catch (error) {
        rollback()
        throw error
      }
    },
    writeAsync: async (work) => {
      guarded(() => db.exec('BEGIN IMMEDIATE'))
      try {
        const value = await work()
        guarded(() => db.exec('COMMIT'))
        return value
      } catch (error) {
        rollback()
        throw error
      }
    },
    get inTransaction() {
      return db.inTransaction
    },
    pragma: (text) => guarded(() => db.pragma(text)),
    stamp() {
      const wal = statSync(`${file}-wal`, { bigint: true, throwIfNoEntry: false })
      return wal === undefined ? '-' : `${wal.ino}:${wal.mtimeNs}:${wal.size}`
    },
    exec: (text) => guarded(() => db.exec(text)),
    backup: async (target) => {
      // As private as the queue itself from its first byte on.
      closeSync(openSync(target, 'a', 0o600))
      // A connection of its own that reads one moment of the queue: through one that sees what others write meanwhile,
      // the copy would begin anew with each of their commits.
      const moment = new BetterSqlite3(file, { timeout: 10_000 })
      try {
        moment.exec('BEGIN')
        moment.prepare('SELECT count(*) FROM sqlite_schema').get()
        await moment.backup(target)
      } catch (error) {
        throw translate(error, target)
      } finally {
        moment.close()
      }
    },
    close: () => db.close(),
  }
}
