/** Where a file that somebody asks for may not be written, whatever they say about overwriting. */
import { realpathSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { userError } from './errors.ts'

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Where a file is put by a rename: links on the way are followed, one at the place itself is replaced. */
const placeOf = (file: string): string => join(real(dirname(file)), basename(file))

const isWithin = (place: string, folder: string): boolean => {
  const way = relative(folder, place)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !way.startsWith(sep))
}

/** Throws where a file is a queue, beside one as its journal, or in a folder that only Hyperion or git writes in. */
export function refuseOwnPlace(file: string, own: { queue: string; folders: readonly string[] }): void {
  const place = placeOf(file)
  const queue = placeOf(own.queue)
  if ([queue, `${queue}-wal`, `${queue}-shm`].includes(place))
    throw userError('is_queue', `${file} is the queue itself`, 'name another file')
  const folder = own.folders.find((one) => isWithin(place, real(one)))
  if (folder === undefined) return
  throw userError(
    'own_place',
    `${file} is in ${folder}, which only Hyperion and git write in`,
    'name another file',
  )
}
