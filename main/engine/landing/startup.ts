/** What is looked at before the queue is worked: interrupted attempts, the database, and what landed once. */
import { userError } from '../base/errors.ts'
import { readRef } from '../git/refs.ts'
import type { LandingDeps } from './deps.ts'
import { unreachableLandings } from './rewound.ts'
import { settleAll } from './settle.ts'

/** How many lost changes a row of the log names. */
const NAMED = 100

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
  const tip = await readRef(deps.repoGit, deps.target)
  const lost = tip === null ? [] : await unreachableLandings(deps, tip)
  if (lost.length === 0) return []
  // A branch put back to its beginning loses them all: the row names some, doctor and the queue know the rest.
  const details = { count: lost.length, changes: lost.slice(0, NAMED) }
  store.logs.write({ level: 'error', message: 'landed commits unreachable', details })
  const ids = lost.slice(0, 5).map(({ id }) => id).join(', ') // prettier-ignore
  return [
    `${lost.length} landed change(s) are no longer in the target (change ${ids}); see \`hyperion doctor\``,
  ]
}
