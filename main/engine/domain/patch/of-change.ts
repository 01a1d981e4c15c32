/** The parsed patch of a file change, read once however often it is looked at: validated, then tried on its bases. */
import type { FileChange } from '../../../../schemas/change-request.ts'
import { parsePatch } from './parse.ts'

const known = new WeakMap<FileChange, ReturnType<typeof parsePatch>>()

/** Returns what `parsePatch` says of a change's patch; nobody changes either of the two afterwards. */
export function parsedPatch(change: FileChange, patch: string): ReturnType<typeof parsePatch> {
  const parsed = known.get(change) ?? parsePatch(patch, change.path, change.operation)
  known.set(change, parsed)
  return parsed
}
