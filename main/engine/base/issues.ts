/** Turns what zod found into one human sentence each: the field, what it takes, what it got. */
import type { z } from 'zod'
import { inert } from './inert.ts'

/** One thing wrong (or worth a warning) about a value: `field` is like `changes[0].patch_hash`. */
export interface Finding {
  code: string
  field: string
  message: string
}

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** More findings than this help nobody. */
const MAX_FINDINGS = 50

/** Spells a path as a person would write it: `changes[0].patch`, `allow["npm test"]`. */
export function fieldName(path: Path): string {
  let name = ''
  for (const part of path) {
    if (typeof part === 'number') name += `[${part}]`
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(String(part))) name += `${name === '' ? '' : '.'}${String(part)}`
    else name += `["${inert(String(part), 80)}"]`
  }
  return name
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
  never: 'nothing here',
}

/** Joins alternatives the way a sentence does: `"a", "b" or "c"`. */
export function alternatives(values: readonly unknown[]): string {
  const shown = values.map((value) => JSON.stringify(value))
  const last = shown.pop() ?? ''
  return shown.length === 0 ? last : `${shown.join(', ')} or ${last}`
}

// A schema's own message is a phrase of what the field takes; these are the beginnings of zod's own sentences.
const ZODS_OWN = /^(?:Invalid|Too (?:big|small)|Unrecognized)/

function takes(issue: Issue): string {
  if (issue.message !== '' && !ZODS_OWN.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? inert(issue.expected)
    case 'invalid_value':
      return alternatives(issue.values)
    case 'too_small':
      return bound('at least', issue.minimum, issue.origin)
    case 'too_big':
      return bound('at most', issue.maximum, issue.origin)
    default:
      return 'something else'
  }
}

function bound(word: string, limit: number | bigint, origin: string): string {
  if (origin === 'string') return `text of ${word} ${limit} characters`
  if (origin === 'array') return `${word} ${limit} items`
  return `a number of ${word} ${limit}`
}

function got(value: unknown): string {
  if (typeof value === 'string') return `"${inert(value, 60)}"`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return inert(String(value), 60)
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<PropertyKey, unknown>)[part]
  }
  return value
}

const CODES: Readonly<Record<string, string>> = {
  invalid_type: 'wrong_type',
  invalid_value: 'wrong_value',
  invalid_format: 'wrong_value',
  invalid_key: 'wrong_value',
  invalid_union: 'wrong_type',
  too_small: 'too_small',
  too_big: 'too_big',
}

const samePath = (a: Path, b: Path): boolean => a.length === b.length && a.every((part, i) => part === b[i])

/** Picks what to report of a union none of whose branches fits: the branch that was most likely meant. */
function unionIssues(issue: Extract<Issue, { code: 'invalid_union' }>): Issue[] {
  const branches = issue.errors as Issue[][]
  const first = branches[0] ?? []
  // A word that selects the branch and fits none of them: name all the words.
  for (const candidate of first) {
    if (candidate.code !== 'invalid_value') continue
    const same = branches.map((branch) =>
      branch.find((other) => other.code === 'invalid_value' && samePath(other.path, candidate.path)),
    )
    if (same.every((other) => other !== undefined)) {
      const values = same.flatMap((other) => (other.code === 'invalid_value' ? other.values : []))
      return [{ ...candidate, values: [...new Set(values)] }]
    }
  }
  const inside = branches.filter((branch) =>
    branch.every((other) => other.path.length > 0 || isKeyIssue(other)),
  )
  if (inside.length === 0) return [{ ...issue, path: [] }]
  const weight = (branch: Issue[]): number =>
    branch.reduce((sum, other) => sum + (other.code === 'invalid_value' ? 100 : 1), 0)
  return inside.reduce((best, branch) => (weight(branch) < weight(best) ? branch : best))
}

/** A union told apart by the word of one field, which is none of those: name them all. */
function discriminatorIssue(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path): Issue | null {
  const { options } = issue as { options?: readonly z.core.util.Primitive[] }
  if (options === undefined) return null
  return { code: 'invalid_value', values: [...options], path: [...path], message: '' }
}

const isKeyIssue = (issue: Issue): boolean => issue.code === 'unrecognized_keys'

/** Unfolds unions and lists of unknown keys, so that each issue is about one field. */
function flatten(issues: readonly Issue[], prefix: Path): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const path = [...prefix, ...issue.path]
    if (issue.code === 'invalid_union') {
      const word = discriminatorIssue(issue, path)
      if (word !== null) return [word]
      const inner = unionIssues(issue)
      if (inner.length === 1 && inner[0]?.code === 'invalid_union' && inner[0].path.length === 0) {
        return [{ ...inner[0], path }]
      }
      return flatten(inner, path)
    }
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ ...issue, keys: [key], path: [...path, key] }))
    }
    if (issue.code === 'invalid_key') return [{ ...issue, message: issue.issues[0]?.message ?? '', path }]
    return [{ ...issue, path }]
  })
}

function toFinding(issue: Issue, input: unknown, whole: string): Finding {
  const field = fieldName(issue.path)
  const name = field === '' ? whole : field
  if (isKeyIssue(issue)) {
    return { code: 'unknown_key', field, message: `${name} is not a key that belongs here; remove it` }
  }
  if (issue.code === 'invalid_key') {
    return { code: 'wrong_value', field, message: `${name} is not a fitting key: it takes ${takes(issue)}` }
  }
  const value = valueAt(input, issue.path)
  if (value === undefined)
    return { code: 'missing', field, message: `${name} is missing; it takes ${takes(issue)}` }
  const never = issue.code === 'invalid_type' && issue.expected === 'never'
  const code = never ? 'not_allowed' : (CODES[issue.code] ?? 'wrong_value')
  return { code, field, message: `${name} takes ${takes(issue)}, got ${got(value)}` }
}

/**
 * Describes each issue of a zod error in one sentence.
 *
 * `input` is the value that was parsed (zod's issues do not carry it); `whole` names it in sentences about all of it.
 */
export function describeIssues(
  error: { readonly issues: readonly Issue[] },
  input: unknown,
  whole = 'the document',
): Finding[] {
  const findings = flatten(error.issues, []).map((issue) => toFinding(issue, input, whole))
  const more = findings.length - MAX_FINDINGS
  if (more <= 0) return findings
  return [...findings.slice(0, MAX_FINDINGS), { code: 'more', field: '', message: `${more} more like these` }]
}
