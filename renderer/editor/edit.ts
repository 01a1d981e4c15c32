/**
 * A text to be edited, with what of it differs from how it was: beside it or in it, or alone where there was none.
 *
 * Only ever imported as `import('./edit.ts')`: it brings the editor with it.
 */
import { editor } from './monaco.ts'
import { COMMON } from './options.ts'

export interface EditTexts {
  /** Null: there is no such file yet. */
  before: string | null
  after: string
  language: string
}

export interface TextEditor {
  text(): string
  /** As one step that can be undone. */
  setText(text: string): void
  split(on: boolean): void
  focus(): void
  dispose(): void
}

const EDITING = {
  ...COMMON,
  readOnly: false,
  domReadOnly: false,
  tabFocusMode: false,
  // What is typed stands there and nothing else.
  autoClosingBrackets: 'never',
  autoClosingQuotes: 'never',
  autoSurround: 'never',
  lineDecorationsWidth: 12,
  scrollBeyondLastLine: false,
  unusualLineTerminators: 'off',
  renderFinalNewline: 'dimmed',
  wordWrap: 'off',
} as const satisfies editor.IStandaloneEditorConstructionOptions

export function mountEdit(
  host: HTMLElement,
  {
    before,
    after,
    language,
    label,
    split,
    onChange,
  }: EditTexts & { label: string; split: boolean; onChange: () => void },
): TextEditor {
  const model = editor.createModel(after, language)
  // What is counted and handed out has line feeds only.
  model.setEOL(editor.EndOfLineSequence.LF)
  const common = {
    text: () => model.getValue(editor.EndOfLinePreference.LF),
    setText(text: string) {
      if (text === model.getValue(editor.EndOfLinePreference.LF)) return
      model.pushStackElement()
      model.pushEditOperations(null, [{ range: model.getFullModelRange(), text }], () => null)
      model.pushStackElement()
    },
  }
  model.onDidChangeContent(onChange)
  if (before === null) {
    const view = editor.create(host, { ...EDITING, model, ariaLabel: label })
    return {
      ...common,
      split: () => undefined,
      focus: () => view.focus(),
      dispose() {
        view.dispose()
        model.dispose()
      },
    }
  }
  const original = editor.createModel(before, language)
  original.setEOL(editor.EndOfLineSequence.LF)
  const names = { originalAriaLabel: `${label}, as the base has it`, modifiedAriaLabel: label }
  const view = editor.createDiffEditor(host, {
    ...EDITING,
    ...names,
    originalEditable: false,
    renderSideBySide: split,
    useInlineViewWhenSpaceIsLimited: false,
    renderOverviewRuler: false,
    renderMarginRevertIcon: false,
    renderGutterMenu: false,
    accessibilityVerbose: false,
    ignoreTrimWhitespace: false,
    maxComputationTime: 2_000,
  })
  /** A difference is being worked out elsewhere, from these very texts: taken away meanwhile, that fails. */
  let comparing = true
  let gone = false
  const end = (): void => {
    if (model.isDisposed()) return
    view.setModel(null)
    view.dispose()
    model.dispose()
    original.dispose()
  }
  model.onDidChangeContent(() => (comparing = true))
  view.onDidUpdateDiff(() => {
    comparing = false
    // Not from within its own telling.
    if (gone) queueMicrotask(end)
  })
  view.setModel({ original, modified: model })
  return {
    ...common,
    split: (on) => view.updateOptions({ renderSideBySide: on, ...names }),
    focus: () => view.getModifiedEditor().focus(),
    dispose() {
      gone = true
      if (!comparing) end()
    },
  }
}
