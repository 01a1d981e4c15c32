/** What people read of a repository, through simple-git: never used for landing. */
import { simpleGit } from 'simple-git'

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
