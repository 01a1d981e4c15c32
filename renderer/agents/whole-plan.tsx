/** A held plan, edited whole: assignments are changed, added, removed and put in another order. */
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react'
import { useRef, useState, type Ref } from 'react'
import type { RequestTree } from '../../schemas/view.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { TextArea, TextField } from '../ui/fields.tsx'
import { InertLine } from '../ui/inert-text.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { useKept } from '../views/inbox/kept.ts'
import { PlanChanged } from './plan-changed.tsx'
import { draftOf, inWindow, isPlanDraft, planDraftOf, type PlanDraft } from './plan-draft.ts'
import { addedTo, documentOf, formOf, moved, namedPart, partErrors, refusedWords, type PartField, type PartForm } from './plan-form.ts' // prettier-ignore
import { PlanList } from './plan-list.tsx'
import styles from './plan.module.css'

interface PartProps {
  part: PartForm
  index: number
  count: number
  errorOf: (field: PartField) => string | undefined
  onChange: (field: PartField, text: string) => void
  onMove: (by: 1 | -1) => void
  onRemove: () => void
  /** The field where writing begins. */
  firstRef?: Ref<HTMLInputElement> | undefined
}

function Part({ part, index, count, errorOf, onChange, onMove, onRemove, firstRef }: PartProps) {
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
      <TextField {...about('summary', 'What is to be done')} inputRef={firstRef} />
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
  const now = { plan: tree.plan, parts: tree.assignments.map(({ document }) => formOf(document)) }
  // What happens meanwhile, or a window that closes, overwrites nothing that is being written.
  const [draft, keepDraft] = useKept<PlanDraft>(planDraftOf(id), isPlanDraft)
  const { plan, parts } = draft ?? now
  const isChanged = plan !== tree.plan
  const [tried, setTried] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const first = useRef<HTMLInputElement>(null)
  const edit = useAct(
    (api, wanted: PlanDraft) =>
      api.agents.editPlan({
        request_id: id,
        plan: wanted.plan,
        assignments: wanted.parts.map(documentOf),
      }),
    {
      done: () => {
        keepDraft(null)
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
    keepDraft(draftOf(now, { plan, parts: next }))
  }
  const change = (index: number, field: PartField, text: string): void =>
    set(parts.map((part, at) => (at === index ? { ...part, [field]: text } : part)))
  const cannot = away ?? (!tree.request.plan_held ? 'The plan does not wait any more' : null)
  const off =
    cannot ??
    (isChanged
      ? 'The plan changed meanwhile; take the new one or save yours over it'
      : draft === null
        ? 'Nothing was changed yet'
        : null)
  const discard = (): void => {
    const kept = draft
    edit.clear()
    setTried(false)
    keepDraft(null)
    tellDone('What you wrote is discarded', { run: () => keepDraft(kept) })
  }
  const close = (): void => {
    // Another window that saved took the draft off the shelf that both write on.
    if (draft !== null) keepDraft(draft)
    onClose()
  }
  /** After what is wrong is drawn: the first wrong field is where writing goes on. */
  const mend = (): void =>
    void requestAnimationFrame(() =>
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
    )
  const send = async (wanted: PlanDraft): Promise<void> => {
    setTried(true)
    if (Object.keys(found).length > 0) return mend()
    if (await edit.run(wanted)) return
    // Where somebody else was faster, the plan that is there now is to be seen.
    onDone()
    mend()
  }
  const save = async (): Promise<void> => {
    if (off === null && !edit.busy) await send({ plan, parts })
  }
  const saveOver = async (): Promise<void> => {
    if (cannot !== null || edit.busy) return
    const mine = { plan: tree.plan, parts }
    keepDraft(mine)
    await send(mine)
  }
  return (
    <Dialog
      open
      wide
      initialFocus={first}
      onClose={close}
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
          {draft !== null && !isChanged && (
            <Button kind="ghost" reason={edit.busy ? 'It is being saved' : null} onClick={discard}>
              Discard
            </Button>
          )}
          <Button onClick={close}>Back</Button>
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
        {isChanged && (
          <PlanChanged onTake={discard} onOver={() => void saveOver()} reason={cannot} busy={edit.busy}>
            <PlanList assignments={tree.assignments} />
          </PlanChanged>
        )}
        {edit.error !== null && named === null && !isChanged && (
          <ErrorBanner failure={inWindow(edit.error)} title="Not kept" />
        )}
        <p className={styles.quiet} role="status">
          {draft === null ? '' : 'Not saved yet; kept on this machine until you save or discard it'}
        </p>
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
            firstRef={index === 0 ? first : undefined}
          />
        ))}
      </form>
    </Dialog>
  )
}
