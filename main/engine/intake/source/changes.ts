/** Turns the difference between two trees into the entries of a change request, or names what keeps it from being one. */
import { MAX_CHANGES, type FileChange } from '../../../../schemas/change-request.ts'
import { deletedFile, fileChange, type ChangedFile, type Made } from '../../domain/file-change.ts'
import { pathRefusal } from '../../domain/paths.ts'
import { differences, hunksBetween, type Difference } from '../../git/difference.ts'
import type { GitOptions } from '../../git/git.ts'
import type { Objects } from '../../git/objects.ts'
import type { LeftOut } from '../../git/snapshot.ts'
import { EXECUTABLE_MODE, isRegularFile } from '../../git/trees.ts'

export interface Harvest {
  changes: FileChange[]
  files: ChangedFile[]
  refused: LeftOut[]
}

const SYMLINK = '120000'
const GITLINK = '160000'

/** What no change request can say, seen from the modes and the name alone; else null. */
function refusalByMode(one: Difference): { code: string; message: string } | null {
  if (!one.utf8) return { code: 'path_not_utf8', message: 'has a name that is not UTF-8; rename it' }
  const modes = [one.oldMode, one.newMode]
  if (modes.includes(SYMLINK))
    return { code: 'symlink', message: 'is a symbolic link; links cannot be changed' }
  if (modes.includes(GITLINK))
    return { code: 'submodule', message: 'is a submodule; submodules cannot be changed' }
  if (one.status === 'M' && one.oldMode !== one.newMode) {
    const now = one.newMode === EXECUTABLE_MODE ? 'became executable' : 'is executable no longer'
    return { code: 'mode_change', message: `${now}; the mode of an existing file cannot be changed` }
  }
  const regular = modes.every((mode) => isRegularFile(mode) || /^0+$/.test(mode))
  if (!regular) return { code: 'not_a_regular_file', message: 'is not a regular file' }
  const { path } = one
  const refusal = pathRefusal(path)
  return refusal === null ? null : { code: refusal.code, message: refusal.message }
}

/** Returns the differences between two trees as changes; everything that cannot be one is named in `refused`. */
export async function harvest(git: GitOptions, objects: Objects, from: string, to: string): Promise<Harvest> {
  const found = await differences(git, from, to)
  const refused: LeftOut[] = []
  const usable: Difference[] = []
  for (const one of found) {
    const refusal = refusalByMode(one)
    if (refusal === null) usable.push(one)
    else refused.push({ path: one.path, ...refusal })
  }
  if (usable.length > MAX_CHANGES) {
    const message = `and ${usable.length - 1} more files are too many; at most ${MAX_CHANGES} are accepted, split the work`
    return {
      changes: [],
      files: [],
      refused: [...refused, { path: usable[0]?.path ?? '', code: 'too_many_files', message }],
    }
  }
  const updated = usable.filter(({ status }) => status === 'M').map(({ path }) => path)
  const hunks = await hunksBetween(git, from, to, updated)
  const changes: FileChange[] = []
  const files: ChangedFile[] = []
  for (const one of usable) {
    const made = await changeOf(objects, one, hunks.get(one.path))
    if ('code' in made) refused.push({ path: one.path, code: made.code, message: made.message })
    else {
      changes.push(made.change)
      files.push(made.file)
    }
  }
  return { changes, files, refused }
}

async function bytesOf(objects: Objects, oid: string): Promise<Buffer | { code: string; message: string }> {
  const object = await objects.read(oid)
  if (object !== null) return object.body
  return { code: 'object_missing', message: 'is not in the repository (a partial clone?); fetch it first' }
}

async function changeOf(objects: Objects, one: Difference, hunks: string | undefined): Promise<Made> {
  const { path, status, newMode } = one
  const old = status === 'A' ? null : await bytesOf(objects, one.oldOid)
  if (old !== null && 'code' in old) return old
  if (status === 'D') return deletedFile(path, old)
  const now = await bytesOf(objects, one.newOid)
  if ('code' in now) return now
  return fileChange({ path, old, now, executable: newMode === EXECUTABLE_MODE, hunks })
}
