/** What lies between two trees, path by path, and the patches git writes for it. */
import { isUtf8 } from 'node:buffer'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { git, type GitOptions } from './git.ts'

export interface Difference {
  /** Text for people where the bytes are not UTF-8. */
  path: string
  utf8: boolean
  status: string
  oldMode: string
  newMode: string
  oldOid: string
  newOid: string
}

/** Returns the differing paths in git's order; renames are a delete and an add. */
export async function differences(options: GitOptions, from: string, to: string): Promise<Difference[]> {
  const { stdout } = await git(['diff-tree', '-r', '--raw', '--no-renames', '-z', from, to], options)
  const found: Difference[] = []
  const fields: Buffer[] = []
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf(0, at)
    fields.push(stdout.subarray(at, end < 0 ? stdout.length : end))
    at = end < 0 ? stdout.length : end + 1
  }
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [meta, name] = [fields[at] as Buffer, fields[at + 1] as Buffer]
    const [oldMode = '', newMode = '', oldOid = '', newOid = '', status = ''] = meta.toString('latin1').slice(1).split(' ') // prettier-ignore
    found.push({ path: name.toString('utf8'), utf8: isUtf8(name), status, oldMode, newMode, oldOid, newOid })
  }
  return found
}

/** How a difference is cut and written. */
const HOW = ['-p', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color', '-U3', '--text']

/** The hunks of one file's difference; undefined where there are none. */
function hunksIn(piece: string): string | undefined {
  const start = /^@@ /m.exec(piece)?.index
  return start === undefined ? undefined : piece.slice(start)
}

/** What git adds to the numbers, the function around, may be cut in half a character. */
const bare = (hunks: string): string => hunks.replaceAll(/^(@@ [^@\n]* @@).*$/gm, '$1')

/** As many paths as fit on any system's command line. */
const PATHS_AT_ONCE = 100

/**
 * Returns the hunks by which each of the paths differs, as git writes them; every path must be in both trees as a file.
 * What git cannot tell, such as that it takes a file for binary, is left out.
 */
export async function hunksBetween(
  options: GitOptions,
  from: string,
  to: string,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let at = 0; at < paths.length; at += PATHS_AT_ONCE) {
    // git answers in its own order, which is that of the names' bytes.
    const some = paths
      .slice(at, at + PATHS_AT_ONCE)
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const { stdout } = await git(['diff-tree', '-r', ...HOW, '--histogram', from, to, '--', ...some], options)
    // Lines of files begin with a mark, so that only headers begin like this.
    const pieces = stdout.toString('utf8').split(/^diff --git .*\n/m).slice(1) // prettier-ignore
    if (pieces.length !== some.length) continue
    for (const [index, piece] of pieces.entries()) {
      const hunks = hunksIn(piece)
      if (hunks !== undefined) found.set(some[index] ?? '', bare(hunks))
    }
  }
  return found
}

/**
 * The same of two texts that are in no tree. `scratch` is a folder of our own. Cut `as-git-diff`, they are what `git diff`
 * prints where nobody set it up otherwise, to the byte, for whoever compares hashes.
 */
export async function hunksOf(
  options: GitOptions,
  scratch: string,
  old: Buffer,
  now: Buffer,
  cut: 'histogram' | 'as-git-diff' = 'histogram',
): Promise<string | undefined> {
  const folder = await mkdtemp(join(scratch, 'diff-'))
  try {
    await Promise.all([writeFile(join(folder, 'old'), old), writeFile(join(folder, 'now'), now)])
    const { stdout } = await git(
      [
        'diff',
        '--no-index',
        ...HOW,
        `--diff-algorithm=${cut === 'histogram' ? cut : 'default'}`,
        '--',
        join(folder, 'old'),
        join(folder, 'now'),
      ],
      { ...options, expect: [0, 1] },
    )
    const hunks = hunksIn(stdout.toString('utf8'))
    if (hunks === undefined) return undefined
    return cut === 'histogram' || !isUtf8(stdout) ? bare(hunks) : hunks
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
