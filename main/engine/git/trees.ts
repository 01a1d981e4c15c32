/** Trees by path: looking entries up and making new trees from edits, without an index or a checkout. */
import { bug, transientError } from '../base/errors.ts'
import type { Objects } from './objects.ts'

export interface TreeEntry {
  /** As git stores it, without leading zeros: 100644, 100755, 120000, 160000, 40000. */
  mode: string
  oid: string
}

export const FILE_MODE = '100644'
export const EXECUTABLE_MODE = '100755'
export const TREE_MODE = '40000'

export const isRegularFile = (mode: string): boolean => mode === FILE_MODE || mode === EXECUTABLE_MODE

/** Entries of one folder by name; names are bytes kept as latin1 so that none is ever changed. */
type Folder = Map<string, TreeEntry>

const toBytes = (path: string): string[] => Buffer.from(path, 'utf8').toString('latin1').split('/')

function parseTree(body: Buffer, oidBytes: number): Folder {
  const folder: Folder = new Map()
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(32, at)
    const nul = body.indexOf(0, space)
    if (space < 0 || nul < 0) throw bug('malformed_tree', 'a tree object could not be read')
    folder.set(body.toString('latin1', space + 1, nul), {
      mode: body.toString('latin1', at, space),
      oid: body.toString('hex', nul + 1, nul + 1 + oidBytes),
    })
    at = nul + 1 + oidBytes
  }
  return folder
}

/** Writes a folder in git's order: byte order with `/` after the name of a subfolder. */
function serialiseTree(folder: Folder): Buffer {
  const sorted = [...folder]
    .map(([name, entry]) => ({ key: entry.mode === TREE_MODE ? `${name}/` : name, name, entry }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return Buffer.concat(
    sorted.flatMap(({ name, entry }) => [
      Buffer.from(`${entry.mode} ${name}\0`, 'latin1'),
      Buffer.from(entry.oid, 'hex'),
    ]),
  )
}

async function readFolder(objects: Objects, oid: string): Promise<Folder> {
  const object = await objects.read(oid)
  if (object === null || object.type !== 'tree') {
    throw transientError('object_missing', `the repository has no tree ${oid}`)
  }
  return parseTree(object.body, objects.format === 'sha256' ? 32 : 20)
}

/** What stands at a path: an entry, nothing, or a file where one of its folders would have to be. */
export type Lookup =
  { kind: 'entry'; entry: TreeEntry } | { kind: 'absent' } | { kind: 'under_file'; at: string }

export async function lookUp(objects: Objects, tree: string, path: string): Promise<Lookup> {
  const parts = toBytes(path)
  let folder = await readFolder(objects, tree)
  for (const [index, name] of parts.entries()) {
    const entry = folder.get(name)
    if (entry === undefined) return { kind: 'absent' }
    if (index === parts.length - 1) return { kind: 'entry', entry }
    if (entry.mode !== TREE_MODE) {
      const at = Buffer.from(parts.slice(0, index + 1).join('/'), 'latin1').toString('utf8')
      return { kind: 'under_file', at }
    }
    folder = await readFolder(objects, entry.oid)
  }
  throw bug('empty_path', 'an empty path was looked up')
}

/**
 * Returns the tracked path that would be the same as `path` on a file system that folds names (`fold`), or null.
 * Only folders that already exist are read.
 */
export async function findCollision(
  objects: Objects,
  tree: string,
  path: string,
  fold: (name: string) => string,
): Promise<string | null> {
  const names = path.split('/')
  let folder: Folder | null = await readFolder(objects, tree)
  for (const [index, name] of names.entries()) {
    if (folder === null) return null
    const bytes = Buffer.from(name, 'utf8').toString('latin1')
    const folded = fold(name)
    for (const other of folder.keys()) {
      if (other === bytes) continue
      const text = Buffer.from(other, 'latin1').toString('utf8')
      if (fold(text) === folded) return [...names.slice(0, index), text].join('/')
    }
    const entry: TreeEntry | undefined = folder.get(bytes)
    folder = entry?.mode === TREE_MODE ? await readFolder(objects, entry.oid) : null
  }
  return null
}

interface Edits {
  files: Map<string, TreeEntry | null>
  folders: Map<string, Edits>
}

function groupEdits(edits: ReadonlyMap<string, TreeEntry | null>): Edits {
  const root: Edits = { files: new Map(), folders: new Map() }
  for (const [path, entry] of edits) {
    const parts = toBytes(path)
    const last = parts.pop() as string
    let at = root
    for (const part of parts) {
      let next = at.folders.get(part)
      if (next === undefined) {
        next = { files: new Map(), folders: new Map() }
        at.folders.set(part, next)
      }
      at = next
    }
    at.files.set(last, entry)
  }
  return root
}

/** Stages the edited folder and returns its id, or null when nothing is left in it. */
async function editFolder(objects: Objects, oid: string | null, edits: Edits): Promise<string | null> {
  const folder: Folder = oid === null ? new Map() : await readFolder(objects, oid)
  for (const [name, entry] of edits.files) {
    if (entry === null) folder.delete(name)
    else folder.set(name, entry)
  }
  for (const [name, inner] of edits.folders) {
    const below = folder.get(name)
    const made = await editFolder(objects, below?.mode === TREE_MODE ? below.oid : null, inner)
    if (made !== null) folder.set(name, { mode: TREE_MODE, oid: made })
    else if (below?.mode === TREE_MODE) folder.delete(name)
  }
  return folder.size === 0 ? null : objects.stage('tree', serialiseTree(folder))
}

/** Returns the tree that `tree` becomes by these edits (null deletes); folders left empty go, as in git. */
export async function editTree(
  objects: Objects,
  tree: string,
  edits: ReadonlyMap<string, TreeEntry | null>,
): Promise<string> {
  return (await editFolder(objects, tree, groupEdits(edits))) ?? objects.stage('tree', Buffer.alloc(0))
}

/** Returns the tree of a commit. */
export async function treeOf(objects: Objects, commit: string): Promise<string> {
  const object = await objects.read(commit)
  const match =
    object?.type === 'commit' ? /^tree ([0-9a-f]+)\n/.exec(object.body.toString('latin1', 0, 80)) : null
  if (match?.[1] === undefined)
    throw transientError('object_missing', `the repository has no commit ${commit}`)
  return match[1]
}
