/** What agents read of the repository, and how the difference of what they write is made. */
import type { Hunks } from '../../agents/draft.ts'
import type { ReadFile } from '../../agents/harness.ts'
import { userError } from '../../base/errors.ts'
import { hunksOf } from '../../git/difference.ts'
import { treeOf } from '../../git/trees.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import { fileAt } from '../../landing/sides.ts'

/** Returns what reads files as they are in a commit; it throws a user error for a link, a submodule or a folder. */
export const readerAt =
  (objects: LandingDeps['objects'], commit: string): ReadFile =>
  async (path) => {
    const found = await fileAt(objects, await treeOf(objects, commit), path)
    if (found.kind === 'refused') throw userError(found.code, found.message)
    return found.kind === 'file' ? found.file.bytes : null
  }

/** As `git diff` cuts it: whoever hands in can tell the patch_hash beforehand. */
export const gitHunks =
  ({ buildGit, scratch }: Pick<LandingDeps, 'buildGit' | 'scratch'>): Hunks =>
  (old, now) =>
    hunksOf(buildGit, scratch, old, now, 'as-git-diff')
