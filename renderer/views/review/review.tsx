/** The reviewer itself: files and conflicts, the active one above the result, why and checks beside it. */
import { useEffect, useRef, useState } from 'react'
import type { Review as ReviewData } from '../../../schemas/reviewer.ts'
import type { MergeEditor } from '../../editor/merge-editor.ts'
import { partyName } from '../../review/names.ts'
import { useReviewSettings } from '../../review/settings.ts'
import { isAt } from '../../review/stops.ts'
import { useReview, type OpenReview } from '../../review/use-session.ts'
import { useTrial } from '../../review/use-trial.ts'
import { cx } from '../../ui/cx.ts'
import { ConflictCard } from './card.tsx'
import { Foot, Head, Remarks } from './head.tsx'
import { Rail } from './rail.tsx'
import { RequeueDialog } from './requeue.tsx'
import { ResultPane } from './result-pane.tsx'
import { SidePane } from './side-pane.tsx'
import { TrialPanel } from './trial-panel.tsx'
import { useDecide } from './use-decide.ts'
import { useOffers, type Offers } from './use-offers.ts'
import { usePlace } from './use-place.ts'
import { useReviewKeys } from './use-review-keys.ts'
import { WholePath } from './whole-path.tsx'
import { WhyPanel } from './why-panel.tsx'
import styles from './review.module.css'

interface ReviewProps {
  id: number
  open: OpenReview
  review: ReviewData
  offers: Offers
}

export function Review({ id, open, review, offers }: ReviewProps) {
  const { session, module } = open
  const all = useReview(session, (state) => state)
  const [settings, prefer] = useReviewSettings()
  const [requeues, setRequeues] = useState(false)
  const editor = useRef<MergeEditor | null>(null)
  const trial = useTrial(session, id)
  const place = usePlace(id, review, all.files)
  const offered = useOffers(place, review, offers)
  const suggestions = settings.suggest ? offered : []
  const decide = useDecide({
    session, place, suggestions, settings, prefer, trial, editor, onRequeue: () => setRequeues(true),
  }) // prettier-ignore
  const checksOff = trial.running ? null : place.left > 0 ? 'Decide all conflicts first' : review.checks_off
  useReviewKeys({ decide, isWhole: place.conflict === null, checksOff, suggestions, settings })

  const { stop, state, merge, conflict, path, index, names, doc } = place
  const latest = useRef(decide)
  latest.current = decide
  const first = stop === null ? null : `${stop.path} ${stop.index}`
  const isRead = first !== null && place.why.value !== undefined
  useEffect(() => {
    // Who comes by a link hears where they are, and by whom.
    if (isRead && place.gone === 0 && stop !== null) latest.current.announce(stop)
  }, [isRead])

  const isThree = settings.layout === 'three' && merge !== null
  const showsText = state !== null && doc !== null && state.file?.pick() === null
  return (
    <div className={styles.view} data-layout={settings.layout}>
      <Head
        review={review}
        place={place}
        files={all.files}
        trial={trial}
        layout={settings.layout}
        onLayout={decide.layout}
        onRequeue={decide.requeue}
      />
      <Remarks review={review} session={session} state={all} />
      <div className={cx(styles.body, !settings.why && styles.noWhy)}>
        <Rail files={all.files} stops={place.stops} active={stop} onGo={decide.go} />
        <section className={styles.centre} aria-label={path === '' ? 'Conflict' : `Conflict in ${path}`}>
          {state !== null && conflict === null && merge?.conflicts.length !== 0 && (
            <WholePath
              state={state}
              taskId={partyName(review.incoming)}
              onPick={decide.pick}
              onEdit={decide.edit}
              onBack={decide.reopen}
              onRetry={() => void session.load(path)}
            />
          )}
          {conflict !== null && (
            <div className={styles.above}>
              <ConflictCard
                key={`${path} ${index} ${state?.file?.sidesKey}`}
                place={place}
                conflict={conflict}
                names={names}
                suggestions={suggestions}
                showBase={settings.base}
                showSides={settings.layout === 'focus'}
                decide={decide}
              />
            </div>
          )}
          {showsText && (
            <div className={styles.texts}>
              {isThree && (
                <SidePane
                  side="cur"
                  merge={merge}
                  active={index}
                  path={path}
                  title={`Target: ${names.cur}`}
                />
              )}
              <ResultPane
                module={module}
                state={state}
                active={index}
                gone={place.gone}
                folded={settings.layout === 'focus'}
                wrap={settings.wrap}
                onActive={(which) => {
                  const next = place.stops.find((one) => one.path === path && one.index === which)
                  if (next !== undefined && !isAt(next, stop)) place.stay(next)
                }}
                onEditor={(mounted) => {
                  editor.current = mounted
                }}
                onShown={decide.shown}
              />
              {isThree && (
                <SidePane
                  side="inc"
                  merge={merge}
                  active={index}
                  path={path}
                  title={`Incoming: ${names.inc}`}
                />
              )}
            </div>
          )}
        </section>
        {settings.why && (
          <aside className={styles.aside} aria-label="Why, and checks">
            {state !== null && (
              <WhyPanel
                review={review}
                path={path}
                reading={place.why}
                culprits={place.by}
                isGone={conflict?.chunk.cur.length === 0}
                isWhole={conflict === null}
              />
            )}
            <TrialPanel state={trial} review={review} off={checksOff} />
          </aside>
        )}
      </div>
      <Foot />
      <p className="unseen" role="status" aria-live="polite">
        {decide.said}
      </p>
      {requeues && (
        <RequeueDialog
          id={id}
          session={session}
          review={review}
          trial={trial}
          onClose={() => setRequeues(false)}
        />
      )}
    </div>
  )
}
