/** Content hashes and the canonical form they are taken of. */
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { bug } from './errors.ts'

/** Returns the SHA-256 of the bytes (a string counts as UTF-8) as 64 lower-case hex digits. */
export const sha256 = (data: string | Uint8Array): string => hash('sha256', data)

/** Returns the RFC 8785 canonical JSON of a value. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw bug('not_json', 'a value that is not JSON was to be hashed')
  return text
}
