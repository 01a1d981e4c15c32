/** Results of merges in the editor: a text for each file with its own undo, and one view that shows them in turn. */
import { editor, Range } from 'monaco-editor/editor'
import { markerLines, type Result } from '../merge/result.ts'
import { moveSpans, type Span, type TextEdit, type TextView } from '../merge/spans.ts'
import type { ResultDoc } from '../review/doc.ts'
import { whyPlain } from './bounds.ts'
import { COMMON } from './options.ts'
import styles from './merge-editor.module.css'

export interface EditorDoc extends ResultDoc {
  readonly model: editor.ITextModel
  /** Why it is shown without colours and folding, or null. */
  readonly plain: string | null
}

/** Versions whose spans are kept, so that undo has them; further back they are worked out from the edits. */
const VERSIONS_KEPT = 2_000

const viewOf = (model: editor.ITextModel): TextView => {
  const rangeAt = (from: number, to: number): Range => {
    const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)]
    return new Range(start.lineNumber, start.column, end.lineNumber, end.column)
  }
  return {
    get length() {
      return model.getValueLength()
    },
    slice: (from, to) => model.getValueInRange(rangeAt(from, to)),
    lineStart: (offset) =>
      model.getOffsetAt({ lineNumber: model.getPositionAt(offset).lineNumber, column: 1 }),
    lineEnd(offset) {
      const { lineNumber } = model.getPositionAt(offset)
      return lineNumber === model.getLineCount()
        ? model.getValueLength()
        : model.getOffsetAt({ lineNumber: lineNumber + 1, column: 1 })
    },
  }
}

/** Where edits that were made at once stand in the text they made. */
function edited(edits: readonly TextEdit[]): Span[] {
  let shift = 0
  return edits.map(({ from, to, text }) => {
    const at = from + shift
    shift += text.length - (to - from)
    return { from: at, to: at + text.length }
  })
}

/** A text of line feeds alone, which is what every offset counts. */
export function createDoc(begun: Result, language: string): EditorDoc {
  const plain = whyPlain(begun.text)
  const model = editor.createModel(begun.text, plain === null ? language : 'plaintext')
  model.setEOL(editor.EndOfLineSequence.LF)
  const view = viewOf(model)
  const versions = new Map<number, readonly Span[]>([[model.getAlternativeVersionId(), begun.spans]])
  const listeners = new Set<() => void>()
  let spans = begun.spans
  /** Whether the text is known to hold no marker: then only what is edited has to be looked at. */
  let isClean = false
  let innocent: ReadonlySet<string> | null = null
  /** What a change under way makes of them, where that is known. */
  let known: readonly Span[] | null = null
  const changed = model.onDidChangeContent(({ changes }) => {
    const version = model.getAlternativeVersionId()
    const edits = changes
      .map(({ rangeOffset, rangeLength, text }) => ({
        from: rangeOffset,
        to: rangeOffset + rangeLength,
        text,
      }))
      .toSorted((a, b) => a.from - b.from)
    isClean &&= !edited(edits).some(({ from, to }) => markerIn(linesFrom(from, to)))
    spans = known ?? versions.get(version) ?? moveSpans(spans, edits, view)
    versions.set(version, spans)
    const [oldest] = versions.keys()
    if (versions.size > VERSIONS_KEPT && oldest !== undefined) versions.delete(oldest)
    for (const listener of listeners) listener()
  })
  const rangeOf = ({ from, to }: Span): Range => {
    const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)]
    return new Range(start.lineNumber, start.column, end.lineNumber, end.column)
  }
  const linesFrom = (from: number, to: number): string => view.slice(view.lineStart(from), view.lineEnd(to))
  const markerIn = (text: string): boolean => innocent === null || markerLines(text, { innocent }).length > 0
  return {
    model,
    plain,
    text: () => model.getValue(editor.EndOfLinePreference.LF),
    length: () => view.length,
    slice: ({ from, to }) => view.slice(from, to),
    spans: () => spans,
    lineAt: (offset) => model.getPositionAt(offset).lineNumber,
    firstMarker(merge) {
      if (isClean && innocent === merge.innocent) return null
      innocent = merge.innocent
      const [first] = markerLines(model.getValue(editor.EndOfLinePreference.LF), merge)
      isClean = first === undefined
      return first ?? null
    },
    edit(edits: readonly TextEdit[], behind) {
      known = behind ?? null
      model.pushStackElement()
      model.pushEditOperations(
        null,
        edits.map((edit) => ({ range: rangeOf(edit), text: edit.text, forceMoveMarkers: false })),
        () => null,
      )
      model.pushStackElement()
      known = null
    },
    reset(result) {
      known = result.spans
      versions.clear()
      model.setValue(result.text)
      known = null
    },
    undo: () => void model.undo(),
    redo: () => void model.redo(),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    dispose() {
      changed.dispose()
      model.dispose()
    },
  }
}

export interface ConflictMark {
  span: Span
  state: 'open' | 'decided'
  active: boolean
  /** What stands behind the first line of an open one. */
  label: string
  /** Shows the first line of an open one alone. */
  folded: boolean
}

export interface MergeEditor {
  /** Shows a text; the place in the one before is remembered. */
  show(doc: EditorDoc): void
  mark(marks: readonly ConflictMark[]): void
  reveal(span: Span): void
  /** Puts the cursor at the beginning of a span and the keyboard into the text. */
  enter(span: Span | null): void
  find(): void
  wrap(on: boolean): void
  /** Where the cursor is, as an offset of the text. */
  onCursor(listener: (offset: number) => void): void
  dispose(): void
}

/** The editor's own way to leave lines out, which folding uses; its declarations do not name it. */
interface Hiding {
  setHiddenAreas(ranges: readonly Range[], source: object): void
}

