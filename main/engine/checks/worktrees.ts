/**
 * Check slots: reusable work trees outside the operator's repository, moved from candidate to candidate.
 *
 * A slot is a repository of its own that borrows the operator's objects, so that nothing is ever written there and
 * `git worktree list` shows nothing. Its git directory lies beside the tree, not in it.
 */
import { lstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import { HyperionError } from '../base/errors.ts'
import type { GitDoor, GitDoorOptions } from './git-door.ts'
import { removeTree } from './remove-tree.ts'
import { lockSlot } from './slot-lock.ts'
import { endStrays, TREE_VARIABLE } from './strays.ts'

export interface SlotRequest {
  /** The workspace's cache folder; slots are made in `slots/<n>` below it. */
  cacheDir: string
  slot: number
  /** The operator's object store, read only. */
  objectsDir: string
  objectFormat?: 'sha1' | 'sha256'
}

export interface SlotDeps {
  clock: Clock
  git: GitDoor
}

export interface CheckSlot {
  readonly slot: number
  /** The work tree: a real path. */
  readonly tree: string
  /** Where a check's private folders are made. */
  readonly scratch: string
  /** What a sandbox must show read-only for the tree's git to work. */
  readonly readOnly: readonly string[]
  /** Where it is written down what setup left in the tree. */
  readonly prepared: string
  /**
   * Makes the tree hold exactly `treeOid`, as a detached commit on `parentCommit`; returns that commit. Untracked paths
   * in `keep` stay as they are, unless the tree has to be made anew.
   */
  checkout(
    treeOid: string,
    parentCommit: string,
    signal?: AbortSignal,
    keep?: readonly string[],
  ): Promise<string>
  /** Asks the slot's own git; returns what it printed. */
  ask(args: readonly string[], signal?: AbortSignal): Promise<Buffer>
  release(): Promise<void>
}

/** What belongs into a slot's git directory; whatever else a check put there goes. */
const GIT_DIR_ENTRIES = new Set(['HEAD', 'config', 'index', 'info', 'objects', 'refs'])

/** The tree holds the blobs' bytes: no line-ending conversion, no keyword, no filter, whatever the tree says. */
const ATTRIBUTES = '* -text !eol !crlf -ident !filter !working-tree-encoding\n'

/** Commits of earlier checkouts pile up; beyond this many folders of objects they are thrown away. */
const MAX_OBJECT_FOLDERS = 200

/** A slot's own objects need not survive a power cut: a slot that is not whole is made anew. */
const NO_FSYNC: readonly string[] = ['-c', 'core.fsync=none']

const IDENTITY: Readonly<Record<string, string>> = {
  GIT_AUTHOR_NAME: 'Hyperion',
  GIT_AUTHOR_EMAIL: 'hyperion@localhost',
  GIT_AUTHOR_DATE: '1000000000 +0000',
  GIT_COMMITTER_NAME: 'Hyperion',
  GIT_COMMITTER_EMAIL: 'hyperion@localhost',
  GIT_COMMITTER_DATE: '1000000000 +0000',
}

interface Place {
  folder: string
  tree: string
  gitDir: string
  scratch: string
  /** Written after a checkout was verified, removed before the next begins: its absence means "not whole". */
  state: string
  objectsDir: string
  format: 'sha1' | 'sha256'
}

function configText(format: Place['format']): string {
  const version = format === 'sha256' ? 1 : 0
  const extension = format === 'sha256' ? '[extensions]\n\tobjectformat = sha256\n' : ''
  return (
    `[core]\n\trepositoryformatversion = ${version}\n\tfilemode = true\n\tbare = false\n` +
    `\tlogallrefupdates = false\n\thooksPath = /dev/null\n\tautocrlf = false\n[gc]\n\tauto = 0\n${extension}`
  )
}

/** Quotes a path as `info/alternates` wants it: as it is unless it starts like a comment or holds odd characters. */
function alternatesLine(objectsDir: string): string {
  if (!/["\n]/.test(objectsDir) && !objectsDir.startsWith('#')) return `${objectsDir}\n`
  const escaped = objectsDir.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')
  return `"${escaped}"\n`
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function writeIfDifferent(file: string, text: string): void {
  const status = lstatSync(file, { throwIfNoEntry: false })
  if (status?.isFile() === true && readOrNull(file) === text) return
  rmSync(file, { recursive: true, force: true })
  writeFileSync(file, text)
}

/** Names an index by what changes whenever someone writes it. */
function indexMark(place: Place): string | null {
  const status = statSync(path.join(place.gitDir, 'index'), { bigint: true, throwIfNoEntry: false })
  return status === undefined ? null : `${status.ino} ${status.size} ${status.mtimeNs} ${status.ctimeNs}`
}

/** Follows `info/alternates` from one object store to the next; relative lines are relative to the store. */
function objectStores(objectsDir: string, depth = 5): string[] {
  const lines = (readOrNull(path.join(objectsDir, 'info/alternates')) ?? '').split('\n')
  const next = lines.filter((line) => line !== '' && !/^["#]/.test(line))
  if (depth === 0) return [objectsDir]
  return [
    objectsDir,
    ...next.flatMap((line) => objectStores(path.resolve(objectsDir, line), depth - 1)),
  ].filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true)
}

async function create(place: Place, deps: SlotDeps): Promise<void> {
  await rm(place.state, { force: true })
  await removeTree(place.tree)
  await removeTree(place.gitDir)
  await removeTree(place.scratch)
  await mkdir(place.tree, { recursive: true })
  await mkdir(place.scratch, { recursive: true })
  const init = ['init', '--quiet', '--template=', '--bare', `--object-format=${place.format}`, place.gitDir]
  await deps.git(init, { cwd: place.folder })
  for (const folder of ['info', 'objects/info']) {
    await mkdir(path.join(place.gitDir, folder), { recursive: true })
  }
}

/** Tells whether the slot's folders are still folders: cleaning through a link would empty what it points to. */
function isIntact(place: Place): boolean {
  return [place.tree, place.gitDir, place.scratch].every(
    (folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true,
  )
}

/** Puts the git directory back to what this program wrote, whatever a check without a sandbox did to it. */
function tidyGitDir(place: Place): void {
  for (const name of readdirSync(place.gitDir)) {
    if (!GIT_DIR_ENTRIES.has(name)) rmSync(path.join(place.gitDir, name), { recursive: true, force: true })
  }
  const inside = (name: string): string => path.join(place.gitDir, name)
  for (const name of readdirSync(inside('refs'))) {
    rmSync(path.join(inside('refs'), name), { recursive: true, force: true })
  }
  for (const folder of ['info', 'objects/info']) {
    const known = folder === 'info' ? 'attributes' : 'alternates'
    rmSync(inside(`${folder}.lock`), { force: true })
    if (lstatSync(inside(folder), { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new Error(`${folder} is not a folder`)
    }
    for (const name of readdirSync(inside(folder))) {
      if (name !== known) rmSync(path.join(inside(folder), name), { recursive: true, force: true })
    }
  }
  writeIfDifferent(inside('config'), configText(place.format))
  writeIfDifferent(inside('info/attributes'), ATTRIBUTES)
  writeIfDifferent(inside('objects/info/alternates'), alternatesLine(place.objectsDir))
  const folders = readdirSync(inside('objects')).filter((name) => name !== 'info')
  if (folders.length > MAX_OBJECT_FOLDERS) {
    for (const name of folders) rmSync(path.join(inside('objects'), name), { recursive: true, force: true })
  }
}

/** Removes `.git` below tracked folders, which neither clean nor status looks at, and empties submodule folders. */
async function removeInnerRepositories(place: Place, treeOid: string, run: Runner): Promise<void> {
  const listed = (await run(['ls-tree', '-r', '-d', '-z', treeOid])).toString('latin1').split('\0')
  for (const line of listed) {
    const tab = line.indexOf('\t')
    if (tab < 0) continue
    const folder = Buffer.concat([Buffer.from(`${place.tree}/`), Buffer.from(line.slice(tab + 1), 'latin1')])
    if (line.startsWith('160000')) {
      for (const name of readdirSync(folder, { encoding: 'buffer' })) {
        rmSync(Buffer.concat([folder, Buffer.from('/'), name]), { recursive: true, force: true })
      }
      continue
    }
    const inner = Buffer.concat([folder, Buffer.from('/.git')])
    if (lstatSync(inner, { throwIfNoEntry: false }) !== undefined) {
      rmSync(inner, { recursive: true, force: true })
    }
  }
}

type Runner = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Buffer>

function runner(place: Place, deps: SlotDeps, signal: AbortSignal | undefined): Runner {
  return async (args, env) => {
    const options: GitDoorOptions = { gitDir: place.gitDir, workTree: place.tree, cwd: place.tree }
    if (env !== undefined) options.env = env
    if (signal !== undefined) options.signal = signal
    return (await deps.git([...NO_FSYNC, ...args], options)).stdout
  }
}

/** Removes whatever is not tracked, but for some paths, named as `git ls-files --directory` names them. */
const cleanBut = (keep: readonly string[]): string[] => [
  'clean',
  '-ffdxq',
  ...keep.map((name) => `--exclude=/${name.replace(/[\\*?[\]! ]/g, '\\$&')}`),
]
const STATUS: readonly string[] = [
  'status',
  '--porcelain',
  '-z',
  '--ignored',
  '--ignore-submodules=none',
  '--no-renames',
]

/** The first line of a status that is not about a kept path; null when there is none. */
function firstLeft(status: Buffer, keep: readonly string[]): string | null {
  const lines = status.toString('latin1').split('\0').filter((line) => line !== '') // prettier-ignore
  const kept = (line: string): boolean =>
    /^(?:\?\?|!!) /.test(line) &&
    keep.some((name) => line.slice(3) === name || (name.endsWith('/') && line.slice(3).startsWith(name)))
  return lines.find((line) => !kept(line)) ?? null
}

async function move(
  place: Place,
  treeOid: string,
  parent: string,
  whole: boolean,
  run: Runner,
  keep: readonly string[],
): Promise<string> {
  const clean = cleanBut(keep)
  tidyGitDir(place)
  const made = await run(['commit-tree', treeOid, '-p', parent, '-m', 'Candidate'], IDENTITY)
  const commit = made.toString('latin1').trim()
  // An index someone else wrote may call a changed file unchanged; without one every file is written again.
  if (!whole) await rm(path.join(place.gitDir, 'index'), { force: true })
  if (whole) await run(clean)
  await writeFile(path.join(place.gitDir, 'HEAD'), `${commit}\n`)
  await run(['reset', '--hard', '--quiet', commit])
  if (!whole) await run(clean)
  await removeInnerRepositories(place, treeOid, run)
  await rm(path.join(place.gitDir, 'ORIG_HEAD'), { force: true })
  writeIfDifferent(path.join(place.tree, '.git'), `gitdir: ${place.gitDir}\n`)
  let left = firstLeft(await run(STATUS), keep)
  if (left !== null) {
    await run(clean)
    await run(['reset', '--hard', '--quiet', commit])
    await rm(path.join(place.gitDir, 'ORIG_HEAD'), { force: true })
    left = firstLeft(await run(STATUS), keep)
  }
  if (left !== null) {
    const said = `the check slot ${place.tree} is not clean: ${Buffer.from(left, 'latin1').toString('utf8')}`
    throw new HyperionError('transient', 'slot_not_clean', said)
  }
  return commit
}

async function checkout(
  place: Place,
  deps: SlotDeps,
  treeOid: string,
  parent: string,
  signal: AbortSignal | undefined,
  keep: readonly string[],
): Promise<string> {
  const run = runner(place, deps, signal)
  const before = readOrNull(place.state)
  await rm(place.state, { force: true })
  let commit: string
  try {
    const whole = before !== null && before === indexMark(place)
    if (before === null || !isIntact(place)) await create(place, deps)
    commit = await move(place, treeOid, parent, whole, run, keep)
  } catch (error) {
    if (signal?.aborted) throw error
    // Whatever the last check left that git cannot get past: a new slot has none of it.
    await create(place, deps)
    commit = await move(place, treeOid, parent, false, run, [])
  }
  const temporary = `${place.state}.new`
  await writeFile(temporary, indexMark(place) ?? '')
  await rename(temporary, place.state)
  return commit
}

/**
 * Opens check slot number `slot` for this process.
 *
 * Throws `slot_busy` (transient) while another live process holds it. What a killed process left is recovered: its
 * check processes are ended, and a tree it was in the middle of moving is made anew at the next checkout.
 */
export async function openSlot(request: SlotRequest, deps: SlotDeps): Promise<CheckSlot> {
  const wanted = path.join(request.cacheDir, 'slots', String(request.slot))
  await mkdir(wanted, { recursive: true, mode: 0o700 })
  const folder = await realpath(wanted)
  const lock = await lockSlot(folder, deps)
  const place: Place = {
    folder,
    tree: path.join(folder, 'tree'),
    gitDir: path.join(folder, 'git'),
    scratch: path.join(folder, 'scratch'),
    state: path.join(folder, 'state'),
    objectsDir: await realpath(request.objectsDir),
    format: request.objectFormat ?? 'sha1',
  }
  try {
    if (lock.tookOver) await endStrays({ variable: `${TREE_VARIABLE}=${place.tree}`, since: 0 }, deps.clock)
    await removeTree(place.scratch)
    await mkdir(place.tree, { recursive: true })
    await mkdir(place.scratch, { recursive: true })
  } catch (error) {
    await lock.release()
    throw error
  }
  return {
    slot: request.slot,
    tree: place.tree,
    scratch: place.scratch,
    readOnly: [path.join(place.tree, '.git'), place.gitDir, ...objectStores(place.objectsDir)],
    prepared: path.join(folder, 'prepared.json'),
    checkout: (treeOid, parentCommit, signal, keep = []) =>
      checkout(place, deps, treeOid, parentCommit, signal, keep),
    ask: (args, signal) => runner(place, deps, signal)(args),
    release: () => lock.release(),
  }
}
