/** JSON documents that arrive as files: read, and told apart by what they hold. */
import { scanJson } from '../../../schemas/json-scan.ts'
import { inertLine } from '../../ui/inert.ts'

/** What the engine takes as one document. */
export const MAX_BYTES = 10 * 1024 * 1024
/** The level of an array of documents, and of what a document may hold. */
const MAX_DEPTH = 65

export interface Refusal {
  message: string
  hint: string | null
}

export type DocumentKind = 'task request' | 'cast' | 'change request' | 'change requests'

export type Told = { ok: true; kind: DocumentKind; value: unknown } | { ok: false; refusal: Refusal }

const refuse = (message: string, hint: string | null): Told => ({ ok: false, refusal: { message, hint } })

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const CHANGE_KEYS = ['changes', 'task_id', 'agent', 'base_commit'] as const
const REQUEST_KEYS = ['requested_changes', 'request_id', 'summary', 'acceptance_criteria'] as const

const EXPECTED =
  'Give a task request or cast (with "requested_changes"), a change request (with "changes"), or an array of change requests.'

const has = (value: Record<string, unknown>, keys: readonly string[]): number =>
  keys.filter((key) => Object.hasOwn(value, key)).length

/** Which contract an object is meant to keep; the engine says what is wrong with it. */
function meant(value: Record<string, unknown>): Exclude<DocumentKind, 'change requests'> | null {
  if (typeof value['schema'] === 'string' && value['schema'].startsWith('hyperion.cast')) return 'cast'
  // A change request may name its parent, so what is to be done decides before who asked for it.
  if (Object.hasOwn(value, 'changes')) return 'change request'
  if (Object.hasOwn(value, 'requested_changes')) return 'task request'
  const change = has(value, CHANGE_KEYS)
  const request = has(value, REQUEST_KEYS)
  if (change === 0 && request === 0) return null
  return change > request ? 'change request' : 'task request'
}

export function tellApart(value: unknown): Told {
  if (Array.isArray(value)) {
    if (value.length === 0) return refuse('The array is empty', EXPECTED)
    const other = value.findIndex((one) => !isObject(one) || meant(one) !== 'change request')
    if (other !== -1) {
      const one: unknown = value[other]
      const what = isObject(one) ? (meant(one) ?? 'something else') : 'no object'
      return refuse(
        `[${other}] is ${what === 'no object' || what === 'something else' ? what : `a ${what}`}; an array holds change requests only`,
        'Give task requests and casts one file each.',
      )
    }
    return { ok: true, kind: 'change requests', value }
  }
  if (!isObject(value)) return refuse('The document is no JSON object', EXPECTED)
  const kind = meant(value)
  if (kind === null) return refuse('Nothing in the document says what it is', EXPECTED)
  return { ok: true, kind, value }
}

/** Reads what a file holds, or says what is wrong with it in words. */
export function readDocument(bytes: Uint8Array): Told {
  if (bytes.byteLength === 0) return refuse('The file is empty', EXPECTED)
  if (bytes.byteLength > MAX_BYTES) {
    return refuse(
      `The file has ${bytes.byteLength.toLocaleString('en')} bytes; at most ${MAX_BYTES.toLocaleString('en')} are taken here`,
      'Split it, or queue it with `hyperion enqueue FILE`.',
    )
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('The file is not valid UTF-8', 'Save it as UTF-8.')
  }
  const fault = scanJson(text, MAX_DEPTH)
  if (fault !== null) {
    const before = text.slice(0, fault.at)
    const place = `${before.split('\n').length}:${fault.at - before.lastIndexOf('\n')}`
    const what = fault.code === 'malformed_json' ? 'The file is not JSON' : 'The file is not taken'
    return refuse(`${what}, ${place}: ${inertLine(fault.message)}`, 'Complete or correct it.')
  }
  return tellApart(JSON.parse(text) as unknown)
}

export const goesToRequests = (kind: DocumentKind): boolean => kind === 'task request' || kind === 'cast'
