/** Which view stands at which route. */
import type { ReactNode } from 'react'
import type { Route } from '../router.ts'
import { EmptyState } from '../ui/empty-state.tsx'

export function viewOf(route: Route): ReactNode {
  return <EmptyState title={route.view} />
}
