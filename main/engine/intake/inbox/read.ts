/** Reads one file of an inbox, and judges whether it is whole or still being written. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { HyperionError } from '../../base/errors.ts'
import { asHyperionError, userError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { readJson } from '../../base/json.ts'
import { INBOX_FILE_LIMITS } from '../../domain/limits.ts'

export type ReadFile =
  | { kind: 'whole'; value: unknown; stamp: string }
  /** It will never be one. */
  | { kind: 'wrong'; error: HyperionError; stamp: string }
  /** It reads like the beginning of one; wrong if it stays like that. */
  | { kind: 'torn'; error: HyperionError; stamp: string }
  /** Gone, or nothing that is read here: a link, a folder, a pipe. */
  | { kind: 'gone' }
  | { kind: 'skipped'; why: string }

/** What a text that ends too early is refused with. */
const TORN: ReadonlySet<string> = new Set(['malformed_json', 'not_utf8'])

export async function readRequestFile(folder: string, name: string): Promise<ReadFile> {
  const file = join(folder, name)
  const what = inert(name, 200)
  let handle
  try {
    // A link is not followed, and a pipe without a writer is not waited for.
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'ENOENT') return { kind: 'gone' }
    if (code === 'ELOOP' || code === 'EMLINK')
      return { kind: 'skipped', why: 'is a link, and links are not followed' }
    if (code === 'ENXIO' || code === 'EISDIR') return { kind: 'skipped', why: 'is not a file' }
    if (code === 'EACCES' || code === 'EPERM') {
      return { kind: 'torn', error: userError('unreadable', `${what} cannot be read (${code})`, 'make it readable'), stamp: code } // prettier-ignore
    }
    throw error
  }
  try {
    const stat = await handle.stat({ bigint: true })
    if (!stat.isFile()) return { kind: 'skipped', why: 'is not a file' }
    const stamp = `${stat.ino}:${stat.size}:${stat.mtimeNs}`
    const { maxBytes } = INBOX_FILE_LIMITS
    if (stat.size > BigInt(maxBytes)) {
      const hint = 'split it, or queue it with `hyperion enqueue`'
      return { kind: 'wrong', stamp, error: userError('too_large', `${what} has ${stat.size} bytes; an inbox takes at most ${maxBytes}`, hint) } // prettier-ignore
    }
    const bytes = Buffer.alloc(Number(stat.size))
    let read = 0
    while (read < bytes.length) {
      const { bytesRead } = await handle.read(bytes, read, bytes.length - read, read)
      if (bytesRead === 0) break
      read += bytesRead
    }
    try {
      return { kind: 'whole', value: readJson(bytes.subarray(0, read), INBOX_FILE_LIMITS, what), stamp }
    } catch (thrown) {
      const error = asHyperionError(thrown)
      return { kind: TORN.has(error.code) ? 'torn' : 'wrong', error, stamp }
    }
  } finally {
    await handle.close()
  }
}
