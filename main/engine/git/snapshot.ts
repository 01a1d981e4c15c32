/** What a commit of everything in a checkout would hold, found out without touching checkout, index or repository. */
import { copyFileSync, existsSync, lstatSync, mkdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { asHyperionError, userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { leftProcessFolders, makeProcessFolder } from '../base/process-folder.ts'
import { git, gitText, type GitOptions } from './git.ts'

/** Git with a store of objects of its own, over those of repositories that are only read. */
export interface Probe {
  git: GitOptions
  folder: string
  remove(): void
}

const quotedDirectory = (path: string): string => (/[":;\n]/.test(path) ? JSON.stringify(path) : path)

/** Opens a probe below `scratch`; what it writes goes with it. `shallowFile` says where the history was cut off. */
export function openProbe(
  buildGit: GitOptions,
  objectsDirs: readonly string[],
  shallowFile: string,
  scratch: string,
): Probe {
  // What a killed program left behind.
  for (const left of leftProcessFolders(scratch, 'probe')) rmSync(left, { recursive: true, force: true })
  const folder = makeProcessFolder(scratch, 'probe')
  mkdirSync(join(folder, 'objects'))
  const env = {
    ...buildGit.env,
    GIT_OBJECT_DIRECTORY: join(folder, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: objectsDirs.map(quotedDirectory).join(delimiter),
    GIT_SHALLOW_FILE: shallowFile,
  }
  return {
    git: { ...buildGit, env },
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A path that cannot be part of a change, and why; `path` as text for people. */
export interface LeftOut {
  path: string
  code: string
  message: string
}

export interface Snapshot {
  tree: string
  /** Whether the checkout has anything that its HEAD has not. */
  dirty: boolean
  leftOut: LeftOut[]
}

/** What git leaves in a git directory while something of somebody's is under way there. */
const UNDER_WAY: readonly [file: string, what: string][] = [
  ['MERGE_HEAD', 'a merge'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['BISECT_LOG', 'a bisect'],
]

/** Files beyond this are not even hashed: no change may hold a text of a sixteenth of it. */
const LARGEST_HASHED = 16 * 1024 * 1024

/** What Hyperion keeps in a checkout is no work of anybody, whether or not the repository's settings ignore it. */
const OURS = /^(?:\.hyperion|execution)\//

interface StatusEntry {
  /** Bytes kept as latin1. */
  path: string
  kind: 'untracked' | 'changed' | 'unmerged' | 'submodule'
}

const shown = (path: string): string => Buffer.from(path, 'latin1').toString('utf8')

/** Says in words what is under way in a checkout, or null. */
export function underWay(gitDir: string): string | null {
  return UNDER_WAY.find(([file]) => existsSync(join(gitDir, file)))?.[1] ?? null
}

/**
 * Settings under which git reads a checkout as a commit in it would, line endings included, but starts no filter
 * program: the programs are the operator's, the files may be anybody's.
 */
async function withoutFilters(options: GitOptions): Promise<Record<string, string>> {
  const { stdout } = await git(['config', '-z', '--name-only', '--get-regexp', '^filter\\.'], {
    ...options,
    expect: [0, 1],
  })
  const drivers = new Set<string>()
  for (const key of stdout.toString('utf8').split('\0')) {
    const driver = /^filter\.(.*)\.[^.]*$/s.exec(key)?.[1]
    if (driver !== undefined) drivers.add(driver)
  }
  const settings: [string, string][] = [
    ['core.safecrlf', 'false'],
    ['core.splitIndex', 'false'],
    ['core.untrackedCache', 'false'],
  ]
  for (const driver of drivers) {
    settings.push([`filter.${driver}.clean`, ''], [`filter.${driver}.process`, ''])
    settings.push([`filter.${driver}.required`, 'false'])
  }
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) }
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key
    env[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return env
}

/** Copies a checkout's index, so that git need not read what it knows to be unchanged. */
function copyIndex(gitDir: string, to: string): void {
  const index = join(gitDir, 'index')
  if (!existsSync(index)) return
  copyFileSync(index, to)
  // A file changed in the tick in which the index was written is told by the index's own time: never a later one.
  const { atimeMs, mtimeMs } = statSync(index)
  utimesSync(to, Math.floor(atimeMs) / 1000, (Math.floor(mtimeMs) - 1) / 1000)
}

function parseStatus(stdout: Buffer): StatusEntry[] {
  const entries: StatusEntry[] = []
  for (const record of stdout.toString('latin1').split('\0')) {
    const fields = record.split(' ')
    const rest = (from: number): string => fields.slice(from).join(' ')
    if (fields[0] === '?') entries.push({ path: rest(1), kind: 'untracked' })
    else if (fields[0] === 'u') entries.push({ path: rest(10), kind: 'unmerged' })
    else if (fields[0] === '1') {
      const moved = fields[2]?.startsWith('SC') === true
      entries.push({ path: rest(8), kind: moved ? 'submodule' : 'changed' })
    }
  }
  return entries
}

const STATUS = [
  'status',
  '--porcelain=v2',
  '-z',
  '--no-renames',
  '--no-ahead-behind',
  '--ignore-submodules=dirty',
]

/** Tells whether a checkout has anything that its HEAD has not. Throws where git cannot say. */
export async function isDirty(
  checkout: { gitDir: string; folder: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const options: GitOptions = {
    gitDir: checkout.gitDir,
    workTree: checkout.folder,
    cwd: checkout.folder,
    operatorConfig: true,
    timeoutMs: 10_000,
    ...(signal === undefined ? {} : { signal }),
  }
  const env = await withoutFilters(options)
  const { stdout } = await git([...STATUS, '--untracked-files=normal'], { ...options, env })
  return parseStatus(stdout).some(({ path }) => !OURS.test(path))
}

/** Returns, by path, the filter that git's attributes name for it. */
async function filtersOf(paths: readonly string[], options: GitOptions): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map()
  const stdin = Buffer.from(`${paths.join('\0')}\0`, 'latin1')
  const { stdout } = await git(['check-attr', '-z', '--stdin', 'filter'], { ...options, stdin })
  const fields = stdout.toString('latin1').split('\0')
  const found = new Map<string, string>()
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', , value = ''] = fields.slice(at, at + 3)
    if (!['unspecified', 'unset', 'set'].includes(value)) found.set(path, value)
  }
  return found
}

/**
 * Returns the tree that `git add --all` and a commit would make in a checkout: what is staged, changed, deleted and
 * new, without what is ignored. The checkout's own index, files and repository are only read.
 *
 * Throws a sentence where something unfinished is in the way; what a commit could hold but not as text comes back by
 * name in `leftOut`.
 */
export async function snapshotOf(
  checkout: { gitDir: string; folder: string },
  probe: Probe,
): Promise<Snapshot> {
  const { gitDir, folder } = checkout
  const busy = underWay(gitDir)
  if (busy !== null) {
    throw userError('checkout_busy', `${folder} is in the middle of ${busy}`, 'finish or abort it first')
  }
  const index = join(probe.folder, 'index')
  copyIndex(gitDir, index)
  const reading: GitOptions = {
    gitDir,
    workTree: folder,
    cwd: folder,
    operatorConfig: true,
    timeoutMs: 600_000,
  }
  const env = { ...probe.git.env, ...(await withoutFilters(reading)) }
  const options: GitOptions = { ...reading, env, indexFile: index }
  const { stdout } = await git([...STATUS, '--untracked-files=all'], options)
  const entries = parseStatus(stdout).filter(({ path }) => !OURS.test(path))
  const unmerged = entries.filter(({ kind }) => kind === 'unmerged')
  if (unmerged[0] !== undefined) {
    const more = unmerged.length === 1 ? '' : ` and ${unmerged.length - 1} more`
    const what = `${inert(shown(unmerged[0].path))}${more}`
    throw userError(
      'unmerged',
      `${folder} has unresolved conflicts in ${what}`,
      'resolve and `git add` them first',
    )
  }
  const { taken, leftOut } = await choose(entries, folder, options)
  if (taken.length > 0) {
    const stdin = Buffer.from(`${taken.join('\0')}\0`, 'latin1')
    await git(['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], {
      ...options,
      stdin,
    }).catch((thrown: unknown) => {
      const { message } = asHyperionError(thrown)
      throw userError('unreadable', `the files of ${folder} cannot all be read: ${inert(message, 400)}`, 'make them readable, or ignore them') // prettier-ignore
    })
  }
  const tree = await gitText(['write-tree'], options)
  return { tree, dirty: entries.length > 0, leftOut }
}

/** Sorts out what is not even hashed, with the reason. */
async function choose(
  entries: readonly StatusEntry[],
  folder: string,
  options: GitOptions,
): Promise<{ taken: string[]; leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = []
  const refuse = (path: string, code: string, message: string): void =>
    void leftOut.push({ path: shown(path), code, message })
  const files: string[] = []
  const taken: string[] = []
  for (const { path, kind } of entries) {
    if (kind === 'submodule') {
      refuse(path, 'submodule', 'is a submodule; submodules cannot be changed')
    } else if (path.endsWith('/')) {
      refuse(path, 'nested_repository', 'is a git repository of its own; remove or ignore it')
    } else {
      const found = lstatSync(Buffer.from(join(Buffer.from(folder).toString('latin1'), path), 'latin1'), {
        throwIfNoEntry: false,
      })
      if (found?.isFile() !== true) taken.push(path)
      else if (found.size <= LARGEST_HASHED) files.push(path)
      else refuse(path, 'too_large', `has ${found.size} bytes; at most 1 MiB of text is accepted`)
    }
  }
  const filters = await filtersOf(files, options)
  for (const path of files) {
    const filter = filters.get(path)
    if (filter === undefined) taken.push(path)
    else {
      const said = `is stored through the filter "${inert(shown(filter), 40)}", which is not run here`
      refuse(path, 'filtered', `${said}; commit it and submit the commit`)
    }
  }
  return { taken, leftOut }
}
