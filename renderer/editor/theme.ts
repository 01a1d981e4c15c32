/** The editor's theme, made from the tokens alone: which ink a kind of text has, and the colours of every surface. */
import { COLORS, type ColorName } from '../theme/tokens.ts'
import type { Scheme } from '../theme/scheme.ts'

/** What the editor takes as a theme (`editor.IStandaloneThemeData`). */
export interface EditorTheme {
  base: 'vs' | 'vs-dark'
  inherit: false
  rules: { token: string; foreground: string; fontStyle?: string }[]
  colors: Record<string, string>
}

/**
 * Scope of a token → its ink; the longest one that a scope begins with wins (`string.key` before `string`).
 * Danger's red is left to what is wrong: code that is merely removed stands on a red ground.
 */
export const SYNTAX: Readonly<Record<string, ColorName>> = {
  '': 'text',
  comment: 'muted',
  'comment.doc': 'muted',
  string: 'ok',
  'string.key': 'accent',
  'string.escape': 'warn',
  'string.invalid': 'danger',
  regexp: 'warn',
  number: 'warn',
  constant: 'warn',
  'keyword.json': 'warn',
  keyword: 'conflict',
  annotation: 'conflict',
  metatag: 'conflict',
  meta: 'conflict',
  tag: 'accent',
  type: 'accent',
  namespace: 'accent',
  key: 'accent',
  attribute: 'accent',
  'attribute.value': 'ok',
  delimiter: 'muted',
  invalid: 'danger',
}

/** The ink of a token such as `keyword.flow.ts`. */
export function inkOf(scope: string): ColorName {
  for (let part = scope; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
    if (Object.hasOwn(SYNTAX, part)) return SYNTAX[part] ?? 'text'
  }
  return 'text'
}

/** Surface of the editor → the token that paints it. What is not drawn here has the editor's own default. */
export const SURFACES: Readonly<Record<string, ColorName>> = {
  foreground: 'text',
  descriptionForeground: 'muted',
  errorForeground: 'danger',
  focusBorder: 'accent',
  'icon.foreground': 'muted',
  'editor.background': 'panel',
  'editor.foreground': 'text',
  'editorLineNumber.foreground': 'muted',
  'editorLineNumber.activeForeground': 'text',
  'editorCursor.foreground': 'accent',
  'editor.selectionBackground': 'selection',
  'editor.inactiveSelectionBackground': 'selection',
  'editor.selectionHighlightBackground': 'raised',
  'editor.selectionHighlightBorder': 'control',
  'editor.wordHighlightBackground': 'raised',
  'editor.wordHighlightStrongBackground': 'raised',
  'editor.wordHighlightTextBackground': 'raised',
  'editor.findMatchBackground': 'found',
  'editor.findMatchBorder': 'warn',
  'editor.findMatchHighlightBackground': 'found',
  'editor.findRangeHighlightBackground': 'raised',
  'editor.rangeHighlightBackground': 'raised',
  'editor.lineHighlightBackground': 'panel',
  'editor.lineHighlightBorder': 'hairline',
  'editor.foldBackground': 'raised',
  'editor.foldPlaceholderForeground': 'muted',
  'editorGutter.background': 'panel',
  'editorGutter.foldingControlForeground': 'muted',
  'editorWhitespace.foreground': 'control',
  'editorIndentGuide.background1': 'hairline',
  'editorIndentGuide.activeBackground1': 'control',
  'editorBracketMatch.background': 'raised',
  'editorBracketMatch.border': 'control',
  // Depth is shown by indentation: brackets have the ink of what divides, at every depth.
  'editorBracketHighlight.foreground1': 'muted',
  'editorBracketHighlight.foreground2': 'muted',
  'editorBracketHighlight.foreground3': 'muted',
  'editorBracketHighlight.foreground4': 'muted',
  'editorBracketHighlight.foreground5': 'muted',
  'editorBracketHighlight.foreground6': 'muted',
  'editorBracketHighlight.unexpectedBracket.foreground': 'muted',
  'editorUnicodeHighlight.background': 'warn-soft',
  'editorUnicodeHighlight.border': 'warn',
  'editorOverviewRuler.border': 'hairline',
  'editorOverviewRuler.findMatchForeground': 'warn',
  'hyperion.openConflict': 'conflict',
  'hyperion.decidedConflict': 'ok',
  'editorWidget.background': 'raised',
  'editorWidget.foreground': 'text',
  'editorWidget.border': 'hairline',
  'editorWidget.resizeBorder': 'control',
  'editorHoverWidget.background': 'raised',
  'editorHoverWidget.foreground': 'text',
  'editorHoverWidget.border': 'hairline',
  'editorHoverWidget.statusBarBackground': 'raised',
  'textLink.foreground': 'accent',
  'textLink.activeForeground': 'accent',
  'textCodeBlock.background': 'panel',
  'input.background': 'panel',
  'input.foreground': 'text',
  'input.border': 'control',
  'input.placeholderForeground': 'muted',
  'inputOption.activeBackground': 'accent-soft',
  'inputOption.activeBorder': 'accent',
  'inputOption.activeForeground': 'accent',
  'inputOption.hoverBackground': 'raised',
  'inputValidation.errorBackground': 'danger-soft',
  'inputValidation.errorForeground': 'danger',
  'inputValidation.errorBorder': 'danger',
  'toolbar.hoverBackground': 'accent-soft',
  'scrollbarSlider.background': 'hairline',
  'scrollbarSlider.hoverBackground': 'control',
  'scrollbarSlider.activeBackground': 'control',
  'scrollbar.shadow': 'hairline',
  'widget.shadow': 'hairline',
  'diffEditor.insertedLineBackground': 'ok-soft',
  'diffEditor.removedLineBackground': 'danger-soft',
  'diffEditor.insertedTextBackground': 'ok-strong',
  'diffEditor.removedTextBackground': 'danger-strong',
  'diffEditorGutter.insertedLineBackground': 'ok-soft',
  'diffEditorGutter.removedLineBackground': 'danger-soft',
  'diffEditorOverview.insertedForeground': 'ok',
  'diffEditorOverview.removedForeground': 'danger',
  'diffEditor.border': 'hairline',
  'diffEditor.diagonalFill': 'hairline',
  'diffEditor.unchangedRegionBackground': 'raised',
  'diffEditor.unchangedRegionForeground': 'muted',
  'diffEditor.unchangedCodeBackground': 'bg',
  'diffEditor.unchangedRegionShadow': 'hairline',
}

/** Grounds on which code is read; every ink of `SYNTAX` holds 4.5 : 1 on each of them. */
export const CODE_GROUNDS = [
  'panel',
  'raised',
  'selection',
  'found',
  'ok-soft',
  'danger-soft',
  'ok-strong',
  'danger-strong',
  'accent-soft',
  'warn-soft',
  'conflict-soft',
] as const satisfies readonly ColorName[]

const colorOf = (name: ColorName, scheme: Scheme): string => COLORS[name][scheme === 'light' ? 0 : 1]

export const themeName = (scheme: Scheme): string => `hyperion-${scheme}`

export function editorTheme(scheme: Scheme): EditorTheme {
  return {
    base: scheme === 'light' ? 'vs' : 'vs-dark',
    // The inherited rules are the editor's own colours, some too weak to be read.
    inherit: false,
    rules: Object.entries(SYNTAX).map(([token, ink]) => ({
      token,
      foreground: colorOf(ink, scheme).slice(1),
    })),
    colors: Object.fromEntries(
      Object.entries(SURFACES).map(([surface, name]) => [surface, colorOf(name, scheme)]),
    ),
  }
}
