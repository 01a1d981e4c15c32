/** What the app was asked for on its command line: a workspace, a cast, a link, or nothing. */
import { isAbsolute, resolve } from 'node:path'
import { isLink, parseLink } from './deep-links.ts'

export interface Asked {
  /** An absolute folder. */
  folder: string | null
  /** The file of its queue, absolute, where it is not the one in the folder. */
  db: string | null
  /** The file of a cast, absolute. */
  cast: string | null
  /** A page of the app. */
  path: string | null
  /** Whether something was named that is not followed. */
  refused: boolean
}

export const NOTHING: Asked = { folder: null, db: null, cast: null, path: null, refused: false }

const LONGEST = 4096

/** What the installers say that the app opens. */
const CAST = /\.(?:hyperion-cast|json)$/i

/**
 * Reads arguments without the program itself.
 *
 * The runtime puts switches of its own among them: what is unknown and begins with `-` is none of ours. A link ends the
 * list, because the operating system hands a link over as the last argument and text after it could only have been
 * smuggled in with it.
 */
export function parseArguments(args: readonly string[], cwd: string): Asked {
  const asked: Asked = { ...NOTHING }
  const name = (what: 'folder' | 'db' | 'cast', path: string | undefined): void => {
    if (path === undefined || path === '' || path.length > LONGEST || path.includes('\0'))
      asked.refused = true
    else asked[what] ??= isAbsolute(path) ? path : resolve(cwd, path)
  }
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (isLink(arg)) {
      asked.path = parseLink(arg)
      if (asked.path === null) asked.refused = true
      return asked
    }
    if (arg === '--workspace') name('folder', rest.shift())
    else if (arg.startsWith('--workspace=')) name('folder', arg.slice('--workspace='.length))
    else if (arg === '--db') name('db', rest.shift())
    else if (arg.startsWith('--db=')) name('db', arg.slice('--db='.length))
    else if (!arg.startsWith('-')) name(CAST.test(arg) ? 'cast' : 'folder', arg)
  }
  return asked
}
