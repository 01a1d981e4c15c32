/** The guard: looks at an agent's change request before it may enter the queue, the cheapest questions first. */
import {
  changeRequestSchema,
  MAX_CHANGES,
  type ChangeRequest,
  type FileChange,
} from '../../../schemas/change-request.ts'
import { bug } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { checkShape, jsonProblem } from '../base/json.ts'
import { REQUEST_LIMITS } from '../domain/limits.ts'
import { applyPatch, applyReplacement, baseRefusal } from '../domain/patch/apply.ts'
import { MAX_PATCH_BYTES, type ParsedPatch } from '../domain/patch/model.ts'
import { parsePatch } from '../domain/patch/parse.ts'
import { inScope, pathRefusal } from '../domain/paths.ts'
import { patchHash } from '../domain/payload-hash.ts'
import { validateChangeRequest } from '../domain/validate-change.ts'
import type { ReadFile } from './harness.ts'
import { secretsIn } from './secrets.ts'

/** What the guard asks, in this order. */
export const GUARD_STAGES = [
  'size',
  'schema',
  'scope',
  'format',
  'base',
  'applies',
  'hash',
  'secrets',
  'whole',
  'post_condition',
] as const
export type GuardStage = (typeof GUARD_STAGES)[number]

export type GuardResult =
  { ok: true; request: ChangeRequest } | { ok: false; stage: GuardStage; code: string; message: string }

export interface GuardContext {
  /** All the change request may touch: exact paths, or folders ending in `/`. */
  fileTargets: readonly string[]
  /** Files as the patches were written against. */
  read: ReadFile
}

interface Examined {
  change: FileChange
  base: Buffer | null
  patch: ParsedPatch | null
}

type Refusal = Extract<GuardResult, { ok: false }>
const refuse = (stage: GuardStage, code: string, message: string): Refusal => ({
  ok: false,
  stage,
  code,
  message,
})

/** Returns why an agent may not touch a path, or null. */
export function scopeRefusal(
  path: string,
  targets: readonly string[],
): { code: string; message: string } | null {
  const refusal = pathRefusal(path)
  if (refusal !== null) return { code: refusal.code, message: `${inert(path, 200)}: ${refusal.message}` }
  if (inScope(path, targets)) return null
  const named = targets.slice(0, 10).join(', ') + (targets.length > 10 ? ', …' : '')
  return {
    code: 'out_of_scope',
    message: `${inert(path, 200)} is not among the assignment's targets; change only these: ${named}`,
  }
}

/** Counts what was handed in before anything reads it; what is not plain JSON is a matter of the schema. */
function size(value: unknown): Refusal | null {
  const changes: unknown =
    typeof value === 'object' && value !== null && 'changes' in value ? value.changes : undefined
  const entries: readonly unknown[] = Array.isArray(changes) ? changes : []
  if (entries.length > MAX_CHANGES) {
    const said = `the change request changes ${entries.length} files; at most ${MAX_CHANGES} are accepted`
    return refuse('size', 'too_many_files', `${said}: leave out those that need not change`)
  }
  const problem = jsonProblem(value, REQUEST_LIMITS, 'the change request')
  if (problem !== null) {
    if (problem.code !== 'too_large') return refuse('schema', problem.code, problem.message)
    const said = `the change request has more than ${REQUEST_LIMITS.maxBytes} bytes`
    return refuse(
      'size',
      problem.code,
      `${said}: leave out files that need not change, and edit instead of replacing`,
    )
  }
  for (const [index, change] of entries.entries()) {
    if (typeof change !== 'object' || change === null) continue
    const { path, patch, replacement } = change as Record<string, unknown>
    const text = typeof patch === 'string' ? patch : replacement
    const bytes = typeof text === 'string' ? Buffer.byteLength(text) : 0
    if (bytes <= MAX_PATCH_BYTES) continue
    const what = typeof path === 'string' ? inert(path, 200) : `changes[${index}]`
    const said = `${what}: what changes has ${bytes} bytes; at most ${MAX_PATCH_BYTES} a file are accepted`
    return refuse(
      'size',
      text === patch ? 'patch_too_large' : 'replacement_too_large',
      `${said}: change less of it`,
    )
  }
  return null
}

function scope(request: ChangeRequest, targets: readonly string[]): Refusal | null {
  for (const { path } of request.changes) {
    const refusal = scopeRefusal(path, targets)
    if (refusal !== null) return refuse('scope', refusal.code, refusal.message)
  }
  return null
}

async function format(request: ChangeRequest, read: ReadFile): Promise<Examined[] | Refusal> {
  const examined: Examined[] = []
  for (const change of request.changes) {
    const base = await read(change.path)
    const refusal = base === null ? null : baseRefusal(base)
    if (refusal !== null) return refuse('format', refusal.code, `${change.path}: ${refusal.message}`)
    if (change.patch === undefined) {
      examined.push({ change, base, patch: null })
      continue
    }
    const parsed = parsePatch(change.patch, change.path, change.operation)
    if (!parsed.ok) return refuse('format', parsed.code, `${change.path}: ${parsed.message}`)
    examined.push({ change, base, patch: parsed.patch })
  }
  return examined
}

