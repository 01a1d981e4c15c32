/** One file of a cast: its path, what is to happen to it, and who makes that. */
import { Trash2 } from 'lucide-react'
import { useCallback, useId, useState } from 'react'
import { withEdit, withItems, type Edited, type WorkItem } from '../../cast/work.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { PathPicker } from '../../ui/path-picker.tsx'
import { TextArea } from '../../ui/fields.tsx'
import { placed, touch, useBuilder, useSays } from './builder.ts'
import { HandEditor } from './hand-editor.tsx'
import { DeleteBox, FileBox, PatchBox } from './other-edits.tsx'
import { Beside } from './questions.tsx'
import { removeItem } from './items.ts'
import styles from './cast-builder.module.css'

const WAYS = [
  { value: 'agent', label: 'An agent makes it' },
  { value: 'edit', label: 'Make the edit here' },
  { value: 'patch', label: 'Paste a patch' },
  { value: 'file', label: 'Give the file' },
  { value: 'delete', label: 'Delete it' },
] as const
type Way = (typeof WAYS)[number]['value']

/** A patch that does not fit its base is no text that could be shown. */
function wayOf({ change, unfit }: WorkItem, broken: boolean): Way {
  if (unfit !== undefined) return unfit.kind === 'patch' ? 'patch' : 'edit'
  if (change === null) return 'agent'
  if (change.operation === 'delete') return 'delete'
  return broken && change.patch !== undefined ? 'patch' : 'edit'
}

export function ItemEditor({ item, index }: { item: WorkItem; index: number }) {
  const builder = useBuilder()
  const { session } = builder
  const id = useId()
  const field = `items[${index}]`
  const path = useSays(`${field}.path`, 'files', item.key)
  const summary = useSays(`${field}.summary`, 'files', item.key)
  const change = useSays(`${field}.change`, 'files')
  const broken = change.error !== undefined
  // Who takes an edit back to what the base has is still at it, though there is none then.
  const [chosen, setChosen] = useState<Way | null>(() =>
    item.change === null && item.unfit === undefined ? null : wayOf(item, broken),
  )
  const way = chosen ?? wayOf(item, broken)
  const pathless = item.path.trim() === ''
  const set = (part: Partial<WorkItem>): void =>
    session.change((work) => ({
      ...work,
      items: work.items.map((one) => (one.key === item.key ? { ...one, ...part } : one)),
    }))
  const setChange = useCallback(
    (next: Edited): void =>
      session.change((work) =>
        withItems(
          work,
          work.items.map((one) => (one.key === item.key ? withEdit(one, next) : one)),
        ),
      ),
    [session, item.key],
  )
  const takeOut = (): void => {
    const { change: lost, unfit } = item
    const base = session.store.getState().work?.base_commit ?? null
    setChange({ change: null })
    setChosen(null)
    tellDone(`The edit of ${item.path} is taken out`, {
      run: () =>
        session.change((work) =>
          withItems(
            work,
            work.items.map((one) =>
              one.key === item.key
                ? withEdit(one, unfit === undefined ? { change: lost } : { change: lost, unfit })
                : one,
            ),
            base,
          ),
        ),
    })
  }
  const taken = useCallback(() => setChosen('edit'), [])
  const locked =
    item.change !== null && item.change.path === item.path
      ? 'The edit below is of this file. Let an agent make it to choose another path.'
      : null
  return (
    <div
      className={styles.item}
      data-field={field}
      tabIndex={-1}
      role="group"
      aria-label={`File ${index + 1}`}
    >
      <PathPicker
        label="Path"
        required
        toEdit
        field={`${field}.path`}
        value={item.path}
        onChange={(next) => set({ path: next })}
        onFocus={() => builder.ui.setState({ here: `${field}.path` })}
        onLeave={() => touch(builder, `${field}.path`, item.key)}
        error={path.error}
        help={<Beside help="A few of its letters are enough." warnings={path.warnings} />}
        locked={locked}
      />
      <TextArea
        label="What is to happen to it"
        rows={2}
        value={item.summary}
        onChange={(next) => set({ summary: next })}
        error={summary.error}
        help={summary.warnings.length === 0 ? undefined : <Beside warnings={summary.warnings} />}
        aria-required
        {...placed(builder, `${field}.summary`, item.key)}
      />
      <fieldset
        className={styles.ways}
        data-field={`${field}.change`}
        tabIndex={-1}
        aria-describedby={change.error === undefined ? undefined : `${id}-error`}
        onFocus={() => builder.ui.setState({ here: `${field}.change` })}
      >
        <legend>Who makes the edit</legend>
        {WAYS.map(({ value, label }) => (
          <label key={value} className={styles.way}>
            <input
              type="radio"
              name={id}
              checked={way === value}
              disabled={value !== 'agent' && pathless}
              onChange={() => setChosen(value)}
            />
            {label}
          </label>
        ))}
        {pathless && <span className={styles.quiet}>The other ways need a path first.</span>}
      </fieldset>
      {/* What does not fit says so itself, where it is written. */}
      {change.error !== undefined && (item.unfit === undefined || way === 'agent') && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {change.error}
        </p>
      )}
      <Beside warnings={change.warnings} />
      {way === 'agent' && (item.change !== null || item.unfit !== undefined) && (
        <div className={styles.drop}>
          <p>
            {item.change === null
              ? 'The draft still holds an edit that does not fit.'
              : 'The cast still holds the edit that was made.'}
          </p>
          <Button onClick={takeOut}>Take it out: an agent makes it</Button>
        </div>
      )}
      {!pathless && way === 'edit' && <HandEditor key={item.path} item={item} />}
      {!pathless && way === 'patch' && <PatchBox key={item.path} item={item} />}
      {!pathless && way === 'file' && <FileBox key={item.path} item={item} onTaken={taken} />}
      {!pathless && way === 'delete' && <DeleteBox key={item.path} item={item} />}
      <div>
        <Button size="small" icon={<Trash2 size={14} />} onClick={() => removeItem(builder, item.key)}>
          Remove file {index + 1}
        </Button>
      </div>
    </div>
  )
}
