/** Questions about differences and history, answered by git. */
import { bug } from '../base/errors.ts'
import { git, gitText, type GitOptions } from './git.ts'

/** One path of a difference between two trees, as `diff-tree --raw --numstat` tells it. */
export interface TreeDifference {
  path: string
  status: string
  oldMode: string
  newMode: string
  newOid: string
  /** Lines; null where git sees a binary file. */
  added: number | null
  removed: number | null
}

export interface TreePair {
  from: string
  to: string
}

/**
 * Returns the differences of many pairs of trees, by one git process, in the order asked.
 *
 * Paths come back as UTF-8 text; renames are not looked for. git counts the lines of a difference that need not be
 * the shortest; `minimal` makes it search for that, which takes long in large files.
 */
export async function diffTrees(
  options: GitOptions,
  pairs: readonly TreePair[],
  minimal = false,
): Promise<TreeDifference[][]> {
  if (pairs.length === 0) return []
  const how = ['--stdin', '-r', '--raw', '--numstat', '--no-renames', '-z', ...(minimal ? ['--minimal'] : [])]
  const { stdout } = await git(['diff-tree', ...how], {
    ...options,
    stdin: pairs.map(({ from, to }) => `${from} ${to}\n`).join(''),
  })
  const byPair = new Map<string, Map<string, TreeDifference>>()
  let current = new Map<string, TreeDifference>()
  let at = 0
  const until = (byte: number): Buffer => {
    const end = stdout.indexOf(byte, at)
    if (end < 0) throw bug('diff_tree_format', 'git diff-tree printed something unexpected')
    const piece = stdout.subarray(at, end)
    at = end + 1
    return piece
  }
  while (at < stdout.length) {
    const first = stdout[at]
    if (first === 58 /* : */) {
      const [oldMode, newMode, , newOid, status] = until(0).toString('latin1').slice(1).split(' ')
      const path = until(0).toString('utf8')
      const one: TreeDifference = {
        path,
        status: status ?? '?',
        oldMode: oldMode ?? '',
        newMode: newMode ?? '',
        newOid: newOid ?? '',
        added: null,
        removed: null,
      }
      current.set(path, one)
      continue
    }
    // A line of two ids starts a pair; everything else is "added TAB removed TAB path".
    const header = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64})\n/.exec(stdout.toString('latin1', at, at + 130))
    if (header !== null) {
      at += header[0].length
      current = new Map()
      byPair.set(`${header[1]} ${header[2]}`, current)
      continue
    }
    const [added, removed, ...path] = until(0).toString('utf8').split('\t')
    const one = current.get(path.join('\t'))
    if (one === undefined) throw bug('diff_tree_format', 'git diff-tree counted a path it did not list')
    one.added = added === '-' ? null : Number(added)
    one.removed = removed === '-' ? null : Number(removed)
  }
  return pairs.map(({ from, to }) => {
    const found = byPair.get(`${from} ${to}`)
    return found === undefined ? [] : [...found.values()]
  })
}

/** One path of a difference, without what is in it. */
export interface RawDifference {
  path: string
  status: string
  mode: string
  oldOid: string
  oid: string
}

/** Returns what differs between two trees or commits; renames are not looked for. */
export async function rawDifferences(
  options: GitOptions,
  from: string,
  to: string,
): Promise<RawDifference[]> {
  const { stdout } = await git(['diff-tree', '-r', '--raw', '--no-renames', '-z', from, to], options)
  const fields = stdout.toString('utf8').split('\0')
  const found: RawDifference[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode = '', oldOid = '', oid = '', status = ''] = (fields[at] ?? '').split(' ')
    found.push({ path: fields[at + 1] ?? '', status, mode, oid, oldOid })
  }
  return found
}