function present({ change, base }: Examined): Refusal | null {
  const { path, operation } = change
  if (operation === 'add' && base !== null)
    return refuse('base', 'file_exists', `${path} exists already: update it instead of adding it`)
  if (operation !== 'add' && base === null)
    return refuse('base', 'file_missing', `${path} does not exist: add it, or correct the path`)
  return null
}

interface Result {
  bytes: Buffer | null
  text: string | null
}

function applies({ change, base, patch }: Examined): Result | Refusal {
  if (patch !== null) {
    const applied = applyPatch(base, patch, change.operation)
    if (!applied.ok) return refuse('applies', applied.code, `${change.path}: ${applied.message}`)
    return { bytes: applied.result, text: applied.text }
  }
  if (change.replacement === undefined) return { bytes: null, text: null }
  const applied = applyReplacement(base, change.replacement)
  if (!applied.ok) return refuse('applies', applied.code, `${change.path}: ${applied.message}`)
  return { bytes: applied.result, text: null }
}

/** How many places are named. */
const MOST_NAMED = 5

/** Looks for secrets in what is added. Where and what kind is told; the text itself goes into no message or log. */
async function secrets(examined: readonly Examined[], results: readonly Result[]): Promise<Refusal | null> {
  const found: string[] = []
  for (const [index, { change, base }] of examined.entries()) {
    const bytes = results[index]?.bytes ?? null
    if (bytes === null) continue
    const path = inert(change.path, 200)
    for (const { line, kind } of await secretsIn(
      change.path,
      base?.toString('utf8') ?? '',
      bytes.toString('utf8'),
    ))
      found.push(`line ${line} of ${path} has what looks like ${kind}`)
  }
  if (found.length === 0) return null
  const more = found.length > MOST_NAMED ? `, and ${found.length - MOST_NAMED} more` : ''
  const remedy =
    'take it out and have it read from the environment or a secret store when the program runs; where only its ' +
    'form matters, write a placeholder such as <token>'
  return refuse('secrets', 'secret_found', `${found.slice(0, MOST_NAMED).join('; ')}${more}: ${remedy}`)
}

/** Checks that the change does what it says, and that its normal form means the same as what was sent. */
function postCondition({ change, base }: Examined, { bytes, text }: Result): Refusal | null {
  const same = bytes === null ? base === null : base !== null && bytes.equals(base)
  if (same) {
    const said = `${change.path} would stay as it is: leave it out, or change it`
    return refuse('post_condition', 'no_change', said)
  }
  if ((change.operation === 'delete') !== (bytes === null)) {
    return refuse(
      'post_condition',
      'not_the_operation',
      `${change.path}: the result is not that of ${change.operation}: name the operation that it is`,
    )
  }
  if (text === null) return null
  const again = parsePatch(text, change.path, change.operation)
  const result = again.ok ? applyPatch(base, again.patch, change.operation) : null
  const equal =
    result?.ok === true && (bytes === null ? result.result === null : result.result?.equals(bytes) === true)
  if (!equal)
    throw bug('patch_not_normal', `the normal form of the patch of ${change.path} means something else`)
  return null
}

/**
 * Judges a change request of an agent.
 *
 * The first question it fails decides the code. Throws only when the guard itself is wrong.
 */
export async function guard(value: unknown, context: GuardContext): Promise<GuardResult> {
  const oversize = size(value)
  if (oversize !== null) return oversize
  const shaped = checkShape(changeRequestSchema, value, REQUEST_LIMITS, 'the change request')
  if (!shaped.ok) {
    const first = shaped.errors[0]
    return refuse(
      'schema',
      first?.code ?? 'wrong_shape',
      shaped.errors.map((error) => error.message).join('; '),
    )
  }
  const request = shaped.value
  const outside = scope(request, context.fileTargets)
  if (outside !== null) return outside
  const examined = await format(request, context.read)
  if (!Array.isArray(examined)) return examined
  for (const one of examined) {
    const missing = present(one)
    if (missing !== null) return missing
  }
  const results: Result[] = []
  for (const one of examined) {
    const result = applies(one)
    if ('ok' in result) return result
    results.push(result)
  }
  for (const { change } of examined) {
    if (patchHash(change) === change.patch_hash) continue
    const said = `patch_hash of ${change.path} is not the SHA-256 of what was sent`
    return refuse('hash', 'hash_mismatch', `${said}: hash the exact UTF-8 bytes of patch or replacement`)
  }
  const secret = await secrets(examined, results)
  if (secret !== null) return secret
  const valid = validateChangeRequest(value)
  if (!valid.ok) {
    const first = valid.errors[0]
    return refuse('whole', first?.code ?? 'invalid', first?.message ?? 'the change request is not valid')
  }
  for (const [index, one] of examined.entries()) {
    const broken = postCondition(one, results[index] ?? { bytes: null, text: null })
    if (broken !== null) return broken
  }
  return { ok: true, request: valid.request }
}
