/** How every text of the window looks, and what else holds where it is read and not written. */
import type { editor } from 'monaco-editor/editor'

type Options = editor.IEditorOptions & editor.IGlobalEditorOptions & { tabFocusMode?: boolean }

export const COMMON = {
  automaticLayout: true,
  fontFamily: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontLigatures: false,
  fontSize: 12,
  lineHeight: 18,
  lineNumbersMinChars: 4,
  padding: { top: 4, bottom: 4 },
  wrappingIndent: 'same',
  minimap: { enabled: false },
  contextmenu: false,
  showFoldingControls: 'always',
  renderLineHighlight: 'none',
  links: false,
  // Nothing is offered, dropped or pasted but what the person wrote.
  codeLens: false,
  quickSuggestions: false,
  suggestOnTriggerCharacters: false,
  wordBasedSuggestions: 'off',
  dropIntoEditor: { enabled: false },
  pasteAs: { enabled: false },
  stickyScroll: { enabled: false },
  guides: { indentation: true },
  find: { addExtraSpaceOnTop: false, seedSearchStringFromSelection: 'selection' },
  // A list that scrolls around it goes on scrolling where this text ends.
  scrollbar: { alwaysConsumeMouseWheel: false, verticalScrollbarSize: 10, horizontalScrollbarSize: 10 },
  renderControlCharacters: true,
  unicodeHighlight: {
    ambiguousCharacters: true,
    invisibleCharacters: true,
    nonBasicASCII: false,
    includeComments: true,
    includeStrings: true,
  },
} as const satisfies Options

export const READING = {
  ...COMMON,
  readOnly: true,
  domReadOnly: true,
  // Tab goes on to what comes next, as it does everywhere in the window.
  tabFocusMode: true,
  lineDecorationsWidth: 8,
  wordWrap: 'on',
  scrollBeyondLastLine: false,
  overviewRulerLanes: 0,
  hideCursorInOverviewRuler: true,
  cursorBlinking: 'solid',
  renderFinalNewline: 'off',
} as const satisfies Options
