/**
 * A cast from a file as answers. Nothing is thrown away in silence: what cannot be taken is named, with its field.
 *
 * Before `hyperion.cast/1` a cast was a task request with metadata and said nothing of its version; such a file is
 * brought up to this one.
 */
import { CAST_SCHEMA, castItemSchema } from '../../../schemas/cast.ts'
import { castAnswersSchema, type CastAnswers } from '../../../schemas/cast-draft.ts'
import { MAX_REQUESTED_CHANGES } from '../../../schemas/task-request.ts'
import { userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { readJson } from '../base/json.ts'
import { REQUEST_LIMITS } from '../domain/limits.ts'
import type { CastSource } from '../store/casts.ts'
import { NO_ANSWERS, otherMetadata } from './answers.ts'

export interface Imported {
  answers: CastAnswers
  source: CastSource
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
  return {
    answers: answersOf(value, remarks),
    source: { name, text: new TextDecoder().decode(bytes), remarks },
  }
}

/** Takes each field that fits, and says of each that does not why it was left out. */
function answersOf(value: Fields, remarks: string[]): CastAnswers {
  const answers: CastAnswers = { ...NO_ANSWERS }
  const { shape } = castAnswersSchema
  const take = <K extends keyof typeof shape>(key: K, from: unknown, field: string): void => {
    if (from === undefined) return
    const read = shape[key].safeParse(from)
    if (read.success) Object.assign(answers, { [key]: read.data })
    else remarks.push(`${field} was left out: ${read.error.issues[0]?.message ?? 'it is of another kind'}`)
  }
  for (const key of Object.keys(value))
    if (!TOP.has(key)) remarks.push(`${inert(key, 80)} was left out: a cast has no such field`)
  for (const key of [
    'request_id',
    'summary',
    'context',
    'priority',
    'acceptance_criteria',
    'checks',
    'base_commit',
  ] as const)
    take(key, value[key], key)
  const metadata = value['metadata']
  if (isObject(metadata)) {
    for (const key of [
      'intent',
      'complexity',
      'agent_model',
      'telemetry_anchors',
      'sample_diff',
      'approvals',
    ] as const)
      take(key, metadata[key], `metadata.${key}`)
  } else if (metadata !== undefined) remarks.push('metadata was left out: it is not an object')
  take(
    'kept',
    {
      assignments: value['assignments'] ?? null,
      metadata: isObject(metadata) ? otherMetadata(metadata) : {},
    },
    'assignments',
  )
  answers.items = itemsOf(value['requested_changes'], remarks)
  return answers
}

function itemsOf(value: unknown, remarks: string[]): CastAnswers['items'] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    remarks.push('requested_changes was left out: it is not a list')
    return []
  }
  if (value.length > MAX_REQUESTED_CHANGES)
    remarks.push(
      `requested_changes from the ${MAX_REQUESTED_CHANGES + 1}st on were left out: a cast has no more`,
    )
  return value.slice(0, MAX_REQUESTED_CHANGES).flatMap((one: unknown, index) => {
    const field = `requested_changes[${index}]`
    if (!isObject(one)) {
      remarks.push(`${field} was left out: it is not an object`)
      return []
    }
    for (const key of Object.keys(one))
      if (!['path', 'summary', 'change'].includes(key))
        remarks.push(`${field}.${inert(key, 80)} was left out: a requested change has no such field`)
    const text = (key: string): string => (typeof one[key] === 'string' ? one[key] : '')
    const change = castItemSchema.shape.change.safeParse(one['change'])
    if (!change.success)
      remarks.push(
        `${field}.change was left out: ${change.error.issues[0]?.message ?? 'it is no finished edit'}`,
      )
    return [{ path: text('path'), summary: text('summary'), change: change.data ?? null }]
  })
}
