/** What a change does to its paths, short enough to look at beside a decision. */
import type { FileChange } from '../../../schemas/change-request.ts'
import { inertLine } from '../../ui/inert.ts'

export type LineKind = 'add' | 'remove' | 'same' | 'hunk' | 'head'

export interface PatchLine {
  kind: LineKind
  text: string
}

export interface Excerpt {
  path: string
  operation: FileChange['operation']
  /** Null where the change gives the whole new text, which does not say what was there before. */
  counts: { added: number; removed: number } | null
  lines: PatchLine[]
  /** Lines that are not shown. */
  left: number
}

export const EXCERPT_LINES = 40
const LINE_LENGTH = 400

const HEAD = /^(?:diff --git |index |--- |\+\+\+ |new file mode |deleted file mode |old mode |new mode )/

function kindOf(line: string, inHunk: boolean): LineKind {
  if (line.startsWith('@@')) return 'hunk'
  if (!inHunk && HEAD.test(line)) return 'head'
  if (line.startsWith('+')) return 'add'
  if (line.startsWith('-')) return 'remove'
  return 'same'
}

/** Splits what ends with a line break into its lines, without an empty one at the end. */
function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function patchLines(patch: string): PatchLine[] {
  const lines: PatchLine[] = []
  let inHunk = false
  for (const text of linesOf(patch)) {
    if (text.startsWith('@@')) inHunk = true
    if (text.startsWith('diff --git ')) inHunk = false
    const kind = kindOf(text, inHunk)
    if (kind !== 'head') lines.push({ kind, text })
  }
  return lines
}

/** `all` shows every line; the counts are of the whole either way. */
export function excerptOf(change: FileChange, all = false): Excerpt {
  const { path, operation } = change
  const lines: PatchLine[] =
    change.replacement !== undefined
      ? linesOf(change.replacement).map((text) =>
          operation === 'add' ? { kind: 'add', text: `+${text}` } : { kind: 'same', text },
        )
      : change.patch === undefined
        ? []
        : patchLines(change.patch)
  const rewritten = operation === 'update' && change.replacement !== undefined
  const shown = all ? lines : lines.slice(0, EXCERPT_LINES)
  return {
    path,
    operation,
    counts: rewritten
      ? null
      : {
          added: lines.filter(({ kind }) => kind === 'add').length,
          removed: lines.filter(({ kind }) => kind === 'remove').length,
        },
    lines: shown.map(({ kind, text }) => ({ kind, text: inertLine(text, LINE_LENGTH) })),
    left: lines.length - shown.length,
  }
}
