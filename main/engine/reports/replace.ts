/** Puts a report in the place of the one before: whole, sealed, and never over what somebody else put there. */
import { lstatSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import { HyperionError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Database } from '../store/database.ts'
import type { WorkspaceFacts } from '../store/workspace.ts'
import { hashAt, writeBeside, type Found } from './files.ts'
import { isSame, lookAt, sealOf, setSeal, type Look } from './seals.ts'

export interface ReplaceDeps {
  clock: Clock
  store: { db: Database; facts: WorkspaceFacts }
  folder: string
  /** Hears of a file of somebody else: why it is none of ours, and the name under which it is kept. */
  onKept(why: string, aside: string): void
}

/** Of those that meet one always gets on, so that so many programs at one moment would be needed to be turned away. */
const TRIES = 50
/** How often it is looked whether this program's own transaction has ended. */
const LOOK_MS = 10

/** Writes what `make` makes of the report that is there; what is not ours is kept aside and given to it as such. */
export async function replaceReport<T>(
  deps: ReplaceDeps,
  name: string,
  schema: z.ZodType<T>,
  make: (found: Found<T>) => T,
): Promise<void> {
  const { clock, store, folder } = deps
  const file = join(folder, name)
  for (let tries = 0; tries < TRIES; tries += 1) {
    const look = lookAt(store, file, name, schema)
    const text = `${JSON.stringify(make(look.found), null, 2)}\n`
    const temporary = await writeBeside(folder, name, text)
    try {
      // A note that joined what another part of this program is doing would not be kept before the file is moved.
      while (store.db.inTransaction) await clock.sleep(LOOK_MS)
      if (place(deps, { name, look, temporary, hash: sha256(text) })) return
    } finally {
      rmSync(temporary, { force: true })
    }
  }
  throw new HyperionError('transient', 'report_busy', `other programs write ${file} all the time`)
}

interface Placing {
  name: string
  look: Look<unknown>
  temporary: string
  hash: string
}

/**
 * Moves a written file into place, unless the one there or its seal is another than was looked at.
 *
 * Two transactions: the first notes what is coming, which has to be kept before the file is moved; the second moves it.
 */
function place(deps: ReplaceDeps, { name, look, temporary, hash }: Placing): boolean {
  const { store, folder } = deps
  const { db, facts } = store
  const file = join(folder, name)
  const noted = db.write(() => {
    const there = hashAt(file)
    if (!isSame(sealOf(facts, name), look.seal) || there !== look.found.hash) return null
    if (look.found.kind === 'foreign') keepAside(deps, name, look.found.why)
    // What was moved by a program that did not get to say so is what stands there.
    const last = there === look.seal.coming ? there : look.seal.last
    setSeal(facts, name, { last, coming: hash })
    return { there: look.found.kind === 'foreign' ? null : there }
  })
  if (noted === null) return false
  return db.write(() => {
    if (sealOf(facts, name).coming !== hash || hashAt(file) !== noted.there) return false
    renameSync(temporary, file)
    setSeal(facts, name, { last: hash, coming: null })
    return true
  })
}

function keepAside({ clock, folder, onKept }: ReplaceDeps, name: string, why: string): void {
  let at = clock.nowMs()
  const nameAt = (): string => name.replace(/\.json$/, `.kept-${at}.json`)
  // One that was kept within the same millisecond stays.
  while (lstatSync(join(folder, nameAt()), { throwIfNoEntry: false }) !== undefined) at += 1
  const aside = nameAt()
  renameSync(join(folder, name), join(folder, aside))
  onKept(why, aside)
}
