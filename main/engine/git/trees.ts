/** Trees by path: looking entries up and making new trees from edits, without an index or a checkout. */
import { bug, transientError } from '../base/errors.ts'
import type { Objects, PlacedEntry, TreeEntry } from './objects.ts'

export type { TreeEntry }

export const FILE_MODE = '100644'
export const EXECUTABLE_MODE = '100755'
export const TREE_MODE = '40000'

export const isRegularFile = (mode: string): boolean => mode === FILE_MODE || mode === EXECUTABLE_MODE

/** Entries of one folder by name; names are bytes kept as latin1 so that none is ever changed. */
type Folder = Map<string, PlacedEntry>

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
      at: nul + 1,
    })
    at = nul + 1 + oidBytes
  }
  return folder
}

/** Writes entries in git's order: by bytes, with `/` after the name of a subfolder. */
function writeTree(entries: ReadonlyMap<string, TreeEntry>): { body: Buffer; folder: Folder } {
  const keyOf = (name: string, { mode }: TreeEntry): string => (mode === TREE_MODE ? `${name}/` : name)
  const sorted = [...entries]
    .map(([name, entry]) => ({ key: keyOf(name, entry), name, entry }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  let length = 0
  for (const { name, entry } of sorted) length += entry.mode.length + name.length + 2 + entry.oid.length / 2
  const body = Buffer.allocUnsafe(length)
  const folder: Folder = new Map()
  let at = 0
  for (const { name, entry } of sorted) {
    at += body.write(`${entry.mode} ${name}\0`, at, 'latin1')
    folder.set(name, { mode: entry.mode, oid: entry.oid, at })
    at += body.write(entry.oid, at, 'hex')
  }
  return { body, folder }
}

/** Returns the tree with other ids in the same places, or null where an edit does more than that. */
function replaceIds(
  old: ReadonlyMap<string, PlacedEntry>,
  body: Buffer,
  edits: ReadonlyMap<string, TreeEntry | null>,
): { body: Buffer; folder: Folder } | null {
  const folder: Folder = new Map(old)
  const edited = Buffer.from(body)
  for (const [name, entry] of edits) {
    const place = old.get(name)
    if (place === undefined || entry === null || entry.mode !== place.mode) return null
    edited.write(entry.oid, place.at, 'hex')
    folder.set(name, { ...place, oid: entry.oid })
  }
  return { body: edited, folder }
}

const FOLDERS_KEPT = 4_000

/** Keeps a folder for the next look; the oldest go first, and what is needed again is read again. */
function keep(objects: Objects, oid: string, folder: ReadonlyMap<string, PlacedEntry>): void {
  for (const oldest of objects.folders.keys()) {
    if (objects.folders.size < FOLDERS_KEPT) break
    objects.folders.delete(oldest)
  }
  objects.folders.set(oid, folder)
}

/** Returns a folder's entries; shared, so nobody may change them. */
async function readFolder(objects: Objects, oid: string): Promise<ReadonlyMap<string, PlacedEntry>> {
  const known = objects.folders.get(oid)
  if (known !== undefined) return known
  const object = await objects.read(oid)
  if (object === null || object.type !== 'tree') {
    throw transientError('object_missing', `the repository has no tree ${oid}`)
  }
  const folder = parseTree(object.body, objects.format === 'sha256' ? 32 : 20)
  keep(objects, oid, folder)
  return folder
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
  let folder: ReadonlyMap<string, TreeEntry> | null = await readFolder(objects, tree)
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
  const old: ReadonlyMap<string, PlacedEntry> = oid === null ? new Map() : await readFolder(objects, oid)
  const changes = new Map(edits.files)
  for (const [name, inner] of edits.folders) {
    // A file and a folder of one name: what the file becomes decides what the folder starts from.
    const below = changes.get(name) ?? old.get(name)
    const made = await editFolder(objects, below?.mode === TREE_MODE ? below.oid : null, inner)
    if (made !== null) changes.set(name, { mode: TREE_MODE, oid: made })
    else if (below?.mode === TREE_MODE) changes.set(name, null)
  }
  const body = oid === null ? null : ((await objects.read(oid))?.body ?? null)
  const written = (body === null ? null : replaceIds(old, body, changes)) ?? rewrite(old, changes)
  if (written === null) return null
  const made = objects.stage('tree', written.body, oid)
  keep(objects, made, written.folder)
  return made
}

function rewrite(
  old: ReadonlyMap<string, TreeEntry>,
  changes: ReadonlyMap<string, TreeEntry | null>,
): { body: Buffer; folder: Folder } | null {
  const entries = new Map(old)
  for (const [name, entry] of changes) {
    if (entry === null) entries.delete(name)
    else entries.set(name, entry)
  }
  return entries.size === 0 ? null : writeTree(entries)
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
