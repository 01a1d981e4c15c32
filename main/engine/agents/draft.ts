/** Turns what an agent did to files into a change request with diffs and hashes of our own making. */
import type { FileChange } from '../../../schemas/change-request.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { HyperionError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { applyPatch, applyReplacement, baseRefusal } from '../domain/patch/apply.ts'
import { createPatch } from '../domain/patch/create.ts'
import { lineEndings, toCrlf } from '../domain/patch/lines.ts'
import { parsePatch } from '../domain/patch/parse.ts'
import { textRefusal } from '../domain/patch/text.ts'
import type { FileEdit, ReadFile } from './harness.ts'
import { replaceOnce } from './search.ts'

export type Made<T> = { ok: true; value: T } | { ok: false; code: string; message: string }

const no = (code: string, message: string): { ok: false; code: string; message: string } => ({
  ok: false,
  code,
  message,
})

/**
 * Texts are edited with line feeds; one that ends its lines otherwise throughout gets that back when it is whole.
 *
 * What is large is the file, perhaps, and not the edit: only what is put in is held to the limits of a text.
 */
export function applyEdits(base: Buffer, edit: Extract<FileEdit, { action: 'edit' }>): Made<Buffer> {
  const endings = lineEndings(base)
  const asLines = (text: string): string => (endings === 'mixed' ? text : text.replaceAll('\r\n', '\n'))
  let text = asLines(base.toString('utf8'))
  for (const [index, { search, replace }] of edit.edits.entries()) {
    const edited = textRefusal(replace, 'replacement') ?? replaceOnce(text, asLines(search), asLines(replace))
    if (!edited.ok) {
      const after = index === 0 ? '' : ' (after the edits before it)'
      return no(edited.code, `edit ${index + 1} of ${edit.path}${after}: ${edited.message}`)
    }
    text = edited.text
  }
  const bytes = Buffer.from(text)
  return { ok: true, value: endings === 'crlf' ? toCrlf(bytes) : bytes }
}

function resultOf(edit: Exclude<FileEdit, { action: 'delete' }>, base: Buffer | null): Made<Buffer> {
  if (edit.action === 'create') {
    if (base !== null) return no('file_exists', `${edit.path} exists already; replace or edit it`)
    return { ok: true, value: Buffer.from(edit.content) }
  }
  if (base === null) return no('file_missing', `${edit.path} does not exist; create it`)
  const refusal = baseRefusal(base)
  if (refusal !== null) return no(refusal.code, `${edit.path}: ${refusal.message}`)
  if (edit.action === 'edit') return applyEdits(base, edit)
  const applied = applyReplacement(base, edit.content)
  return applied.ok
    ? { ok: true, value: applied.result }
    : no(applied.code, `${edit.path}: ${applied.message}`)
}

/** The difference of two texts as git cuts it; undefined where git does not say. */
export type Hunks = (old: Buffer, now: Buffer) => Promise<string | undefined>

/** The patch from one text to another: git's where it makes exactly that, else our own; null where they are equal. */
async function patchBetween(path: string, base: Buffer, now: Buffer, hunks: Hunks): Promise<string | null> {
  const own = createPatch(base, now)
  const cut = own === null ? undefined : await hunks(base, now)
  const parsed = cut === undefined ? null : parsePatch(cut, path, 'update')
  const applied = parsed?.ok === true ? applyPatch(base, parsed.patch, 'update') : null
  return cut !== undefined && applied?.ok === true && applied.result?.equals(now) === true ? cut : own
}

/** Returns the entry of `changes[]` that an edit amounts to on its base. */
export async function toFileChange(edit: FileEdit, read: ReadFile, hunks: Hunks): Promise<Made<FileChange>> {
  const base = await read(edit.path)
  if (edit.action === 'delete') {
    if (base === null) return no('file_missing', `${edit.path} does not exist, so it cannot be deleted`)
    return { ok: true, value: { path: edit.path, operation: 'delete', patch_hash: sha256('') } }
  }
  const result = resultOf(edit, base)
  if (!result.ok) return result
  const { path } = edit
  const patch =
    base === null ? createPatch(null, result.value) : await patchBetween(path, base, result.value, hunks)
  if (patch === null) {
    if (base !== null) return no('no_change', `${path} would stay as it is: leave it out, or change it`)
    const empty = { path, operation: 'add', replacement: '', patch_hash: sha256('') } as const
    return { ok: true, value: isExecutable(edit) ? { ...empty, executable: true } : empty }
  }
  const patch_hash = sha256(patch)
  if (base !== null) return { ok: true, value: { path, operation: 'update', patch, patch_hash } }
  const added = { path, operation: 'add', patch, patch_hash } as const
  return { ok: true, value: isExecutable(edit) ? { ...added, executable: true } : added }
}

const isExecutable = (edit: FileEdit): boolean => edit.action === 'create' && edit.executable === true

function afterChange(change: FileChange, base: Buffer | null, task: string): Buffer | null {
  const broken = (code: string, message: string): HyperionError =>
    new HyperionError('user', code, `the draft of ${task} does not apply to ${change.path}: ${message}`)
  if (change.replacement !== undefined) {
    const applied = applyReplacement(base, change.replacement)
    if (!applied.ok) throw broken(applied.code, applied.message)
    return applied.result
  }
  if (change.patch === undefined) return null
  const parsed = parsePatch(change.patch, change.path, change.operation)
  if (!parsed.ok) throw broken(parsed.code, parsed.message)
  const applied = applyPatch(base, parsed.patch, change.operation)
  if (!applied.ok) throw broken(applied.code, applied.message)
  return applied.result
}

/**
 * Returns a reader that shows files as earlier drafts leave them, in the order of the drafts.
 *
 * Throws a user error when an earlier draft does not apply to what it stands on.
 */
export function readAfter(read: ReadFile, earlier: readonly ChangeRequest[]): ReadFile {
  return async (path) => {
    let content = await read(path)
    for (const draft of earlier) {
      const change = draft.changes.find((candidate) => candidate.path === path)
      if (change !== undefined) content = afterChange(change, content, draft.task_id)
    }
    return content
  }
}
