/** What the checkout's index has. */
import { git } from './git.ts'
import type { Repository } from './repository.ts'

/** Returns the names of the tracked files below a folder, relative to it. */
export async function trackedBelow(repository: Repository, folder: string): Promise<ReadonlySet<string>> {
  const { gitDir, workspace } = repository
  const options = { gitDir, workTree: workspace, cwd: workspace }
  const { stdout } = await git(['ls-files', '-z', '--', `${folder}/`], options)
  const names = stdout.toString('utf8').split('\0').filter((name) => name !== '') // prettier-ignore
  return new Set(names.map((name) => name.slice(folder.length + 1)))
}
