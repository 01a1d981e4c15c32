/** Reads the patch of one change: what note "Accepted patches" allows, everything else refused by its own code. */
import { readHeader } from './headers.ts'
import { buildHunk, findExtent, lineText, type Lines, type Numbers } from './hunks.ts'
import { lineStarts } from './lines.ts'
import { MAX_HUNKS, refuse, type Hunk, type Operation, type ParsedPatch, type PatchRefusal } from './model.ts'
import { textRefusal, type TextRefusal } from './text.ts'

export type { Hunk, Operation, ParsedPatch, PatchRefusal, PatchRefusalCode } from './model.ts'
export { textRefusal } from './text.ts'

const NUMBERED = /^@@ -(\d{1,10})(?:,(\d{1,10}))? \+(\d{1,10})(?:,(\d{1,10}))? @@/
// Nothing after the marks that could be meant as a number.
const BARE = /^@@(?:\s+(?![-+\d]).*)?$/

function readNumbers(line: string): Numbers | 'bare' | null {
  const found = NUMBERED.exec(line)
  if (found === null) return BARE.test(line) ? 'bare' : null
  return {
    oldStart: Number(found[1]),
    oldCount: Number(found[2] ?? 1),
    newStart: Number(found[3]),
    newCount: Number(found[4] ?? 1),
  }
}

function operationRefusal(hunks: readonly Hunk[], operation: Operation): PatchRefusal | null {
  if (operation === 'add' && (hunks.length > 1 || hunks.some((hunk) => hunk.oldLines > 0))) {
    return refuse(
      'patch_add_has_old_lines',
      'the patch of an added file has context, removed lines or several hunks; give one hunk of "+" lines',
    )
  }
  if (operation === 'delete' && hunks.some((hunk) => hunk.newLines > 0)) {
    return refuse(
      'patch_delete_has_new_lines',
      'the patch of a deleted file keeps or adds lines; remove every line or send the delete without a patch',
    )
  }
  return null
}

/** Returns the text as lines; `note` says whether its final newline was missing. */
function readLines(text: string): { lines: Lines; note: string | null } {
  const open = text !== '' && !text.endsWith('\n')
  // The missing newline is the one the other lines have.
  const ending = !text.endsWith('\r') && text.includes('\r\n') && !/(?<!\r)\n/.test(text) ? '\r\n' : '\n'
  const bytes = Buffer.from(open ? text + ending : text, 'utf8')
  const starts = lineStarts(bytes)
  const lines = { bytes, starts, count: starts.length - 1 }
  return { lines, note: open ? 'the final newline of the patch was added' : null }
}

/**
 * Reads the unified diff of one change.
 *
 * Accepts full headers that name `path`, hunks without headers and hunks without numbers; what it had to put right
 * is listed in `normalised`. Knows nothing of the base: whether the hunks fit is for `applyPatch` to say.
 */
export function parsePatch(
  text: string,
  path: string,
  operation: Operation,
): { ok: true; patch: ParsedPatch } | PatchRefusal | TextRefusal {
  const refused = textRefusal(text, 'patch')
  if (refused !== null) return refused
  const { lines, note } = readLines(text)
  const header = readHeader((index) => lineText(lines, index), path, operation)
  if (!header.ok) return header
  const normalised = header.normalised
  if (note !== null) normalised.push(note)
  const hunks: Hunk[] = []
  let emptyContext = false
  for (let at = header.next; at < lines.count;) {
    const number = hunks.length + 1
    if (number > MAX_HUNKS)
      return refuse('patch_too_many_hunks', 'the patch has over 10,000 hunks; split the change')
    const numbers = readNumbers(lineText(lines, at) ?? '')
    if (numbers === null) {
      return refuse(
        'patch_bad_hunk_header',
        `line ${at + 1} of the patch should read like "@@ -1,2 +1,3 @@" or "@@"`,
      )
    }
    const stated = numbers === 'bare' ? null : numbers
    const extent = findExtent(lines, at + 1, stated, number)
    if (!extent.ok) return extent
    const built = buildHunk(lines, at + 1, extent.end, stated)
    if (!built.ok) return built
    if (built.hunk.added + built.hunk.removed === 0) {
      return refuse('patch_empty_hunk', `hunk ${number} of the patch changes nothing; remove it`)
    }
    emptyContext ||= built.hadEmptyContext
    if (stated === null) normalised.push(`hunk ${number} has no line numbers`)
    if (extent.note !== null) normalised.push(extent.note)
    hunks.push(built.hunk)
    at = extent.next
  }
  if (hunks.length === 0) {
    return refuse(
      'patch_no_hunks',
      'the patch has no hunk; give at least one, or send the whole text as "replacement"',
    )
  }
  if (emptyContext) normalised.push('empty context lines were given their leading space')
  const wrong = operationRefusal(hunks, operation)
  if (wrong !== null) return wrong
  let added = 0
  let removed = 0
  for (const hunk of hunks) {
    added += hunk.added
    removed += hunk.removed
  }
  return { ok: true, patch: { path, hunks, executable: header.executable, normalised, added, removed } }
}
