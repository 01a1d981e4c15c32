/** Every place of the app, for whatever looks at all of them. */
export const VIEWS = [
  '/home',
  '/inbox',
  '/requests',
  '/requests?submit=1',
  '/request/REQ-104',
  '/queue',
  '/change/1',
  '/logs',
  '/files',
  '/file?path=README.md&line=1',
  '/cast-builder',
  '/skills',
  '/settings',
] as const

export const THEMES = ['light', 'dark'] as const
