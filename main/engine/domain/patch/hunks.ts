/** Finds where a hunk ends and joins its lines to the bytes of each side. */
import { secondFile } from './headers.ts'
import { CR, LF } from './lines.ts'
import { NO_NEWLINE, refuse, type Hunk, type PatchRefusal } from './model.ts'

const SPACE = 32
const PLUS = 43
const MINUS = 45
const BACKSLASH = 92

/** A patch text as lines; `starts` has one entry more than there are lines. */
export interface Lines {
  bytes: Buffer
  starts: number[]
  count: number
}

/** What a numbered hunk header states. */
export interface Numbers {
  oldStart: number
  oldCount: number
  newStart: number
  newCount: number
}

const firstByte = (lines: Lines, index: number): number =>
  index < lines.count ? (lines.bytes[lines.starts[index] ?? 0] ?? -1) : -1

/** Returns a line without its newline, null after the last one. */
export function lineText(lines: Lines, index: number): string | null {
  if (index >= lines.count) return null
  return lines.bytes.toString('utf8', lines.starts[index], lines.starts[index + 1]).replace(/\r?\n$/, '')
}

function startsWith(lines: Lines, index: number, prefix: string): boolean {
  if (index >= lines.count) return false
  const start = lines.starts[index] ?? 0
  return lines.bytes.toString('latin1', start, start + prefix.length) === prefix
}

/** Tells whether a line is empty but for its newline, in either ending. */
function isBlank(lines: Lines, index: number): boolean {
  const start = lines.starts[index] ?? 0
  const end = lines.starts[index + 1] ?? 0
  return end - start === 1 || (end - start === 2 && lines.bytes[start] === CR)
}

interface Extent {
  ok: true
  /** Index after the hunk's last line, and of the line to go on with. */
  end: number
  next: number
  note: string | null
}

/** Tells whether only the signature that `git format-patch` ends a mail with is left. */
function isSignature(lines: Lines, index: number): boolean {
  if (!/^-- ?$/.test(lineText(lines, index) ?? '')) return false
  for (let i = index + 2; i < lines.count; i++) if (!isBlank(lines, i)) return false
  return index + 2 <= lines.count
}

/**
 * Finds where a hunk ends.
 *
 * The stated counts decide when they fit, as they do for git; when they do not, the hunk goes on for as long as its
 * lines look like a hunk's, and a pair of `---` and `+++` lines in it is a second file rather than text.
 */
export function findExtent(
  lines: Lines,
  from: number,
  numbers: Numbers | null,
  hunk: number,
): Extent | PatchRefusal {
  let oldCount = 0
  let newCount = 0
  let filled = -1
  let looksLikeSecondFile = false
  let i = from
  for (; i < lines.count; i++) {
    const first = firstByte(lines, i)
    if (first === BACKSLASH) {
      if (!startsWith(lines, i, '\\ ')) break
      if (filled === i) filled = i + 1
      continue
    }
    if (first === PLUS) newCount++
    else if (first === MINUS) {
      oldCount++
      if (startsWith(lines, i, '--- ') && startsWith(lines, i + 1, '+++ ')) looksLikeSecondFile = true
    } else if (first === SPACE || isBlank(lines, i)) {
      oldCount++
      newCount++
    } else break
    if (filled < 0 && oldCount === numbers?.oldCount && newCount === numbers.newCount) filled = i + 1
  }
  if (startsWith(lines, i, 'diff --git ')) return secondFile()
  const atEnd = i >= lines.count || startsWith(lines, i, '@@')
  if (filled >= 0) {
    if (atEnd && filled === i) return { ok: true, end: i, next: i, note: null }
    if (isSignature(lines, filled)) {
      return { ok: true, end: filled, next: lines.count, note: 'a mail signature was left out' }
    }
    let blank = atEnd
    for (let k = filled; blank && k < i; k++) blank = isBlank(lines, k)
    if (blank) {
      return { ok: true, end: filled, next: i, note: `blank lines after hunk ${hunk} were left out` }
    }
  }
  if (!atEnd) {
    const shown = JSON.stringify((lineText(lines, i) ?? '').slice(0, 60))
    return refuse(
      'patch_garbage',
      `line ${i + 1} of the patch is ${shown}; a hunk's lines start with " ", "+", "-" or "\\ "`,
    )
  }
  if (looksLikeSecondFile) return secondFile()
  const note = numbers === null ? null : `the counts of hunk ${hunk} were recomputed`
  return { ok: true, end: i, next: i, note }
}

