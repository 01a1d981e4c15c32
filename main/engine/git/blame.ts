/** Which commit a line, or a file, comes from. */
import { bug } from '../base/errors.ts'
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

/** Returns the newest commits reachable from `tip` that changed a path, newest first. */
export const commitsOfPath = (
  options: GitOptions,
  tip: string,
  path: string,
  limit: number,
): Promise<NamedCommit[]> => logOf(options, [`--max-count=${limit}`, tip, '--', path])
