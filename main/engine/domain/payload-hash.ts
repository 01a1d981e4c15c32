/** The two hashes of a change request: of one patch as sent, and of the whole content. */
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'

/** Returns the SHA-256 a change must state: of its patch or replacement exactly as sent, or of nothing. */
export const patchHash = (change: Pick<FileChange, 'patch' | 'replacement'>): string =>
  sha256(change.patch ?? change.replacement ?? '')

/**
 * Returns the hash that says whether two requests are the same content.
 *
 * Key order does not count, nor do the approvals a payload claims for itself; everything else does.
 */
export function payloadHash(request: ChangeRequest): string {
  if (request.metadata === undefined) return sha256(canonicalJson(request))
  const { approvals: _claims, ...metadata } = request.metadata
  return sha256(canonicalJson({ ...request, metadata }))
}
