/** Two texts of a file as the entry of a change request that makes one of the other. */
import type { FileChange, Operation } from '../../../schemas/change-request.ts'
import { sha256 } from '../base/hash.ts'
import { applyPatch, applyReplacement, baseRefusal } from './patch/apply.ts'
import { createPatch } from './patch/create.ts'
import { MAX_PATCH_BYTES } from './patch/model.ts'
import { parsePatch } from './patch/parse.ts'
import { textRefusal } from './patch/text.ts'

/** One file of a change as a preview shows it. */
export interface ChangedFile {
  path: string
  operation: Operation
  executable: boolean
  added: number
  removed: number
}

export type Made = { change: FileChange; file: ChangedFile } | { code: string; message: string }

export interface TwoTexts {
  path: string
  /** Null where there is no file yet. */
  old: Buffer | null
  now: Buffer
  executable: boolean
  /** The difference as git cuts it, where it was asked. */
  hunks: string | undefined
}

const linesOf = (bytes: Buffer): number => {
  let lines = 0
  for (const byte of bytes) if (byte === 10) lines += 1
  return bytes.length > 0 && bytes.at(-1) !== 10 ? lines + 1 : lines
}

/** A file that goes; `old` where it is known what it holds. */
export function deletedFile(path: string, old: Buffer | null): Made {
  const change: FileChange = { path, operation: 'delete', patch_hash: sha256('') }
  const removed = old === null ? 0 : linesOf(old)
  return { change, file: { path, operation: 'delete', executable: false, added: 0, removed } }
}

/** A file that comes or changes, or why no change can carry it. */
export function fileChange({ path, old, now, executable, hunks }: TwoTexts): Made {
  for (const bytes of old === null ? [now] : [old, now]) {
    const refusal = baseRefusal(bytes)
    if (refusal !== null) return { code: refusal.code, message: refusal.message.replace(/^the file /, '') }
  }
  if (now.length > MAX_PATCH_BYTES) {
    return { code: 'too_large', message: `has ${now.length} bytes; at most ${MAX_PATCH_BYTES} are accepted` }
  }
  return old === null ? added(path, now, executable) : updatedFrom(path, old, now, hunks)
}

function added(path: string, now: Buffer, executable: boolean): Made {
  const text = now.toString('utf8')
  const refusal = textRefusal(text, 'replacement')
  if (refusal !== null)
    return { code: refusal.code, message: refusal.message.replace(/^the replacement /, '') }
  const file: ChangedFile = { path, operation: 'add', executable, added: linesOf(now), removed: 0 }
  const mode = executable ? { executable } : {}
  return { change: { path, operation: 'add', replacement: text, ...mode, patch_hash: sha256(text) }, file }
}

/** Tries git's hunks, then our own, then the whole text; each counts only where it makes exactly the bytes wanted. */
function updatedFrom(path: string, old: Buffer, now: Buffer, hunks: string | undefined): Made {
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
