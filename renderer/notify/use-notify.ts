/** Tells of what waits outside the window: notices, the count on the app's icon, the title of the tab. */
import { useEffect, useRef } from 'react'
import { useRoute } from '../router.ts'
import { labelOf } from '../shell/places.tsx'
import { useApp, useStale, useStore } from '../state/hooks.ts'
import { useInbox } from '../views/inbox/use-inbox.tsx'
import { createAnnouncer, type Announcer } from './announcer.ts'
import { openTabs } from './tabs.ts'

function useNotices(): void {
  const app = useApp()
  const folder = useStore(({ workspace }) => (workspace?.state === 'open' ? workspace.folder : null))
  const name = useStore(({ workspace }) => (workspace?.state === 'open' ? workspace.name : ''))
  const { reading } = useInbox()
  const { value } = reading
  const announcer = useRef<Announcer | null>(null)
  useEffect(() => {
    if (folder === null) return
    const mine = createAnnouncer({
      clock: app.clock,
      outside: app.outside,
      // Pages served without protection have no locks, whatever the types say.
      tabs: openTabs(navigator.locks as LockManager | undefined, folder),
      workspace: name,
      wanted: () => app.store.getState().preferences.notify,
      focused: () => document.hasFocus(),
    })
    announcer.current = mine
    window.addEventListener('focus', mine.looked)
    window.addEventListener('blur', mine.looked)
    return () => {
      window.removeEventListener('focus', mine.looked)
      window.removeEventListener('blur', mine.looked)
      mine.close()
    }
  }, [app, folder, name])
  useEffect(() => {
    if (value !== undefined) announcer.current?.hear(value)
  }, [value, folder, name])
}

/** The number says nothing while nobody knows whether it still holds: it cannot turn grey out there. */
export function useOutside(): void {
  useNotices()
  const app = useApp()
  const route = useRoute()
  const name = useStore((state) => (state.workspace?.state === 'open' ? state.workspace.name : null))
  const isOld = useStale() !== null
  const { count: waiting } = useInbox()
  const count = isOld || name === null ? null : waiting
  useEffect(() => {
    const place =
      'id' in route
        ? `${route.view} ${route.id}`
        : route.view === 'file'
          ? 'A file'
          : route.view === 'nowhere'
            ? 'Nowhere'
            : labelOf(route.view)
    document.title = `${count !== null && count > 0 ? `(${count}) ` : ''}${place} · ${name ?? 'Hyperion'}`
  }, [route, name, count])
  useEffect(() => app.outside.count(count), [app, count])
}
