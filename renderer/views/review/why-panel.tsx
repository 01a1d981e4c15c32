/** Why there is a conflict: who changed the target's lines, with their diff, and what the incoming change is for. */
import { useState } from 'react'
import type { Party, Review, WhyCommits } from '../../../schemas/reviewer.ts'
import { PatchExcerpts } from '../../change/patch-excerpts.tsx'
import { partyName } from '../../review/names.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { Time } from '../../ui/time.tsx'
import type { Reading } from '../../state/hooks.ts'
import styles from './review.module.css'

type Commit = WhyCommits['commits'][number]

function Origin({ party }: { party: Party }) {
  return (
    <p className={styles.origin}>
      {party.request_id !== null && (
        <Link to={`/request/${party.request_id}`}>
          <InertLine text={party.request_id} />
        </Link>
      )}
      {party.change_id !== null && <Link to={`/change/${party.change_id}`}>change {party.change_id}</Link>}
      {party.agent !== null && <InertLine text={party.agent} muted />}
    </p>
  )
}

function Landed({ commit, path }: { commit: Commit; path: string }) {
  const [open, setOpen] = useState(false)
  return (
    <li className={styles.landed}>
      <h4 className={styles.whyTitle}>
        <InertLine
          text={
            commit.change_id === null
              ? `${commit.commit.slice(0, 10)} by ${commit.author}`
              : partyName(commit)
          }
        />
        <Time at={commit.committed_at} />
      </h4>
      <Origin party={commit} />
      <div className={styles.intent}>
        <InertText text={commit.intent ?? commit.summary ?? commit.subject} />
      </div>
      {commit.diff === null ? (
        <p className={styles.quiet}>Its diff of this file is too long to be shown here, or is no text.</p>
      ) : (
        <>
          <Button size="small" kind="ghost" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide what it did here' : 'Show what it did here'}
          </Button>
          {open && (
            <PatchExcerpts changes={[{ path, operation: 'update', patch: commit.diff, patch_hash: '' }]} />
          )}
        </>
      )}
    </li>
  )
}

export interface WhyPanelProps {
  review: Review
  path: string
  reading: Reading<WhyCommits>
  /** Those of the active conflict; all of the path where there is none. */
  culprits: readonly Commit[]
  isGone: boolean
  isWhole: boolean
}

export function WhyPanel({ review, path, reading, culprits, isGone, isWhole }: WhyPanelProps) {
  const why = reading.value
  const list = culprits.length > 0 ? culprits : (why?.commits ?? [])
  return (
    <section className={styles.why} aria-label="Why">
      <h3 className={styles.sectionTitle}>{isGone ? 'Who took these lines away' : 'What landed here'}</h3>
      {why === undefined && reading.error === null && <Skeleton lines={3} />}
      {reading.error !== null && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {why !== undefined && why.unknown !== null && (
        <p className={styles.quiet} role="note">
          <InertLine text={why.unknown} />
        </p>
      )}
      {why !== undefined && !isWhole && culprits.length === 0 && why.unknown === null && list.length > 0 && (
        <p className={styles.quiet}>No landed line is in this conflict itself; these changed the file.</p>
      )}
      {why !== undefined && list.length === 0 && (
        <p className={styles.quiet}>Nothing is known that landed on this file.</p>
      )}
      <ul className={styles.landedList}>
        {list.map((commit) => (
          <Landed key={commit.commit} commit={commit} path={path} />
        ))}
      </ul>
      <h3 className={styles.sectionTitle}>What is incoming</h3>
      <h4 className={styles.whyTitle}>
        <InertLine text={partyName(review.incoming)} />
      </h4>
      <Origin party={review.incoming} />
      <div className={styles.intent}>
        <InertText text={review.incoming.intent ?? review.incoming.summary ?? 'It says no intent.'} />
      </div>
      {review.incoming.summary !== null && review.incoming.intent !== null && (
        <p className={styles.quiet}>
          Request: <InertLine text={review.incoming.summary} />
        </p>
      )}
    </section>
  )
}
