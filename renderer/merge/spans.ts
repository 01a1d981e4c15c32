/** Where each conflict stands in a text that is edited: pure arithmetic on ranges of characters. */

/** Offsets in UTF-16 units; `to` is behind the last character. */
export interface Span {
  from: number
  to: number
}

/** Puts `text` in the place of `from` to `to`. */
export interface TextEdit extends Span {
  text: string
}

/** A text that may be held elsewhere, as the editor's is: only what is around an edit is looked at. */
export interface TextView {
  length: number
  slice(from: number, to: number): string
  /** Offset of the first character of the line that this offset is in. */
  lineStart(offset: number): number
  /** Offset behind the line break of the line that this offset is in, or the end of the text. */
  lineEnd(offset: number): number
}

export const viewOf = (text: string): TextView => ({
  length: text.length,
  slice: (from, to) => text.slice(from, to),
  lineStart: (offset) => (offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1),
  lineEnd: (offset) => {
    const at = text.indexOf('\n', offset)
    return at < 0 ? text.length : at + 1
  },
})

export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let at = 0
  const parts: string[] = []
  for (const edit of edits) {
    parts.push(text.slice(at, edit.from), edit.text)
    at = edit.to
  }
  return parts.join('') + text.slice(at)
}

const covers = ({ from, to }: Span, span: Span): boolean =>
  from <= span.from && to >= span.to && (from < to || span.from === span.to)

function moved(span: Span, { from, to, text }: TextEdit, isFree: boolean): Span {
  const by = text.length - (to - from)
  // What replaces all of it, and perhaps more, is what it is now.
  if (covers({ from, to }, span)) {
    if (isFree) return { from, to: from + text.length }
    return { from: from + text.length, to: from + text.length }
  }
  if (to <= span.from) return { from: span.from + by, to: span.to + by }
  if (from >= span.to) return span
  if (from >= span.from && to <= span.to) return { from: span.from, to: span.to + by }
  // It covers one end: what was typed stands outside.
  return from < span.from ? { from: from + text.length, to: span.to + by } : { from: span.from, to: from }
}

/**
 * Moves spans along with edits that are made at once (offsets of the text before, in order, apart from each other);
 * `after` is the text they made. A span is always whole lines, so that what is typed into its first or last line is part
 * of it; spans stay in order and never overlap.
 */
export function moveSpans(spans: readonly Span[], edits: readonly TextEdit[], after: TextView): Span[] {
  let shift = 0
  let now = spans.map((span) => ({ ...span, touched: false }))
  for (const { from, to, text } of edits) {
    const edit = { from: from + shift, to: to + shift, text }
    shift += text.length - (to - from)
    let taken = false
    now = now.map((span) => {
      const next = moved(span, edit, !taken)
      if (covers(edit, span)) taken = true
      return { ...next, touched: span.touched || (edit.from <= span.to && edit.to >= span.from) }
    })
  }
  let end = 0
  return now.map((span) => {
    const lines = span.touched ? toLines(span, after) : span
    const from = Math.max(end, lines.from)
    const to = Math.max(from, lines.to)
    end = to
    return { from, to }
  })
}

/** Widens a span to the lines that it is part of. An empty one between two lines stays empty. */
function toLines({ from, to }: Span, text: TextView): Span {
  const start = text.lineStart(from)
  if (from === to && start === from) return { from, to }
  const isWhole = to > start && text.slice(to - 1, to) === '\n'
  return { from: start, to: isWhole ? to : text.lineEnd(to) }
}
