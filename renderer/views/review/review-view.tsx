/** The conflict reviewer of one change: reading it, or why it cannot be read. */
import { useCallback, useRef } from 'react'
import { pathOf } from '../../router.ts'
import { useSession, useReview, type OpenReview } from '../../review/use-session.ts'
import type { FileState } from '../../review/session.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { Review } from './review.tsx'
import type { Offers } from './use-offers.ts'
import styles from './review.module.css'

function Reading({ id, children }: { id: number; children?: React.ReactNode }) {
  return (
    <div className={styles.alone}>
      {children ?? <Skeleton lines={6} />}
      <p>
        <Link to={pathOf({ view: 'change', id })}>Back to change {id}</Link>
      </p>
    </div>
  )
}

function Opened({ id, open, offers }: { id: number; open: OpenReview; offers: Offers }) {
  const { session } = open
  const review = useReview(session, (state) => state.review)
  const failure = useReview(session, (state) => state.failure)
  if (review === null) {
    if (failure === null) return <Reading id={id} />
    return (
      <Reading id={id}>
        <ErrorBanner
          failure={failure}
          title="The conflict could not be read"
          retry={() => void session.open()}
        />
      </Reading>
    )
  }
  if (review.status !== 'conflict') {
    return (
      <EmptyState
        title={`Change ${id} is ${review.status.replace('_', ' ')}`}
        actions={<Link to={pathOf({ view: 'change', id })}>Show change {id}</Link>}
      >
        Nothing in it waits for a decision about conflicts.
      </EmptyState>
    )
  }
  return <Review id={id} open={open} review={review} offers={offers} />
}

export function ReviewView({ id }: { id: number }) {
  const offers = useRef<Offers>(new Map())
  const offered = useCallback((state: FileState, index: number): readonly string[] => {
    const conflict = state.file?.merged?.merge.conflicts[index]
    return conflict === undefined ? [] : (offers.current.get(state.path)?.texts(conflict) ?? [])
  }, [])
  const open = useSession(id, offered)
  return open === null ? <Reading id={id} /> : <Opened id={id} open={open} offers={offers.current} />
}
