/** The file of a cast: what is there, and writing it whole, never over something nobody agreed to lose. */
import { linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ID_PATTERN } from '../../../../schemas/ids.ts'
import { userError, type HyperionError } from '../../base/errors.ts'
import { sha256 } from '../../base/hash.ts'

export const CASTS_FOLDER = 'taskjson'

/** Path of a cast's file from the workspace; null while its id is none. */
export const castPath = (requestId: string): string | null =>
  ID_PATTERN.test(requestId) ? `${CASTS_FOLDER}/${requestId}.json` : null

export type FileState = 'none' | 'same' | 'other'

/** What stands at a file's place; anything whose bytes have another hash is other. */
export function stateOf(file: string, hash: string): FileState {
  try {
    const status = lstatSync(file, { throwIfNoEntry: false })
    if (status === undefined) return 'none'
    if (!status.isFile()) return 'other'
    return sha256(readFileSync(file)) === hash ? 'same' : 'other'
  } catch {
    return 'other'
  }
}

/**
 * Writes a cast to `folder`, whole or not at all, and returns its file.
 *
 * Throws `cast_exists` where another text is there, unless `overwrite`; and one sentence where the folder or the file
 * is a link or no file, or cannot be written.
 */
export function writeCast(folder: string, name: string, text: string, overwrite: boolean): string {
  const file = join(folder, name)
  const temporary = join(folder, `.${name}.${process.pid}.tmp`)
  try {
    refuseLink(folder)
    mkdirSync(folder, { recursive: true })
    const state = stateOf(file, sha256(text))
    if (state === 'same') return file
    const status = lstatSync(file, { throwIfNoEntry: false })
    if (status !== undefined && !status.isFile())
      throw userError('not_a_file', `${file} is not a plain file, so it is not replaced`, 'move it away')
    if (state === 'other' && !overwrite) throw exists(file)
    try {
      rmSync(temporary, { force: true })
      writeFileSync(temporary, text, { flag: 'wx', flush: true })
      if (overwrite) renameSync(temporary, file)
      // A link fails where somebody made the file in between; a rename would replace it.
      else linkSync(temporary, file)
    } finally {
      rmSync(temporary, { force: true })
    }
    return file
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'EEXIST') throw exists(file)
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code))
      throw userError(
        'not_writable',
        `${file} cannot be written (${code})`,
        'write it to another folder with --out',
      )
    throw thrown
  }
}

const exists = (file: string): HyperionError =>
  userError(
    'cast_exists',
    `${file} holds another cast already`,
    'give this one another request_id, or overwrite it',
  )

function refuseLink(folder: string): void {
  const status = lstatSync(folder, { throwIfNoEntry: false })
  if (status === undefined || status.isDirectory()) return
  const what = status.isSymbolicLink() ? 'a link' : 'not a folder'
  throw userError('not_a_folder', `${folder} is ${what}, so no cast is written there`, 'rename it')
}
