/** Paths of the window and how to go there; the same in the app, in the browser host and behind hyperion:// links. */
import { useSyncExternalStore } from 'react'

export const VIEWS = [
  'home',
  'inbox',
  'requests',
  'queue',
  'logs',
  'files',
  'cast-builder',
  'skills',
  'settings',
] as const
export type View = (typeof VIEWS)[number]

export type Route =
  | { view: View }
  | { view: 'request'; id: string }
  | { view: 'change'; id: number }
  /** The conflict reviewer of a change. */
  | { view: 'review'; id: number }
  /** A draft of a cast; which step is in the query. */
  | { view: 'cast'; id: string }
  /** Which one, and which line of it, is in the query. */
  | { view: 'file' }
  | { view: 'nowhere'; path: string }

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/

export function parsePath(path: string): Route {
  const [, first = '', second, ...rest] = path.replace(/\/+$/, '').split('/')
  if (rest.length > 0) return { view: 'nowhere', path }
  if (second === undefined) {
    if (first === '' || first === 'index.html') return { view: 'home' }
    if (first === 'file') return { view: 'file' }
    const view = VIEWS.find((name) => name === first)
    return view === undefined ? { view: 'nowhere', path } : { view }
  }
  if (first === 'request' && ID.test(second)) return { view: 'request', id: second }
  if (first === 'cast-builder' && ID.test(second)) return { view: 'cast', id: second }
  const id = Number(second)
  const isId = /^[1-9][0-9]{0,15}$/.test(second) && Number.isSafeInteger(id)
  if (isId && (first === 'change' || first === 'review')) return { view: first, id }
  return { view: 'nowhere', path }
}

export function pathOf(route: Route): string {
  switch (route.view) {
    case 'request':
    case 'change':
    case 'review':
      return `/${route.view}/${route.id}`
    case 'cast':
      return `/cast-builder/${route.id}`
    case 'nowhere':
      return route.path
    default:
      return `/${route.view}`
  }
}

/** Under which place of the rail a route stands. */
export function placeOf(route: Route): View | null {
  if (route.view === 'request') return 'requests'
  if (route.view === 'change' || route.view === 'review') return 'queue'
  if (route.view === 'file') return 'files'
  if (route.view === 'cast') return 'cast-builder'
  return route.view === 'nowhere' ? null : route.view
}

const MOVED = 'hyperion:moved'

/** `path` may carry a query; the same path again replaces, so that Back leads away from it. */
export function navigate(path: string, how: 'push' | 'replace' = 'push'): void {
  const { pathname, search } = window.location
  if (how === 'replace' || path === pathname + search) window.history.replaceState(null, '', path)
  else window.history.pushState(null, '', path)
  window.dispatchEvent(new Event(MOVED))
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener)
  window.addEventListener(MOVED, listener)
  return () => {
    window.removeEventListener('popstate', listener)
    window.removeEventListener(MOVED, listener)
  }
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => window.location.pathname)

export const useRoute = (): Route => parsePath(usePath())

/** One part of the query, and how to set it without a step in the history (null takes it out). */
export function useQuery(name: string): [string | null, (value: string | null) => void] {
  const search = useSyncExternalStore(subscribe, () => window.location.search)
  const set = (value: string | null): void => {
    const next = new URLSearchParams(window.location.search)
    if (value === null || value === '') next.delete(name)
    else next.set(name, value)
    const query = next.toString()
    navigate(window.location.pathname + (query === '' ? '' : `?${query}`), 'replace')
  }
  return [new URLSearchParams(search).get(name), set]
}
