/** The operator's checkout, looked at and moved with the operator's own configuration and without hooks. */
import { lstatSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { complaintIn, git, type GitOptions } from './git.ts'

export interface Checkout {
  gitDir: string
  folder: string
}

export const optionsOf = (checkout: Checkout): GitOptions => ({
  gitDir: checkout.gitDir,
  workTree: checkout.folder,
  cwd: checkout.folder,
  operatorConfig: true,
  timeoutMs: 600_000,
})

/** How git sees one path of a checkout. */
export type PathState = 'clean' | 'changed' | 'untracked' | 'ignored' | 'absent'

/**
 * Returns the state of each path against HEAD and index; a path that is neither there nor tracked is `absent`.
 *
 * The contents themselves are compared too: git does not look at files it was told to take as unchanged
 * (`assume-unchanged`, `skip-worktree`), and those are where people keep edits that nobody else is to see.
 */
export async function pathStates(
  checkout: Checkout,
  paths: readonly string[],
): Promise<Map<string, PathState>> {
  const options = optionsOf(checkout)
  const tracked = new Set(await list(['ls-files', '-z', '--', ...paths], options))
  const changed = new Set([
    ...(await list(['diff-index', '--name-only', '-z', '--cached', 'HEAD', '--', ...paths], options)),
    ...(await list(['diff-files', '--name-only', '-z', '--', ...paths], options)),
    ...(await differing(checkout, paths.filter((path) => tracked.has(path)))), // prettier-ignore
  ])
  const states = new Map<string, PathState>()
  for (const path of paths) {
    if (changed.has(path)) states.set(path, 'changed')
    else if (tracked.has(path)) states.set(path, 'clean')
    else states.set(path, exists(join(checkout.folder, path)) ? 'untracked' : 'absent')
  }
  return states
}

/** Returns the tracked paths whose file, as git would store it, is not what the index has. */
async function differing(checkout: Checkout, paths: readonly string[]): Promise<string[]> {
  const there = paths.filter((path) => exists(join(checkout.folder, path)) === 'file')
  if (there.length === 0) return []
  const options = optionsOf(checkout)
  const staged = new Map<string, string>()
  for (const entry of await list(['ls-files', '--stage', '-z', '--', ...there], options)) {
    const [head, path] = entry.split('\t')
    staged.set(path ?? '', head?.split(' ')[1] ?? '')
  }
  const { stdout } = await git(['hash-object', '--stdin-paths'], {
    ...options,
    stdin: `${there.join('\n')}\n`,
  })
  const hashes = stdout.toString('latin1').trim().split('\n')
  return there.filter((path, index) => hashes[index] !== staged.get(path))
}

export async function list(args: readonly string[], options: GitOptions): Promise<string[]> {
  const { stdout } = await git(args, options)
  return stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '')
}

/** Brings the index's idea of file times up to date, so that a touched file does not count as changed. */
export async function refreshIndex(checkout: Checkout): Promise<void> {
  await git(['update-index', '-q', '--refresh'], { ...optionsOf(checkout), expect: [0, 1] })
}

export interface PathChange {
  path: string
  status: string
  oldMode: string
  mode: string
  oid: string
  oldOid: string
}

export async function changesBetween(checkout: Checkout, from: string, to: string): Promise<PathChange[]> {
  const { stdout } = await git(
    ['diff-tree', '-r', '--raw', '--no-renames', '-z', from, to],
    optionsOf(checkout),
  )
  const fields = stdout.toString('utf8').split('\0')
  const changes: PathChange[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', mode = '', oldOid = '', oid = '', status = ''] = (fields[at] ?? '')
      .slice(1)
      .split(' ')
    changes.push({ path: fields[at + 1] ?? '', status, oldMode, mode, oid, oldOid })
  }
  return changes
}

/** Tells what stands at a path, a link counting as a file. */
export function exists(file: string): 'file' | 'folder' | null {
  try {
    return lstatSync(file).isDirectory() ? 'folder' : 'file'
  } catch {
    return null
  }
}

/** Moves index and files from one commit to another; edits that would be lost make it fail with git's own words. */
export async function moveFiles(
  checkout: Checkout,
  from: string,
  to: string,
  dryRun: boolean,
): Promise<{ ok: true } | { ok: false; said: string }> {
  const dry = dryRun ? ['-n'] : []
  const result = await git(['read-tree', ...dry, '-m', '-u', '--no-recurse-submodules', from, to], {
    ...optionsOf(checkout),
    expect: [0, 1, 128],
  })
  return result.exitCode === 0 ? { ok: true } : { ok: false, said: complaintIn(result.stderr) }
}

/**
 * After an interrupted move: tells the index about files that already are as in the new tree, so that moving again
 * does not take them for the operator's edits.
 */
export async function adoptMoved(checkout: Checkout, changes: readonly PathChange[]): Promise<void> {
  const options = optionsOf(checkout)
  const lines: string[] = []
  for (const { path, status, mode, oid, oldOid } of changes) {
    const kind = exists(join(checkout.folder, path))
    if (status === 'D') {
      if (kind === null) lines.push(`0 ${'0'.repeat(oid.length)}\t${path}\0`)
    } else if (kind === 'file') {
      const file = join(checkout.folder, path)
      const has = await hashOf(file, path, options)
      if (has === oid) lines.push(`${mode} ${oid}\t${path}\0`)
      else if (has !== oldOid && (await isTorn(file, path, oid, options))) rmSync(file)
    }
  }
  if (lines.length > 0)
    await git(['update-index', '-z', '--index-info'], { ...options, stdin: lines.join('') })
  await refreshIndex(checkout)
}

/** Returns the oid a file of the checkout would have as a blob, or '' for what is none. */
async function hashOf(file: string, path: string, options: GitOptions): Promise<string> {
  const stat = lstatSync(file)
  const call = stat.isSymbolicLink()
    ? git(['hash-object', '--stdin'], { ...options, stdin: readlinkSync(file, { encoding: 'buffer' }) })
    : stat.isFile()
      ? git(['hash-object', `--path=${path}`, '--', file], options)
      : null
  return call === null ? '' : (await call).stdout.toString('latin1').trim()
}

/** Tells whether a file is the beginning of what it was to become: git was killed while it wrote it. */
async function isTorn(file: string, path: string, oid: string, options: GitOptions): Promise<boolean> {
  if (!lstatSync(file).isFile()) return false
  const whole = (await git(['cat-file', '--filters', `--path=${path}`, oid], options)).stdout
  const bytes = readFileSync(file)
  return bytes.length < whole.length && whole.subarray(0, bytes.length).equals(bytes)
}

/** Moves the branch HEAD stands on, by compare-and-swap; HEAD's reflog tells of it too. */
export async function moveHead(checkout: Checkout, from: string, to: string): Promise<void> {
  await git(['update-ref', '-m', 'hyperion: sync', 'HEAD', to, from], optionsOf(checkout))
}
