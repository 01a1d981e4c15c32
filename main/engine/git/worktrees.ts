/** Which branch is checked out where, read from the files of the repository and its linked worktrees. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { branchName } from '../domain/branch-name.ts'

export interface CheckedOut {
  /** The git directory whose HEAD it is. */
  gitDir: string
  /** The folder of the checkout; null where only git started inside it would know. */
  folder: string | null
}

const read = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}

/** Returns a setting of section `core` as the repository's own files give it. */
function coreSetting(gitDir: string, name: string): string | null {
  let value: string | null = null
  for (const file of ['config', 'config.worktree']) {
    let section = ''
    for (const line of (read(join(gitDir, file)) ?? '').split('\n')) {
      section = /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.toLowerCase() ?? section
      const [, key, given] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
      if (section === 'core' && key?.toLowerCase() === name) value = (given ?? '').replace(/^"(.*)"$/, '$1')
    }
  }
  return value
}

/** Tells whether a branch is what a checkout stands on, or is about to put back at the end of a rebase or bisect. */
function standsOn(gitDir: string, ref: string): boolean {
  if (read(join(gitDir, 'HEAD')) === `ref: ${ref}`) return true
  const rebased = ['rebase-merge/head-name', 'rebase-apply/head-name'].map((file) => read(join(gitDir, file)))
  return rebased.includes(ref) || read(join(gitDir, 'BISECT_START')) === branchName(ref)
}

function mainCheckout(commonDir: string): CheckedOut | null {
  if (/^(?:true|yes|on|1)$/i.test(coreSetting(commonDir, 'bare') ?? '')) return null
  const worktree = coreSetting(commonDir, 'worktree')
  if (worktree !== null) return { gitDir: commonDir, folder: resolve(commonDir, worktree) }
  // A git directory elsewhere does not say which folder points to it.
  return { gitDir: commonDir, folder: basename(commonDir) === '.git' ? dirname(commonDir) : null }
}

/** Returns every checkout that has this ref (full name) as its branch. */
export function checkedOutAt(commonDir: string, ref: string): CheckedOut[] {
  const main = mainCheckout(commonDir)
  const places = main === null ? [] : [main]
  let names: string[] = []
  try {
    names = readdirSync(join(commonDir, 'worktrees'))
  } catch {
    // No linked worktrees.
  }
  for (const name of names) {
    const gitDir = join(commonDir, 'worktrees', name)
    const link = read(join(gitDir, 'gitdir'))
    // As git reads it, such a folder is no worktree: it is being removed, this file before its HEAD.
    if (link === null) continue
    places.push({ gitDir, folder: dirname(resolve(gitDir, link)) })
  }
  return places.filter(({ gitDir }) => standsOn(gitDir, ref))
}

/** Names a checkout for a person. */
export const nameOf = ({ folder, gitDir }: CheckedOut): string => folder ?? `the checkout of ${gitDir}`
