/** The lines of a change's patches for looking at: numbered, told apart, and cut where a file is very long. */
import type { FileChange } from '../../schemas/change-request.ts'

export type PatchLineKind = 'context' | 'added' | 'removed' | 'hunk' | 'meta'

export interface PatchLine {
  kind: PatchLineKind
  old: number | null
  new: number | null
  text: string
}

export interface PatchFile {
  path: string
  operation: FileChange['operation']
  /** A unified diff, the file's whole new text, or nothing but the deletion. */
  form: 'patch' | 'replacement' | 'delete'
  /** Null where the change gives the whole new text of a file, which does not say what was there before. */
  counts: { added: number; removed: number } | null
  lines: PatchLine[]
  note: string | null
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/

const splitLines = (text: string): string[] => {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Numbers are null where a hunk's header gives none. */
export function diffLines(patch: string): PatchLine[] {
  let old: number | null = null
  let now: number | null = null
  /** Lines of the hunk still to come, so that a removed line "-- x" is not taken for a header. */
  let oldLeft = 0
  let newLeft = 0
  let inside = false
  const next = (at: number | null): number | null => (at === null ? null : at + 1)
  return splitLines(patch).map((line): PatchLine => {
    const counted = oldLeft > 0 || newLeft > 0
    if (!counted && line.startsWith('@@')) {
      const match = HUNK.exec(line)
      inside = true
      if (match === null) [old, now] = [null, null]
      else {
        old = Number(match[1])
        now = Number(match[3])
        oldLeft = match[2] === undefined ? 1 : Number(match[2])
        newLeft = match[4] === undefined ? 1 : Number(match[4])
      }
      return { kind: 'hunk', old: null, new: null, text: line }
    }
    const header =
      !counted && (line.startsWith('--- ') || line.startsWith('+++ ') || line.startsWith('diff '))
    if (header) inside = false
    if (!inside || line.startsWith('\\')) return { kind: 'meta', old: null, new: null, text: line }
    if (line.startsWith('+')) {
      const at = now
      now = next(now)
      newLeft -= 1
      return { kind: 'added', old: null, new: at, text: line.slice(1) }
    }
    if (line.startsWith('-')) {
      const at = old
      old = next(old)
      oldLeft -= 1
      return { kind: 'removed', old: at, new: null, text: line.slice(1) }
    }
    const at = { old, new: now }
    old = next(old)
    now = next(now)
    oldLeft -= 1
    newLeft -= 1
    return { kind: 'context', ...at, text: line.startsWith(' ') ? line.slice(1) : line }
  })
}

const NO_BREAK: PatchLine = { kind: 'meta', old: null, new: null, text: '\\ No newline at end of file' }

export function patchFile(change: FileChange): PatchFile {
  const { path, operation } = change
  const mode = 'executable' in change && change.executable === true ? 'executable' : null
  if (change.patch !== undefined) {
    const lines = diffLines(change.patch)
    const count = (kind: PatchLineKind): number => lines.filter((line) => line.kind === kind).length
    return {
      path,
      operation,
      form: 'patch',
      counts: { added: count('added'), removed: count('removed') },
      lines,
      note: mode,
    }
  }
  if (change.replacement !== undefined) {
    const kind = operation === 'add' ? 'added' : 'context'
    const lines = splitLines(change.replacement).map((text, index): PatchLine => ({
      kind,
      old: null,
      new: index + 1,
      text,
    }))
    const counts = operation === 'add' ? { added: lines.length, removed: 0 } : null
    if (change.replacement !== '' && !change.replacement.endsWith('\n')) lines.push(NO_BREAK)
    const note = operation === 'add' ? mode : 'whole new text: what it replaces is not part of the change'
    return { path, operation, form: 'replacement', counts, lines, note }
  }
  return {
    path,
    operation,
    form: 'delete',
    counts: null,
    lines: [],
    note: 'the file is deleted as it is',
  }
}

const sameFile = (one: FileChange, other: FileChange | undefined): boolean => {
  const fields = Object.entries(one)
  const others = new Map<string, unknown>(Object.entries(other ?? {}))
  return fields.length === others.size && fields.every(([name, value]) => others.get(name) === value)
}

/** Whether two readings of a change say the same, so that nothing need be drawn anew. */
export const sameFiles = (one: readonly FileChange[], other: readonly FileChange[]): boolean =>
  one.length === other.length && one.every((file, index) => sameFile(file, other[index]))

export type PatchRow =
  | { kind: 'file'; file: PatchFile; index: number }
  | { kind: 'line'; line: PatchLine }
  | { kind: 'more'; index: number; left: number }
  | { kind: 'note'; text: string }

export const LINES_AT_FIRST = 400

/** Everything in one list for a windowed view; `all` are the files of which every line was asked for. */
export function patchRows(files: readonly PatchFile[], all: ReadonlySet<number>): PatchRow[] {
  return files.flatMap((file, index): PatchRow[] => {
    const cut = !all.has(index) && file.lines.length > LINES_AT_FIRST
    const shown = cut ? file.lines.slice(0, LINES_AT_FIRST) : file.lines
    return [
      { kind: 'file', file, index },
      ...(file.note === null ? [] : [{ kind: 'note' as const, text: file.note }]),
      ...shown.map((line) => ({ kind: 'line' as const, line })),
      ...(cut ? [{ kind: 'more' as const, index, left: file.lines.length - LINES_AT_FIRST }] : []),
    ]
  })
}
