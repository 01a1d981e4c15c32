/** Drafts that are not finished, with what is still wrong with each. */
import type { CastDraftStanding } from '../../../schemas/cast-draft.ts'
import { pathOf } from '../../router.ts'
import { useApp } from '../../state/hooks.ts'
import { failureOf } from '../../failure.ts'
import { tellDone, tellFailure } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { Time } from '../../ui/time.tsx'
import { plural } from './builder.ts'
import styles from './cast-builder.module.css'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

function Standing({ standing }: Pick<CastDraftStanding, 'standing'>) {
  if (standing === null) return <span className={styles.quiet}>not examined: open it</span>
  const { errors, warnings, first, file } = standing
  if (errors > 0)
    return (
      <>
        <span className={styles.danger}>{plural(errors, 'error')}</span>{' '}
        <span className={styles.quiet}>{inertLine(first ?? '', 200)}</span>
      </>
    )
  return (
    <>
      <span className={styles.ok}>{file === 'same' ? 'written as it is' : 'ready to be written'}</span>{' '}
      {warnings > 0 && <span className={styles.warn}>{plural(warnings, 'warning')}</span>}
    </>
  )
}

export function DraftRows({
  drafts,
  away,
  onDuplicate,
  onDiscard,
  reload,
}: {
  drafts: readonly CastDraftStanding[]
  away: string | null
  onDuplicate: (draft: CastDraftStanding) => void
  onDiscard: (draft: CastDraftStanding) => Promise<boolean>
  reload: () => void
}) {
  const { api } = useApp()
  const putAway = async (draft: CastDraftStanding): Promise<void> => {
    if (!(await onDiscard(draft))) return
    tellDone(`The draft of ${draft.request_id === '' ? 'a cast' : draft.request_id} is put away`, {
      run: () =>
        void api.casts
          .discard({ id: draft.id, discarded: false })
          .then(reload, (error: unknown) => tellFailure('Not taken out again', failureOf(error))),
    })
  }
  return (
    <section aria-labelledby="cast-drafts">
      <h2 id="cast-drafts" className={styles.sectionTitle}>
        Drafts
      </h2>
      <ul className={styles.rows}>
        {drafts.map((draft) => {
          const name = draft.request_id === '' ? 'no id yet' : inertLine(draft.request_id, 80)
          return (
            <li key={draft.id} className={styles.draft}>
              <div className={styles.draftText}>
                <Link
                  to={`${pathOf({ view: 'cast', id: draft.id })}?step=${draft.step}`}
                  className={styles.draftName}
                >
                  <code>{name}</code>{' '}
                  {draft.summary.trim() === '' ? 'no summary yet' : inertLine(draft.summary, 200)}
                </Link>
                <p>
                  <Standing standing={draft.standing} />
                </p>
              </div>
              <span className={styles.quiet}>
                Saved {clock.format(new Date(draft.updated_at * 1000))} · <Time at={draft.updated_at} />
              </span>
              <Button
                size="small"
                reason={away}
                aria-label={`Duplicate ${name}`}
                onClick={() => onDuplicate(draft)}
              >
                Duplicate
              </Button>
              <Button
                size="small"
                reason={away}
                aria-label={`Put away ${name}`}
                onClick={() => void putAway(draft)}
              >
                Put away
              </Button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
