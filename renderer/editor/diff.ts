/**
 * Two texts and how they differ, to be read: beside each other or as one, long passages without a change folded away.
 *
 * Only ever imported as `import('./diff.ts')`: it brings the editor with it.
 */
import { changesOf, stepFrom, type DiffChange, type DiffLook, type Side } from './diff-model.ts'
import { lineMark, listenToLines } from './lines.ts'
import { editor } from './monaco.ts'
import { READING } from './options.ts'

export interface DiffTexts {
  before: string
  after: string
  language: string
}

export interface DiffLine {
  side: Side
  line: number
}

export interface DiffEvents {
  /** The difference is known; null while another one is looked for. */
  onCompared(changes: readonly DiffChange[] | null): void
  onLine(line: DiffLine): void
  onKey(event: KeyboardEvent): boolean
}

export interface DiffReader {
  show(texts: DiffTexts): void
  look(look: DiffLook): void
  /** Goes to the next change and returns which it is, or null where there is none in that direction. */
  go(direction: 1 | -1): number | null
  /** Where the cursor is, if either text has the keyboard or had it last. */
  line(): DiffLine
  mark(line: DiffLine | null): void
  focus(): void
  dispose(): void
}

const optionsOf = ({ split, blanks, wrap, whole }: DiffLook): editor.IDiffEditorOptions => ({
  renderSideBySide: split,
  ignoreTrimWhitespace: blanks,
  diffWordWrap: wrap ? 'on' : 'off',
  hideUnchangedRegions: { enabled: !whole, contextLineCount: 3, minimumLineCount: 4, revealLineCount: 20 },
})

export function mountDiff(
  host: HTMLElement,
  { look, label, events }: { look: DiffLook; label: string; events: DiffEvents },
): DiffReader {
  // Left out of a later setting, they would be lost.
  const names = { originalAriaLabel: `${label}, before`, modifiedAriaLabel: `${label}, after` }
  const view = editor.createDiffEditor(host, {
    ...READING,
    // What stands for folded lines is placed as if there were none.
    padding: { top: 0, bottom: 0 },
    folding: false,
    selectOnLineNumbers: false,
    ...names,
    // Whoever shows it knows how much room there is, and says so.
    useInlineViewWhenSpaceIsLimited: false,
    renderOverviewRuler: false,
    renderMarginRevertIcon: false,
    renderGutterMenu: false,
    renderIndicators: true,
    accessibilityVerbose: false,
    maxComputationTime: 5_000,
    ...optionsOf(look),
  })
  const sides = { before: view.getOriginalEditor(), after: view.getModifiedEditor() }
  const marks = { before: lineMark(sides.before), after: lineMark(sides.after) }
  const current = sides.after.createDecorationsCollection()
  let models: editor.ITextModel[] = []
  let changes: DiffChange[] = []
  /** Whether the reader has been to a change of these texts, or into them. */
  let visited = false
  let last: Side = 'after'

  const place = (side: Side): number => sides[side].getPosition()?.lineNumber ?? 1
  view.onDidUpdateDiff(() => {
    changes = changesOf(view.getLineChanges() ?? [])
    events.onCompared(changes)
  })
  for (const side of ['before', 'after'] as const) {
    listenToLines(sides[side], {
      onLine: (line) => events.onLine({ side, line }),
      onKey: events.onKey,
    })
    sides[side].onDidFocusEditorText(() => (last = side))
    sides[side].onMouseDown(() => (visited = true))
    sides[side].onDidChangeCursorPosition(({ source }) => {
      if (source === 'keyboard') visited = true
    })
  }

  const clear = (): void => {
    view.setModel(null)
    for (const model of models) model.dispose()
    models = []
  }
  return {
    show({ before, after, language }) {
      clear()
      visited = false
      changes = []
      events.onCompared(null)
      const [original, modified] = [editor.createModel(before, language), editor.createModel(after, language)]
      models = [original, modified]
      view.setModel({ original, modified })
    },
    look(next) {
      const options = { ...optionsOf(next), ...names }
      view.updateOptions(options)
    },
    go(direction) {
      const at = stepFrom(changes, visited ? place('after') : null, direction)
      const change = at === null ? undefined : changes[at]
      if (change === undefined) return null
      visited = true
      const range = {
        startLineNumber: change.from,
        startColumn: 1,
        endLineNumber: change.to,
        endColumn: 1,
      }
      current.set([{ range, options: { isWholeLine: true, lineNumberClassName: 'current-change' } }])
      sides.after.setPosition({ lineNumber: change.from, column: 1 })
      sides.after.revealRangeInCenterIfOutsideViewport(range)
      return at
    },
    line: () => ({ side: last, line: place(last) }),
    mark(line) {
      for (const side of ['before', 'after'] as const) marks[side](line?.side === side ? line.line : null)
    },
    focus: () => sides.after.focus(),
    dispose() {
      clear()
      view.dispose()
    },
  }
}
