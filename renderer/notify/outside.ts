/** What the page may do outside its window: notify, and say how much waits; through the browser, or through main. */
import type { Notice } from './decide.ts'

/** `unasked`: the browser asks the person first, and is made to only by an act of theirs. `none`: it cannot. */
export type Permission = 'granted' | 'denied' | 'unasked' | 'none'

export interface Outside {
  permission(): Permission
  subscribe(listener: () => void): () => void
  /** Has the browser ask the person. */
  ask(): Promise<void>
  notify(notice: Notice): void
  /** Takes back what was told: the person is here. */
  quiet(): void
  /** How much waits, for the app's icon; null where it is not known. */
  count(count: number | null): void
}

export const silent: Outside = {
  permission: () => 'none',
  subscribe: () => () => undefined,
  ask: async () => undefined,
  notify: () => undefined,
  quiet: () => undefined,
  count: () => undefined,
}

/** A later notice takes the place of the one before, also where another tab showed it. */
const TAG = 'hyperion'

type Page = Window & { Notification?: typeof Notification }

const PERMISSIONS: Readonly<Record<NotificationPermission, Permission>> = {
  granted: 'granted',
  denied: 'denied',
  default: 'unasked',
}

/** Through the browser; `go` shows a place of this page. */
export function browserOutside(page: Page, go: (path: string) => void): Outside {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  let shown: Notification | null = null
  // Changed in the browser's own settings; a browser that cannot say so is asked when Settings is drawn again.
  void page.navigator.permissions
    ?.query({ name: 'notifications' })
    .then((status) => status.addEventListener('change', tell))
    .catch(() => undefined)
  return {
    ...silent,
    permission: () => (page.Notification === undefined ? 'none' : PERMISSIONS[page.Notification.permission]),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async ask() {
      await page.Notification?.requestPermission()
      tell()
    },
    notify({ title, body, path }) {
      if (page.Notification?.permission !== 'granted') return
      shown?.close()
      const notification = new page.Notification(title, { body, tag: TAG, icon: '/icon.svg' })
      shown = notification
      notification.addEventListener('click', () => {
        page.focus()
        go(path)
        notification.close()
      })
    },
    quiet() {
      shown?.close()
      shown = null
    },
  }
}

/** Through preload and main, which shows what it finds fit; no permission of the page is needed. */
export function desktopOutside(page: Window): Outside {
  const post = (said: unknown): void => page.postMessage({ hyperion: 'outside', said }, '/')
  return {
    ...silent,
    permission: () => 'granted',
    notify: (notice) => post({ say: 'notice', ...notice }),
    quiet: () => post({ say: 'quiet' }),
    count: (count) => post({ say: 'count', count }),
  }
}

export const outsideOf = (page: Window, go: (path: string) => void): Outside =>
  page.location.protocol === 'app:' ? desktopOutside(page) : browserOutside(page, go)
