/** Whether a folder can take an export, and whether a file can be put somewhere: looked at before anything is written. */
import { accessSync, constants, lstatSync, realpathSync, statSync, type Stats } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { diskFull, HyperionError, userError } from '../base/errors.ts'

export interface Target {
  /** The folder, with links followed. */
  dest: string
  /** Whether it is made by the export. */
  creates: boolean
  notes: string[]
}

const isWithin = (place: string, folder: string): boolean => {
  const way = relative(folder, place)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

const stats = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

/** Says what the system says of a place, as one sentence; what is no error of the system stays as it is. */
export function unwritable(thrown: unknown, place: string): unknown {
  const { code, syscall } = thrown as NodeJS.ErrnoException
  if (thrown instanceof HyperionError || code === undefined || syscall === undefined) return thrown
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(place, thrown)
  const why: Record<string, string> = {
    EROFS: 'is on a read-only disk',
    EACCES: 'may not be written by you',
    EPERM: 'may not be written by you',
    ELOOP: 'is a link that leads back to itself',
    ENOTDIR: 'goes through something that is no folder',
    ENAMETOOLONG: 'has too long a name',
  }
  const said = why[code] ?? `cannot be written (${code})`
  return userError('unwritable', `${place} ${said}`, 'name a place that can be written')
}

/** Refuses what names nothing: an empty name, as of a variable that is not set, would be the current folder. */
export function requireName(named: string, what: string): void {
  if (named.trim() === '') throw userError('no_name', `the name of the ${what} is empty`, `name a ${what}`)
  if (named.includes('\0'))
    throw userError('bad_name', `the name of the ${what} has a NUL character`, `name a ${what}`)
}

/** Follows a target folder; throws one sentence where it can never take an export. */
export function readyTarget(named: string, root: string): Target {
  requireName(named, 'folder')
  try {
    return followed(resolve(named), root)
  } catch (thrown) {
    throw unwritable(thrown, resolve(named))
  }
}

function followed(asked: string, root: string): Target {
  const found = stats(asked)
  const parent = stats(dirname(asked))
  const link = lstatSync(asked, { throwIfNoEntry: false })?.isSymbolicLink() === true
  if (found === undefined && link)
    throw userError(
      'dangling_link',
      `${asked} is a link to nothing`,
      'make what it leads to, or name a folder',
    )
  if (found === undefined && parent?.isDirectory() !== true)
    throw userError('no_such_folder', `the folder ${dirname(asked)} is not there`, 'make it, or name another')
  if (found !== undefined && !found.isDirectory())
    throw userError('not_a_folder', `${asked} is not a folder`, 'name a folder')
  const dest = found === undefined ? join(realpathSync(dirname(asked)), basename(asked)) : realpathSync(asked)
  refuseOwn(dest, root)
  try {
    accessSync(found === undefined ? dirname(dest) : dest, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unwritable(error, found === undefined ? dirname(dest) : dest)
  }
  const notes = dest === asked ? [] : [`${asked} leads to ${dest}, which takes the files`]
  return { dest, creates: found === undefined, notes }
}

function refuseOwn(dest: string, root: string): void {
  const real = realpathSync(root)
  if (isWithin(dest, real))
    throw userError(
      'own_folder',
      `${dest} is in ${real}, the folder of Hyperion itself`,
      'name another folder',
    )
  refuseGuarded(dest)
}

function refuseGuarded(place: string): void {
  const own = place.split(sep).find((part) => part === '.git' || part === '.hyperion')
  if (own !== undefined)
    throw userError('own_place', `${place} is in a ${own} folder`, 'name one of the project itself')
}

/** What stands at a path of the target: nothing, or a file of its own. Throws by name for everything else. */
export function standsAt(dest: string, path: string): Stats | null {
  const parts = path.split('/')
  for (let n = 1; n <= parts.length; n += 1) {
    const at = join(dest, ...parts.slice(0, n))
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found === undefined) return null
    if (found.isSymbolicLink())
      throw userError('link_in_way', `${at} is a link, and nothing is written through one`, 'move it away')
    if (n < parts.length && !found.isDirectory())
      throw userError('file_in_way', `${at} is not a folder, and one has to be there`, 'move it away')
    if (n === parts.length && !found.isFile())
      throw userError('folder_in_way', `${at} is not a file, and one has to be there`, 'move it away')
    if (n === parts.length) return found
  }
  return null
}

/** Where a single file may be put; throws one sentence where it may not. */
export function readyFile(named: string, root: string): string {
  const file = resolve(named)
  if (stats(dirname(file))?.isDirectory() !== true)
    throw userError('no_such_folder', `the folder ${dirname(file)} is not there`, 'make it, or name another')
  const real = join(realpathSync(dirname(file)), basename(file))
  const shipped = ['skills', 'scripts', 'resources'].find((one) =>
    isWithin(real, join(realpathSync(root), one)),
  )
  if (shipped !== undefined)
    throw userError('own_folder', `${file} is in Hyperion's own ${shipped}`, 'name a file elsewhere')
  refuseGuarded(real)
  for (const at of [real, `${real}.sha256`]) {
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found?.isSymbolicLink() === true)
      throw userError(
        'link_in_way',
        `${at} is a link, and nothing is written through one`,
        'name another file',
      )
    if (found !== undefined && !found.isFile())
      throw userError('not_a_file', `${at} is not a file`, 'name another file')
  }
  return real
}
