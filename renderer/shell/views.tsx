/** Which view stands at which route. */
import type { ReactNode } from 'react'
import type { Route } from '../router.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Link } from '../ui/link.tsx'
import { HomeView } from '../views/home/home.tsx'
import { CastBuilderView, FilesView, SkillsView, UnfinishedView } from '../views/later/later.tsx'

export function viewOf(route: Route): ReactNode {
  switch (route.view) {
    case 'home':
      return <HomeView />
    case 'files':
      return <FilesView />
    case 'cast-builder':
      return <CastBuilderView />
    case 'skills':
      return <SkillsView />
    case 'nowhere':
      return (
        <EmptyState title="Nothing is at this address" actions={<Link to="/home">Go to Home</Link>}>
          <code>{route.path.slice(0, 200)}</code> is no place of this window.
        </EmptyState>
      )
    default:
      return <UnfinishedView name={route.view} />
  }
}
