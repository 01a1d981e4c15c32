/** The editor's theme holds nothing but tokens, and its code can be read on every ground it stands on. */
import { describe, expect, it } from 'vitest'
import {
  CODE_GROUNDS,
  editorTheme,
  inkOf,
  SURFACES,
  SYNTAX,
  themeName,
} from '../../../renderer/editor/theme.ts'
import { COLORS, type ColorName } from '../../../renderer/theme/tokens.ts'
import { contrast } from '../contrast.ts'

const SCHEMES = [
  ['light', 0],
  ['dark', 1],
] as const

describe.each(SCHEMES)('the %s theme', (scheme, at) => {
  const { base, inherit, rules, colors } = editorTheme(scheme)
  const tokens = new Set<string>(Object.values(COLORS).map((pair) => pair[at]))
  const color = (name: ColorName): string => COLORS[name][at]

  it('is made of tokens alone, of its own side', () => {
    expect([base, inherit, themeName(scheme)]).toEqual([
      scheme === 'light' ? 'vs' : 'vs-dark',
      false,
      `hyperion-${scheme}`,
    ])
    expect(rules.length).toBeGreaterThan(10)
    expect(Object.keys(colors).length).toBeGreaterThan(50)
    expect(rules.filter(({ foreground }) => !tokens.has(`#${foreground}`))).toEqual([])
    expect(Object.entries(colors).filter(([, value]) => !tokens.has(value))).toEqual([])
  })

  it('can be read: every ink of code on every ground code stands on', () => {
    const weak = CODE_GROUNDS.flatMap((ground) =>
      [...new Set(Object.values(SYNTAX))].flatMap((ink) => {
        const ratio = contrast(color(ink), color(ground))
        return ratio < 4.5 ? [`${ink} on ${ground}: ${ratio.toFixed(2)}`] : []
      }),
    )
    expect(weak).toEqual([])
  })

  it('has its grounds of code among those, its diff included', () => {
    const grounds = Object.entries(SURFACES).filter(([surface]) =>
      /^(editor\.(background|\w*[sS]election\w*Background|find\w*Background|\w*ighlight\w*Background|foldBackground)|diffEditor\.(inserted|removed)\w+Background)$/.test(
        surface,
      ),
    )
    expect(grounds.length).toBeGreaterThan(12)
    expect(grounds.filter(([, name]) => !(CODE_GROUNDS as readonly string[]).includes(name))).toEqual([])
  })

  it('shows what is in force: edges and marks at 3 : 1, words beside the code at 4.5 : 1', () => {
    const at3 = [
      ['editorCursor.foreground', 'editor.background'],
      ['focusBorder', 'editor.background'],
      ['editor.findMatchBorder', 'editor.background'],
      ['editorUnicodeHighlight.border', 'editor.background'],
      ['editorBracketMatch.border', 'editor.background'],
      ['input.border', 'input.background'],
      ['inputOption.activeBorder', 'inputOption.activeBackground'],
      ['icon.foreground', 'editorWidget.background'],
      ['scrollbarSlider.activeBackground', 'editor.background'],
      ['diffEditorOverview.insertedForeground', 'editor.background'],
      ['diffEditorOverview.removedForeground', 'editor.background'],
    ] as const
    const at45 = [
      ['editorLineNumber.foreground', 'editorGutter.background'],
      ['editorLineNumber.foreground', 'diffEditorGutter.insertedLineBackground'],
      ['editorLineNumber.foreground', 'diffEditorGutter.removedLineBackground'],
      ['editorWidget.foreground', 'editorWidget.background'],
      ['editorHoverWidget.foreground', 'editorHoverWidget.background'],
      ['input.foreground', 'input.background'],
      ['input.placeholderForeground', 'input.background'],
      ['inputValidation.errorForeground', 'inputValidation.errorBackground'],
      ['textLink.foreground', 'editorHoverWidget.background'],
      ['diffEditor.unchangedRegionForeground', 'diffEditor.unchangedRegionBackground'],
    ] as const
    const weak = [...at3.map((pair) => [...pair, 3] as const), ...at45.map((pair) => [...pair, 4.5] as const)]
      .map(([ink, ground, least]) => ({
        pair: `${ink} on ${ground}`,
        ratio: contrast(colors[ink] ?? '', colors[ground] ?? ''),
        least,
      }))
      .filter(({ ratio, least }) => !(ratio >= least))
    expect(weak).toEqual([])
  })
})

describe('the ink of a token', () => {
  it.each([
    ['string.key.json', 'accent'],
    ['string.value.json', 'ok'],
    ['keyword.json', 'warn'],
    ['keyword.flow.ts', 'conflict'],
    ['comment.doc.ts', 'muted'],
    ['delimiter.bracket.ts', 'muted'],
    ['identifier.ts', 'text'],
    ['', 'text'],
    ['constructor', 'text'],
  ])('%s', (scope, ink) => {
    expect(inkOf(scope)).toBe(ink)
  })
})
