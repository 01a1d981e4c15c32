/**
 * The result of a merge as one text that a person edits: what needs no decision is there, each open conflict stands in it
 * as its marker block. What was chosen is read off the text and kept nowhere else, so undo can never disagree with it.
 */
import { chunksOf, type Chunk } from './chunks.ts'
import { joined, linesOf, textOf } from './lines.ts'
import { markerBlock, settledLines, type MarkerLabels } from './markers.ts'
import type { Span, TextEdit, TextView } from './spans.ts'

export const PLAIN_CHOICES = ['current', 'incoming', 'both', 'both_reversed', 'base'] as const
export type PlainChoice = (typeof PLAIN_CHOICES)[number]

/** `suggestion`: a text that was offered; `typed`: anything else without markers. */
export type Choice = 'open' | PlainChoice | 'suggestion' | 'typed'

export interface Conflict {
  chunk: Chunk
  /** Its text while it is open. */
  marker: string
  /** Its text under each choice. Where two are equal the first in the order of `PLAIN_CHOICES` names it. */
  texts: Readonly<Record<PlainChoice, string>>
}

export interface Merge {
  chunks: readonly Chunk[]
  conflicts: readonly Conflict[]
  /** Lines that look like markers and stand in one of the sides: a text about merges. */
  innocent: ReadonlySet<string>
}

export interface Result {
  text: string
  /** One for each conflict, in order, whole lines. */
  spans: readonly Span[]
}

const MARKER_LINE = /^(?:<{7}|\|{7}|>{7})(?: .*)?$/

/** Merges three documents (line feeds only); a side without a file is an empty one. */
export function openMerge(base: string, cur: string, inc: string, labels: MarkerLabels): Merge {
  const sides = [linesOf(base), linesOf(cur), linesOf(inc)] as const
  const chunks = chunksOf(...sides)
  const conflicts = chunks
    .filter(({ kind }) => kind === 'conflict')
    .map((chunk) => ({ chunk, marker: markerBlock(chunk, labels), texts: textsOf(chunk) }))
  const innocent = new Set(
    sides
      .flat()
      .map(bare)
      .filter((line) => MARKER_LINE.test(line)),
  )
  return { chunks, conflicts, innocent }
}

const bare = (line: string): string => (line.endsWith('\n') ? line.slice(0, -1) : line)

const textsOf = ({ base, cur, inc }: Chunk): Conflict['texts'] => ({
  current: textOf(cur),
  incoming: textOf(inc),
  both: textOf(joined([cur, inc])),
  both_reversed: textOf(joined([inc, cur])),
  base: textOf(base),
})

/** The result before anything is decided. */
export const beginResult = (merge: Merge): Result =>
  resultWith(
    merge,
    merge.conflicts.map(({ marker }) => marker),
  )

/** The result with these texts in the places of the conflicts. */
export function resultWith(merge: Merge, texts: readonly string[]): Result {
  const spans: Span[] = []
  const parts: string[] = []
  let at = 0
  for (const chunk of merge.chunks) {
    const settled = settledLines(chunk)
    const text = settled === null ? (texts[spans.length] ?? '') : textOf(settled)
    if (settled === null) spans.push({ from: at, to: at + text.length })
    parts.push(text)
    at += text.length
  }
  return { text: parts.join(''), spans }
}

export const textAt = (view: Pick<TextView, 'slice'>, { from, to }: Span): string => view.slice(from, to)

/** The edit that gives one conflict another text; one step for undo. */
export const placing = ({ from, to }: Span, text: string): TextEdit => ({ from, to, text })

/** Lines (0-based) of a text that are markers of a merge and of none of its sides. */
export function markerLines(text: string, { innocent }: Pick<Merge, 'innocent'>): number[] {
  // Most texts hold none, and the whole of a long one is asked for often.
  if (!/^(?:<{7}|\|{7}|>{7})(?: |$)/m.test(text)) return []
  return text.split('\n').flatMap((line, at) => (MARKER_LINE.test(line) && !innocent.has(line) ? [at] : []))
}

/** What the text of a conflict says was chosen; `offered` are the texts of its suggestions. */
export function choiceOf(
  merge: Merge,
  { marker, texts }: Conflict,
  text: string,
  offered: readonly string[] = [],
): Choice {
  if (text === marker) return 'open'
  for (const choice of PLAIN_CHOICES) if (texts[choice] === text) return choice
  if (markerLines(text, merge).length > 0) return 'open'
  return offered.includes(text) ? 'suggestion' : 'typed'
}
