/** Finds the operator's repository and keeps the git directory Hyperion works from. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { HyperionError, userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { git, gitText, MINIMUM_GIT_VERSION, type GitOptions } from './git.ts'

export type ObjectFormat = 'sha1' | 'sha256'

export interface Repository {
  /** The folder of the checkout. */
  workspace: string
  /** The repository's shared git directory: refs, objects, configuration. */
  commonDir: string
  /** The git directory of this checkout (differs from `commonDir` in a linked worktree). */
  gitDir: string
  objectsDir: string
  format: ObjectFormat
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** A program called git may end as it likes: what it prints is what counts. */
const ANY_EXIT: readonly number[] = Array.from({ length: 256 }, (_, code) => code)

/** Returns git's version as numbers, or throws a sentence when it is missing or too old. */
export async function requireGit(): Promise<string> {
  const answer = await git(['version'], { expect: ANY_EXIT })
  const text = answer.stdout.toString('utf8').trim() || answer.stderr
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])]
  const [wantMajor, wantMinor] = MINIMUM_GIT_VERSION
  if (match === null || answer.exitCode !== 0) {
    const said = inert(text.split('\n')[0] ?? '', 80)
    throw userError(
      'git_unknown',
      `the git on PATH does not tell its version${said === '' ? '' : `: it says "${said}"`}`,
      `install git ${wantMajor}.${wantMinor} or newer`,
    )
  }
  if (major < wantMajor || (major === wantMajor && minor < wantMinor)) {
    throw userError(
      'git_too_old',
      `git ${match[0]} is too old`,
      `install git ${wantMajor}.${wantMinor} or newer`,
    )
  }
  return match[0]
}

/**
 * Returns the repository around a folder.
 *
 * Throws a user error for a folder that is missing, in no repository, in a bare one or inside a `.git` folder.
 */
export async function findRepository(folder: string): Promise<Repository> {
  const start = resolve(folder)
  if (!existsSync(start) || !statSync(start).isDirectory()) {
    throw userError('no_such_folder', `there is no folder ${start}`, 'name the repository with --workspace')
  }
  await requireGit()
  // The operator's own configuration applies here: it may hold the safe.directory exception for this repository.
  const options: GitOptions = { cwd: start, operatorConfig: true, expect: [0, 128] }
  const answer = await git(
    ['rev-parse', '--is-bare-repository', '--is-inside-git-dir', '--git-common-dir', '--git-dir'],
    options,
  )
  if (answer.exitCode !== 0) {
    const owner = /dubious ownership/.test(answer.stderr)
    // Git names the folder that has to be trusted, which may lie above the one asked for.
    const named = /repository at '(.+)'/.exec(answer.stderr)?.[1] ?? start
    throw userError(
      owner ? 'foreign_repository' : 'not_a_repository',
      owner
        ? `the repository around ${start} belongs to somebody else`
        : `${start} is not in a git repository`,
      owner
        ? `if you trust it, run \`git config --global --add safe.directory ${shellWord(named)}\` and try again`
        : 'run `git init` there, or name the repository with --workspace',
    )
  }
  const [bare, inside, common, own] = answer.stdout.toString('utf8').trimEnd().split('\n')
  if (bare === 'true' || inside === 'true') {
    throw userError(
      'bare_repository',
      `${start} is a bare repository, or inside a .git folder`,
      'name a checkout with --workspace',
    )
  }
  const shown = ['rev-parse', '--show-object-format', '--show-toplevel']
  const [format, ...lines] = (await gitText(shown, { cwd: start, operatorConfig: true })).split('\n')
  const commonDir = realpathSync(resolve(start, common ?? '.git'))
  return {
    workspace: lines.join('\n'),
    commonDir,
    gitDir: realpathSync(resolve(start, own ?? '.git')),
    objectsDir: join(commonDir, 'objects'),
    format: format === 'sha256' ? 'sha256' : 'sha1',
  }
}

/**
 * Returns how git is called for building: a bare git directory of our own over the repository's objects, so that the
 * repository's hooks, filters, merge drivers and attributes can neither run nor change a result.
 */
export async function openBuildDir(repository: Repository, dir: string): Promise<GitOptions> {
  if (!existsSync(join(dir, 'HEAD'))) {
    mkdirSync(dirname(dir), { recursive: true, mode: 0o700 })
    // Made beside its place and put there whole: several programs may open a new workspace at the same moment.
    const made = mkdtempSync(`${dir}-`)
    try {
      await git(['init', '--quiet', '--bare', '--template=', `--object-format=${repository.format}`, made])
      renameSync(made, dir)
    } catch (error) {
      rmSync(made, { recursive: true, force: true })
      if (!existsSync(join(dir, 'HEAD'))) throw error
    }
  }
  return {
    gitDir: dir,
    env: {
      GIT_OBJECT_DIRECTORY: repository.objectsDir,
      // Where the repository's history was cut off, so is ours: its parents beyond that are not there.
      GIT_SHALLOW_FILE: join(repository.commonDir, 'shallow'),
    },
  }
}

/** The sentence for a repository whose objects or refs cannot be written, and what that means for whoever tried. */
export function notWritable(
  repository: Repository,
  cause: unknown,
  meaning = 'nothing was changed',
): HyperionError {
  return new HyperionError(
    'user',
    'repository_read_only',
    `the repository ${repository.commonDir} cannot be written`,
    {
      hint: `make it writable for this user; ${meaning}`,
      cause,
    },
  )
}

/** Throws a sentence before a change is taken: one that meets such a disk on its way would be blamed for it. */
export function refuseUnwritable(repository: Repository): void {
  for (const folder of [repository.commonDir, repository.objectsDir]) {
    try {
      accessSync(folder, constants.W_OK)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
        throw notWritable(repository, error, 'nothing lands until then')
      if (code === 'ENOENT' || code === 'ENOTDIR') {
        const remedy = 'put it back, or open another one; nothing lands until then'
        throw userError(
          'repository_gone',
          `the repository ${repository.commonDir} is not there any more`,
          remedy,
        )
      }
    }
  }
}
