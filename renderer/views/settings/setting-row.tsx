/** One setting: its value, where it comes from, how to propose another, and how far that is. */
import { Plus, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { ChangeSummary, Setting } from '../../../schemas/view.ts'
import { pathOf } from '../../router.ts'
import { useAct } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Checkbox, Select, TextArea, TextField } from '../../ui/fields.tsx'
import { InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { StatusPill } from '../../ui/status.tsx'
import { spell } from '../../ui/time.tsx'
import { BudgetEditor, RolesEditor, ShownBudget, ShownRoles } from './agent-fields.tsx'
import { describe, type Control } from './controls.ts'
import {
  checkRowErrors,
  checkRows,
  checksValue,
  FROM,
  isSame,
  stageOf,
  textOf,
  valueOf,
  type CheckRow,
  type Edited,
  type Json,
  type Stage,
} from './proposal.ts'
import styles from './settings.module.css'

function ChecksTable({
  rows,
  onChange,
}: {
  rows: readonly CheckRow[]
  onChange: (rows: CheckRow[]) => void
}) {
  const errors = checkRowErrors(rows)
  const set = (index: number, change: Partial<CheckRow>): void =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...change } : row)))
  return (
    <div className={styles.checks}>
      {rows.length > 0 && (
        <div className={styles.checkHead} aria-hidden>
          <span>Name</span>
          <span>Command</span>
        </div>
      )}
      {rows.map((row, index) => (
        <div key={index} className={styles.checkRow}>
          <TextField
            label={`Name of check ${index + 1}`}
            labelled={false}
            code
            value={row.name}
            onChange={(name) => set(index, { name })}
            error={errors[index]}
          />
          <TextField
            label={`Command of check ${index + 1}`}
            labelled={false}
            code
            value={row.command}
            onChange={(command) => set(index, { command })}
          />
          <IconButton
            label={`Remove check ${index + 1}`}
            icon={<X size={14} />}
            onClick={() => onChange(rows.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <div>
        <Button
          size="small"
          icon={<Plus size={14} />}
          onClick={() => onChange([...rows, { name: '', command: '' }])}
        >
          Another check
        </Button>
      </div>
    </div>
  )
}

interface EditorProps {
  label: string
  control: Control
  start: Json
  onEdit: (edited: Edited) => void
  error: string | null
}

function Editor({ label, control, start, onEdit, error }: EditorProps) {
  const [text, setText] = useState(() => textOf(start, control))
  const [rows, setRows] = useState(() => checkRows(start))
  const write = (next: string): void => {
    setText(next)
    onEdit(valueOf(next, control))
  }
  const common = { label, labelled: false, value: text, onChange: write, error }
  switch (control.kind) {
    case 'checks':
      return (
        <ChecksTable
          rows={rows}
          onChange={(next) => {
            setRows(next)
            onEdit(checksValue(next))
          }}
        />
      )
    case 'roles':
      return <RolesEditor start={start} onEdit={onEdit} harnesses={control.harnesses} />
    case 'budget':
      return <BudgetEditor start={start} onEdit={onEdit} />
    case 'switch':
      return (
        <Checkbox
          label={label}
          checked={text === 'true'}
          onChange={(on) => {
            setText(String(on))
            onEdit({ ok: true, value: on })
          }}
        />
      )
    case 'choice':
      return <Select label={label} labelled={false} value={text} onChange={write} options={control.options} />
    case 'list':
      return (
        <TextArea {...common} code rows={Math.max(3, text.split('\n').length)} help="One on each line." />
      )
    case 'json':
      return <TextArea {...common} code rows={Math.min(12, Math.max(3, text.split('\n').length))} />
    case 'number':
      return (
        <TextField
          {...common}
          inputMode="numeric"
          {...(control.orNull === undefined ? {} : { placeholder: control.orNull })}
          {...(control.unit === undefined ? {} : { help: `In ${control.unit}.` })}
        />
      )
    case 'text':
      return (
        <TextField
          {...common}
          code={control.code === true}
          {...(control.orNull === undefined ? {} : { placeholder: control.orNull })}
        />
      )
  }
}

function ShownValue({ value, control }: { value: Json; control: Control }): ReactNode {
  if (control.kind === 'switch') return value === true ? 'On' : 'Off'
  if (control.kind === 'choice') {
    return control.options.find((option) => option.value === value)?.label ?? String(value)
  }
  if (control.kind === 'checks') {
    const rows = checkRows(value)
    if (rows.length === 0) return <span className={styles.quiet}>no check is allowed yet</span>
    return (
      <table className={styles.allowed}>
        <thead className="unseen">
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Command</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, command }) => (
            <tr key={name}>
              <td>
                <InertText code text={name} />
              </td>
              <td>
                <InertText code text={command} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )
  }
  if (control.kind === 'roles') return <ShownRoles value={value} />
  if (control.kind === 'budget') return <ShownBudget value={value} />
  if (value === null) {
    const said = control.kind === 'number' || control.kind === 'text' ? control.orNull : undefined
    const words = said ?? 'none'
    return <span className={styles.quiet}>{words}</span>
  }
  if (Array.isArray(value) && value.length === 0) return <span className={styles.quiet}>none</span>
  const text = textOf(value, control)
  if (control.kind === 'number') {
    const long = control.unit === 's' && Number(value) >= 120 ? ` (${spell(Number(value))})` : ''
    return `${Number(value).toLocaleString('en')}${control.unit === undefined ? '' : ` ${control.unit}`}${long}`
  }
  return <InertText code text={text} />
}

/** "Not yet in force", with the change that will bring it. */
function StageNote({ stage }: { stage: Stage }) {
  if (stage.at === 'in force') return null
  if (stage.at === 'landed') {
    return (
      <p className={styles.stage}>
        <strong>Not yet in force.</strong> Landed, and read from your checkout, which does not have it yet.{' '}
        <Link to="/inbox?item=checkout">Bring it over</Link>
      </p>
    )
  }
  const { change } = stage
  return (
    <div className={styles.stage}>
      <strong>Not yet in force.</strong> <InertText text={change.intent ?? ''} />
      <StatusPill status={change.status} />
      <Link to={pathOf({ view: 'change', id: change.id })}>change {change.id}</Link>
    </div>
  )
}

export function SettingRow({
  setting,
  file,
  pending,
  offline,
  onProposed,
}: {
  setting: Setting
  file: string | null
  pending: readonly ChangeSummary[]
  offline: boolean
  onProposed: () => void
}) {
  const { key, value, from } = setting
  const { label, help, control } = describe(key)
  const [editing, setEditing] = useState(false)
  const [edited, setEdited] = useState<Edited>({ ok: true, value })
  const propose = useAct((api, wanted: { value?: Json }) => api.system.propose({ key, ...wanted }), {
    done: ({ change_id }) => {
      setEditing(false)
      tellDone(`Proposed as change ${change_id}; in force once it has landed`)
      onProposed()
    },
  })
  const stage = stageOf(setting, file, pending)
  const away = offline ? 'The engine cannot be reached at the moment' : null
  const off =
    away ??
    (!edited.ok ? edited.error : null) ??
    (edited.ok && isSame(edited.value, value) ? 'It has that value already' : null)
  const open = (): void => {
    setEdited({ ok: true, value })
    propose.clear()
    setEditing(true)
  }
  return (
    <div className={cx(styles.setting, editing && styles.editing)}>
      <div className={styles.name}>
        <h3>{label}</h3>
        <p className={styles.quiet}>{help}</p>
      </div>
      <div className={styles.value}>
        {!editing && <ShownValue value={value} control={control} />}
        {editing && (
          <form
            className={styles.edit}
            onSubmit={(event) => {
              event.preventDefault()
              if (off === null && edited.ok) void propose.run({ value: edited.value })
            }}
          >
            <Editor
              label={label}
              control={control}
              start={value}
              onEdit={(next) => {
                propose.clear()
                setEdited(next)
              }}
              error={edited.ok || control.kind === 'checks' ? null : edited.error}
            />
            {propose.error !== null && <ErrorBanner failure={propose.error} title="Not proposed" />}
            <div className={styles.buttons}>
              <Button
                type="submit"
                kind="primary"
                size="small"
                reason={off}
                busy={propose.busy}
                onClick={(event) => {
                  event.preventDefault()
                  if (edited.ok) void propose.run({ value: edited.value })
                }}
              >
                Propose
              </Button>
              <Button size="small" onClick={() => setEditing(false)}>
                Cancel
              </Button>
              <Button
                size="small"
                kind="ghost"
                reason={away ?? (from === 'default' ? 'It has its default' : null)}
                onClick={() => void propose.run({})}
              >
                Back to the default
              </Button>
            </div>
          </form>
        )}
        <StageNote stage={stage} />
      </div>
      <div className={styles.from}>
        <span className={styles.quiet}>{FROM[from]}</span>
        {!editing && (
          <Button size="small" onClick={open} aria-label={`Edit ${label}`}>
            Edit
          </Button>
        )}
      </div>
    </div>
  )
}
