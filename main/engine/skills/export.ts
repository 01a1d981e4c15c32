/** Puts files into a folder: all of them or none, whatever is killed on the way. */
import { linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PlannedFile } from '../../../schemas/skills.ts'
import { transientError, userError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { byPath, type OutFile } from './catalogue.ts'
import { dropStage, markDone, openStage, removeEmpty, syncFolder, takeBack, writeJournal, writeNew, type Journal, type Stage, type StepObserver } from './journal.ts' // prettier-ignore
import { standsAt, unwritable, type Target } from './place.ts'

interface Move extends OutFile {
  existed: boolean
  /** The hash of what it replaces, as the plan saw it. */
  before: string | null
}

const MODE = { program: 0o755, text: 0o644 } as const

/**
 * Writes what the plan says is not there as it should be. Returns the hash of all files, read back.
 *
 * Throws one sentence, with the folder as it was, where it cannot.
 */
export function writeFiles(
  target: Target,
  files: readonly OutFile[],
  plan: readonly PlannedFile[],
  onStep: StepObserver = () => undefined,
): string {
  const { dest } = target
  const states = new Map(plan.map(({ path, state }) => [path, state]))
  try {
    if (target.creates) mkdirSync(dest)
    const stage = openStage(dest)
    onStep('stage')
    moveIn(dest, stage, files.filter(({ path }) => states.get(path) !== 'same').map((file) => moveOf(dest, file, states)), onStep) // prettier-ignore
    dropStage(stage)
    onStep('dropped')
    return hashOf(dest, files)
  } catch (thrown) {
    if (target.creates) removeEmpty(dest)
    throw unwritable(thrown, dest)
  }
}

function moveOf(dest: string, file: OutFile, states: ReadonlyMap<string, string>): Move {
  const existed = states.get(file.path) === 'changed'
  return { ...file, existed, before: existed ? sha256(readFileSync(join(dest, file.path))) : null }
}

function moveIn(dest: string, stage: Stage, moves: readonly Move[], onStep: StepObserver): void {
  const journal: Journal = {
    folders: missingFolders(dest, moves),
    files: moves.map(({ path, bytes, existed }) => ({ path, sha256: sha256(bytes), existed })),
  }
  let moving = false
  try {
    for (const { path, bytes, executable } of moves) {
      mkdirSync(dirname(stage.next(path)), { recursive: true, mode: 0o700 })
      mkdirSync(dirname(stage.kept(path)), { recursive: true, mode: 0o700 })
      writeNew(stage.next(path), bytes, executable ? MODE.program : MODE.text)
      onStep(`ready ${path}`)
    }
    writeJournal(stage, journal)
    moving = true
    onStep('journal')
    for (const folder of journal.folders) {
      mkdirSync(join(dest, folder))
      onStep(`folder ${folder}`)
    }
    for (const move of moves) moveOne(dest, stage, move, onStep)
    for (const folder of new Set(moves.map(({ path }) => dirname(join(dest, path))))) syncFolder(folder)
    for (const { path, bytes } of moves) verify(dest, path, bytes)
    markDone(stage)
    onStep('done')
  } catch (thrown) {
    if (moving) takeBack(dest, stage, journal)
    else dropStage(stage)
    throw thrown
  }
}

/** Folders below the target that are not there, parents first. */
function missingFolders(dest: string, moves: readonly Move[]): string[] {
  const missing = new Set<string>()
  for (const { path } of moves) {
    const parts = path.split('/').slice(0, -1)
    for (let n = 1; n <= parts.length; n += 1) {
      const folder = parts.slice(0, n).join('/')
      if (lstatSync(join(dest, folder), { throwIfNoEntry: false }) === undefined) missing.add(folder)
    }
  }
  return [...missing]
}

function moveOne(dest: string, stage: Stage, { path, existed, before }: Move, onStep: StepObserver): void {
  const [place, next, kept] = [join(dest, path), stage.next(path), stage.kept(path)]
  // Looked at once more: between the plan and now somebody may have put something else there.
  const stands = standsAt(dest, path)
  const isAsPlanned = existed ? stands !== null && sha256(readFileSync(place)) === before : stands === null
  if (!isAsPlanned)
    throw transientError('target_changed', `${place} changed while the export was made; try again`)
  if (existed) {
    // Under two names first, so that at no moment nothing is there.
    keep(place, kept)
    onStep(`kept ${path}`)
    renameSync(next, place)
  } else placeNew(next, place, onStep)
  onStep(`moved ${path}`)
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS', 'EACCES'])

function keep(place: string, kept: string): void {
  try {
    linkSync(place, kept)
  } catch (error) {
    // A file system without links, or a file of somebody else's.
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    renameSync(place, kept)
  }
}

/** Puts a new file where nothing is; a link fails where a rename would replace what came there just now. */
function placeNew(next: string, place: string, onStep: StepObserver): void {
  try {
    linkSync(next, place)
    onStep(`linked ${place}`)
    rmSync(next)
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    renameSync(next, place)
  }
}

function verify(dest: string, path: string, bytes: Buffer): void {
  if (readFileSync(join(dest, path)).equals(bytes)) return
  throw userError('read_back_differs', `${join(dest, path)} reads back as something else`, 'look at the disk')
}

/** Returns the SHA-256 of the sorted lines `<sha256>  <path>`, of the files as they are read back. */
export function hashOf(dest: string, files: readonly OutFile[]): string {
  const lines = files.toSorted(byPath).map(({ path, bytes }) => {
    const read = readFileSync(join(dest, path))
    if (!read.equals(bytes)) verify(dest, path, bytes)
    return `${sha256(read)}  ${path}\n`
  })
  return sha256(lines.join(''))
}
