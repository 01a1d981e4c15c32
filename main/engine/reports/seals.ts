/**
 * Which bytes the reports had when Hyperion wrote them: a file that has others was written by somebody else.
 *
 * Several programs write over one workspace and a reader may hold a file that was replaced meanwhile, so that the last
 * few of each are known. A seal says who wrote a file, not that nobody could have: whoever can write the queue can.
 */
import { sha256 } from '../base/hash.ts'
import type { Database } from '../store/database.ts'
import type { WorkspaceFacts } from '../store/workspace.ts'

export type SealStore = { db: Database; facts: WorkspaceFacts }

/** Two programs, each once a second: some seconds of both. */
const KEPT = 16

type Seals = Record<string, string[]>

function sealsIn(facts: WorkspaceFacts): Seals {
  const text = facts.get('report_hashes')
  return text === null ? {} : (JSON.parse(text) as Seals)
}

/** Writes down what a report is about to hold; before it does, so that no reader finds it unknown. */
export function seal({ db, facts }: SealStore, name: string, text: string): void {
  const hash = sha256(text)
  db.write(() => {
    const seals = sealsIn(facts)
    const known = seals[name] ?? []
    if (known[0] === hash) return
    facts.set('report_hashes', JSON.stringify({ ...seals, [name]: [hash, ...known].slice(0, KEPT) }))
  })
}

/** Whether these are bytes that Hyperion wrote; null where it never wrote any, as before it kept seals. */
export function isSealed(facts: WorkspaceFacts, name: string, bytes: Uint8Array): boolean | null {
  const known = sealsIn(facts)[name]
  return known === undefined ? null : known.includes(sha256(bytes))
}
