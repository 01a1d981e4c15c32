/** How large what arrives may be; refused before anything parses further. */
import { DOCUMENT_DEPTH } from '../../../schemas/json-depth.ts'
import type { JsonLimits } from '../base/json.ts'

const MiB = 1024 * 1024

/** One change request, task request or cast. */
export const REQUEST_LIMITS: JsonLimits = { maxBytes: 10 * MiB, maxDepth: 64 }

/** A file that may hold a list of change requests, each of which has its own limit. */
export const REQUEST_FILE_LIMITS: JsonLimits = { maxBytes: 100 * MiB, maxDepth: DOCUMENT_DEPTH }

/** hyperion.config.json. */
export const CONFIG_LIMITS: JsonLimits = { maxBytes: MiB, maxDepth: 16 }

/** A file that is taken in from an inbox: it is read by a program that others wait for. */
export const INBOX_FILE_LIMITS: JsonLimits = { maxBytes: 20 * MiB, maxDepth: DOCUMENT_DEPTH }
