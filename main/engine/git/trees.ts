/** Trees by path: looking entries up and making new trees from edits, without an index or a checkout. */
import { bug, transientError } from '../base/errors.ts'
import type { Folder, Objects, TreeEntry } from './objects.ts'

export type { TreeEntry }

export const FILE_MODE = '100644'
export const EXECUTABLE_MODE = '100755'
export const TREE_MODE = '40000'

export const isRegularFile = (mode: string): boolean => mode === FILE_MODE || mode === EXECUTABLE_MODE

const EMPTY: Folder = { body: Buffer.alloc(0), places: new Map() }

/** Names are bytes kept as latin1 so that none is ever changed. */
const toBytes = (path: string): string[] => Buffer.from(path, 'utf8').toString('latin1').split('/')

const oidBytes = (objects: Objects): number => (objects.format === 'sha256' ? 32 : 20)

function entryOf(objects: Objects, folder: Folder, name: string): TreeEntry | undefined {
  const place = folder.places.get(name)
  if (place === undefined) return undefined
  return { mode: place.mode, oid: folder.body.toString('hex', place.at, place.at + oidBytes(objects)) }
}

function parseTree(body: Buffer, idBytes: number): Folder {
  const places = new Map<string, { mode: string; at: number }>()
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(32, at)
    const nul = body.indexOf(0, space)
    if (space < 0 || nul < 0) throw bug('malformed_tree', 'a tree object could not be read')
    places.set(body.toString('latin1', space + 1, nul), {
      mode: body.toString('latin1', at, space),
      at: nul + 1,
    })
    at = nul + 1 + idBytes
  }
  return { body, places }
}

/** Writes entries in git's order: by bytes, with `/` after the name of a subfolder. */
function writeTree(entries: ReadonlyMap<string, TreeEntry>): Folder {
  const keyOf = (name: string, { mode }: TreeEntry): string => (mode === TREE_MODE ? `${name}/` : name)
  const sorted = [...entries]
    .map(([name, entry]) => ({ key: keyOf(name, entry), name, entry }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  let length = 0
  for (const { name, entry } of sorted) length += entry.mode.length + name.length + 2 + entry.oid.length / 2
  const body = Buffer.allocUnsafe(length)
  const places = new Map<string, { mode: string; at: number }>()
  let at = 0
  for (const { name, entry } of sorted) {
    at += body.write(`${entry.mode} ${name}\0`, at, 'latin1')
    places.set(name, { mode: entry.mode, at })
    at += body.write(entry.oid, at, 'hex')
  }
  return { body, places }
}

/** Returns the tree with other ids in the same places, or null where an edit does more than that. */
function replaceIds(old: Folder, edits: ReadonlyMap<string, TreeEntry | null>): Folder | null {
  if (old.places.size === 0) return null
  const body = Buffer.from(old.body)
  for (const [name, entry] of edits) {
    const place = old.places.get(name)
    if (place === undefined || entry === null || entry.mode !== place.mode) return null
    body.write(entry.oid, place.at, 'hex')
  }
  return { body, places: old.places }
}

const FOLDERS_KEPT = 4_000

/** Keeps a folder for the next look; the older half goes when there are too many, and is read again if needed. */
function keep(objects: Objects, oid: string, folder: Folder): void {
  if (objects.folders.size >= FOLDERS_KEPT) {
    for (const old of [...objects.folders.keys()].slice(0, FOLDERS_KEPT / 2)) objects.folders.delete(old)
  }
  objects.folders.set(oid, folder)
}

/** Returns a folder's entries; shared, so nobody may change them. */
async function readFolder(objects: Objects, oid: string): Promise<Folder> {
  const known = objects.folders.get(oid)
  if (known !== undefined) return known
  const object = await objects.read(oid)
  if (object === null || object.type !== 'tree') {
    throw transientError('object_missing', `the repository has no tree ${oid}`)
  }
  // Of many who waited for the same tree only the first takes it apart.
  const meanwhile = objects.folders.get(oid)
  if (meanwhile !== undefined) return meanwhile
  const folder = parseTree(object.body, oidBytes(objects))
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
    const entry = entryOf(objects, folder, name)
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
    for (const other of folder.places.keys()) {
      if (other === bytes) continue
      const text = Buffer.from(other, 'latin1').toString('utf8')
      if (fold(text) === folded) return [...names.slice(0, index), text].join('/')
    }
    const entry: TreeEntry | undefined = entryOf(objects, folder, bytes)
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
  const old = oid === null ? EMPTY : await readFolder(objects, oid)
  const changes = new Map(edits.files)
  for (const [name, inner] of edits.folders) {
    // A file and a folder of one name: what the file becomes decides what the folder starts from.
    const below = changes.get(name) ?? entryOf(objects, old, name)
    const made = await editFolder(objects, below?.mode === TREE_MODE ? below.oid : null, inner)
    if (made !== null) changes.set(name, { mode: TREE_MODE, oid: made })
    else if (below?.mode === TREE_MODE) changes.set(name, null)
  }
  const written = replaceIds(old, changes) ?? rewrite(objects, old, changes)
  if (written === null) return null
  const made = objects.stage('tree', written.body, oid)
  keep(objects, made, written)
  return made
}

function rewrite(
  objects: Objects,
  old: Folder,
  changes: ReadonlyMap<string, TreeEntry | null>,
): Folder | null {
  const entries = new Map<string, TreeEntry>()
  for (const name of old.places.keys()) entries.set(name, entryOf(objects, old, name) as TreeEntry)
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

/** Returns the first parent of a commit; null for a first commit, and where the repository has no such commit. */
export async function parentOf(objects: Objects, commit: string): Promise<string | null> {
  const object = await objects.read(commit)
  if (object?.type !== 'commit') return null
  return /^tree [0-9a-f]+\nparent ([0-9a-f]+)\n/.exec(object.body.toString('latin1', 0, 160))?.[1] ?? null
}
