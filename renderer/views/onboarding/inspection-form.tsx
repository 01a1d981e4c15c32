/** What opening a repository would do to it, and the checks proposed, before anything is written. */
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { Inspection } from '../../../schemas/view.ts'
import type { Failure } from '../../failure.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Checkbox, TextField } from '../../ui/fields.tsx'
import { inertLine } from '../../ui/inert.ts'
import { checksOf, wrongWith, type CheckRow } from './checks.ts'
import styles from './onboarding.module.css'

function Facts({ inspection }: { inspection: Inspection }) {
  const { branch, head, target, target_exists, initialised, dirty, notices } = inspection
  return (
    <dl className={styles.facts}>
      <dt>Changes land on</dt>
      <dd>
        <code>{inertLine(target)}</code>
        {target_exists ? ', which is there already' : `, a new branch at ${head.slice(0, 8)}`}
      </dd>
      <dt>Your branch</dt>
      <dd>
        {branch === null ? (
          'none is checked out (detached HEAD)'
        ) : (
          <>
            <code>{inertLine(branch)}</code> is followed, and not moved until you say so
          </>
        )}
      </dd>
      <dt>Your files</dt>
      <dd>
        {dirty === 0
          ? 'no local changes; none of your files is touched'
          : `${dirty} with local changes, which stay as they are`}
      </dd>
      <dt>Written</dt>
      <dd>
        {initialised ? (
          'nothing new: this is a workspace already'
        ) : (
          <>
            a private folder <code>.hyperion</code>, hidden from git by <code>.git/info/exclude</code>
          </>
        )}
      </dd>
      {notices.map((notice) => (
        <div key={notice} className={styles.noticeRow}>
          <dt>Note</dt>
          <dd>{inertLine(notice)}</dd>
        </div>
      ))}
    </dl>
  )
}

export function InspectionForm({
  inspection,
  busy,
  error,
  onOpen,
  onBack,
}: {
  inspection: Inspection
  busy: boolean
  error: Failure | null
  onOpen: (checks: Record<string, string> | null) => void
  onBack: () => void
}) {
  const [rows, setRows] = useState<readonly CheckRow[]>(() =>
    inspection.checks.map(({ name, command }, id) => ({ id, name, command })),
  )
  const [wanted, setWanted] = useState(inspection.checks.length > 0 && !inspection.initialised)
  const wrong = wanted ? wrongWith(rows) : null
  const change = (id: number, part: Partial<CheckRow>): void =>
    setRows((all) => all.map((row) => (row.id === id ? { ...row, ...part } : row)))
  const add = (): void =>
    setRows((all) => [...all, { id: Math.max(-1, ...all.map((row) => row.id)) + 1, name: '', command: '' }])
  return (
    <form
      className={styles.column}
      onSubmit={(event) => {
        event.preventDefault()
        if (wrong === null && !busy) onOpen(wanted ? checksOf(rows) : null)
      }}
    >
      <h1 className={styles.title}>What will happen</h1>
      <p className={styles.path}>{inertLine(inspection.folder)}</p>
      <Facts inspection={inspection} />
      <section className={styles.form}>
        <h2 className={styles.subtitle}>Checks</h2>
        <p className={styles.lead}>
          Commands every change must pass before it lands, run on exactly what would land.
          {inspection.checks.length === 0 &&
            ' None were found in this repository; name them here, or later in Settings.'}
        </p>
        <Checkbox
          label="Write these to hyperion.config.json"
          help={`They go there as an ordinary change that lands on ${inspection.target}.`}
          checked={wanted}
          onChange={setWanted}
        />
        {wanted && (
          <div className={styles.checks} role="group" aria-label="Checks">
            {rows.map((row) => (
              <div key={row.id} className={styles.check}>
                <TextField
                  label="Name of the check"
                  labelled={false}
                  placeholder="test"
                  code
                  value={row.name}
                  onChange={(name) => change(row.id, { name })}
                />
                <TextField
                  label="Command of the check"
                  labelled={false}
                  placeholder="npm test"
                  code
                  value={row.command}
                  onChange={(command) => change(row.id, { command })}
                />
                <IconButton
                  label={`Remove ${row.name === '' ? 'this check' : row.name}`}
                  icon={<X size={14} />}
                  onClick={() => setRows((all) => all.filter(({ id }) => id !== row.id))}
                />
              </div>
            ))}
            <div>
              <Button size="small" icon={<Plus size={14} />} onClick={add}>
                Add a check
              </Button>
            </div>
          </div>
        )}
      </section>
      {error !== null && <ErrorBanner title="Not done" failure={error} />}
      <div className={styles.actions}>
        <Button type="submit" kind="primary" busy={busy} reason={wrong}>
          {inspection.initialised ? 'Open' : 'Open as a workspace'}
        </Button>
        <Button onClick={onBack}>Back</Button>
      </div>
    </form>
  )
}
