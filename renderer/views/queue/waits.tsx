/** What a change waits for, and who else edits the same lines, each with the way to the other change. */
import { TriangleAlert } from 'lucide-react'
import type { ChangeDetail } from '../../../schemas/view.ts'
import { overlapWords, placeWords } from '../../change/reasons.ts'
import { inertLine } from '../../ui/inert.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { STATUS, StatusIcon } from '../../ui/status.tsx'
import styles from './inspector.module.css'

/** One reason stands in the sentence; several, or one with another change in it, are a list. */
export function Waits({ detail, sentence }: { detail: ChangeDetail; sentence: string }) {
  const { waits } = detail
  const linked = waits.length > 1 || waits.some(({ change_id }) => change_id !== null)
  if (!linked) return <p>{inertLine(sentence)}</p>
  const search = window.location.search
  return (
    <div>
      <p>{[placeWords(detail), 'waits for'].filter((part) => part !== null).join(' · ')}</p>
      <ul className={styles.waits}>
        {waits.map(({ kind, text, change_id }) => (
          <li key={`${kind}-${text}`}>
            <span>{inertLine(text)}</span>
            {change_id !== null && (
              <>
                {' '}
                <Link to={`/change/${change_id}${search}`} aria-label={`Open change ${change_id}`}>
                  Open
                </Link>
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

export function Overlaps({ detail: { overlaps } }: { detail: Pick<ChangeDetail, 'overlaps'> }) {
  if (overlaps.length === 0) return null
  const search = window.location.search
  return (
    <section className={styles.overlaps} aria-label="Who else edits the same lines">
      <p className={styles.overlapHead}>
        <TriangleAlert size={14} aria-hidden />
        Other open changes edit the same lines; whichever lands second may end in a conflict.
      </p>
      <ul>
        {overlaps.map((one) => (
          <li key={`${one.change_id}-${one.path}`} className={styles.overlap}>
            <StatusIcon status={one.status} size={14} label={false} />
            <Link to={`/change/${one.change_id}${search}`} className={styles.overlapLink}>
              change {one.change_id}
            </Link>
            <span className={styles.overlapText}>
              <InertLine
                text={`${STATUS[one.status].label.toLowerCase()}, ${one.task_id} of ${one.agent}: ${overlapWords(one)}`}
                muted
              />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
