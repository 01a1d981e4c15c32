/** Files of a work tree that an agent has its hands on: read and written without ever following a link. */
import { constants } from 'node:fs'
import { chmod, lstat, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { userError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { pathRefusal } from '../../domain/paths.ts'

/** A file that is larger is no source text. */
export const LARGEST_FILE = 16 * 1024 * 1024

export type Found =
  | { kind: 'missing' }
  | { kind: 'file'; bytes: Buffer; executable: boolean }
  /** What cannot be part of a change: a link, a folder, a pipe, a giant. */
  | { kind: 'other'; what: string }

const named = (path: string): string => inert(path, 200)

/** Returns where a path is, or throws a user error where a name on the way is no folder. `make` makes the folders. */
async function placeOf(tree: string, path: string, make: boolean): Promise<string | null> {
  const refusal = pathRefusal(path)
  if (refusal !== null) throw userError(refusal.code, `${named(path)}: ${refusal.message}`)
  const parts = path.split('/')
  let at = tree
  for (const part of parts.slice(0, -1)) {
    at = join(at, part)
    const status = await lstat(at).catch(() => null)
    if (status === null && !make) return null
    if (status === null) await mkdir(at)
    else if (!status.isDirectory())
      throw userError('not_a_folder', `${named(path)}: ${named(part)} on the way to it is no folder`)
  }
  return join(at, parts.at(-1) ?? '')
}

/** Looks at a file as it is now. Throws a user error for a path that leads elsewhere. */
export async function findFile(tree: string, path: string): Promise<Found> {
  const place = await placeOf(tree, path, false)
  const status = place === null ? null : await lstat(place).catch(() => null)
  if (place === null || status === null) return { kind: 'missing' }
  if (status.isSymbolicLink()) return { kind: 'other', what: 'a symbolic link' }
  if (status.isDirectory()) return { kind: 'other', what: 'a folder' }
  if (!status.isFile()) return { kind: 'other', what: 'neither file nor folder' }
  if (status.size > LARGEST_FILE) return { kind: 'other', what: `${status.size} bytes large` }
  // Neither followed nor waited for, should it have become a link or a pipe.
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const executable = (status.mode & 0o100) !== 0
    return { kind: 'file', bytes: await file.readFile(), executable }
  } finally {
    await file.close()
  }
}

/** Writes a file, or removes it (`bytes` null); what was there in its place is replaced, but for a folder. */
export async function putFile(
  tree: string,
  path: string,
  bytes: Buffer | null,
  executable: boolean,
): Promise<void> {
  const place = await placeOf(tree, path, bytes !== null)
  if (place === null) return
  const status = await lstat(place).catch(() => null)
  if (status?.isDirectory() === true)
    throw userError('is_a_folder', `${named(path)} is a folder; name a file`)
  // A new file in place of the old one: a link is replaced, and never written through.
  await rm(place, { force: true })
  if (bytes === null) return
  const file = await open(
    place,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
  )
  try {
    await file.writeFile(bytes)
  } finally {
    await file.close()
  }
  await chmod(place, executable ? 0o755 : 0o644)
}
