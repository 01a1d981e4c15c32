/**
 * The folder in which an export is made ready, and the journal by which one that was interrupted is taken back.
 *
 * It lies in the target, so that moving a file in is a rename; its name says which process it belongs to. While
 * `journal.json` is there, what `kept/` holds is what was there before; `done` says that all of it is in its place.
 */
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs' // prettier-ignore
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { sha256Schema } from '../../../schemas/ids.ts'
import { transientError, userError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { isAlive, ownIdentity } from '../base/process.ts'
import { pathRefusal } from '../domain/paths.ts'
import { standsAt } from './place.ts'

const NAME = /^\.hyperion-export-(\d+)-(\d+|x)$/

const pathSchema = z.string().refine((path) => pathRefusal(path) === null)

const journalSchema = z.strictObject({
  /** Folders that were not there, parents first. */
  folders: z.array(pathSchema),
  files: z.array(z.strictObject({ path: pathSchema, sha256: sha256Schema, existed: z.boolean() })),
})
export type Journal = z.infer<typeof journalSchema>

/** Hears each step as it is done; tests end the process there. */
export type StepObserver = (step: string) => void

export interface Stage {
  folder: string
  /** Where a file is made ready, and where what it replaces is kept. */
  next(path: string): string
  kept(path: string): string
}

const stageAt = (folder: string): Stage => ({
  folder,
  next: (path) => join(folder, 'next', path),
  kept: (path) => join(folder, 'kept', path),
})

const JOURNAL = 'journal.json'
const DONE = 'done'

export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Writes a file that is not there yet, down to the disk. */
export function writeNew(file: string, bytes: Buffer | string, mode: number): void {
  const handle = openSync(file, 'wx', mode)
  try {
    writeFileSync(handle, bytes)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

const ownName = (): string => {
  const { pid, startedAt } = ownIdentity()
  return `.hyperion-export-${pid}-${startedAt ?? 'x'}`
}

/** Lists the stages in a folder. One of this process is at work nowhere: an export is made in one turn. */
function stagesIn(dest: string): { folder: string; alive: boolean }[] {
  const own = ownName()
  return readdirSync(dest, { withFileTypes: true }).flatMap((entry) => {
    const match = NAME.exec(entry.name)
    if (match === null || !entry.isDirectory()) return []
    const startedAt = match[2] === 'x' ? null : (match[2] ?? null)
    const alive = entry.name !== own && isAlive({ pid: Number(match[1]), startedAt })
    return [{ folder: join(dest, entry.name), alive }]
  })
}

/** Makes the stage of this process; throws where another export into the same folder is under way. */
export function openStage(dest: string): Stage {
  const stage = stageAt(join(dest, ownName()))
  mkdirSync(stage.folder, { mode: 0o700 })
  const other = stagesIn(dest).find(({ alive }) => alive)
  if (other === undefined) return stage
  rmdirSync(stage.folder)
  throw transientError(
    'export_running',
    `another export into ${dest} is under way; try again once it has ended`,
  )
}

export function writeJournal({ folder }: Stage, journal: Journal): void {
  const made = join(folder, `${JOURNAL}.new`)
  writeNew(made, JSON.stringify(journal), 0o600)
  renameSync(made, join(folder, JOURNAL))
  syncFolder(folder)
}

/** From here on all of it is in its place, and nothing is taken back. */
export function markDone({ folder }: Stage): void {
  renameSync(join(folder, JOURNAL), join(folder, DONE))
  syncFolder(folder)
}

export const dropStage = ({ folder }: Stage): void => rmSync(folder, { recursive: true, force: true })

/** Puts right what exports that were killed left in a folder; returns a sentence for each. */
export function recover(dest: string, onStep: StepObserver = () => undefined): string[] {
  return stagesIn(dest).flatMap(({ folder, alive }) =>
    alive ? [] : recoverStage(dest, stageAt(folder), onStep),
  )
}

/** A target may be a clone of anybody's repository: only what nobody else could have put there is believed. */
function isPrivate(folder: string): boolean {
  const { mode, uid } = lstatSync(folder)
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0)
}

function recoverStage(dest: string, stage: Stage, onStep: StepObserver): string[] {
  if (!isPrivate(stage.folder))
    return [`${stage.folder} looks like an interrupted export, but others could write in it: left as it is`]
  const names = readdirSync(stage.folder)
  if (names.includes(DONE)) {
    dropStage(stage)
    return ['an earlier export was interrupted after all its files were in place; it stands']
  }
  if (!names.includes(JOURNAL)) {
    dropStage(stage)
    return ['an earlier export was interrupted before it changed anything; what it had made ready is gone']
  }
  const left = takeBack(dest, stage, readJournal(stage), onStep)
  return ['an earlier export was interrupted half-way; what it had changed was put back', ...left]
}

function readJournal({ folder }: Stage): Journal {
  try {
    return journalSchema.parse(JSON.parse(readFileSync(join(folder, JOURNAL), 'utf8')))
  } catch (error) {
    const said = `${join(folder, JOURNAL)}, left by an interrupted export, cannot be read`
    const hint = `put back by hand what ${join(folder, 'kept')} holds, then remove ${folder}`
    throw Object.assign(userError('journal_damaged', said, hint), { cause: error })
  }
}

const isThere = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false }) !== undefined

/** Whether a file is still exactly what the export put there. */
function isOurs(file: string, hash: string): boolean {
  try {
    return lstatSync(file).isFile() && sha256(readFileSync(file)) === hash
  } catch {
    return false
  }
}

/** The same file under two names, before the rename that would part them. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [lstatSync(a, { throwIfNoEntry: false }), lstatSync(b, { throwIfNoEntry: false })]
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

/** Undoes what a journal tells of; what somebody wrote meanwhile stays, and what was kept goes beside it. */
export function takeBack(
  dest: string,
  stage: Stage,
  journal: Journal,
  onStep: StepObserver = () => undefined,
): string[] {
  const said: string[] = []
  for (const { path, sha256: hash, existed } of journal.files.toReversed()) {
    const [place, kept] = [join(dest, path), stage.kept(path)]
    // Refuses by name where a link came in the way meanwhile; the stage stays for the next look.
    standsAt(dest, path)
    if (!existed) {
      // Linked in first and taken out of the stage afterwards: only what left the stage, or shares it, is ours.
      if (isOurs(place, hash) && (!isThere(stage.next(path)) || isSame(place, stage.next(path))))
        rmSync(place)
      onStep(`out ${path}`)
      continue
    }
    if (!isThere(kept) || isSame(kept, place)) continue
    if (!isThere(place) || isOurs(place, hash)) renameSync(kept, place)
    else {
      const beside = freeName(`${place}.before-export`)
      renameSync(kept, beside)
      said.push(`${place} was edited since, so it stays; what was there before is ${beside}`)
    }
    onStep(`back ${path}`)
  }
  for (const folder of journal.folders.toReversed()) {
    removeEmpty(join(dest, folder))
    onStep(`removed ${folder}`)
  }
  for (const folder of new Set(journal.files.map(({ path }) => dirname(join(dest, path)))))
    if (isThere(folder)) syncFolder(folder)
  dropStage(stage)
  return said
}

function freeName(wanted: string): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${n}`
    if (!isThere(name)) return name
  }
}

export function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Somebody put something in it, or it is gone: either way it is theirs.
  }
}
