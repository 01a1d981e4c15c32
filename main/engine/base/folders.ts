/** Folders of the machine, for whoever names one level by level. */
import { readdirSync, statSync } from 'node:fs'
import { isAbsolute, join, sep } from 'node:path'

/** A folder may hold any number of them. */
const MOST_LOOKED_AT = 10_000

export interface FoldersLike {
  /** As far as it was typed; '~' and nothing at all begin at home. */
  typed: string
  limit: number
  home: string | null
}

/**
 * Returns folders that what was typed could go on to: those in the folder it names so far whose names begin with its last
 * part, as whole paths with a slash behind them, sorted. Hidden ones come once a dot was typed.
 *
 * What cannot be read, or is no whole path, goes on to nothing: this is a help, not a judgement.
 */
export function foldersLike({ typed, limit, home }: FoldersLike): string[] {
  const from = home === null ? typed : typed.replace(/^$|^~(?=\/|$)\/?/, `${home}/`)
  if (!isAbsolute(from)) return []
  const cut = Math.max(from.lastIndexOf('/'), from.lastIndexOf(sep)) + 1
  const [folder, begun] = [from.slice(0, cut), from.slice(cut).toLowerCase()]
  try {
    return readdirSync(folder, { withFileTypes: true })
      .slice(0, MOST_LOOKED_AT)
      .filter(({ name }) => name.toLowerCase().startsWith(begun) && (begun !== '' || !name.startsWith('.')))
      .filter(
        (entry) => entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(folder, entry.name))),
      )
      .map(({ name }) => `${folder}${name}/`)
      .toSorted()
      .slice(0, limit)
  } catch {
    return []
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
