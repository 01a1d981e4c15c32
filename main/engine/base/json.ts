/** The way in for JSON from outside: read within limits, and checked against a schema with human answers. */
import type { z } from 'zod'
import { HyperionError, userError } from './errors.ts'
import { scanJson } from '../../../schemas/json-scan.ts'
import { inert } from './inert.ts'
import { describeIssues, fieldName, type Finding } from './issues.ts'

export { describeIssues, type Finding } from './issues.ts'

export interface JsonLimits {
  /** Bytes of the whole text. */
  maxBytes: number
  /** Levels of brackets within brackets. */
  maxDepth: number
}

/**
 * Reads JSON from bytes, or throws a user error in one sentence.
 *
 * Codes: `too_large` (decided before anything is read), `not_utf8`, `malformed_json` (with line:column), `too_deep`,
 * `duplicate_key`, `forbidden_key`. `what` names the text in the sentence, usually its file.
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits, what = 'the JSON'): unknown {
  if (bytes.byteLength > limits.maxBytes) {
    throw userError(
      'too_large',
      `${what} has ${bytes.byteLength} bytes; at most ${limits.maxBytes} are accepted`,
    )
  }
  const text = decode(bytes, what)
  const fault = scanJson(text, limits.maxDepth)
  if (fault !== null) {
    const said = `${what}:${position(text, fault.at)}: ${inert(fault.message, 300)}`
    throw userError(fault.code, said, fault.code === 'malformed_json' ? 'complete or correct it' : undefined)
  }
  return JSON.parse(text)
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new HyperionError('user', 'not_utf8', `${what} is not valid UTF-8; save it as UTF-8`, { cause })
  }
}

function position(text: string, at: number): string {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return `${line}:${at - before.lastIndexOf('\n')}`
}

/** A JSON object's members could number this many and no more, whatever their bytes. */
const MAX_NODES = 1_000_000

/**
 * Finds what makes a value not plain JSON within the limits, or returns null.
 *
 * Values also come from other processes and from code, where `readJson` has not looked at them.
 */
export function jsonProblem(value: unknown, limits: JsonLimits, whole = 'the document'): Finding | null {
  const stack: { value: unknown; path: readonly PropertyKey[] }[] = [{ value, path: [] }]
  const finding = (code: string, path: readonly PropertyKey[], said: string): Finding => {
    const field = fieldName(path)
    return { code, field, message: `${field === '' ? whole : field} ${said}` }
  }
  const tooLarge = finding('too_large', [], `is larger than ${limits.maxBytes} bytes; split it`)
  let bytes = 0
  let nodes = 0
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { value: at, path } = item
    nodes += 1
    if (nodes > MAX_NODES) return tooLarge
    if (typeof at === 'string') {
      if (!at.isWellFormed()) {
        return finding('not_unicode', path, 'holds half a surrogate pair; send whole Unicode characters')
      }
      bytes += Buffer.byteLength(at)
      if (bytes > limits.maxBytes) return tooLarge
    } else if (typeof at === 'number') {
      if (!Number.isFinite(at)) return finding('not_json', path, 'is a number that JSON cannot hold')
    } else if (typeof at === 'object' && at !== null) {
      if (path.length >= limits.maxDepth) {
        return finding(
          'too_deep',
          path.slice(0, 1),
          `is nested deeper than ${limits.maxDepth} levels; flatten it`,
        )
      }
      if (Array.isArray(at)) {
        for (let index = 0; index < at.length; index++)
          stack.push({ value: at[index], path: [...path, index] })
        continue
      }
      const prototype: unknown = Object.getPrototypeOf(at)
      if (prototype !== Object.prototype && prototype !== null) {
        return finding('not_json', path, 'is not a plain JSON object')
      }
      for (const [key, member] of Object.entries(at)) {
        if (key === '__proto__') return finding('forbidden_key', path, 'has the key "__proto__"; rename it')
        if (!key.isWellFormed()) return finding('not_unicode', path, 'has a key with half a surrogate pair')
        bytes += Buffer.byteLength(key)
        // A member that is undefined is one that is absent.
        if (member !== undefined) stack.push({ value: member, path: [...path, key] })
      }
    } else if (typeof at !== 'boolean' && at !== null) {
      return finding(
        'not_json',
        path,
        `is ${typeof at === 'undefined' ? 'undefined' : `a ${typeof at}`}, not JSON`,
      )
    }
  }
  return null
}

/** The same with halves of surrogate pairs made U+FFFD, as they are on their way into any file; names of members stay. */
export function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed() as T
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one: unknown) => wellFormed(one)) as T
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, wellFormed<unknown>(one)])) as T
}

export type Shaped<T> = { ok: true; value: T } | { ok: false; errors: Finding[] }

/** Checks a value of unknown origin: plain JSON within the limits first, then against the schema. */
export function checkShape<T>(
  schema: z.ZodType<T>,
  value: unknown,
  limits: JsonLimits,
  whole = 'the document',
): Shaped<T> {
  const problem = jsonProblem(value, limits, whole)
  if (problem !== null) return { ok: false, errors: [problem] }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, errors: describeIssues(parsed.error, value, whole) }
}
