/** The theme's one table: the CSS made from it is fresh, and its colours can be read. */
import { describe, expect, it } from 'vitest'
import { COLORS, tokensCss } from '../../renderer/theme/tokens.ts'
import { contrast } from './contrast.ts'

const THEMES = [
  ['light', 0],
  ['dark', 1],
] as const

describe('tokens', () => {
  it('are what tokens.css says', async () => {
    await expect(tokensCss()).toMatchFileSnapshot('../../renderer/theme/tokens.css')
  })

  it.each(THEMES)('can be read as text in the %s theme', (_name, theme) => {
    const weak: string[] = []
    for (const ground of ['bg', 'panel', 'raised'] as const) {
      for (const ink of ['text', 'muted', 'accent', 'ok', 'warn', 'danger', 'conflict'] as const) {
        const ratio = contrast(COLORS[ink][theme], COLORS[ground][theme])
        if (ratio < 4.5) weak.push(`${ink} on ${ground}: ${ratio.toFixed(2)}`)
      }
      const edge = contrast(COLORS.control[theme], COLORS[ground][theme])
      if (edge < 3) weak.push(`control on ${ground}: ${edge.toFixed(2)}`)
    }
    for (const [ink, ground] of [
      ['on-accent', 'accent'],
      ['accent', 'accent-soft'],
      ['text', 'accent-soft'],
      ['muted', 'accent-soft'],
      ['ok', 'ok-soft'],
      ['warn', 'warn-soft'],
      ['danger', 'danger-soft'],
      ['conflict', 'conflict-soft'],
    ] as const) {
      const ratio = contrast(COLORS[ink][theme], COLORS[ground][theme])
      if (ratio < 4.5) weak.push(`${ink} on ${ground}: ${ratio.toFixed(2)}`)
    }
    expect(weak).toEqual([])
  })
})
