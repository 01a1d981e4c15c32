/** Lines that differ between texts that are in no repository, counted as git counts them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bug } from '../base/errors.ts'
import { git, type GitOptions } from './git.ts'

export interface TextPair {
  before: Buffer
  after: Buffer
}

export interface LineCounts {
  added: number
  removed: number
}

/** Counts each pair, all by one git process; null where git sees no text. `scratch` is a folder of our own. */
export async function lineCounts(
  options: GitOptions,
  scratch: string,
  pairs: readonly TextPair[],
): Promise<(LineCounts | null)[]> {
  if (pairs.length === 0) return []
  const folder = await mkdtemp(join(scratch, 'counts-'))
  try {
    const sides = ['before', 'after'] as const
    for (const side of sides) {
      await mkdir(join(folder, side))
      for (const [index, pair] of pairs.entries())
        await writeFile(join(folder, side, String(index)), pair[side])
    }
    const { stdout } = await git(
      ['diff', '--no-index', '--numstat', '--no-renames', '-z', ...sides.map((side) => join(folder, side))],
      { ...options, expect: [0, 1] },
    )
    // Equal texts are not told of.
    const counts: (LineCounts | null)[] = pairs.map(() => ({ added: 0, removed: 0 }))
    const fields = stdout.toString('utf8').split('\0')
    // "added TAB removed TAB", then both names.
    for (let at = 0; at + 2 < fields.length; at += 3) {
      const [added, removed] = (fields[at] ?? '').split('\t')
      const index = Number((fields[at + 2] ?? '').split('/').at(-1))
      if (counts[index] === undefined) throw bug('numstat_format', 'git diff counted a file it was not given')
      counts[index] = added === '-' ? null : { added: Number(added), removed: Number(removed) }
    }
    return counts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