interface Built {
  ok: true
  hunk: Hunk
  hadEmptyContext: boolean
}

const misplaced = (line: number): PatchRefusal =>
  refuse(
    'patch_misplaced_no_newline',
    `line ${line} of the patch says "\\ No newline at end of file" where more text follows or none precedes; remove it`,
  )

/** Joins the lines [from, end) to the bytes of each side. */
export function buildHunk(
  lines: Lines,
  from: number,
  end: number,
  numbers: Numbers | null,
): Built | PatchRefusal {
  const { bytes, starts } = lines
  const size = (starts[end] ?? 0) - (starts[from] ?? 0)
  const oldSide = Buffer.allocUnsafe(size)
  const newSide = Buffer.allocUnsafe(size)
  // Each empty context line gains a mark; each side's "\ No newline" may grow to its canonical length.
  const body = Buffer.allocUnsafe(size + (end - from) + 2 * NO_NEWLINE.length)
  let oldSize = 0
  let newSize = 0
  let bodySize = 0
  let hadEmptyContext = false
  const hunk = {
    oldLines: 0,
    newLines: 0,
    added: 0,
    removed: 0,
    leading: 0,
    trailing: 0,
    oldEndsFile: false,
    newEndsFile: false,
    crlfLines: 0,
    lfLines: 0,
  }
  for (let i = from; i < end; i++) {
    const start = starts[i] ?? 0
    const first = bytes[start] ?? 0
    if (first === BACKSLASH) return misplaced(i + 1)
    const marked = first === SPACE || first === PLUS || first === MINUS
    const open = i + 1 < end && firstByte(lines, i + 1) === BACKSLASH
    const textStart = marked ? start + 1 : start
    const textEnd = (starts[i + 1] ?? 0) - (open ? 1 : 0)
    if (open && textEnd <= textStart) return misplaced(i + 2)
    if (!marked) hadEmptyContext = true
    if (!open) {
      if (textEnd - textStart >= 2 && bytes[textEnd - 2] === CR) hunk.crlfLines++
      else hunk.lfLines++
    }
    if (first !== PLUS) {
      if (hunk.oldEndsFile) return misplaced(i)
      hunk.oldLines++
      hunk.oldEndsFile = open
      oldSize += bytes.copy(oldSide, oldSize, textStart, textEnd)
    }
    if (first !== MINUS) {
      if (hunk.newEndsFile) return misplaced(i)
      hunk.newLines++
      hunk.newEndsFile = open
      newSize += bytes.copy(newSide, newSize, textStart, textEnd)
    }
    if (first === PLUS) hunk.added++
    else if (first === MINUS) hunk.removed++
    if (first === PLUS || first === MINUS) hunk.trailing = 0
    else {
      if (hunk.added + hunk.removed === 0) hunk.leading++
      hunk.trailing++
    }
    body[bodySize++] = marked ? first : SPACE
    bodySize += bytes.copy(body, bodySize, textStart, textEnd)
    if (open) {
      body[bodySize++] = LF
      bodySize += body.write(NO_NEWLINE, bodySize, 'latin1')
      i++
    }
  }
  const stated = numbers === null ? null : { oldStart: numbers.oldStart, newStart: numbers.newStart }
  return {
    ok: true,
    hadEmptyContext,
    hunk: {
      ...hunk,
      stated,
      oldBytes: oldSide.subarray(0, oldSize),
      newBytes: newSide.subarray(0, newSize),
      body: body.subarray(0, bodySize),
    },
  }
}
