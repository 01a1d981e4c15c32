/** A held plan, edited whole: assignments are changed, added, removed and put in another order. */
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react'
import { useRef, useState } from 'react'
import type { RequestTree } from '../../schemas/view.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { TextArea, TextField } from '../ui/fields.tsx'
import { InertLine } from '../ui/inert-text.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { addedTo, documentOf, formOf, moved, namedPart, partErrors, refusedWords, type PartField, type PartForm } from './plan-form.ts' // prettier-ignore
import styles from './plan.module.css'

interface PartProps {
  part: PartForm
  index: number
  count: number
  errorOf: (field: PartField) => string | undefined
  onChange: (field: PartField, text: string) => void
  onMove: (by: 1 | -1) => void
  onRemove: () => void
}

function Part({ part, index, count, errorOf, onChange, onMove, onRemove }: PartProps) {
  const id = part.task_id
  const about = (field: PartField, label: string) => ({
    label,
    'aria-label': `${label} (${id})`,
    value: part[field],
    error: errorOf(field),
    onChange: (text: string) => onChange(field, text),
  })
  return (
    <div className={styles.part} role="group" aria-label={`Assignment ${id}`}>
      <div className={styles.partHead}>
        <code>
          <InertLine text={id} />
        </code>
        <IconButton
          label={`Move ${id} up`}
          icon={<ArrowUp size={14} />}
          reason={index === 0 ? 'It is the first' : null}
          onClick={() => onMove(-1)}
        />
        <IconButton
          label={`Move ${id} down`}
          icon={<ArrowDown size={14} />}
          reason={index === count - 1 ? 'It is the last' : null}
          onClick={() => onMove(1)}
        />
        <IconButton
          label={`Remove ${id}`}
          icon={<X size={14} />}
          reason={count === 1 ? 'A plan has at least one assignment; withdraw the request instead' : null}
          onClick={onRemove}
        />
      </div>
      <TextField {...about('summary', 'What is to be done')} />
      <TextArea {...about('files', 'Files')} code rows={2} spellCheck={false} />
      <div className={styles.two}>
        <TextArea {...about('after', 'After')} code rows={2} spellCheck={false} />
        <TextField {...about('complexity', 'Complexity')} inputMode="numeric" />
      </div>
      <TextArea {...about('instructions', 'Instructions')} rows={2} />
      <TextArea {...about('criteria', 'Done when')} rows={2} />
    </div>
  )
}

export function WholePlanEditor({
  tree,
  onClose,
  onDone,
}: {
  tree: RequestTree
  onClose: () => void
  onDone: () => void
}) {
  const id = tree.request.request_id
  const away = useAway()
  // As it stood when it was opened: what happens meanwhile overwrites nothing that is being written.
  const [start] = useState(() => ({
    plan: tree.plan,
    parts: tree.assignments.map(({ document }) => formOf(document)),
  }))
  const [parts, setParts] = useState<readonly PartForm[]>(start.parts)
  const [tried, setTried] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const edit = useAct(
    (api, assignments: readonly object[]) =>
      api.agents.editPlan({ request_id: id, plan: start.plan, assignments: [...assignments] }),
    {
      done: () => {
        tellDone(`The plan of ${id} is as you wrote it; it still waits for you`)
        onDone()
        onClose()
      },
    },
  )
  const found = partErrors(parts)
  const named = edit.error === null ? null : namedPart(edit.error.message)
  const refusal = edit.error === null ? undefined : refusedWords(edit.error.message, parts)
  const errorOf = (field: string): string | undefined =>
    (tried ? found[field] : undefined) ?? (field === named ? refusal : undefined)
  const set = (next: readonly PartForm[]): void => {
    edit.clear()
    setParts(next)
  }
  const change = (index: number, field: PartField, text: string): void =>
    set(parts.map((part, at) => (at === index ? { ...part, [field]: text } : part)))
  const isSame = JSON.stringify(parts) === JSON.stringify(start.parts)
  const off =
    away ??
    (!tree.request.plan_held
      ? 'The plan does not wait any more'
      : tree.plan !== start.plan
        ? 'The plan was edited meanwhile; close this and open it again'
        : isSame
          ? 'Nothing was changed yet'
          : null)
  /** After what is wrong is drawn: the first wrong field is where writing goes on. */
  const mend = (): void =>
    void requestAnimationFrame(() =>
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
    )
  const save = async (): Promise<void> => {
    if (off !== null || edit.busy) return
    setTried(true)
    if (Object.keys(found).length > 0 || !(await edit.run(parts.map(documentOf)))) mend()
  }
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Plan of ${id}`}
      description="Lists have one entry on each line. Two assignments that share a file come one after the other. Nobody starts before you run the plan."
      actions={
        <>
          <Button
            icon={<Plus size={14} />}
            onClick={() => {
              set([...parts, addedTo(id, parts)])
              requestAnimationFrame(() =>
                form.current?.querySelector<HTMLElement>('[role="group"]:last-of-type input')?.focus(),
              )
            }}
          >
            Another assignment
          </Button>
          <Button onClick={onClose}>Back</Button>
          <Button
            kind="primary"
            reason={off}
            busy={edit.busy}
            keys={<Kbd keys="mod+enter" />}
            onClick={() => void save()}
          >
            Keep this plan
          </Button>
        </>
      }
    >
      <form
        ref={form}
        className={styles.parts}
        aria-label={`Assignments of ${id}`}
        noValidate
        onSubmit={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          void save()
        }}
      >
        {edit.error !== null && named === null && <ErrorBanner failure={edit.error} title="Not kept" />}
        {parts.map((part, index) => (
          <Part
            key={part.task_id}
            part={part}
            index={index}
            count={parts.length}
            errorOf={(field) => errorOf(`${index}.${field}`)}
            onChange={(field, text) => change(index, field, text)}
            onMove={(by) => set(moved(parts, index, by))}
            onRemove={() => set(parts.filter((_, at) => at !== index))}
          />
        ))}
      </form>
    </Dialog>
  )
}
