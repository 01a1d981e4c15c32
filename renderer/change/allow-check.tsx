/** "Allow from now on", where a change waits because a command is not among the allowed checks. */
import { ListChecks } from 'lucide-react'
import { useState } from 'react'
import type { ChangeDetail, ChangeSummary } from '../../schemas/view.ts'
import { pathOf } from '../router.ts'
import { useAct, useAway, useRead } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { TextArea, TextField } from '../ui/fields.tsx'
import { inertLine } from '../ui/inert.ts'
import { InertText } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { useDecider } from './decider.ts'
import { allowedBy, asksForUnlisted, nameFor, unlistedIn } from './unlisted.ts'
import styles from './acts.module.css'

interface AllowProps {
  command: string
  taken: readonly string[]
  onClose: () => void
  onDone: () => void
}

function AllowDialog({ command, taken, onClose, onDone }: AllowProps) {
  const away = useAway()
  const decider = useDecider()
  const [name, setName] = useState(() => nameFor(command, taken))
  const [note, setNote] = useState('')
  const allow = useAct(
    (api, by: string) =>
      api.system.allow({ name: name.trim(), command, by, note: note.trim() === '' ? null : note.trim() }),
    {
      done({ change_id }) {
        tellDone(`Queued as change ${change_id}: in force once it has landed`)
        onDone()
        onClose()
      },
    },
  )
  const wrong =
    name.trim() === ''
      ? 'Give the check a name'
      : name.trim() === 'none'
        ? '“none” stands for running nothing'
        : null
  const reason = away ?? wrong ?? decider.reason
  const send = (): void => {
    if (reason === null) void allow.run(decider.settle())
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Allow this command from now on?"
      description="This queues a change to hyperion.config.json, approved by you. The command is on the list for every change once that one has landed; the change that asked for it is then approved or retried."
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" reason={reason} busy={allow.busy} onClick={send}>
            Queue the change
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <div className={styles.command}>
          <InertText code text={command} />
        </div>
        <TextField
          label="Name of the check"
          value={name}
          onChange={(next) => {
            allow.clear()
            setName(next)
          }}
          maxLength={200}
          error={wrong}
        />
        <TextField
          label="Your name"
          value={decider.by}
          onChange={decider.write}
          maxLength={200}
          error={decider.reason}
        />
        <TextArea label="Note (optional)" rows={2} value={note} onChange={setNote} maxLength={10_000} />
        {allow.error !== null && <ErrorBanner failure={allow.error} title="Nothing was queued" />}
      </form>
    </Dialog>
  )
}

/** The open change that allows a command, by the words it is queued with. */
const onItsWay = (pending: readonly ChangeSummary[], command: string): ChangeSummary | undefined =>
  pending.find(({ intent }) => allowedBy(intent) === command)

function Unlisted({ detail }: { detail: ChangeDetail }) {
  const away = useAway()
  const [asking, setAsking] = useState<string | null>(null)
  const reading = useRead('system.settings', (api, signal) => api.system.settings({}, { signal }), {
    on: (turn) => turn.changes.length > 0 || turn.gone.length > 0,
  })
  const read = reading.value
  const value = read?.values.find(({ key }) => key === 'checks.allow')?.value
  if (read === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { commands, toFail } = unlistedIn(detail.payload.checks, value)
  const again = detail.status === 'held' ? 'approve' : 'retry'
  return (
    <div className={styles.allow}>
      {commands.length === 0 && toFail.length === 0 && (
        <p>Every command it asks for is allowed by now: {again} it to have it tried again.</p>
      )}
      {toFail.length > 0 && (
        <p>
          A command that is expected to fail cannot be allowed from now on; each one is approved with its
          change.
        </p>
      )}
      {commands.map((command) => {
        const queued = onItsWay(read.pending, command)
        return (
          <div key={command} className={styles.allowRow}>
            <code className={styles.allowCommand} title={command}>
              {inertLine(command, 200)}
            </code>
            {queued === undefined ? (
              <Button
                size="small"
                icon={<ListChecks size={14} />}
                reason={away}
                onClick={() => setAsking(command)}
              >
                Allow from now on…
              </Button>
            ) : (
              <Link to={pathOf({ view: 'change', id: queued.id })}>
                change {queued.id} allows it once landed
              </Link>
            )}
          </div>
        )
      })}
      {asking !== null && (
        <AllowDialog
          command={asking}
          taken={Object.keys(value)}
          onClose={() => setAsking(null)}
          onDone={reading.reload}
        />
      )}
    </div>
  )
}

export function AllowCheck({ detail }: { detail: ChangeDetail }) {
  return asksForUnlisted(detail) ? <Unlisted detail={detail} /> : null
}
