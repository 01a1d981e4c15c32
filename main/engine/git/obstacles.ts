/** What of a checkout git would overwrite, remove or bring back without a word when the checkout is moved. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { exists, list, optionsOf, type Checkout, type PathChange } from './checkout.ts'

export interface Obstacle {
  path: string
  kind:
    /** Not tracked, perhaps ignored: `read-tree -u` overwrites ignored files. */
    | 'untracked'
    /** Another repository, in which landed files would be written. */
    | 'nested'
    /** git was told not to look at the file, so that it does not see edits either. */
    | 'marked'
    /** Deleted without a word to git, which would write it again. */
    | 'deleted'
    /** A file or link where a folder was. */
    | 'replaced'
    /** Staged, and in the way of a folder that becomes a file or a file that becomes a folder: git drops it. */
    | 'staged'
}

const GITLINK = '160000'

/** Returns the index's tag of each path that is in it: `H` for an ordinary one, lower case or `S` for a marked one. */
async function tagsOf(checkout: Checkout, paths: readonly string[]): Promise<Map<string, string>> {
  const tags = new Map<string, string>()
  for (let at = 0; at < paths.length; at += 1000) {
    const lines = await list(
      ['ls-files', '-v', '-z', '--', ...paths.slice(at, at + 1000)],
      optionsOf(checkout),
    )
    for (const line of lines) tags.set(line.slice(2), line.slice(0, 1))
  }
  return tags
}

/** Returns what is staged, by path, as git's letter for it. */
async function stagedOf(checkout: Checkout): Promise<Map<string, string>> {
  const how = ['--cached', '--name-status', '--no-renames', '-z', 'HEAD']
  const fields = await list(['diff-index', ...how], optionsOf(checkout))
  const staged = new Map<string, string>()
  for (let at = 0; at + 1 < fields.length; at += 2) staged.set(fields[at + 1] ?? '', fields[at] ?? '')
  return staged
}

/** Returns the tracked files that differ from a commit, in the index or in the folder. */
export async function editedSince(checkout: Checkout, commit: string): Promise<string[]> {
  const differing = (...how: string[]): Promise<string[]> =>
    list(['diff-index', ...how, '--name-only', '--no-renames', '-z', commit], optionsOf(checkout))
  return [...new Set([...(await differing()), ...(await differing('--cached'))])].toSorted()
}

/** Returns every obstacle to bringing these changes into a checkout that git itself would not stop at. */
export async function obstaclesTo(checkout: Checkout, changes: readonly PathChange[]): Promise<Obstacle[]> {
  const tags = await tagsOf(checkout, changes.map(({ path }) => path)) // prettier-ignore
  const removed = new Set(changes.filter(({ status }) => status === 'D').map(({ path }) => path))
  const found = new Map<string, Obstacle>()
  const at = (path: string): ReturnType<typeof exists> => exists(join(checkout.folder, path))
  const report = (path: string, kind: Obstacle['kind']): void => void found.set(path, { path, kind })

  for (const change of changes) {
    const { path } = change
    const tag = tags.get(path)
    const isNew = change.status === 'A' && tag === undefined
    const above = path.split('/').slice(0, -1)
    const blocked = above.some((_, index) => {
      const folder = above.slice(0, index + 1).join('/')
      const kind = at(folder)
      // A tracked file that becomes a folder is git's to check; everything else there is not git's.
      if (kind === 'file' && !removed.has(folder)) report(folder, isNew ? 'untracked' : 'replaced')
      else if (kind === 'folder' && at(`${folder}/.git`) !== null) report(folder, 'nested')
      else return kind !== 'folder'
      return true
    })
    if (blocked) continue
    const kind = at(path)
    if (isNew) {
      if (kind === 'file') report(path, 'untracked')
      if (kind === 'folder') {
        // What was taken out of the index to be kept as a file goes with the folder, when that becomes a file.
        const isGits = (file: string): boolean => removed.has(file) && tags.has(file)
        const foreign = filesBelow(checkout.folder, path).find((file) => !isGits(file))
        if (foreign !== undefined) report(foreign, 'untracked')
      }
    } else if (tag !== undefined && tag !== 'H' && tag !== 'M') {
      // What a sparse checkout leaves out is marked and not there.
      if (kind !== null || tag !== 'S') report(path, 'marked')
    } else if (kind === null && change.status !== 'D' && tag !== undefined && change.oldMode !== GITLINK) {
      report(path, 'deleted')
    }
  }
  const added = new Set(changes.filter(({ status }) => status === 'A').map(({ path }) => path))
  for (const [path, letter] of await stagedOf(checkout)) {
    if (letter === 'D' || found.has(path)) continue
    const above = path.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))
    const isUnder = above.some((folder) => added.has(folder))
    const isOver = letter === 'A' && [...added].some((one) => one.startsWith(`${path}/`))
    if (removed.has(path) || isUnder || isOver) report(path, 'staged')
  }
  return [...found.values()]
}

/** Returns every file below a folder, as paths of the checkout. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? filesBelow(root, path) : [path]
  })
}
