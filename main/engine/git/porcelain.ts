/** What people read of a repository, through simple-git: never used for landing. */
import { simpleGit } from 'simple-git'
import { git } from './git.ts'

export interface ShownCommit {
  oid: string
  subject: string
  author: string
}

/** Returns the newest commits of a branch, newest first. */
export async function recentCommits(folder: string, branch: string, limit: number): Promise<ShownCommit[]> {
  const log = await simpleGit(folder).log([`--max-count=${limit}`, branch, '--'])
  return log.all.map((entry) => ({ oid: entry.hash, subject: entry.message, author: entry.author_name }))
}

/** Returns the name git would put under a commit made in a folder, or null where it was told none. */
export async function operatorName(folder: string): Promise<string | null> {
  const options = { cwd: folder, operatorConfig: true, expect: [0, 1] }
  const { stdout } = await git(['config', '--get', 'user.name'], options)
  const name = stdout.toString('utf8').trim()
  return name === '' ? null : name
}
