/** Which branch is checked out where, read from the HEAD files of the repository and its linked worktrees. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface CheckedOut {
  /** The git directory whose HEAD it is. */
  gitDir: string
  /** The folder of the checkout, as far as the repository knows. */
  folder: string
}

const read = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}

/** Returns every checkout that has this ref (full name) as its current branch. */
export function checkedOutAt(commonDir: string, ref: string): CheckedOut[] {
  const found: CheckedOut[] = []
  const look = (gitDir: string, folder: string): void => {
    if (read(join(gitDir, 'HEAD')) === `ref: ${ref}`) found.push({ gitDir, folder })
  }
  look(commonDir, dirname(commonDir))
  let names: string[] = []
  try {
    names = readdirSync(join(commonDir, 'worktrees'))
  } catch {
    // No linked worktrees.
  }
  for (const name of names) {
    const gitDir = join(commonDir, 'worktrees', name)
    look(gitDir, dirname(read(join(gitDir, 'gitdir')) ?? gitDir))
  }
  return found
}
