/** Whether the window is light or dark at the moment, for what CSS cannot colour by itself. */
export type Scheme = 'light' | 'dark'

const DARK = '(prefers-color-scheme: dark)'

/** The preference where one was chosen, else the system's. */
export function currentScheme(): Scheme {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'light' || chosen === 'dark') return chosen
  return window.matchMedia(DARK).matches ? 'dark' : 'light'
}

/** Hears of every change of the preference and of the system; returns how to stop it. */
export function watchScheme(listener: (scheme: Scheme) => void): () => void {
  const tell = (): void => listener(currentScheme())
  const preference = new MutationObserver(tell)
  preference.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const system = window.matchMedia(DARK)
  system.addEventListener('change', tell)
  return () => {
    preference.disconnect()
    system.removeEventListener('change', tell)
  }
}
