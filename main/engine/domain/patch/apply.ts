/** Applies a parsed patch to the exact bytes it was written against, or says why it does not fit; never with fuzz. */
import { isUtf8 } from 'node:buffer'
import { lineEndings, lineStarts, toCrlf, toLf, type LineEndings } from './lines.ts'
import type { Hunk, Operation, ParsedPatch } from './model.ts'
import { locateHunks, type Placed } from './locate.ts'
import { renderPatch } from './render.ts'
import { textRefusal } from './text.ts'

export type ApplyRefusalCode =
  | 'file_exists'
  | 'file_missing'
  | 'binary_path'
  | 'not_utf8'
  | 'lfs_pointer'
  | 'no_context'
  | 'does_not_apply'
  | 'ambiguous_hunk'
  | 'overlapping_hunks'
  | 'mixed_line_endings'
  | 'incomplete_delete'

export interface BaseRefusal {
  code: ApplyRefusalCode
  message: string
}

export interface ApplyRefusal {
  ok: false
  code: ApplyRefusalCode
  message: string
  /** Number of the hunk at fault, from 1; 0 when it is none in particular. */
  hunk: number
}

export interface Applied {
  ok: true
  /** The new bytes; null for a deleted file. */
  result: Buffer | null
  /** One sentence for each way in which the patch as sent differs from `text`. */
  normalised: string[]
  added: number
  removed: number
  /** A unified diff from which git makes the same result on the same base; written when it is asked for. */
  readonly text: string
}

const refuse = (code: ApplyRefusalCode, message: string, hunk = 0): ApplyRefusal => ({
  ok: false,
  code,
  message,
  hunk,
})

const LFS_POINTER = 'version https://git-lfs.github.com/spec/'

/** Returns why the file in the base can be changed neither by a patch nor by a replacement, or null. */
export function baseRefusal(base: Buffer): BaseRefusal | null {
  if (base.includes(0))
    return { code: 'binary_path', message: 'the file is binary; only text files can be changed' }
  if (!isUtf8(base))
    return { code: 'not_utf8', message: 'the file is not UTF-8; only UTF-8 text can be changed' }
  if (base.length < 1024 && base.toString('latin1', 0, LFS_POINTER.length) === LFS_POINTER) {
    return {
      code: 'lfs_pointer',
      message: 'the file is kept in Git LFS; its pointer cannot be changed by a patch',
    }
  }
  return null
}

/** Returns the hunk with the other line ending on every line; a last line without newline gets none. */
function convertHunk(hunk: Hunk, to: 'lf' | 'crlf'): Hunk {
  const convert = (side: Buffer, endsFile: boolean): Buffer => {
    if (to === 'crlf') return toCrlf(side)
    const lf = toLf(side)
    // Where a whole text went through CR LF, the line before "\ No newline" kept the CR alone.
    return endsFile && lf.at(-1) === 13 ? lf.subarray(0, -1) : lf
  }
  const body =
    to === 'lf'
      ? toLf(hunk.body)
      : Buffer.from(
          hunk.body
            .toString('latin1')
            .replaceAll('\n', '\r\n')
            .replaceAll('\r\n\\ No newline at end of file\r\n', '\n\\ No newline at end of file\n'),
          'latin1',
        )
  return {
    ...hunk,
    body,
    oldBytes: convert(hunk.oldBytes, hunk.oldEndsFile),
    newBytes: convert(hunk.newBytes, hunk.newEndsFile),
  }
}

function convertHunks(hunks: Hunk[], base: LineEndings, normalised: string[]): Hunk[] {
  if (base !== 'lf' && base !== 'crlf') return hunks
  const crlf = hunks.some((hunk) => hunk.crlfLines > 0)
  const lf = hunks.some((hunk) => hunk.lfLines > 0)
  if (base === 'lf' && crlf && !lf) {
    normalised.push('line endings were converted from CR LF to LF, as in the base')
    return hunks.map((hunk) => convertHunk(hunk, 'lf'))
  }
  if (base === 'crlf' && lf && !crlf) {
    normalised.push('line endings were converted from LF to CR LF, as in the base')
    return hunks.map((hunk) => convertHunk(hunk, 'crlf'))
  }
  return hunks
}

