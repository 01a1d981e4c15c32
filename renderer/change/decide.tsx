/** Asks for what an approval or a rejection is recorded with. */
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextArea, TextField } from '../ui/fields.tsx'
import { ActTrouble } from './act-trouble.tsx'
import { reasonAbout, type AboutLine } from './about-line.ts'
import { ACT_WORDS, changes, skippedSentence, type Plan } from './acts.ts'
import { useDecider } from './decider.ts'
import type { Acts } from './use-acts.tsx'
import styles from './acts.module.css'

export function Decide({
  plan,
  acts,
  about,
  onClose,
}: {
  plan: Plan
  acts: Acts
  about?: AboutLine | undefined
  onClose: () => void
}) {
  const decider = useDecider()
  const [at, setAt] = useState(about?.place ?? '')
  const [role, setRole] = useState('')
  const [note, setNote] = useState('')
  const [tried, setTried] = useState(false)
  const rejects = plan.act === 'reject'
  const noteError = rejects && note.trim() === '' ? 'Say why, so that it can be done better' : null
  const [sent, setSent] = useState(false)
  const { verb } = ACT_WORDS[plan.act]
  // What somebody else decided meanwhile; not what this very act makes of it.
  const off = sent ? null : plan.reason
  const send = async (): Promise<void> => {
    setTried(true)
    if (off !== null || decider.reason !== null || noteError !== null) return
    const text = (value: string): string | null => (value.trim() === '' ? null : value.trim())
    const [said, place] = [text(note), rejects ? text(at) : null]
    setSent(true)
    const isDone = await acts.run(plan, {
      said: {
        by: decider.settle(),
        role: text(role),
        note: said === null ? null : reasonAbout(said, place, about ?? null),
        at: place,
      },
    })
    // Where one was refused it is told here, where the words still are.
    if (isDone || plan.go.size > 1) onClose()
    else setSent(false)
  }
  const skipped = skippedSentence(plan)
  const what = plan.go.size === 0 ? verb : `${verb} ${changes(plan.go.size)}`
  return (
    <Dialog
      open
      onClose={onClose}
      title={what}
      description={
        rejects
          ? 'A rejected change fails with the reason; nothing of it lands.'
          : 'The decision is recorded for exactly the content as it is now, and the change goes on.'
      }
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button
            kind={rejects ? 'danger' : 'primary'}
            reason={off}
            busy={acts.progress !== null}
            onClick={() => void send()}
          >
            {what}
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        {off !== null && <p className={styles.skip}>{off}.</p>}
        {off === null && skipped !== null && <p className={styles.skip}>{skipped}.</p>}
        <ActTrouble acts={acts} />
        <TextField
          label="Your name"
          value={decider.by}
          onChange={decider.write}
          maxLength={200}
          error={tried ? decider.reason : null}
        />
        {!rejects && <TextField label="Role (optional)" value={role} onChange={setRole} maxLength={200} />}
        <TextArea
          label={rejects ? 'Reason' : 'Note (optional)'}
          value={note}
          onChange={setNote}
          maxLength={10_000}
          error={tried ? noteError : null}
          autoFocus={about !== undefined}
        />
        {rejects && plan.go.size === 1 && (
          <TextField
            label="About a line (optional)"
            help="PATH:LINE, as it is told with the reason."
            value={at}
            onChange={setAt}
            maxLength={4200}
            code
          />
        )}
      </form>
    </Dialog>
  )
}
