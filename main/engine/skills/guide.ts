/** EXPORT_GUIDE.md: what was exported where, and how to work with it there. */
import { basename, dirname } from 'node:path'
import { bug } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { git, type GitOptions } from '../git/git.ts'
import type { Skill } from '../../../schemas/skills.ts'
import { languagesOf, someFilesBelow } from './languages.ts'
import type { Target } from './place.ts'

export const GUIDE_FILE = 'EXPORT_GUIDE.md'

/** What is known of a target without looking into its files. */
export interface Surroundings {
  languages: string
  git: string
}

const LOOK_MS = 20_000

async function ask(args: readonly string[], dest: string): Promise<string | null> {
  const options: GitOptions = { cwd: dest, operatorConfig: true, expect: [0, 1, 128], timeoutMs: LOOK_MS }
  try {
    const { exitCode, stdout } = await git(args, options)
    return exitCode === 0 ? stdout.toString('utf8') : null
  } catch {
    return null
  }
}

const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/**
 * Looks at a target. Files of the export itself count for nothing, and a folder that is yet to be made is told of as the
 * empty one it is going to be: exporting the same again to an unchanged project writes the same guide.
 */
export async function lookAround(target: Target, exported: ReadonlySet<string>): Promise<Surroundings> {
  const { dest, creates } = target
  // Git can only be asked in a folder that is there.
  const from = creates ? dirname(dest) : dest
  const below = creates ? `${basename(dest)}/` : ''
  const above = (await ask(['rev-parse', '--show-prefix'], from))?.replace(/\n$/, '') ?? null
  const tracked = above === null ? null : await trackedBelow(from, below)
  const paths = (tracked ?? (creates ? [] : someFilesBelow(dest))).filter((path) => !exported.has(path))
  const languages = languagesOf(paths)
  return {
    languages: languages.length === 0 ? 'none that the names of the files tell' : languages.join(', '),
    git: above === null ? NO_GIT : await gitSentence(from, `${above}${below}`, exported),
  }
}

/** The tracked files below a folder of `from`, named from there; null where git does not say. */
async function trackedBelow(from: string, below: string): Promise<string[] | null> {
  const where = below === '' ? [] : ['--', below]
  const listed = await ask(['--literal-pathspecs', 'ls-files', '-z', ...where], from)
  return listed?.split('\0').map((path) => path.slice(below.length)) ?? null
}

const NO_GIT = 'not a git repository; run `git init` and make a first commit before `hyperion init`'

/** Asks in `from`, which is the target or the folder above it; `prefix` leads from the root of the repository to the target. */
async function gitSentence(from: string, prefix: string, exported: ReadonlySet<string>): Promise<string> {
  const branch = (await ask(['symbolic-ref', '--short', 'HEAD'], from))?.trim() ?? null
  const born = (await ask(['rev-parse', '--verify', '--quiet', 'HEAD'], from)) !== null
  const status = await ask(['status', '--porcelain', '-z', '--untracked-files=all', '--no-renames'], from)
  const where = prefix === '' ? 'a git repository' : 'a folder in a git repository'
  const on = branch === null ? 'on no branch' : `on branch ${inert(branch, 200)}`
  const commits = born ? '' : ', without a commit yet: make one before `hyperion init`'
  return `${where} ${on}${commits}; ${status === null ? 'git could not say what changed in it' : changes(status, prefix, exported)}`
}

/** Paths come from the root of the repository, those of the export from its own folder. */
function changes(status: string, prefix: string, exported: ReadonlySet<string>): string {
  const entries = status.split('\0').filter((entry) => {
    const path = entry.slice(3)
    return entry !== '' && !(path.startsWith(prefix) && exported.has(path.slice(prefix.length)))
  })
  const untracked = entries.filter((entry) => entry.startsWith('??')).length
  const changed = entries.length - untracked
  if (entries.length === 0) return 'nothing uncommitted beside this export'
  const parts = [
    ...(changed > 0 ? [many(changed, 'changed file')] : []),
    ...(untracked > 0 ? [many(untracked, 'untracked file')] : []),
  ]
  return `${parts.join(' and ')} beside this export`
}

/** Fills the template; a name in it that nobody gives a value for is a mistake of ours. */
export function renderGuide(
  template: string,
  { dest }: Target,
  skills: readonly Skill[],
  { languages, git: status }: Surroundings,
): string {
  const values: Readonly<Record<string, string>> = {
    TARGET_PATH: inert(dest, 4096),
    LANGUAGES: languages,
    GIT_STATUS: status,
    SKILLS: skills.map(({ name, description }) => `- \`skills/${name}\`: ${description}`).join('\n'),
  }
  return template.replace(/\{\{([A-Z_]+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw bug('bad_template', `the template of ${GUIDE_FILE} asks for ${name}`)
    return value
  })
}
