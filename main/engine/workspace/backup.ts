/** A consistent, private copy of the queue in one file, made while everything goes on. */
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  type BigIntStats,
} from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { userError, type HyperionError } from '../base/errors.ts'
import { refuseOwnPlace } from '../base/own-place.ts'
import { openDatabase } from '../store/database.ts'
import type { Store } from '../store/store.ts'

export interface BackupDeps {
  store: Pick<Store, 'db' | 'logs'>
  dbFile: string
  actor: string
  /** Where only Hyperion and git write. */
  ownFolders: readonly string[]
}

export interface Backup {
  file: string
  bytes: number
  /** Changes in the queue and in its archive. */
  changes: number
}

/** Beside a database in use, and left by one that was killed. */
const COMPANIONS = ['-wal', '-shm', '-journal']

const entryAt = (file: string): BigIntStats | null =>
  lstatSync(file, { bigint: true, throwIfNoEntry: false }) ?? null

/**
 * Copies the queue to `file`, an absolute path: whole, checked and readable by its owner alone, or not at all.
 *
 * Throws one sentence, with nothing changed, where something is there already (unless `overwrite`), where it is the
 * queue itself or a database in use, and where the folder cannot take it.
 */
export async function backUp(deps: BackupDeps, file: string, overwrite: boolean): Promise<Backup> {
  refuse(deps, file, overwrite)
  const temporary = join(dirname(file), `.${basename(file).slice(0, 100)}.${process.pid}.tmp`)
  const clear = (): void => {
    for (const end of ['', ...COMPANIONS]) rmSync(`${temporary}${end}`, { force: true })
  }
  try {
    clear()
    await deps.store.db.backup(temporary)
    const changes = checkCopy(temporary, file)
    sync(temporary)
    place(temporary, file, overwrite)
    sync(dirname(file))
    const bytes = statSync(file).size
    deps.store.logs.write({ message: 'backup', details: { by: deps.actor, file, bytes } })
    return { file, bytes, changes }
  } catch (thrown) {
    throw unwritable(thrown, file)
  } finally {
    clear()
  }
}

function refuse({ dbFile, ownFolders }: BackupDeps, file: string, overwrite: boolean): void {
  if (!isAbsolute(file))
    throw userError('relative_path', `${file} is not an absolute path`, 'name it from the root')
  const folder = statSync(dirname(file), { throwIfNoEntry: false })
  if (folder?.isDirectory() !== true)
    throw userError('no_such_folder', `the folder ${dirname(file)} is not there`, 'make it, or name another')
  const found = entryAt(file)
  if (found?.isDirectory() === true) throw userError('is_folder', `${file} is a folder`, 'name a file in it')
  refuseOwnPlace(file, { queue: dbFile, folders: ownFolders })
  const queue = entryAt(dbFile)
  if (found !== null && found.dev === queue?.dev && found.ino === queue.ino)
    throw userError('is_queue', `${file} is the queue itself`, 'name another file')
  const beside = COMPANIONS.find((end) => entryAt(`${file}${end}`) !== null)
  if (beside !== undefined) {
    const said = `${file}${beside} is there: a database of that name is in use, or was when its program was killed`
    throw userError('in_use', said, 'name another file')
  }
  if (found === null || overwrite) return
  throw userError('exists', `${file} is there already`, 'name another file, or give --overwrite')
}

/** Opens the copy as any program would and returns how many changes it holds. */
function checkCopy(copy: string, file: string): number {
  const db = openDatabase(copy, { mustExist: true })
  try {
    const [row] = db.pragma('quick_check(1)') as { quick_check: string }[]
    if (row?.quick_check !== 'ok')
      throw userError(
        'backup_damaged',
        `the copy for ${file} is damaged: ${row?.quick_check}`,
        'look at the disk',
      )
    const count = db.sql<{ n: number }>(
      'SELECT (SELECT count(*) FROM change_queue) + (SELECT count(*) FROM change_archive) AS n',
    )
    return count.get()?.n ?? 0
  } finally {
    db.close()
  }
}

/** Puts the copy in its place in one step; what came there meanwhile is overwritten only where that was asked for. */
function place(temporary: string, file: string, overwrite: boolean): void {
  if (overwrite) return renameSync(temporary, file)
  try {
    linkSync(temporary, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw userError('exists', `${file} is there already`, 'name another file, or give --overwrite')
    // A file system without links: the name was free a moment ago.
    renameSync(temporary, file)
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** What the system says of a file that cannot be written, as one sentence; anything else as it is. */
function unwritable(thrown: unknown, file: string): HyperionError | unknown {
  const { code, syscall } = thrown as NodeJS.ErrnoException
  if (syscall === undefined || code === undefined) return thrown
  return userError('unwritable', `${file} cannot be written (${code})`, 'name a file in a folder that can be')
}
