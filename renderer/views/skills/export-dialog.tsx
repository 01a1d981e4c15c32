/** Skills into another folder: what would change there first, then all of it or nothing. */
import { useState } from 'react'
import type { ExportPlan, ExportResult, PlannedFile } from '../../../schemas/skills.ts'
import { useAct } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { inertLine } from '../../ui/inert.ts'
import { usePlaces } from './places.ts'
import styles from './skills.module.css'

const WORDS: Readonly<Record<PlannedFile['state'], string>> = {
  new: 'new',
  same: 'as it is',
  changed: 'would be replaced',
}

function howMuch({ state, added, removed, mode_only, bytes }: PlannedFile): string {
  if (mode_only) return 'executable or not'
  if (state === 'changed' && added !== null && removed !== null) return `+${added} −${removed}`
  return `${bytes.toLocaleString('en')} bytes`
}

function Plan({ plan }: { plan: ExportPlan }) {
  const changing = plan.files.filter(({ state }) => state !== 'same')
  return (
    <>
      <p>
        {plan.creates_dest ? 'The folder is made: ' : 'Into '}
        <code>{inertLine(plan.dest)}</code>
      </p>
      {plan.notes.map((note) => (
        <p key={note} className={styles.note} role="note">
          {inertLine(note, 500)}
        </p>
      ))}
      {changing.length === 0 ? (
        <p>Every file is there already, exactly as it would be written.</p>
      ) : (
        <ul className={styles.files} aria-label="What would change">
          {changing.map((one) => (
            <li key={one.path}>
              <code>{inertLine(one.path)}</code>
              <span className={one.state === 'changed' ? styles.warn : styles.quiet}>
                {WORDS[one.state]}, {howMuch(one)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

export function ExportDialog({
  onClose,
  onDone,
}: {
  onClose: () => void
  onDone: (done: ExportResult) => void
}) {
  const [places, keep] = usePlaces()
  const [dest, setDest] = useState(places.dest)
  const [plan, setPlan] = useState<ExportPlan | null>(null)
  const look = useAct((api) => api.skills.planExport({ dest: dest.trim() }), { done: setPlan })
  const write = useAct((api, overwrite: boolean) => api.skills.export({ dest: dest.trim(), overwrite }), {
    done(done) {
      keep({ dest: dest.trim() })
      onDone(done)
      onClose()
    },
  })
  const replaced = plan?.files.filter(({ state }) => state === 'changed').length ?? 0
  const reason = dest.trim() === '' ? 'Name the folder first' : null
  const failure = look.error ?? write.error
  const next = (): void => {
    if (reason !== null) return
    if (plan === null) void look.run(undefined)
    else void write.run(replaced > 0)
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Export the skills"
      description="The catalogue, the launcher of the cast builder and a guide for that very folder. Files of others stay untouched."
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" busy={look.busy || write.busy} reason={reason} onClick={next}>
            {plan === null
              ? 'See what would change'
              : replaced === 0
                ? 'Export'
                : `Export, and replace ${replaced === 1 ? 'the file' : `${replaced} files`}`}
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          next()
        }}
      >
        <TextField
          label="Folder"
          help="A whole path on the machine the engine runs on."
          value={dest}
          onChange={(text) => {
            setPlan(null)
            look.clear()
            write.clear()
            setDest(text)
          }}
          code
          maxLength={4096}
        />
        <div role="status">{plan !== null && <Plan plan={plan} />}</div>
        {failure !== null && <ErrorBanner failure={failure} title="Nothing was written" />}
      </form>
    </Dialog>
  )
}
