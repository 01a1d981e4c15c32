/** Paths to be picked: those of the target, and who else edits them. */
import type { CastPath } from '../../../../schemas/cast-draft.ts'
import { git } from '../../git/git.ts'
import { readRef } from '../../git/refs.ts'
import type { LandingDeps } from '../../landing/deps.ts'

export interface Paths {
  /** Paths that hold what was typed, those that begin with it or whose name does first; then those that nearly do. */
  like(query: string, limit: number): Promise<CastPath[]>
  /** All of the target's; git is asked where that is, so that whoever asks of many paths asks once. */
  all(): Promise<ReadonlySet<string>>
  /** Open work on a path, but for that of one request. */
  also(path: string, but: string | null): string[]
}

/** How near a path is to what was typed, 0 the nearest: as it stands, its words in any order, its letters in theirs. */
function rankOf(path: string, wanted: string, words: readonly string[]): number | null {
  const at = path.indexOf(wanted)
  if (at >= 0) return at === 0 ? 0 : path[at - 1] === '/' ? 1 : 2
  if (words.length > 1) return words.every((word) => path.includes(word)) ? 3 : null
  let from = 0
  for (const letter of wanted) {
    from = path.indexOf(letter, from) + 1
    if (from === 0) return null
  }
  return 4
}

export function openPaths({
  repoGit,
  target,
  store,
}: Pick<LandingDeps, 'repoGit' | 'target' | 'store'>): Paths {
  let known: {
    tip: string | null
    paths: readonly { path: string; folded: string }[]
    set: ReadonlySet<string>
  } | null = null

  /** The target's paths; git lists them once for each tip, for they are asked for with every key. */
  async function tracked(): Promise<NonNullable<typeof known>> {
    const tip = await readRef(repoGit, target)
    if (known !== null && known.tip === tip) return known
    const listed =
      tip === null
        ? ''
        : (await git(['ls-tree', '-r', '-z', '--name-only', '--full-tree', tip], repoGit)).stdout.toString(
            'utf8',
          )
    const paths = listed.split('\0').filter((path) => path !== '')
    known = { tip, paths: paths.map((path) => ({ path, folded: path.toLowerCase() })), set: new Set(paths) }
    return known
  }

  function also(path: string, but: string | null): string[] {
    const rows = store.db
      .sql<{ name: string }>(
        `SELECT DISTINCT coalesce(c.request_id, c.task_id) AS name FROM change_paths p
         JOIN change_queue c ON c.id = p.change_id
         WHERE p.path = ? AND c.status IN ('pending', 'in_progress', 'held', 'conflict') ORDER BY c.id LIMIT 20`,
      )
      .all(path)
    return rows.map(({ name }) => name).filter((name) => name !== but)
  }

  return {
    async like(query, limit) {
      const { paths } = await tracked()
      const wanted = query.trim().toLowerCase()
      const words = wanted.split(/\s+/)
      const ranks: string[][] = [[], [], [], [], []]
      for (const { path, folded } of paths) {
        const rank = rankOf(folded, wanted, words)
        if (rank !== null && (ranks[rank]?.length ?? limit) < limit) ranks[rank]?.push(path)
        if (ranks[0]?.length === limit) break
      }
      return ranks
        .flat()
        .slice(0, limit)
        .map((path) => ({ path, tracked: true, also: also(path, null) }))
    },
    all: async () => (await tracked()).set,
    also,
  }
}
