/** Decides whether a change request may enter the queue, from its JSON alone: no repository is looked at. */
import { changeRequestSchema, type ChangeRequest, type FileChange } from '../../../schemas/change-request.ts'
import { METADATA_KEYS } from '../../../schemas/metadata.ts'
import { inert } from '../base/inert.ts'
import { checkShape, type Finding } from '../base/json.ts'
import { REQUEST_LIMITS } from './limits.ts'
import { MAX_HUNKS, MAX_PATCH_BYTES } from './patch/model.ts'
import { parsedPatch } from './patch/of-change.ts'
import { textRefusal } from './patch/text.ts'
import { foldComponent, pathRefusal } from './paths.ts'
import { patchHash } from './payload-hash.ts'

export type ChangeRequestVerdict =
  | { ok: true; request: ChangeRequest; warnings: Finding[] }
  | { ok: false; errors: Finding[]; warnings: Finding[] }

/**
 * Validates a change request: shape, limits, paths, hashes, and that each patch is one for its path and operation.
 *
 * Every error is a refusal; warnings say what was put up with. Nothing after the shape is looked at while the shape
 * is wrong, and no patch is parsed whose size or hash is wrong.
 */
export function validateChangeRequest(value: unknown): ChangeRequestVerdict {
  const shaped = checkShape(changeRequestSchema, value, REQUEST_LIMITS, 'the change request')
  if (!shaped.ok) return { ok: false, errors: shaped.errors, warnings: [] }
  const request = shaped.value
  const errors = [...pathSetErrors(request.changes), ...dependencyErrors(request)]
  const warnings = metadataWarnings(request)
  let hunks = 0
  for (const [index, change] of request.changes.entries()) {
    const examined = examineChange(change, `changes[${index}]`)
    errors.push(...examined.errors)
    warnings.push(...examined.warnings)
    hunks += examined.hunks
  }
  if (hunks > MAX_HUNKS) {
    const message = `changes has ${hunks} hunks in all; at most ${MAX_HUNKS} are accepted`
    errors.push({ code: 'patch_too_many_hunks', field: 'changes', message })
  }
  return errors.length === 0 ? { ok: true, request, warnings } : { ok: false, errors, warnings }
}

export interface ExaminedChange {
  errors: Finding[]
  warnings: Finding[]
  hunks: number
}

/** Examines one entry of `changes[]` by itself; `field` is how messages name it. */
export function examineChange(change: FileChange, field: string): ExaminedChange {
  const refused = (part: string, code: string, said: string): ExaminedChange => ({
    errors: [{ code, field: `${field}.${part}`, message: `${field}.${part} ${said}` }],
    warnings: [],
    hunks: 0,
  })
  const refusal = pathRefusal(change.path)
  if (refusal !== null)
    return refused('path', refusal.code, `"${inert(change.path, 80)}": ${refusal.message}`)
  const part = change.replacement === undefined ? 'patch' : 'replacement'
  const text = change.patch ?? change.replacement
  const bytes = Buffer.byteLength(text ?? '')
  if (bytes > MAX_PATCH_BYTES) {
    return refused(part, `${part}_too_large`, `has ${bytes} bytes; at most ${MAX_PATCH_BYTES} are accepted`)
  }
  const hash = patchHash(change)
  if (hash !== change.patch_hash) {
    const of = text === undefined ? 'the empty string' : part
    return refused('patch_hash', 'hash_mismatch', `is not the SHA-256 of ${of}, which is ${hash}`)
  }
  if (change.replacement !== undefined) {
    const wrong = textRefusal(change.replacement, 'replacement')
    if (wrong !== null) return refused('replacement', wrong.code, `is refused: ${wrong.message}`)
    return { errors: [], warnings: [], hunks: 0 }
  }
  if (change.patch === undefined) return { errors: [], warnings: [], hunks: 0 }
  const parsed = parsedPatch(change, change.patch)
  if (!parsed.ok) return refused('patch', parsed.code, `is refused: ${parsed.message}`)
  const warnings = parsed.patch.normalised.map((what): Finding => ({
    code: 'normalised',
    field: `${field}.patch`,
    message: `${field}.patch: ${what}`,
  }))
  return { errors: [], warnings, hunks: parsed.patch.hunks.length }
}

/** Finds paths that cannot be in one request together. */
function pathSetErrors(changes: readonly FileChange[]): Finding[] {
  const errors: Finding[] = []
  const seen = new Map<string, number>()
  const files = new Map<string, string>()
  const folders = new Map<string, string>()
  const refuse = (index: number, code: string, said: string): void => {
    errors.push({ code, field: `changes[${index}].path`, message: `changes[${index}].path ${said}` })
  }
  for (const [index, { path, operation }] of changes.entries()) {
    const earlier = seen.get(path)
    if (earlier !== undefined) {
      refuse(
        index,
        'path_duplicate',
        `is also the path of changes[${earlier}]; give one change for each path`,
      )
      continue
    }
    seen.set(path, index)
    // What is deleted is out of the way of what takes its place.
    if (operation === 'delete') continue
    const parts = path.split('/').map(foldComponent)
    const other = files.get(parts.join('/'))
    if (other !== undefined) {
      refuse(index, 'path_collision', `differs from "${inert(other, 80)}" only in case or form; rename one`)
    }
    files.set(parts.join('/'), path)
    for (let depth = parts.length - 1; depth > 0; depth--) folders.set(parts.slice(0, depth).join('/'), path)
  }
  for (const [folded, path] of files) {
    const inside = folders.get(folded)
    if (inside === undefined) continue
    const said = `is a file here and a folder in "${inert(inside, 80)}"; it can be only one of them`
    refuse(seen.get(path) ?? 0, 'path_collision', said)
  }
  return errors
}

function dependencyErrors(request: ChangeRequest): Finding[] {
  const index = request.depends_on?.indexOf(request.task_id) ?? -1
  if (index < 0) return []
  const field = `depends_on[${index}]`
  return [{ code: 'depends_on_itself', field, message: `${field} names this very task; remove it` }]
}

function metadataWarnings({ metadata }: ChangeRequest): Finding[] {
  if (metadata === undefined) {
    const message = `metadata is absent; ${METADATA_KEYS.join(', ')} make a change easier to judge`
    return [{ code: 'metadata_absent', field: 'metadata', message }]
  }
  const missing = METADATA_KEYS.filter((key) => metadata[key] === undefined)
  if (missing.length === 0) return []
  return [{ code: 'metadata_incomplete', field: 'metadata', message: `metadata lacks ${missing.join(', ')}` }]
}
