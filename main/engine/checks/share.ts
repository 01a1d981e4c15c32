/**
 * `checks.share`: paths of the operator's checkout in a check's tree, readable and never writable.
 *
 * Bubblewrap binds them read-only; without it they are copied, by reference where the file system can. A link or a
 * mount of ours that a check could write through to the operator's files is never made.
 */
import { constants, lstatSync, mkdirSync, realpathSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readlink, symlink, utimes } from 'node:fs/promises'
import path from 'node:path'
import { within } from './listing.ts'

export interface SharedPath {
  /** As the configuration names it: relative, with `/`. */
  path: string
  /** Where it really is. */
  source: string
  folder: boolean
}

export interface Shares {
  shares: SharedPath[]
  /** Why a path cannot be shared; null when all can. */
  refused: string | null
}

/** Parts of the checkout that are nobody's to read, however a link leads there. */
const PRIVATE = ['.git', '.hyperion']

/** Finds the paths in the operator's checkout, and refuses those that lead elsewhere or are not there. */
export function resolveShares(checkout: string, paths: readonly string[]): Shares {
  const root = realpathSync(checkout)
  const shares: SharedPath[] = []
  for (const name of paths) {
    const wanted = path.join(root, name)
    const refuse = (why: string): Shares => ({
      shares: [],
      refused: `checks.share names ${name}, which ${why}`,
    })
    let source: string
    try {
      source = realpathSync(wanted)
    } catch {
      return refuse(`is not in ${root}`)
    }
    if (!within(source, root) || source === root) return refuse('leads out of the repository')
    if (PRIVATE.some((folder) => within(source, path.join(root, folder)))) {
      return refuse('leads into a private folder of the repository')
    }
    const status = lstatSync(source)
    if (!status.isDirectory() && !status.isFile()) return refuse('is neither a folder nor a file')
    shares.push({ path: name, source, folder: status.isDirectory() })
  }
  return { shares, refused: null }
}

/**
 * Makes room for a shared path in a check's tree; returns why it cannot.
 *
 * The tree is an agent's: a tracked link on the way would lead what is made here, or the mount, somewhere else.
 */
function makeRoom(tree: string, shared: SharedPath, leaf: 'leave' | 'make'): string | null {
  const parts = shared.path.split('/')
  let at = tree
  for (const [index, part] of parts.entries()) {
    at = path.join(at, part)
    const status = lstatSync(at, { throwIfNoEntry: false })
    const last = index === parts.length - 1
    if (last && status !== undefined)
      return `checks.share names ${shared.path}, which the change's own tree has`
    if (last) break
    if (status === undefined) mkdirSync(at)
    else if (!status.isDirectory()) {
      return `checks.share names ${shared.path}, but ${part} is no folder in the change's own tree`
    }
  }
  if (leaf === 'make') {
    if (shared.folder) mkdirSync(at)
    else writeFileSync(at, '', { flag: 'wx' })
  }
  return null
}

/** Makes the empty places over which bubblewrap binds; returns why it cannot. */
export function makeMountPoints(tree: string, shares: readonly SharedPath[]): string | null {
  for (const shared of shares) {
    const refused = makeRoom(tree, shared, 'make')
    if (refused !== null) return refused
  }
  return null
}

/** Takes the empty places away again, so that nobody takes them for something that was left. */
export function removeMountPoints(tree: string, shares: readonly SharedPath[]): void {
  for (const shared of shares) {
    const at = path.join(tree, shared.path)
    try {
      if (shared.folder) rmdirSync(at)
      else if (lstatSync(at).size === 0) rmSync(at)
    } catch {
      // No longer empty, or gone: whoever cleans the tree next sees it.
    }
  }
}

/** Copies shared paths into a check's tree; returns why it cannot. */
export async function copyShares(
  tree: string,
  checkout: string,
  shares: readonly SharedPath[],
  signal?: AbortSignal,
): Promise<string | null> {
  const root = realpathSync(checkout)
  for (const shared of shares) {
    const refused = makeRoom(tree, shared, 'leave')
    if (refused !== null) return refused
    await copyInto(shared.source, path.join(tree, shared.path), { root, tree, signal })
  }
  return null
}

interface Copying {
  root: string
  tree: string
  signal: AbortSignal | undefined
}

async function copyInto(from: string, to: string, copying: Copying): Promise<void> {
  copying.signal?.throwIfAborted()
  const status = await lstat(from)
  if (status.isSymbolicLink()) return symlink(linkFor(await readlink(from), copying), to)
  if (status.isFile()) {
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    // Some tools believe what they compiled by the time of its source.
    await utimes(to, status.atime, status.mtime)
    return
  }
  // Sockets and pipes lead to the operator's processes.
  if (!status.isDirectory()) return
  await mkdir(to, { mode: 0o700 })
  for (const name of await readdir(from)) await copyInto(path.join(from, name), path.join(to, name), copying)
  await chmod(to, status.mode & 0o777)
}

/** A link that names a place of the operator's checkout names the same place of the check's tree in the copy. */
function linkFor(target: string, { root, tree }: Copying): string {
  return path.isAbsolute(target) && within(target, root)
    ? path.join(tree, path.relative(root, target))
    : target
}