/** Returns where a path of `from` went in `to`, if git sees a rename of it; else null. */
export async function findRename(
  options: GitOptions,
  from: string,
  to: string,
  path: string,
): Promise<string | null> {
  const { stdout } = await git(
    ['diff-tree', '-r', '-M', '--diff-filter=R', '--name-status', '-z', from, to],
    options,
  )
  const fields = stdout.toString('utf8').split('\0')
  for (let at = 0; at + 2 < fields.length; at += 3) if (fields[at + 1] === path) return fields[at + 2] ?? null
  return null
}

/** Returns the newest commits reachable from `tip` that touched a path, newest first. */
export async function commitsTouching(
  options: GitOptions,
  tip: string,
  path: string,
  limit: number,
): Promise<string[]> {
  const text = await gitText(['rev-list', `--max-count=${limit}`, '--full-history', tip, '--', path], options)
  return text === '' ? [] : text.split('\n')
}

/** A commit with the trailer that ties it to a change, if it has one. */
export interface TouchingCommit {
  commit: string
  author: string
  subject: string
  trailers: ReadonlyMap<string, string>
}

/** Returns the commits after `base` up to `tip` that touched any of the paths, oldest first, with their trailers. */
export async function commitsSince(
  options: GitOptions,
  base: string | null,
  tip: string,
  paths: readonly string[],
  limit = 50,
): Promise<TouchingCommit[]> {
  const range = base === null ? tip : `${base}..${tip}`
  const format = '%H%x00%an%x00%s%x00%(trailers:only,unfold)%x00'
  const { stdout } = await git(
    ['log', '--no-show-signature', `--max-count=${limit}`, `--format=${format}`, range, '--', ...paths],
    { ...options, expect: [0, 128] },
  )
  const fields = stdout.toString('utf8').split('\0')
  const found: TouchingCommit[] = []
  for (let at = 0; at + 3 < fields.length; at += 4) {
    found.push({
      commit: (fields[at] ?? '').trim(),
      author: fields[at + 1] ?? '',
      subject: fields[at + 2] ?? '',
      trailers: parseTrailers(fields[at + 3] ?? ''),
    })
  }
  return found.toReversed()
}

/** Reads a block of `Key: value` lines; of a repeated key the last one counts. */
export function parseTrailers(text: string): Map<string, string> {
  const trailers = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ')
    if (colon > 0) trailers.set(line.slice(0, colon), line.slice(colon + 2))
  }
  return trailers
}

/** A commit whose message holds a text, with every trailer it carries. */
export interface TrailedCommit {
  commit: string
  tree: string
  trailers: ReadonlyMap<string, readonly string[]>
}

/** Room for the trailers of two million commits. */
const TRAILERS_MAX_BYTES = 1024 * 1024 * 1024

/** Returns the commits reachable from the tips whose message holds `text`, oldest first, by one git process. */
export async function commitsHolding(
  options: GitOptions,
  tips: readonly string[],
  text: string,
): Promise<TrailedCommit[]> {
  if (tips.length === 0) return []
  const format = '%H%x00%T%x00%(trailers:only,unfold)%x00'
  const how = ['--no-show-signature', '--topo-order', '--reverse', '--fixed-strings', `--grep=${text}`]
  const { stdout } = await git(['log', ...how, `--format=${format}`, ...tips, '--'], {
    ...options,
    maxBytes: TRAILERS_MAX_BYTES,
    timeoutMs: 600_000,
  })
  const found: TrailedCommit[] = []
  let at = 0
  const next = (): string => {
    const end = stdout.indexOf(0, at)
    const field = stdout.toString('utf8', at, end)
    at = end + 1
    return field
  }
  while (stdout.indexOf(0, at) >= 0)
    found.push({ commit: next().trim(), tree: next(), trailers: allTrailers(next()) })
  return found
}

function allTrailers(text: string): Map<string, string[]> {
  const trailers = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ')
    if (colon <= 0) continue
    const key = line.slice(0, colon)
    trailers.set(key, [...(trailers.get(key) ?? []), line.slice(colon + 2)])
  }
  return trailers
}
