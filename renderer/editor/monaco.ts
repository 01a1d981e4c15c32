/**
 * The one place that loads Monaco: the features and languages this window uses, its workers, its theme.
 *
 * Only ever imported as `import('./monaco.ts')`, so that all of it is a chunk of its own.
 */
import 'monaco-editor/features/bracketMatching/register'
import 'monaco-editor/features/clipboard/register'
import 'monaco-editor/features/codicon/register'
import 'monaco-editor/features/find/register'
import 'monaco-editor/features/folding/register'
import 'monaco-editor/features/hover/register'
import 'monaco-editor/features/longLinesHelper/register'
import 'monaco-editor/features/unicodeHighlighter/register'
import 'monaco-editor/features/wordHighlighter/register'
import { getWorker as jsonMode, jsonDefaults } from 'monaco-editor/languages/features/json/register'
// The language service of JSON, which comes later, brings editing features for every editor that is made after it; what
// they need has to be known before the first editor is, or each of them fails.
import 'monaco-editor/editor/common/services/treeViewsDndService'
import 'monaco-editor/editor/contrib/codelens/browser/codeLensCache'
import 'monaco-editor/editor/contrib/documentSymbols/browser/outlineModel'
import 'monaco-editor/editor/contrib/suggest/browser/suggestMemory'
import './definitions.ts'
import { editor, Range } from 'monaco-editor/editor'
// The bundler makes a worker's class of what ends in `?worker`.
// eslint-disable-next-line import/default
import EditorWorker from 'monaco-editor/editor/editor.worker?worker'
// eslint-disable-next-line import/default
import JsonWorker from 'monaco-editor/languages/features/json/json.worker?worker'
import { currentScheme, watchScheme, type Scheme } from '../theme/scheme.ts'
import { differingPart } from './bounds.ts'
import type { Mark } from './colour.ts'
import { READING } from './options.ts'
import { editorTheme, inkOf, themeName } from './theme.ts'

export { editor } from 'monaco-editor/editor'
export { createDoc, mountMergeEditor } from './merge-editor.ts'

self.MonacoEnvironment = {
  getWorker: (_module, label) => (label === 'json' ? new JsonWorker() : new EditorWorker()),
}

// What is shown was written by the engine or parsed before: colours, folding and the outline are all that helps.
jsonDefaults.setModeConfiguration({ tokens: true, foldingRanges: true, documentSymbols: true })
jsonDefaults.setDiagnosticsOptions({ validate: false, enableSchemaRequest: false })

// A theme holds for every editor of the window, so one listener is enough, for as long as the window lives.
for (const scheme of ['light', 'dark'] as const) editor.defineTheme(themeName(scheme), editorTheme(scheme))
const paint = (scheme: Scheme): void => editor.setTheme(themeName(scheme))
paint(currentScheme())
watchScheme(paint)

export interface Reader {
  /** Puts another text in, changing only what differs, so that place, folds and colours stay. */
  setText(text: string): void
  find(): void
  /** Folds everything but the outermost level, or unfolds all. */
  fold(folded: boolean): void
  /** Brings lines (1-based) into sight and marks them; none are marked where the last is before the first. */
  show(first: number, last: number): void
  /** Takes the marks away. */
  unmark(): void
  dispose(): void
}

/** Draws a text that can be read, searched, folded and copied but not changed. */
export function mountReader(
  host: HTMLElement,
  { text, language, label }: { text: string; language: string; label: string },
): Reader {
  const model = editor.createModel(text, language)
  // Offsets below count a line break as one character, on every system.
  model.setEOL(editor.EndOfLineSequence.LF)
  let current = text
  const view = editor.create(host, {
    model,
    ariaLabel: label,
    ...READING,
  })
  const shown = view.createDecorationsCollection()
  return {
    setText(next) {
      if (next === current) return
      const { from, to, text: part } = differingPart(current, next)
      const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)]
      const range = new Range(start.lineNumber, start.column, end.lineNumber, end.column)
      model.applyEdits([{ range, text: part }])
      current = next
    },
    find() {
      view.focus()
      void view.getAction('actions.find')?.run()
    },
    fold(folded) {
      void view.getAction(folded ? 'editor.foldLevel2' : 'editor.unfoldAll')?.run()
    },
    show(first, last) {
      const options = { isWholeLine: true, className: 'rangeHighlight' }
      shown.set(last < first ? [] : [{ range: new Range(first, 1, last, 1), options }])
      view.revealLinesInCenterIfOutsideViewport(first, Math.max(first, Math.min(last, first + 12)))
    },
    unmark: () => shown.clear(),
    dispose() {
      view.dispose()
      model.dispose()
    },
  }
}

/** Returns what divides texts into tokens of a language, each text begun anew; waits until its grammar is there. */
export async function tokenizerOf(language: string): Promise<(text: string) => Mark[][]> {
  if (language === 'json') {
    // Its grammar comes with the language service, which only a text in that language sets up, once it is loaded.
    await jsonMode().catch(() => undefined)
    editor.createModel('', language).dispose()
    await jsonMode()
  } else await editor.colorize('', language, {})
  return (text) =>
    editor
      .tokenize(text, language)
      .map((tokens) => tokens.map(({ offset, type }) => ({ offset, ink: inkOf(type) })))
}
