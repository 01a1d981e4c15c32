/** Three-way merges of single files by git's own machinery. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { git, type GitOptions } from './git.ts'

export interface MergeSides {
  base: Buffer
  ours: Buffer
  theirs: Buffer
}

export type MergeResult =
  | { kind: 'clean'; bytes: Buffer }
  /** `bytes` holds zdiff3 conflict markers. */
  | { kind: 'conflict'; bytes: Buffer }
  /** git does not merge what it takes for binary. */
  | { kind: 'binary' }

/** Merges the change base→theirs into ours, as `git merge` would for one file. `scratch` is a folder of our own. */
export async function mergeFile(
  options: GitOptions,
  scratch: string,
  sides: MergeSides,
  labels: { base: string; ours: string; theirs: string },
  /** Whose lines to take where both sides changed them; without it that is a conflict. */
  favour: 'ours' | 'theirs' | null = null,
): Promise<MergeResult> {
  const folder = await mkdtemp(join(scratch, 'merge-'))
  try {
    const names = ['ours', 'base', 'theirs'] as const
    await Promise.all(names.map((name) => writeFile(join(folder, name), sides[name])))
    const result = await git(
      [
        'merge-file', '-p', '-q', favour === null ? '--zdiff3' : `--${favour}`,
        ...names.flatMap((name) => ['-L', labels[name]]),
        ...names.map((name) => join(folder, name)),
      ], // prettier-ignore
      { ...options, expect: [...Array(128).keys(), 255] },
    )
    // 255 is any error; the only one readable files can cause is content git takes for binary.
    if (result.exitCode === 255) return { kind: 'binary' }
    return { kind: result.exitCode === 0 ? 'clean' : 'conflict', bytes: result.stdout }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
