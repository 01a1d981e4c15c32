/** Buttons for what may be done to a selection, with the dialogs that some of it needs first. */
import { Check, RotateCcw, Slash, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { useAway } from '../state/hooks.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextArea, TextField } from '../ui/fields.tsx'
import { ACT_WORDS, changes, planAct, skippedSentence, type Act, type Plan, type Selection } from './acts.ts'
import { ConfirmDiscard } from './confirm-discard.tsx'
import { useDecider } from './decider.ts'
import { PriorityMenu } from './priority-menu.tsx'
import type { Acts } from './use-acts.tsx'
import styles from './acts.module.css'

const ORDER = [
  { act: 'approve', icon: <Check size={14} /> },
  { act: 'reject', icon: <X size={14} /> },
  { act: 'retry', icon: <RotateCcw size={14} /> },
  { act: 'cancel', icon: <Slash size={14} /> },
  { act: 'discard', icon: <Trash2 size={14} /> },
] as const satisfies readonly { act: Exclude<Act, 'prioritize'>; icon: unknown }[]

function Decide({ plan, acts, onClose }: { plan: Plan; acts: Acts; onClose: () => void }) {
  const decider = useDecider()
  const [role, setRole] = useState('')
  const [note, setNote] = useState('')
  const [tried, setTried] = useState(false)
  const rejects = plan.act === 'reject'
  const noteError = rejects && note.trim() === '' ? 'Say why, so that it can be done better' : null
  const { verb } = ACT_WORDS[plan.act]
  const send = async (): Promise<void> => {
    setTried(true)
    if (decider.reason !== null || noteError !== null) return
    const text = (value: string): string | null => (value.trim() === '' ? null : value.trim())
    onClose()
    await acts.run(plan, { said: { by: decider.settle(), role: text(role), note: text(note) } })
  }
  const skipped = skippedSentence(plan)
  const what = `${verb} ${changes(plan.go.size)}`
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
          <Button kind={rejects ? 'danger' : 'primary'} onClick={() => void send()}>
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
        {skipped !== null && <p className={styles.skip}>{skipped}.</p>}
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
        />
      </form>
    </Dialog>
  )
}

/** " 3", or " 3 of 5" where two would be skipped. */
const countOf = ({ go }: Plan, selection: Selection): string =>
  selection.size < 2 || go.size === 0
    ? ''
    : go.size === selection.size
      ? ` ${go.size.toLocaleString('en')}`
      : ` ${go.size.toLocaleString('en')} of ${selection.size.toLocaleString('en')}`

export function ActButtons({ selection, acts }: { selection: Selection; acts: Acts }) {
  const away = useAway()
  const [asking, setAsking] = useState<Plan | null>(null)
  const { progress } = acts
  const busy = progress === null ? null : `${ACT_WORDS[progress.act].busy} goes on`
  const close = (): void => setAsking(null)
  return (
    <>
      {ORDER.map(({ act, icon }) => {
        const plan = planAct(act, selection)
        const skipped = skippedSentence(plan)
        return (
          <Button
            key={act}
            size="small"
            kind={act === 'discard' || act === 'reject' ? 'danger' : 'default'}
            icon={icon}
            reason={away ?? busy ?? plan.reason}
            {...(skipped === null || plan.reason !== null ? {} : { title: skipped })}
            onClick={() => (act === 'retry' || act === 'cancel' ? void acts.run(plan) : setAsking(plan))}
          >
            {ACT_WORDS[act].verb}
            {countOf(plan, selection)}
          </Button>
        )
      })}
      <PriorityMenu selection={selection} acts={acts} reason={away ?? busy} />
      {asking?.act === 'discard' && <ConfirmDiscard plan={asking} acts={acts} onClose={close} />}
      {asking !== null && asking.act !== 'discard' && <Decide plan={asking} acts={acts} onClose={close} />}
    </>
  )
}
