/** The text of a result with the places of its conflicts, wherever it is held: as a string here, in the editor there. */
import { lineCount } from '../editor/bounds.ts'
import { markerLines, type Merge, type Result } from '../merge/result.ts'
import { applyEdits, moveSpans, viewOf, type Span, type TextEdit } from '../merge/spans.ts'

export interface ResultDoc {
  text(): string
  length(): number
  slice(span: Span): string
  spans(): readonly Span[]
  /** Number of the line, from 1, that an offset is in. */
  lineAt(offset: number): number
  /** The first line (from 0) that is a marker of the merge; null where none is left. */
  firstMarker(merge: Pick<Merge, 'innocent'>): number | null
  /**
   * Makes these edits (offsets of the text as it is, in order) one step for undo; `spans` are those behind them, where
   * they are known and not to be worked out.
   */
  edit(edits: readonly TextEdit[], spans?: readonly Span[]): void
  /** Another text altogether, behind which undo does not go back. */
  reset(result: Result): void
  undo(): void
  redo(): void
  onChange(listener: () => void): () => void
  dispose(): void
}

export type MakeDoc = (result: Result, path: string) => ResultDoc

/** Holds a result without an editor: where that cannot be loaded, decisions can still be made. */
export const stringDoc: MakeDoc = (begun) => {
  let now: Result = begun
  let [past, future]: [Result[], Result[]] = [[], []]
  const listeners = new Set<() => void>()
  const become = (result: Result): void => {
    now = result
    for (const listener of listeners) listener()
  }
  return {
    text: () => now.text,
    length: () => now.text.length,
    slice: ({ from, to }) => now.text.slice(from, to),
    spans: () => now.spans,
    lineAt: (offset) => lineCount(now.text.slice(0, offset)),
    firstMarker: (merge) => markerLines(now.text, merge)[0] ?? null,
    edit(edits, spans) {
      const text = applyEdits(now.text, edits)
      past.push(now)
      future = []
      become({ text, spans: spans ?? moveSpans(now.spans, edits, viewOf(text)) })
    },
    reset(result) {
      ;[past, future] = [[], []]
      become(result)
    },
    undo() {
      const before = past.pop()
      if (before === undefined) return
      future.push(now)
      become(before)
    },
    redo() {
      const after = future.pop()
      if (after === undefined) return
      past.push(now)
      become(after)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    dispose: () => listeners.clear(),
  }
}
