/** What is looked at before the queue is worked: interrupted attempts, the database, and what landed once. */
import { userError } from '../base/errors.ts'
import { git, type GitOptions } from '../git/git.ts'
import { readRef } from '../git/refs.ts'
import type { Store } from '../store/store.ts'
import type { LandingDeps } from './deps.ts'
import { settleAll } from './settle.ts'

/** How many lost changes a row of the log names. */
const NAMED = 100

/** Returns the landed changes of the live queue whose commit the target no longer reaches. */
export async function unreachableLandings(deps: {
  store: Store
  repoGit: GitOptions
  target: string
}): Promise<{ id: number; commit: string }[]> {
  const rows = deps.store.db
    .sql<{ id: number; commit: string }>(
      `SELECT id, landed_commit AS "commit" FROM change_queue
       WHERE status = 'applied' AND landed_commit IS NOT NULL ORDER BY id`,
    )
    .all()
  const tip = await readRef(deps.repoGit, deps.target)
  if (rows.length === 0 || tip === null) return []
  const { stdout } = await git(['rev-list', tip], deps.repoGit)
  const reachable = new Set(stdout.toString('latin1').split('\n'))
  return rows.filter((row) => !reachable.has(row.commit))
}

/**
 * Settles every interrupted attempt, checks the database and reports landed changes that are gone from the target;
 * those are never landed again by themselves (protocol, step 12). Returns what a person should know, in sentences.
 */
export async function startUp(deps: LandingDeps): Promise<string[]> {
  const { store } = deps
  const [row] = store.db.pragma('quick_check(1)') as { quick_check: string }[]
  if (row?.quick_check !== 'ok') {
    const message = `the queue ${store.db.file} is damaged: ${row?.quick_check}`
    throw userError('database_damaged', message, 'restore it from a backup; nothing lands until then')
  }
  await settleAll(deps)
  const lost = await unreachableLandings(deps)
  if (lost.length === 0) return []
  // A branch put back to its beginning loses them all: the row names some, doctor and the queue know the rest.
  const details = { count: lost.length, changes: lost.slice(0, NAMED) }
  store.logs.write({ level: 'error', message: 'landed commits unreachable', details })
  const ids = lost.slice(0, 5).map(({ id }) => id).join(', ') // prettier-ignore
  return [
    `${lost.length} landed change(s) are no longer in the target (change ${ids}); see \`hyperion doctor\``,
  ]
}
