/** One setting: its value, where it comes from, how to propose another, and how far that is. */
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { Setting } from '../../../schemas/view.ts'
import { useAct } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Checkbox, Select, TextArea, TextField } from '../../ui/fields.tsx'
import { BudgetEditor, RolesEditor } from './agent-fields.tsx'
import { describe, type Control } from './controls.ts'
import {
  checkRowErrors,
  checkRows,
  checksValue,
  FROM,
  isSame,
  ownValue,
  stageOf,
  textOf,
  valueOf,
  type CheckRow,
  type Edited,
  type Json,
  type Pending,
} from './proposal.ts'
import { StageNote, TakesPlace } from './setting-stage.tsx'
import { ShownValue } from './setting-value.tsx'
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

export function SettingRow({
  setting,
  file,
  pending,
  offline,
  onProposed,
}: {
  setting: Setting
  file: string | null
  pending: Pending
  offline: boolean
  onProposed: () => void
}) {
  const { key, value, from } = setting
  const { label, help, control } = describe(key)
  const [editing, setEditing] = useState(false)
  const [edited, setEdited] = useState<Edited>({ ok: true, value })
  const propose = useAct((api, wanted: { value?: Json }) => api.system.propose({ key, ...wanted }), {
    done: ({ change_id, replaced }) => {
      setEditing(false)
      const held = replaced.length === 0 ? '' : ', with what was proposed and not decided yet'
      tellDone(`Proposed as change ${change_id}${held}; in force once it has landed`)
      onProposed()
    },
  })
  const stage = stageOf(setting, file, pending)
  const isProposed = stage.at === 'proposed' && stage.proposals.some(({ set }) => set.own)
  const proposed = ownValue(stage)
  const away = offline ? 'The engine cannot be reached at the moment' : null
  const off =
    away ??
    (!edited.ok ? edited.error : null) ??
    (!isProposed && edited.ok && isSame(edited.value, value) ? 'It has that value already' : null) ??
    (proposed !== undefined && edited.ok && isSame(edited.value, proposed)
      ? 'That is proposed already'
      : null)
  // What is proposed is gone on from, or what another check says would take the first one back.
  const [start, setStart] = useState(value)
  const open = (): void => {
    const from = proposed ?? value
    setStart(from)
    setEdited({ ok: true, value: from })
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
              start={start}
              onEdit={(next) => {
                propose.clear()
                setEdited(next)
              }}
              error={edited.ok || control.kind === 'checks' ? null : edited.error}
            />
            <TakesPlace stage={stage} />
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
                reason={away ?? (from === 'default' && !isProposed ? 'It has its default' : null)}
                onClick={() => void propose.run({})}
              >
                Back to the default
              </Button>
            </div>
          </form>
        )}
        <StageNote stage={stage} control={control} />
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
