/** Merges of whole commits by git's own machinery, without an index or a checkout. */
import { bug } from '../base/errors.ts'
import { git, type GitOptions } from './git.ts'

export interface Stage {
  mode: string
  oid: string
}

/** What is left of one path that git could not merge; a side that has nothing there has none. */
export interface ConflictedPath {
  path: string
  base: Stage | null
  ours: Stage | null
  theirs: Stage | null
}

export interface MergedTrees {
  /** Holds texts with markers where paths are in conflict. */
  tree: string
  conflicts: ConflictedPath[]
  /** Whether git found conflicts at all: some belong to no path. */
  clean: boolean
}

/** A file that one side added to a folder that the other moved stays where it was added. */
const SETTINGS = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'merge.directoryRenames',
  GIT_CONFIG_VALUE_0: 'false',
}

/** Returns the commits both stand on, best first; none where they share no history. */
export async function mergeBases(options: GitOptions, a: string, b: string): Promise<string[]> {
  const { stdout } = await git(['merge-base', '--all', a, b], { ...options, expect: [0, 1] })
  return stdout.toString('latin1').split('\n').filter((oid) => oid !== '') // prettier-ignore
}

/** Merges commit `theirs` into commit `ours`; the trees it makes are in the repository. */
export async function mergeCommits(options: GitOptions, ours: string, theirs: string): Promise<MergedTrees> {
  const { exitCode, stdout } = await git(
    ['merge-tree', '--write-tree', '--no-messages', '-z', ours, theirs],
    {
      ...options,
      env: { ...options.env, ...SETTINGS },
      expect: [0, 1],
    },
  )
  const [tree, ...lines] = stdout.toString('utf8').split('\0')
  if (tree === undefined || !/^[0-9a-f]{40,64}$/.test(tree)) {
    throw bug('merge_tree_format', 'git merge-tree printed something unexpected')
  }
  const found = new Map<string, ConflictedPath>()
  for (const line of lines) {
    const match = /^(\d+) ([0-9a-f]+) ([123])\t(.*)$/s.exec(line)
    if (match === null) continue
    const [, mode = '', oid = '', stage, path = ''] = match
    const known = found.get(path) ?? { path, base: null, ours: null, theirs: null }
    const side = stage === '1' ? 'base' : stage === '2' ? 'ours' : 'theirs'
    found.set(path, { ...known, [side]: { mode, oid } })
  }
  return { tree, conflicts: [...found.values()], clean: exitCode === 0 }
}
