/** Which view stands at which route. */
import type { ReactNode } from 'react'
import type { Route } from '../router.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Link } from '../ui/link.tsx'
import { CastView } from '../views/cast-builder/cast-view.tsx'
import { CastsView } from '../views/cast-builder/casts-view.tsx'
import { FileView } from '../views/files/file-view.tsx'
import { FilesView } from '../views/files/files-view.tsx'
import { HomeView } from '../views/home/home.tsx'
import { InboxView } from '../views/inbox/inbox-view.tsx'
import { SkillsView } from '../views/later/later.tsx'
import { LogsView } from '../views/logs/logs-view.tsx'
import { QueueView } from '../views/queue/queue-view.tsx'
import { RequestView } from '../views/requests/request-view.tsx'
import { RequestsView } from '../views/requests/requests-view.tsx'
import { ReviewView } from '../views/review/review-view.tsx'
import { SettingsView } from '../views/settings/settings-view.tsx'

export function viewOf(route: Route): ReactNode {
  switch (route.view) {
    case 'home':
      return <HomeView />
    case 'files':
      return <FilesView />
    case 'file':
      return <FileView />
    case 'cast-builder':
      return <CastsView />
    case 'cast':
      return <CastView key={route.id} id={route.id} />
    case 'skills':
      return <SkillsView />
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
      return <RequestView id={route.id} />
    // One component for both, so that the table keeps its place while the inspector opens.
    case 'queue':
    case 'change':
      return <QueueView />
    case 'review':
      return <ReviewView key={route.id} id={route.id} />
    case 'logs':
      return <LogsView />
    case 'settings':
      return <SettingsView />
  }
}
