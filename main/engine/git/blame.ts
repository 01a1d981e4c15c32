/** Which commit a line, or a file, comes from. */
import { asHyperionError, bug } from '../base/errors.ts'
import { git, type GitOptions } from './git.ts'
import { parseTrailers } from './history.ts'

export interface NamedCommit {
  commit: string
  subject: string
  author: string
  /** Epoch seconds. */
  committedAt: number
  trailers: ReadonlyMap<string, string>
}

/** A repository may name commits that its operator does not want to be blamed; here they are what they are. */
const PLAIN = Object.entries({
  'blame.ignoreRevsFile': '',
  'log.follow': 'false',
  'log.showSignature': 'false',
}).flatMap(([key, value], index) => [
  [`GIT_CONFIG_KEY_${index}`, key] as const,
  [`GIT_CONFIG_VALUE_${index}`, value] as const,
])

const plainly = (options: GitOptions): GitOptions => ({
  ...options,
  env: { ...options.env, GIT_CONFIG_COUNT: String(PLAIN.length / 2), ...Object.fromEntries(PLAIN) },
})

/** Returns the commit that a line of a file at `tip` comes from; the caller knows that the line is there. */
export async function blameLine(
  options: GitOptions,
  tip: string,
  path: string,
  line: number,
): Promise<string> {
  const { stdout } = await git(
    ['blame', '--porcelain', '-L', `${line},${line}`, tip, '--', path],
    plainly(options),
  )
  const found = /^[0-9a-f]{40,64}/.exec(stdout.toString('latin1', 0, 64))?.[0]
  if (found === undefined) throw bug('blame_format', 'git blame printed something unexpected')
  return found
}

/** Lines of a text that came from, or were taken away by, one commit; 1-based, both ends included. */
export interface BlamedLines {
  commit: string
  from: number
  to: number
}

/** Reads what `git blame --incremental` prints: for each run of lines its commit, and whether blame ended there. */
function readBlame(text: string): (BlamedLines & { boundary: boolean })[] {
  const boundaries = new Set<string>()
  const found: BlamedLines[] = []
  let current = ''
  for (const line of text.split('\n')) {
    const [, commit, from, count] = /^([0-9a-f]{40,64}) \d+ (\d+) (\d+)$/.exec(line) ?? []
    if (commit !== undefined) {
      current = commit
      found.push({ commit, from: Number(from), to: Number(from) + Number(count) - 1 })
    } else if (line === 'boundary') boundaries.add(current)
  }
  return found
    .map((one) => ({ ...one, boundary: boundaries.has(one.commit) }))
    .toSorted((a, b) => a.from - b.from)
}

/** Returns which lines of a file at `tip` came after `base`, and by which commits. */
export async function linesSince(
  options: GitOptions,
  base: string,
  tip: string,
  path: string,
): Promise<BlamedLines[]> {
  const { stdout } = await git(['blame', '--incremental', `${base}..${tip}`, '--', path], plainly(options))
  return readBlame(stdout.toString('utf8'))
    .filter(({ boundary }) => !boundary)
    .map(({ commit, from, to }) => ({ commit, from, to }))
}

/** Returns which lines of a file at `base` are in `tip` no more, and the commits that took them away. */
export async function linesRemoved(
  options: GitOptions,
  base: string,
  tip: string,
  path: string,
): Promise<BlamedLines[]> {
  const range = `${base}..${tip}`
  const { stdout } = await git(['blame', '--reverse', '--incremental', range, '--', path], plainly(options))
  // Blame names the last commit that still had a line: whoever comes next took it away.
  const after = await git(['rev-list', '--parents', '--topo-order', range], options)
  const next = new Map<string, string>()
  for (const line of after.stdout.toString('latin1').split('\n')) {
    const [commit = '', ...parents] = line.split(' ')
    for (const parent of parents) next.set(parent, commit)
  }
  return readBlame(stdout.toString('utf8')).flatMap(({ commit, from, to }) => {
    const by = commit === tip ? undefined : next.get(commit)
    return by === undefined ? [] : [{ commit: by, from, to }]
  })
}

const FORMAT = '%H%x00%s%x00%an%x00%ct%x00%(trailers:only,unfold)%x00'

async function logOf(options: GitOptions, args: readonly string[]): Promise<NamedCommit[]> {
  const { stdout } = await git(['log', `--format=${FORMAT}`, ...args], plainly(options))
  const fields = stdout.toString('utf8').split('\0')
  const found: NamedCommit[] = []
  for (let at = 0; at + 4 < fields.length; at += 5) {
    found.push({
      commit: (fields[at] ?? '').trim(),
      subject: fields[at + 1] ?? '',
      author: fields[at + 2] ?? '',
      committedAt: Math.max(0, Number(fields[at + 3]) || 0),
      trailers: parseTrailers(fields[at + 4] ?? ''),
    })
  }
  return found
}

/** Returns a commit with its trailers. */
export async function readCommit(options: GitOptions, commit: string): Promise<NamedCommit> {
  const [found] = await logOf(options, ['--max-count=1', '--no-walk', commit, '--'])
  if (found === undefined) throw bug('log_format', `git log said nothing of ${commit}`)
  return found
}

/** Returns these commits with their trailers; those the repository does not have are left out. */
export async function readCommits(options: GitOptions, commits: readonly string[]): Promise<NamedCommit[]> {
  if (commits.length === 0) return []
  return logOf(options, ['--no-walk=unsorted', '--ignore-missing', ...commits, '--'])
}

/** Returns the newest commits of `tip` that `from` does not have, newest first; none where either is not there. */
export const commitsBetween = (
  options: GitOptions,
  from: string,
  tip: string,
  limit: number,
  paths: readonly string[] = [],
): Promise<NamedCommit[]> =>
  logOf({ ...options, expect: [0, 128] }, [`--max-count=${limit}`, `${from}..${tip}`, '--', ...paths])

/** Returns the newest commits reachable from `tip` that changed a path, newest first. */
export const commitsOfPath = (
  options: GitOptions,
  tip: string,
  path: string,
  limit: number,
): Promise<NamedCommit[]> => logOf(options, [`--max-count=${limit}`, tip, '--', path])

/**
 * Returns what a commit did to the paths, against its first parent, as a unified diff; null where that is longer than
 * `maxBytes` or not text.
 */
export async function patchOf(
  options: GitOptions,
  commit: string,
  paths: readonly string[],
  maxBytes: number,
): Promise<string | null> {
  const how = [
    '-p',
    '-M',
    '--root',
    '--no-commit-id',
    '--diff-merges=first-parent',
    '--no-ext-diff',
    '--no-textconv',
  ]
  try {
    const { stdout } = await git(['diff-tree', ...how, commit, '--', ...paths], {
      ...plainly(options),
      maxBytes,
    })
    if (/^Binary files /m.test(stdout.toString('latin1'))) return null
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stdout)
  } catch (thrown) {
    if (thrown instanceof TypeError || asHyperionError(thrown).code === 'git_stopped') return null
    throw thrown
  }
}
