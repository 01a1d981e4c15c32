/** Where a person exported to last: kept with their other preferences. */
import { useApp, useStore } from '../../state/hooks.ts'

export interface Places {
  dest: string
  file: string
}

/** What somebody else, or another version, kept there is taken as far as it is understood. */
export function placesFrom(value: unknown): Places {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const text = (name: keyof Places): string => (typeof given[name] === 'string' ? given[name] : '')
  return { dest: text('dest'), file: text('file') }
}

export function usePlaces(): [Places, (change: Partial<Places>) => void] {
  const app = useApp()
  const places = placesFrom(useStore(({ preferences }) => preferences.layout['skills']))
  return [places, (change) => app.prefer({ layout: { skills: { ...places, ...change } } })]
}