export function mountMergeEditor(host: HTMLElement, { label }: { label: string }): MergeEditor {
  const view = editor.create(host, {
    ...COMMON,
    model: null,
    ariaLabel: label,
    wordWrap: 'off',
    readOnly: false,
    domReadOnly: false,
    tabFocusMode: false,
    // What is typed stands there and nothing else.
    autoClosingBrackets: 'never',
    autoClosingQuotes: 'never',
    autoSurround: 'never',
    glyphMargin: false,
    lineDecorationsWidth: 12,
    scrollBeyondLastLine: true,
    overviewRulerLanes: 2,
    unusualLineTerminators: 'off',
    renderFinalNewline: 'dimmed',
  })
  const places = new Map<editor.ITextModel, editor.ICodeEditorViewState | null>()
  const source = {}
  let doc: EditorDoc | null = null
  let marks = view.createDecorationsCollection()
  const linesOf = ({ from, to }: Span): { first: number; last: number } => {
    const model = view.getModel()
    if (model === null) return { first: 1, last: 1 }
    const first = model.getPositionAt(from).lineNumber
    return { first, last: Math.max(first, model.getPositionAt(Math.max(from, to - 1)).lineNumber) }
  }
  /** What was gone to last stays in sight while what stands around the editor changes its height. */
  let wanted: Span | null = null
  const bring = (span: Span): void => {
    const { first, last } = linesOf(span)
    view.revealLinesInCenterIfOutsideViewport(first, Math.min(last, first + 12))
  }
  view.onDidLayoutChange(() => {
    if (wanted !== null && !view.hasTextFocus()) bring(wanted)
  })
  host.addEventListener('wheel', () => {
    wanted = null
  })
  return {
    show(next) {
      if (doc === next) return
      if (doc !== null && !doc.model.isDisposed()) places.set(doc.model, view.saveViewState())
      doc = next
      wanted = null
      marks.clear()
      view.setModel(next.model)
      view.updateOptions({ folding: next.plain === null, occurrencesHighlight: 'off' })
      marks = view.createDecorationsCollection()
      const place = places.get(next.model)
      if (place !== undefined && place !== null) view.restoreViewState(place)
    },
    mark(list) {
      const model = view.getModel()
      if (model === null) return
      marks.set(list.flatMap((mark) => decorationsOf(mark, linesOf(mark.span), model)))
      const hidden = list
        .filter(({ folded, state }) => folded && state === 'open')
        .map(({ span }) => linesOf(span))
        .filter(({ first, last }) => last > first)
      ;(view as unknown as Hiding).setHiddenAreas(
        hidden.map(({ first, last }) => new Range(first + 1, 1, last, 1)),
        source,
      )
    },
    reveal(span) {
      wanted = span
      bring(span)
    },
    enter(span) {
      if (span !== null) {
        const { first } = linesOf(span)
        view.setPosition({ lineNumber: first, column: 1 })
        view.revealLineInCenterIfOutsideViewport(first)
      }
      view.focus()
    },
    find() {
      view.focus()
      void view.getAction('actions.find')?.run()
    },
    wrap: (on) => view.updateOptions({ wordWrap: on ? 'on' : 'off' }),
    onCursor(listener) {
      view.onDidChangeCursorPosition(({ position, reason }) => {
        const model = view.getModel()
        // Where an edit or undo moved it nobody went.
        if (model !== null && reason === editor.CursorChangeReason.Explicit)
          listener(model.getOffsetAt(position))
      })
    },
    dispose: () => view.dispose(),
  }
}

/** Colours of one conflict: its whole block, and while it is open and not folded the part of each side. */
function decorationsOf(
  { span, state, active, label, folded }: ConflictMark,
  { first, last }: { first: number; last: number },
  model: editor.ITextModel,
): editor.IModelDeltaDecoration[] {
  const line = (from: number, to: number, className: string): editor.IModelDeltaDecoration => ({
    range: new Range(from, 1, to, 1),
    options: { isWholeLine: true, className },
  })
  const rulerColor = state === 'open' ? 'hyperion.openConflict' : 'hyperion.decidedConflict'
  const whole: editor.IModelDeltaDecoration = {
    range: new Range(first, 1, last, 1),
    options: {
      isWholeLine: true,
      linesDecorationsClassName: [styles.bar, active ? styles.activeBar : '', state === 'open' ? styles.openBar : styles.decidedBar].join(' '), // prettier-ignore
      overviewRuler: { color: { id: rulerColor }, position: editor.OverviewRulerLane.Full },
      ...(span.from === span.to ? { className: styles.nothing ?? '' } : {}),
    },
  }
  if (state === 'decided') {
    return span.from === span.to ? [whole] : [whole, line(first, last, styles.decided ?? '')]
  }
  const head: editor.IModelDeltaDecoration = {
    range: new Range(first, 1, first, model.getLineMaxColumn(first)),
    options: {
      after: { content: `   ${label}`, inlineClassName: styles.label ?? '' },
      showIfCollapsed: true,
    },
  }
  if (folded)
    return [whole, head, line(first, first, active ? (styles.openActive ?? '') : (styles.open ?? ''))]
  const parts: editor.IModelDeltaDecoration[] = []
  let ground = styles.current ?? ''
  for (let at = first; at <= last; at += 1) {
    const sign = /^([<|=>])\1{6}(?: |$)/.exec(model.getLineContent(at))?.[1]
    if (sign === '|') ground = styles.base ?? ''
    if (sign === '=') ground = styles.incoming ?? ''
    parts.push(line(at, at, sign === undefined ? ground : (styles.open ?? '')))
  }
  return [whole, head, ...parts]
}
