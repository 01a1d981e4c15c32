/** Which view stands at which route. */
import { lazy, Suspense, type ComponentType, type ReactNode } from 'react'
import type { Route } from '../router.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { Link } from '../ui/link.tsx'
import { Skeleton } from '../ui/pane.tsx'
import { HomeView } from '../views/home/home.tsx'
import { InboxView } from '../views/inbox/inbox-view.tsx'
import { QueueView } from '../views/queue/queue-view.tsx'
import { RequestsView } from '../views/requests/requests-view.tsx'
import { ReviewView } from '../views/review/review-view.tsx'
import styles from './shell.module.css'

const fetches: (() => Promise<unknown>)[] = []

/** A view that comes with the first visit, or before it in a quiet moment: it is not what a window opens with. */
function later<Props>(load: () => Promise<ComponentType<Props>>) {
  fetches.push(load)
  // What failed once fails until the window is loaded anew: lazy views keep what they got.
  return lazy(async () => ({ default: await load().catch((): ComponentType<Props> => NotLoaded) }))
}

function NotLoaded() {
  const failure = {
    kind: 'transient',
    code: 'offline',
    message: 'What draws it could not be fetched from the engine.',
    hint: 'Reload the window once the engine is back; nothing was lost in it.',
  } as const
  return (
    <div className={styles.padded}>
      <ErrorBanner
        title="This place could not be loaded"
        failure={failure}
        actions={
          <Button size="small" onClick={() => window.location.reload()}>
            Reload window
          </Button>
        }
      />
    </div>
  )
}

const CastsView = later(async () => (await import('../views/cast-builder/casts-view.tsx')).CastsView)
const CastView = later(async () => (await import('../views/cast-builder/cast-view.tsx')).CastView)
const FileView = later(async () => (await import('../views/files/file-view.tsx')).FileView)
const FilesView = later(async () => (await import('../views/files/files-view.tsx')).FilesView)
const LogsView = later(async () => (await import('../views/logs/logs-view.tsx')).LogsView)
const RequestView = later(async () => (await import('../views/requests/request-view.tsx')).RequestView)
const SettingsView = later(async () => (await import('../views/settings/settings-view.tsx')).SettingsView)
const SkillsView = later(async () => (await import('../views/skills/skills-view.tsx')).SkillsView)

/** Fetches what the other places are drawn by, so that they are there should the engine that serves the page go away. */
export async function fetchViews(): Promise<void> {
  // What cannot be had now is asked for again by whoever goes there.
  await Promise.allSettled(fetches.map((fetch) => fetch()))
}

const coming = (view: ReactNode): ReactNode => <Suspense fallback={<Skeleton lines={6} />}>{view}</Suspense>

export function viewOf(route: Route): ReactNode {
  switch (route.view) {
    case 'home':
      return <HomeView />
    case 'files':
      return coming(<FilesView />)
    case 'file':
      return coming(<FileView />)
    case 'cast-builder':
      return coming(<CastsView />)
    case 'cast':
      return coming(<CastView key={route.id} id={route.id} />)
    case 'skills':
      return coming(<SkillsView />)
    case 'nowhere':
      return (
        <EmptyState title="Nothing is at this address" actions={<Link to="/home">Go to Home</Link>}>
          <code>{route.path.slice(0, 200)}</code> is no place of this window.
        </EmptyState>
      )
    case 'inbox':
      return <InboxView />
    case 'requests':
      return <RequestsView />
    case 'request':
      return coming(<RequestView id={route.id} />)
    // One component for both, so that the table keeps its place while the inspector opens.
    case 'queue':
    case 'change':
      return <QueueView />
    case 'review':
      return <ReviewView key={route.id} id={route.id} />
    case 'logs':
      return coming(<LogsView />)
    case 'settings':
      return coming(<SettingsView />)
  }
}
