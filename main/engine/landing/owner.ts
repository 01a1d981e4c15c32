/** Whose target it is: two queues that land on one branch would each take the other's work for a move by hand. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { userError, type HyperionError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { branchName } from '../domain/branch-name.ts'

export interface Owner {
  uuid: string
  workspace: string
  database: string
  /** Which repository it is: a copy of it is another, wherever either is moved. Absent in files of older programs. */
  repository?: string | undefined
}

type Mine = Pick<Owner, 'workspace' | 'database'>

const identityOf = (commonDir: string): string | undefined => {
  const stat = statSync(commonDir, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
}

const fileOf = (commonDir: string, target: string): string =>
  join(commonDir, 'hyperion', `${encodeURIComponent(target)}.json`)

/** Reads whose target it is; what a copy of a repository says is about the one it was copied from. */
function readOwner(commonDir: string, target: string): Owner | null {
  try {
    const value = JSON.parse(readFileSync(fileOf(commonDir, target), 'utf8')) as Partial<Owner>
    const { uuid, workspace, database, repository } = value
    if (typeof uuid !== 'string' || typeof workspace !== 'string' || typeof database !== 'string') return null
    if (repository !== undefined && repository !== identityOf(commonDir)) return null
    return { uuid, workspace, database, repository }
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
  const found = readOwner(commonDir, target)
  return found !== null && isAnother(found, mine) ? found : null
}

/** Makes a target ours, or throws when it belongs to another queue; one that is gone is taken over from. */
export function claimTarget(commonDir: string, target: string, mine: Owner): void {
  const file = fileOf(commonDir, target)
  const found = readOwner(commonDir, target)
  const repository = identityOf(commonDir)
  if (found?.uuid === mine.uuid && found.database === mine.database && found.repository === repository) return
  refuseForeign(found, target, mine)
  try {
    // Not with what is above it: a repository that was moved away is not begun anew in its place.
    mkdirSync(join(commonDir, 'hyperion'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const made = `${file}.${process.pid}`
  writeFileSync(made, `${JSON.stringify({ ...mine, repository })}\n`)
  try {
    // Of two that find nobody here one is first.
    if (found === null && !existsSync(file)) linkSync(made, file)
    else renameSync(made, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    refuseForeign(readOwner(commonDir, target), target, mine)
  } finally {
    rmSync(made, { force: true })
  }
}

/** Throws when a target belongs to another queue; writes nothing. */
export const refuseOwned = (commonDir: string, target: string, mine: Mine): void =>
  refuseForeign(readOwner(commonDir, target), target, mine)

/** Says whose target it is, and what to do. */
export function foreignError(found: Owner, target: string, mine: Mine): HyperionError {
  const where =
    found.workspace === mine.workspace ? `the queue ${found.database}` : `the workspace ${found.workspace}`
  return userError(
    'target_taken',
    `${inert(where, 400)} lands on ${branchName(target)} of this repository already`,
    'use that one, or set landing.target to another branch here; nothing lands until then',
  )
}

function refuseForeign(found: Owner | null, target: string, mine: Mine): void {
  if (found !== null && isAnother(found, mine)) throw foreignError(found, target, mine)
}
