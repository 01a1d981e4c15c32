/** Whose target it is: two queues that land on one branch would each take the other's work for a move by hand. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'

export interface Owner {
  uuid: string
  workspace: string
  database: string
}

type Mine = Pick<Owner, 'workspace' | 'database'>

const short = (ref: string): string => ref.replace('refs/heads/', '')

const fileOf = (commonDir: string, target: string): string =>
  join(commonDir, 'hyperion', `${encodeURIComponent(target)}.json`)

function readOwner(file: string): Owner | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Owner>
    const { uuid, workspace, database } = value
    if (typeof uuid !== 'string' || typeof workspace !== 'string' || typeof database !== 'string') return null
    return { uuid, workspace, database }
  } catch {
    return null
  }
}

const real = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

/** Tells whether that other queue is there still, and another file than ours. */
const isAnother = (found: Owner, mine: Mine): boolean =>
  existsSync(found.database) && real(found.database) !== real(mine.database)

/** Returns the other workspace a target belongs to, or null. */
export function foreignOwner(commonDir: string, target: string, mine: Owner): Owner | null {
  const found = readOwner(fileOf(commonDir, target))
  return found !== null && isAnother(found, mine) ? found : null
}

/** Makes a target ours, or throws when it belongs to another queue; one that is gone is taken over from. */
export function claimTarget(commonDir: string, target: string, mine: Owner): void {
  const file = fileOf(commonDir, target)
  const found = readOwner(file)
  if (found?.uuid === mine.uuid && found.database === mine.database) return
  refuseForeign(found, target, mine)
  mkdirSync(join(commonDir, 'hyperion'), { recursive: true })
  const made = `${file}.${process.pid}`
  writeFileSync(made, `${JSON.stringify(mine)}\n`)
  try {
    // Of two that find nobody here one is first.
    if (found === null && !existsSync(file)) linkSync(made, file)
    else renameSync(made, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    refuseForeign(readOwner(file), target, mine)
  } finally {
    rmSync(made, { force: true })
  }
}

/** Throws when a target belongs to another queue; writes nothing. */
export const refuseOwned = (commonDir: string, target: string, mine: Mine): void =>
  refuseForeign(readOwner(fileOf(commonDir, target)), target, mine)

function refuseForeign(found: Owner | null, target: string, mine: Mine): void {
  if (found === null || !isAnother(found, mine)) return
  const where =
    found.workspace === mine.workspace ? `the queue ${found.database}` : `the workspace ${found.workspace}`
  throw userError(
    'target_taken',
    `${inert(where, 400)} lands on ${short(target)} of this repository already`,
    'use that one, or set landing.target to another branch here; nothing lands until then',
  )
}
