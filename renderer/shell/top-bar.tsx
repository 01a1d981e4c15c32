/** Where the operator is, and the way to everywhere else. */
import { Search } from 'lucide-react'
import { Fragment } from 'react'
import { placeOf, useRoute, type Route } from '../router.ts'
import { useApp, useStore } from '../state/hooks.ts'
import { Kbd } from '../ui/kbd.tsx'
import { Link } from '../ui/link.tsx'
import { labelOf } from './places.tsx'
import styles from './top-bar.module.css'

interface Crumb {
  label: string
  to: string
}

/** Request › task › change, as far as the route and what is known of the change tell. */
export function crumbsOf(
  route: Route,
  change: { request_id: string | null; task_id: string } | undefined,
): Crumb[] {
  const place = placeOf(route)
  const first = place === null ? [] : [{ label: labelOf(place), to: `/${place}` }]
  if (route.view === 'request') return [...first, { label: route.id, to: `/request/${route.id}` }]
  if (route.view === 'cast') return [...first, { label: 'draft', to: `/cast-builder/${route.id}` }]
  if (route.view !== 'change' && route.view !== 'review') return first
  const here = `/change/${route.id}`
  const request = change?.request_id ?? null
  return [
    ...(request === null ? first : [{ label: request, to: `/request/${request}` }]),
    ...(change === undefined ? [] : [{ label: change.task_id, to: here }]),
    { label: `change ${route.id}`, to: here },
    ...(route.view === 'review' ? [{ label: 'conflict', to: `/review/${route.id}` }] : []),
  ]
}

export function TopBar() {
  const app = useApp()
  const route = useRoute()
  const told = useStore((state) =>
    route.view === 'change' || route.view === 'review' ? state.changes.get(route.id) : undefined,
  )
  // The inspector has read it under this key where the feed has not named it yet.
  const read =
    route.view === 'change' || route.view === 'review'
      ? app.reads.snapshot<{ request_id: string | null; task_id: string }>(`change-${route.id}`).value
      : undefined
  const crumbs = crumbsOf(route, told ?? read)
  return (
    <header className={styles.bar}>
      <nav aria-label="Breadcrumb" className={styles.crumbs}>
        <ol>
          {crumbs.map(({ label, to }, index) => (
            <Fragment key={label}>
              {index > 0 && (
                <li aria-hidden className={styles.between}>
                  ›
                </li>
              )}
              <li>
                {index === crumbs.length - 1 ? (
                  <span aria-current="page" className={styles.here}>
                    {label}
                  </span>
                ) : (
                  <Link to={to} className={styles.crumb}>
                    {label}
                  </Link>
                )}
              </li>
            </Fragment>
          ))}
        </ol>
      </nav>
      <button
        type="button"
        className={styles.search}
        onClick={() => app.store.setState({ overlay: 'palette' })}
      >
        <Search size={14} aria-hidden />
        <span className={styles.searchText}>Search or act</span>
        <Kbd keys="mod+K" />
      </button>
    </header>
  )
}
