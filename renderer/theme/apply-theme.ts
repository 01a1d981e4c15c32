/** Puts theme and density on the page; remembered beside the engine's copy, so that the first paint is right already. */
import type { Preferences } from '../../schemas/view.ts'

type Look = Pick<Preferences, 'theme' | 'density'>

const KEY = 'hyperion.look'

export function applyLook({ theme, density }: Look): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset['theme']
  else dataset['theme'] = theme
  dataset['density'] = density
}

export function rememberLook({ theme, density }: Look): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ theme, density }))
  } catch {
    // A page without storage is painted in the system's theme first.
  }
}

export function recallLook(): void {
  try {
    const look: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    if (typeof look !== 'object' || look === null) return
    const { theme, density } = look as Record<string, unknown>
    applyLook({
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
      density: density === 'comfortable' ? 'comfortable' : 'compact',
    })
  } catch {
    // What cannot be read is written again once the engine has answered.
  }
}
