/** Skills into another folder: what would change there first, then all of it or nothing. */
import { useState } from 'react'
import type { ExportPlan, ExportResult, PlannedFile } from '../../../schemas/skills.ts'
import { useAct } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { FolderField } from '../../ui/folder-field.tsx'
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
        <ul className={cx(styles.files, styles.plan)} aria-label="What would change">
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
  const write = useAct((api, replace: string[]) => api.skills.export({ dest: dest.trim(), replace }), {
    done(done) {
      keep({ dest: done.dest })
      onDone(done)
      onClose()
    },
  })
  const replaced = plan?.files.filter(({ state }) => state === 'changed').map(({ path }) => path) ?? []
  const reason = dest.trim() === '' ? 'Name the folder first' : null
  const failure = look.error ?? write.error
  const next = async (): Promise<void> => {
    if (reason !== null) return
    if (plan === null) {
      write.clear()
      await look.run(undefined)
    } else if (!(await write.run(replaced))) setPlan(null) // The folder may not be as it was shown any more.
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
          <Button kind="primary" busy={look.busy || write.busy} reason={reason} onClick={() => void next()}>
            {plan === null
              ? 'See what would change'
              : replaced.length === 0
                ? 'Export'
                : `Export, and replace ${replaced.length === 1 ? 'the file' : `${replaced.length} files`}`}
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          void next()
        }}
      >
        <FolderField
          label="Folder"
          help="A whole path on the machine the engine runs on; the last folder of it may be new."
          value={dest}
          onChange={(text) => {
            setPlan(null)
            look.clear()
            write.clear()
            setDest(text)
          }}
          autoFocus
          inFlow
        />
        <div role="status" className={styles.form}>
          {plan !== null && <Plan plan={plan} />}
        </div>
        {failure !== null && <ErrorBanner failure={failure} title="Nothing was written" />}
      </form>
    </Dialog>
  )
}
