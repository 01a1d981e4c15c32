/** Turns the difference between two trees into the entries of a change request, or names what keeps it from being one. */
import { MAX_CHANGES, type FileChange, type Operation } from '../../../../schemas/change-request.ts'
import { sha256 } from '../../base/hash.ts'
import { applyPatch, applyReplacement, baseRefusal } from '../../domain/patch/apply.ts'
import { createPatch } from '../../domain/patch/create.ts'
import { MAX_PATCH_BYTES } from '../../domain/patch/model.ts'
import { parsePatch } from '../../domain/patch/parse.ts'
import { textRefusal } from '../../domain/patch/text.ts'
import { pathRefusal } from '../../domain/paths.ts'
import { differences, hunksBetween, type Difference } from '../../git/difference.ts'
import type { GitOptions } from '../../git/git.ts'
import type { Objects } from '../../git/objects.ts'
import type { LeftOut } from '../../git/snapshot.ts'
import { EXECUTABLE_MODE, isRegularFile } from '../../git/trees.ts'

/** One file of a change as a preview shows it. */
export interface ChangedFile {
  path: string
  operation: Operation
  executable: boolean
  added: number
  removed: number
}

export interface Harvest {
  changes: FileChange[]
  files: ChangedFile[]
  refused: LeftOut[]
}

type Harvested = { change: FileChange; file: ChangedFile } | { code: string; message: string }

const SYMLINK = '120000'
const GITLINK = '160000'

const linesOf = (bytes: Buffer): number => {
  let lines = 0
  for (const byte of bytes) if (byte === 10) lines += 1
  return bytes.length > 0 && bytes.at(-1) !== 10 ? lines + 1 : lines
}

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

async function changeOf(objects: Objects, one: Difference, hunks: string | undefined): Promise<Harvested> {
  const { path, status } = one
  const old = status === 'A' ? null : await bytesOf(objects, one.oldOid)
  if (old !== null && 'code' in old) return old
  if (status === 'D') {
    const change: FileChange = { path, operation: 'delete', patch_hash: sha256('') }
    const removed = old === null ? 0 : linesOf(old)
    return { change, file: { path, operation: 'delete', executable: false, added: 0, removed } }
  }
  const now = await bytesOf(objects, one.newOid)
  if ('code' in now) return now
  for (const bytes of old === null ? [now] : [old, now]) {
    const refusal = baseRefusal(bytes)
    if (refusal !== null) return { code: refusal.code, message: refusal.message.replace(/^the file /, '') }
  }
  if (now.length > MAX_PATCH_BYTES) {
    return { code: 'too_large', message: `has ${now.length} bytes; at most ${MAX_PATCH_BYTES} are accepted` }
  }
  return old === null ? added(one, now) : updatedFrom(path, old, now, hunks)
}

function added({ path, newMode }: Difference, now: Buffer): Harvested {
  const executable = newMode === EXECUTABLE_MODE
  const text = now.toString('utf8')
  const refusal = textRefusal(text, 'replacement')
  if (refusal !== null)
    return { code: refusal.code, message: refusal.message.replace(/^the replacement /, '') }
  const file: ChangedFile = { path, operation: 'add', executable, added: linesOf(now), removed: 0 }
  const mode = executable ? { executable } : {}
  return { change: { path, operation: 'add', replacement: text, ...mode, patch_hash: sha256(text) }, file }
}

/** Tries git's hunks, then our own, then the whole text; each counts only where it makes exactly the bytes wanted. */
function updatedFrom(path: string, old: Buffer, now: Buffer, hunks: string | undefined): Harvested {
  for (const patch of [hunks, createPatch(old, now)]) {
    if (patch === undefined || patch === null || textRefusal(patch, 'patch') !== null) continue
    const parsed = parsePatch(patch, path, 'update')
    const applied = parsed.ok ? applyPatch(old, parsed.patch, 'update') : null
    if (applied?.ok !== true || applied.result?.equals(now) !== true) continue
    return {
      change: { path, operation: 'update', patch, patch_hash: sha256(patch) },
      file: { path, operation: 'update', executable: false, added: applied.added, removed: applied.removed },
    }
  }
  const text = now.toString('utf8')
  const whole = applyReplacement(old, text)
  if (!whole.ok)
    return { code: whole.code, message: whole.message.replace(/^the (?:replacement|result) /, '') }
  if (!whole.result.equals(now)) {
    return {
      code: 'line_endings',
      message: 'has other line endings than before, which a change cannot carry',
    }
  }
  return {
    change: { path, operation: 'update', replacement: text, patch_hash: sha256(text) },
    file: { path, operation: 'update', executable: false, added: linesOf(now), removed: linesOf(old) },
  }
}
