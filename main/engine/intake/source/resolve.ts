/** What `--from` names: a worktree of the repository or of a clone of it, or a commit by some name. */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { userError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { git, gitText, type GitOptions } from '../../git/git.ts'
import { readRef } from '../../git/refs.ts'
import { findRepository, type Repository } from '../../git/repository.ts'

export interface Source {
  kind: 'worktree' | 'ref'
  /** As messages name it. */
  name: string
  /** What ids are made of: the branch, else the folder's or the ref's name. */
  label: string
  /** HEAD of the worktree, or the commit. */
  head: string
  branch: string | null
  /** The worktree and the repository it belongs to; for a ref the repository it was looked up in. */
  repository: Repository
  /** What the caller should know, in sentences. */
  notices: string[]
}

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

async function branchOf(gitDir: string): Promise<string | null> {
  const branch = await gitText(['symbolic-ref', '--quiet', '--short', 'HEAD'], { gitDir, expect: [0, 1] })
  return branch === '' ? null : branch
}

/** Returns the repository whose worktree has exactly this folder at its top, or null. */
async function worktreeAt(folder: string): Promise<Repository | null> {
  // Inside a worktree everything has one around it; only its top has its own `.git`.
  if (!existsSync(join(folder, '.git'))) return null
  return findRepository(folder)
}

/** Looks a commit up by any name git knows; null where there is none. */
export async function commitOf(options: GitOptions, name: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]
  const answer = await git(args, { ...options, expect: [0, 1, 128] })
  const oid = answer.stdout.toString('latin1').trim()
  return answer.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(oid) ? oid : null
}

/**
 * Returns what a name stands for. A folder that is a worktree wins over a ref of the same name, which `refs/heads/NAME`
 * still reaches; any other folder does not count.
 */
export async function resolveSource(repository: Repository, from: string, cwd: string): Promise<Source> {
  const folder = resolve(cwd, from)
  const there = isFolder(folder)
  const worktree = there ? await worktreeAt(realpathSync(folder)) : null
  // HEAD and the like mean those of the checkout the command stands in.
  const commit = from.includes('\0') ? null : await commitOf({ gitDir: repository.gitDir }, from)
  if (worktree !== null) return worktreeSource(repository, worktree, commit === null ? null : from)
  if (commit !== null) {
    const { gitDir } = repository
    const symbolic = await git(
      ['rev-parse', '--symbolic-full-name', '--verify', '--quiet', '--end-of-options', from],
      {
        gitDir,
        expect: [0, 1, 128],
      },
    )
    const full = symbolic.stdout.toString('utf8').trim()
    const branch = full.startsWith('refs/heads/') ? full.slice('refs/heads/'.length) : null
    const label = branch ?? (full === '' ? 'commit' : full.replace(/^refs\/[^/]*\//, ''))
    return { kind: 'ref', name: inert(from, 100), label, head: commit, branch, repository, notices: [] }
  }
  if (there) {
    throw userError(
      'not_a_worktree',
      `${folder} is a folder, but not the top of a git worktree`,
      'name a branch, a tag, a commit or the top folder of a worktree',
    )
  }
  throw userError(
    'source_unknown',
    `"${inert(from, 100)}" is no commit, branch, tag or worktree here`,
    'see `git branch` and `git worktree list`',
  )
}

async function worktreeSource(
  repository: Repository,
  found: Repository,
  alsoRef: string | null,
): Promise<Source> {
  const { workspace: folder, gitDir } = found
  if (found.format !== repository.format) {
    throw userError('other_format', `${folder} stores its objects as ${found.format}, ${repository.workspace} as ${repository.format}`) // prettier-ignore
  }
  const head = await readRef({ gitDir }, 'HEAD')
  if (head === null) throw userError('no_commits', `${folder} has no commits yet`, 'commit there first')
  const branch = await branchOf(gitDir)
  const notices = alsoRef === null ? [] : [`${alsoRef} is taken as the worktree ${folder}; refs/heads/${alsoRef} names the branch`] // prettier-ignore
  const label = branch ?? folder.split(/[/\\]/).at(-1) ?? 'worktree'
  return { kind: 'worktree', name: folder, label, head, branch, repository: found, notices }
}
