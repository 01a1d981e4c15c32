/** Sends what was decided back into the queue, or lists what is still in the way. */
import { useRef, useState } from 'react'
import type { Review } from '../../../schemas/reviewer.ts'
import { useDecider } from '../../change/decider.ts'
import type { Session } from '../../review/session.ts'
import type { TrialState } from '../../review/use-trial.ts'
import { useReview } from '../../review/use-session.ts'
import { navigate, pathOf, useQuery } from '../../router.ts'
import { useAct, useAway } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { trialSentence } from './trial-panel.tsx'
import styles from './review.module.css'

export interface RequeueProps {
  id: number
  session: Session
  review: Review
  trial: TrialState
  onClose: () => void
}

export function RequeueDialog({ id, session, review, trial, onClose }: RequeueProps) {
  const away = useAway()
  const decider = useDecider()
  const [from] = useQuery('from')
  const [settling, setSettling] = useState(false)
  const first = useRef<HTMLButtonElement>(null)
  useReview(session, (state) => state.files)
  const blockers = session.blockers()
  const resolve = useAct(
    async (api, by: string) => {
      await session.settle()
      return api.changes.resolve({ id, by, decisions: session.decisions() })
    },
    {
      done() {
        tellDone(`Resolved: change ${id} is tried again`)
        onClose()
        // The next that waits is there.
        navigate(from === 'inbox' ? '/inbox' : pathOf({ view: 'change', id }))
      },
    },
  )
  const isMoved = resolve.error?.code === 'conflict_moved'
  if (blockers.length > 0) {
    return (
      <Dialog
        open
        onClose={onClose}
        title="Not yet: this is in the way"
        initialFocus={first}
        actions={
          <Button ref={first} kind="primary" onClick={onClose}>
            Back to it
          </Button>
        }
      >
        <ul className={styles.blockers}>
          {blockers.map((why) => (
            <li key={why}>
              <InertLine text={why} />
            </li>
          ))}
        </ul>
      </Dialog>
    )
  }
  const off = away ?? decider.reason
  const send = (): void => {
    if (off !== null) return
    setSettling(true)
    void resolve.run(decider.settle()).finally(() => setSettling(false))
  }
  const n = review.paths.length
  return (
    <Dialog
      open
      onClose={onClose}
      initialFocus={first}
      title={
        n === 0
          ? 'It fits again: requeue it'
          : `Requeue with ${n === 1 ? 'this file' : `these ${n} files`} as decided`
      }
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          {isMoved ? (
            <Button
              kind="primary"
              onClick={() => {
                onClose()
                void session.refresh()
              }}
            >
              Look again
            </Button>
          ) : (
            <Button ref={first} kind="primary" reason={off} busy={settling} onClick={send}>
              Requeue
            </Button>
          )}
        </>
      }
    >
      <form
        className={styles.requeue}
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <p>
          It goes back into the queue and through its checks like any other change; {review.target} gets
          exactly these bytes, or it comes back here. Checks on this result: {trialSentence(trial)}.
        </p>
        <TextField label="Decided by" value={decider.by} onChange={decider.write} maxLength={200} />
        {resolve.error !== null && <ErrorBanner failure={resolve.error} title="Not requeued" />}
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  )
}
