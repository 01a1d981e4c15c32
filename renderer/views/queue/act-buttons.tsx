/** Buttons for what may be done to a selection, with the dialogs that some of it needs first. */
import { Check, RotateCcw, Slash, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { useApp, useStore } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm, Dialog } from '../../ui/dialog.tsx'
import { TextArea, TextField } from '../../ui/fields.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import {
  ACT_WORDS,
  changes,
  planAct,
  skippedSentence,
  type BulkAct,
  type Plan,
  type Selection,
} from './acts.ts'
import type { Acts, Said } from './use-acts.tsx'
import styles from './queue.module.css'

const ORDER = [
  { act: 'approve', icon: <Check size={14} /> },
  { act: 'reject', icon: <X size={14} /> },
  { act: 'retry', icon: <RotateCcw size={14} /> },
  { act: 'cancel', icon: <Slash size={14} /> },
  { act: 'discard', icon: <Trash2 size={14} /> },
] as const satisfies readonly { act: BulkAct; icon: unknown }[]

function Decide({ plan, acts, onClose }: { plan: Plan; acts: Acts; onClose: () => void }) {
  const app = useApp()
  const remembered = useStore((state) => state.preferences.name)
  const [by, setBy] = useState(remembered)
  const [role, setRole] = useState('')
  const [note, setNote] = useState('')
  const [tried, setTried] = useState(false)
  const rejects = plan.act === 'reject'
  const byError = by.trim() === '' ? 'Say who decides' : null
  const noteError = rejects && note.trim() === '' ? 'Say why, so that it can be done better' : null
  const { verb } = ACT_WORDS[plan.act]
  const send = async (): Promise<void> => {
    setTried(true)
    if (byError !== null || noteError !== null) return
    const text = (value: string): string | null => (value.trim() === '' ? null : value.trim())
    if (remembered === '') app.prefer({ name: by.trim() })
    const said: Said = { by: by.trim(), role: text(role), note: text(note) }
    onClose()
    await acts.run(plan, said)
  }
  const skipped = skippedSentence(plan)
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${verb} ${changes(plan.go.length)}`}
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
            busy={acts.progress !== null}
            onClick={() => void send()}
          >
            {verb} {changes(plan.go.length)}
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
          value={by}
          onChange={setBy}
          maxLength={200}
          error={tried ? byError : null}
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

export function ActButtons({
  selection,
  acts,
  only,
}: {
  selection: Selection
  acts: Acts
  /** Leaves out what never fits here. */
  only?: readonly BulkAct[]
}) {
  const [asking, setAsking] = useState<Plan | null>(null)
  const start = (plan: Plan): void => {
    if (plan.act === 'retry' || plan.act === 'cancel') void acts.run(plan)
    else setAsking(plan)
  }
  const close = (): void => setAsking(null)
  const many = selection.size > 1
  return (
    <>
      {ORDER.filter(({ act }) => only === undefined || only.includes(act)).map(({ act, icon }) => {
        const plan = planAct(act, selection)
        const skipped = skippedSentence(plan)
        const count = many && plan.go.length > 0 ? ` ${plan.go.length.toLocaleString('en')}` : ''
        return (
          <Button
            key={act}
            size="small"
            kind={act === 'discard' || act === 'reject' ? 'danger' : 'default'}
            icon={icon}
            reason={acts.progress === null ? plan.reason : `${ACT_WORDS[acts.progress.act].busy} goes on`}
            {...(skipped === null || plan.reason !== null ? {} : { title: skipped })}
            onClick={() => start(plan)}
          >
            {ACT_WORDS[act].verb}
            {count}
          </Button>
        )
      })}
      {asking?.act === 'discard' && (
        <Confirm
          open
          onClose={close}
          onConfirm={() => {
            close()
            void acts.run(asking)
          }}
          title={`Discard ${changes(asking.go.length)}`}
          verb={`Discard ${changes(asking.go.length)}`}
          count={asking.go.length}
        >
          <p>
            {asking.go.length === 1 ? 'It is' : 'They are'} cancelled for good and what is kept of{' '}
            {asking.go.length === 1 ? 'a failure' : 'failures'} is thrown away. Nothing that landed is
            touched.
          </p>
          {skippedSentence(asking) !== null && <p className={styles.skip}>{skippedSentence(asking)}.</p>}
        </Confirm>
      )}
      {asking !== null && asking.act !== 'discard' && <Decide plan={asking} acts={acts} onClose={close} />}
    </>
  )
}

/** What an act could not do, one line each. */
export function ActTrouble({ acts }: { acts: Acts }) {
  const { refused, failure } = acts
  if (refused === null && failure === null) return null
  const verb = ACT_WORDS[refused?.act ?? failure?.act ?? 'retry'].done
  const rows =
    refused?.refused.map(({ id, message, hint }) => ({
      key: String(id),
      text: hint === null ? message : `${message}. ${hint}`,
    })) ??
    (failure === null
      ? []
      : [{ key: failure.failure.code, text: `${failure.failure.message}. ${failure.failure.hint ?? ''}` }])
  return (
    <div className={styles.refused} role="alert">
      <div className={styles.refusedHead}>
        <span>
          {refused === null ? 'Not all' : changes(rows.length)} {refused === null ? '' : 'not '}
          {verb}
        </span>
        <Button size="small" kind="ghost" onClick={acts.clear}>
          Close
        </Button>
      </div>
      <ul>
        {rows.slice(0, 50).map(({ key, text }) => (
          <li key={key}>
            <InertLine text={text} />
          </li>
        ))}
        {rows.length > 50 && <li>and {(rows.length - 50).toLocaleString('en')} more</li>}
      </ul>
    </div>
  )
}
