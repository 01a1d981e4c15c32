/**
 * A cast from a file as answers. Nothing is thrown away in silence: what cannot be taken is named, with its field.
 *
 * Before `hyperion.cast/1` a cast was a task request with metadata and said nothing of its version; such a file is
 * brought up to this one.
 */
import { z } from 'zod'
import { CAST_SCHEMA, castItemSchema } from '../../../schemas/cast.ts'
import { castAnswersSchema, castItemAnswerSchema, type CastAnswers } from '../../../schemas/cast-draft.ts'
import type { FileChange } from '../../../schemas/change-request.ts'
import { MAX_REQUESTED_CHANGES } from '../../../schemas/task-request.ts'
import { userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { canonicalJson } from '../base/hash.ts'
import { describeIssues, jsonProblem, readJson } from '../base/json.ts'
import { REQUEST_LIMITS } from '../domain/limits.ts'
import type { CastSource } from '../store/casts.ts'
import { NO_ANSWERS, otherMetadata, type CastInMaking } from './answers.ts'

export interface Imported {
  answers: CastAnswers
  source: CastSource
  /** The file as JSON. */
  value: Fields
  /** What could not be taken and is named in the remarks: what is written is not all that the file said. */
  lost: readonly string[]
}

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const TOP = new Set([
  'schema', 'request_id', 'summary', 'context', 'priority', 'acceptance_criteria', 'checks', 'base_commit',
  'requested_changes', 'assignments', 'metadata',
]) // prettier-ignore

/** Reads a cast or task request; throws a user error where it is no JSON object, or of a version that is not known. */
export function importCast(name: string, bytes: Uint8Array): Imported {
  const value = readJson(bytes, REQUEST_LIMITS, name)
  const problem = jsonProblem(value, REQUEST_LIMITS, name)
  if (problem !== null) throw userError(problem.code, problem.message, 'mend the file')
  if (!isObject(value))
    throw userError('not_a_cast', `${name} is not a JSON object`, 'give a file that holds one cast')
  const remarks: string[] = []
  const { schema } = value
  if (schema === undefined)
    remarks.push(
      `a task request of before ${CAST_SCHEMA}: brought up to it, what was missing is asked for here`,
    )
  else if (schema !== CAST_SCHEMA)
    throw userError(
      'unknown_cast_version',
      `${name} says that it is "${inert(String(schema), 80)}", which this version does not know`,
      `give a ${CAST_SCHEMA}`,
    )
  const lost: string[] = []
  const answers = answersOf(value, lost)
  // A mark at the beginning is a part of the file.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return { answers, source: { name, text, remarks: [...remarks, ...lost] }, value, lost }
}

/**
 * The cast of the file that a draft was begun from, with the answers' approvals, and whether those are the file's own;
 * null where anything else was answered otherwise since, or where the file is no whole cast of this version.
 *
 * What an answer cannot tell apart, an empty list and none, stays as the file has it.
 */
export function castOfSource(
  source: CastSource,
  answers: CastAnswers,
): { cast: CastInMaking; asItIs: boolean } | null {
  const { answers: first, value, lost } = importCast(source.name, Buffer.from(source.text))
  const { metadata } = value
  if (lost.length > 0 || value['schema'] !== CAST_SCHEMA || !isObject(metadata)) return null
  const content = (of: CastAnswers): string => canonicalJson({ ...of, approvals: [] })
  if (content(first) !== content(answers)) return null
  const asItIs = canonicalJson(first.approvals) === canonicalJson(answers.approvals)
  return {
    cast: { ...value, metadata: asItIs ? metadata : { ...metadata, approvals: answers.approvals } },
    asItIs,
  }
}

/** What a value is refused for, in words that begin with the field; null where it fits. */
function refusalOf(schema: z.ZodType, value: unknown, field: string): string | null {
  const read = z.object({ [field]: schema }).safeParse({ [field]: value })
  if (read.success) return null
  return describeIssues(read.error, { [field]: value })[0]?.message ?? `${field} is of another kind`
}

const QUESTIONS = ['request_id', 'summary', 'context', 'priority', 'acceptance_criteria', 'checks', 'base_commit'] as const // prettier-ignore
const OF_METADATA = ['intent', 'complexity', 'agent_model', 'telemetry_anchors', 'sample_diff', 'approvals'] as const // prettier-ignore

/** Takes each field that fits, and says of each that does not why it was left out. */
function answersOf(value: Fields, lost: string[]): CastAnswers {
  const answers: CastAnswers = { ...NO_ANSWERS }
  const { shape } = castAnswersSchema
  const take = (
    key: (typeof QUESTIONS | typeof OF_METADATA)[number],
    from: unknown,
    inside: string,
  ): void => {
    if (from === undefined) return
    const refusal = refusalOf(shape[key], from, key)
    if (refusal === null) Object.assign(answers, { [key]: from })
    else lost.push(`${inside}${key} was left out: ${refusal}`)
  }
  for (const key of Object.keys(value))
    if (!TOP.has(key)) lost.push(`${inert(key, 80)} was left out: a cast has no such field`)
  for (const key of QUESTIONS) take(key, value[key], '')
  const { metadata, assignments } = value
  if (isObject(metadata)) for (const key of OF_METADATA) take(key, metadata[key], 'metadata.')
  else if (metadata !== undefined) lost.push('metadata was left out: it is not an object')
  answers.kept = { assignments: null, metadata: isObject(metadata) ? (otherMetadata(metadata) as never) : {} }
  if (Array.isArray(assignments)) answers.kept.assignments = assignments as never
  else if (assignments !== undefined) lost.push('assignments was left out: it is not a list')
  answers.items = itemsOf(value['requested_changes'], lost)
  return answers
}

function itemsOf(value: unknown, lost: string[]): CastAnswers['items'] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    lost.push('requested_changes was left out: it is not a list')
    return []
  }
  if (value.length > MAX_REQUESTED_CHANGES)
    lost.push(
      `requested_changes from the ${MAX_REQUESTED_CHANGES + 1}st on were left out: a cast has no more`,
    )
  return value.slice(0, MAX_REQUESTED_CHANGES).flatMap((one: unknown, index) => {
    const field = `requested_changes[${index}]`
    if (!isObject(one)) {
      lost.push(`${field} was left out: it is not an object`)
      return []
    }
    for (const key of Object.keys(one))
      if (!['path', 'summary', 'change'].includes(key))
        lost.push(`${field}.${inert(key, 80)} was left out: a requested change has no such field`)
    const fits = (key: 'path' | 'summary' | 'change'): boolean => {
      if (one[key] === undefined) return false
      const schema = key === 'change' ? castItemSchema.shape.change : castItemAnswerSchema.shape[key]
      const refusal = refusalOf(schema, one[key], key)
      if (refusal !== null) lost.push(`${field}.${key} was left out: ${refusal}`)
      return refusal === null
    }
    return [
      {
        path: fits('path') ? (one['path'] as string) : '',
        summary: fits('summary') ? (one['summary'] as string) : '',
        change: fits('change') ? (one['change'] as FileChange) : null,
      },
    ]
  })
}