function splice(base: Buffer, starts: readonly number[], placed: readonly Placed[]): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (const { hunk, at } of placed) {
    const start = starts[at] ?? base.length
    parts.push(base.subarray(from, start), hunk.newBytes)
    from = start + hunk.oldBytes.length
  }
  parts.push(base.subarray(from))
  return Buffer.concat(parts)
}

function applyAdd(base: Buffer | null, patch: ParsedPatch): Applied | ApplyRefusal {
  const hunk = patch.hunks[0]
  if (base !== null) return refuse('file_exists', 'the file to add exists already; send an update')
  if (hunk === undefined) return refuse('does_not_apply', 'the patch has no hunk')
  const { normalised, added, removed } = patch
  const placed = [{ hunk, at: 0 }]
  return {
    ok: true,
    result: Buffer.from(hunk.newBytes),
    normalised: [...normalised],
    added,
    removed,
    get text() {
      return renderPatch(patch, 'add', placed, Buffer.alloc(0), [0])
    },
  }
}

/**
 * Applies a patch to its base.
 *
 * The result is the one `git apply` makes of `text` on the same base. A hunk goes where its numbers say if they agree
 * with each other and with the base, else where its old lines are, if they are in exactly one place.
 */
export function applyPatch(
  base: Buffer | null,
  patch: ParsedPatch,
  operation: Operation,
): Applied | ApplyRefusal {
  if (operation === 'add') return applyAdd(base, patch)
  if (base === null) {
    return refuse('file_missing', `the file to ${operation} does not exist in the base; check the path`)
  }
  const refused = baseRefusal(base)
  if (refused !== null) return refuse(refused.code, refused.message)
  const normalised = [...patch.normalised]
  const endings = lineEndings(base)
  const hunks = convertHunks(patch.hunks, endings, normalised)
  const starts = lineStarts(base)
  const located = locateHunks(base, starts, hunks)
  if (!located.ok) return refuse(located.code, located.message, located.hunk)
  normalised.push(...located.normalised)
  const { added, removed } = patch
  const result = splice(base, starts, located.placed)
  if (operation === 'delete' && result.length > 0) {
    return refuse('incomplete_delete', 'the patch deletes the file but leaves lines of it; remove every line')
  }
  if (endings !== 'mixed' && lineEndings(result) === 'mixed') {
    return refuse(
      'mixed_line_endings',
      'the result would mix LF and CR LF; use the line ending of the file throughout',
    )
  }
  return {
    ok: true,
    result: operation === 'delete' ? null : result,
    normalised,
    added,
    removed,
    get text() {
      return renderPatch(patch, operation, located.placed, base, starts)
    },
  }
}

/**
 * Returns the bytes a whole-text replacement stands for.
 *
 * A replacement in the other line ending than the uniformly ended base is converted.
 */
export function applyReplacement(
  base: Buffer | null,
  text: string,
): { ok: true; result: Buffer; normalised: string[] } | { ok: false; code: string; message: string } {
  const wrong = textRefusal(text, 'replacement')
  if (wrong !== null) return wrong
  const bytes = Buffer.from(text, 'utf8')
  if (base === null) return { ok: true, result: bytes, normalised: [] }
  const refused = baseRefusal(base)
  if (refused !== null) return { ok: false, ...refused }
  const from = lineEndings(bytes)
  const to = lineEndings(base)
  if ((to === 'lf' || to === 'crlf') && from === 'mixed') {
    return refuse(
      'mixed_line_endings',
      'the replacement mixes LF and CR LF; use the line ending of the file throughout',
    )
  }
  if (to === 'lf' && from === 'crlf') {
    return { ok: true, result: toLf(bytes), normalised: ['line endings were converted from CR LF to LF'] }
  }
  if (to === 'crlf' && from === 'lf') {
    return { ok: true, result: toCrlf(bytes), normalised: ['line endings were converted from LF to CR LF'] }
  }
  return { ok: true, result: bytes, normalised: [] }
}
