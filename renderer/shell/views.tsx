/** Which view stands at which route. */
import { lazy, Suspense, type ReactNode } from 'react'
import type { Route } from '../router.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Link } from '../ui/link.tsx'
import { Skeleton } from '../ui/pane.tsx'
import { HomeView } from '../views/home/home.tsx'
import { InboxView } from '../views/inbox/inbox-view.tsx'
import { QueueView } from '../views/queue/queue-view.tsx'
import { RequestsView } from '../views/requests/requests-view.tsx'
import { ReviewView } from '../views/review/review-view.tsx'

// Places that are not what a window opens with: they come with the first visit.
const CastsView = lazy(async () => ({
  default: (await import('../views/cast-builder/casts-view.tsx')).CastsView,
}))
const CastView = lazy(async () => ({
  default: (await import('../views/cast-builder/cast-view.tsx')).CastView,
}))
const FileView = lazy(async () => ({
  default: (await import('../views/files/file-view.tsx')).FileView,
}))
const FilesView = lazy(async () => ({
  default: (await import('../views/files/files-view.tsx')).FilesView,
}))
const LogsView = lazy(async () => ({
  default: (await import('../views/logs/logs-view.tsx')).LogsView,
}))
const RequestView = lazy(async () => ({
  default: (await import('../views/requests/request-view.tsx')).RequestView,
}))
const SettingsView = lazy(async () => ({
  default: (await import('../views/settings/settings-view.tsx')).SettingsView,
}))
const SkillsView = lazy(async () => ({
  default: (await import('../views/skills/skills-view.tsx')).SkillsView,
}))

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
