/** How a person likes to review: kept with their other preferences. */
import { useApp, useStore } from '../state/hooks.ts'

export const LAYOUTS = ['focus', 'inline', 'three'] as const
export type ReviewLayout = (typeof LAYOUTS)[number]

export interface ReviewSettings {
  layout: ReviewLayout
  /** Goes to the next open conflict once one is decided. */
  advance: boolean
  suggest: boolean
  why: boolean
  base: boolean
  wrap: boolean
}

const DEFAULTS: ReviewSettings = {
  layout: 'focus', advance: true, suggest: true, why: true, base: false, wrap: false,
} // prettier-ignore

/** What somebody else, or an older version, kept there is taken as far as it is understood. */
export function settingsFrom(value: unknown): ReviewSettings {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const flag = (name: 'advance' | 'suggest' | 'why' | 'base' | 'wrap'): boolean =>
    typeof given[name] === 'boolean' ? given[name] : DEFAULTS[name]
  return {
    layout: LAYOUTS.find((one) => one === given['layout']) ?? DEFAULTS.layout,
    advance: flag('advance'),
    suggest: flag('suggest'),
    why: flag('why'),
    base: flag('base'),
    wrap: flag('wrap'),
  }
}

export function useReviewSettings(): [ReviewSettings, (change: Partial<ReviewSettings>) => void] {
  const app = useApp()
  const settings = settingsFrom(useStore(({ preferences }) => preferences.layout['review']))
  return [settings, (change) => app.prefer({ layout: { review: { ...settings, ...change } } })]
}
