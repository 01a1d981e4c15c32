/** Files & changes: every file on a line, one of them open. */
import { ChevronDown, ChevronRight, Plus } from 'lucide-react'
import { memo, useRef } from 'react'
import type { WorkItem } from '../../cast/work.ts'
import { useCommands } from '../../state/commands.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { inertLine } from '../../ui/inert.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { findingsAt, plural, useBuilder, useExamination, useUi, useWork } from './builder.ts'
import { editWords } from './edit-note.tsx'
import { ItemEditor } from './item-editor.tsx'
import { addItem, MOST_ITEMS, moveItem } from './items.ts'
import { Questions } from './questions.tsx'
import styles from './cast-builder.module.css'

const Line = memo(function Line({ item, index, open }: { item: WorkItem; index: number; open: boolean }) {
  const builder = useBuilder()
  const root = `items[${index}]`
  const edit = useExamination((examination) => examination?.edits[index] ?? null)
  const fresh = useUi((ui) => ui.fresh.has(item.key))
  const says = useExamination((examination) => {
    const found = findingsAt(examination, root)
    const errors = found.filter(({ level }) => level === 'error').length
    const warnings = found.length - errors
    return [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : ''].join(
      '|',
    )
  })
  const [errors = '', warnings = ''] = says.split('|')
  const what =
    item.change === null
      ? 'by an agent'
      : item.change.operation === 'delete'
        ? 'deleted'
        : edit === null
          ? 'edited'
          : editWords(edit)
  return (
    <li className={cx(styles.line, open && styles.lineOpen)}>
      <button
        type="button"
        className={styles.lineHead}
        aria-expanded={open}
        data-row={index}
        data-field={`row[${index}]`}
        onClick={() => builder.ui.setState({ open: open ? null : item.key })}
      >
        {open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}
        <span className={styles.number}>{index + 1}</span>
        <code className={styles.linePath}>{item.path === '' ? 'no path yet' : inertLine(item.path)}</code>
        <span className={styles.lineText}>{inertLine(item.summary)}</span>
        {errors !== '' && !fresh && <span className={styles.errorCount}>{errors}</span>}
        {warnings !== '' && <span className={styles.warnCount}>{warnings}</span>}
        <span className={styles.what}>{what}</span>
      </button>
      {open && <ItemEditor item={item} index={index} />}
    </li>
  )
})

export function FilesStep() {
  const builder = useBuilder()
  const items = useWork((work) => work.items)
  const open = useUi((ui) => ui.open)
  const list = useRef<HTMLOListElement>(null)
  const full = items.length >= MOST_ITEMS ? `A cast holds at most ${MOST_ITEMS} files` : null

  const rowAt = (index: number): HTMLElement | null =>
    list.current?.querySelector<HTMLElement>(`[data-row="${index}"]`) ?? null
  const current = (): number => {
    const row = document.activeElement?.closest('li')?.querySelector<HTMLElement>('[data-row]')
    return row === null || row === undefined ? -1 : Number(row.dataset['row'])
  }
  const go = (by: number) => (): void => {
    const next = Math.min(items.length - 1, Math.max(0, current() + by))
    rowAt(next)?.focus()
    rowAt(next)?.scrollIntoView({ block: 'nearest' })
  }
  const move = (by: 1 | -1) => (): void => {
    const item = items[current()]
    const to = item === undefined ? null : moveItem(builder, item.key, by)
    if (to !== null) requestAnimationFrame(() => rowAt(to)?.focus())
  }
  const group = 'Files & changes'
  useCommands([
    { id: 'cast-add', label: 'Add a file', group, keys: 'alt+a', inText: true, reason: full, run: () => addItem(builder) }, // prettier-ignore
    { id: 'cast-next-file', label: 'Next file', group, keys: 'j', palette: false, run: go(1) },
    { id: 'cast-previous-file', label: 'Previous file', group, keys: 'k', palette: false, run: go(-1) },
    {
      id: 'cast-file-up',
      label: 'Move the file up',
      group,
      keys: 'alt+shift+ArrowUp',
      palette: false,
      run: move(-1),
    },
    {
      id: 'cast-file-down',
      label: 'Move the file down',
      group,
      keys: 'alt+shift+ArrowDown',
      palette: false,
      run: move(1),
    },
  ])
  const says = useExamination((examination) =>
    findingsAt(examination, 'base_commit').map(({ message }) => message).join('; '),
  ) // prettier-ignore
  return (
    <>
      {says !== '' && (
        <p className={styles.warning} data-field="base_commit" tabIndex={-1} role="note">
          {says}
        </p>
      )}
      <ol ref={list} className={styles.lines} aria-label="Files">
        {items.map((item, index) => (
          <Line key={item.key} item={item} index={index} open={item.key === open} />
        ))}
      </ol>
      {items.length === 0 && (
        <p className={styles.quiet} data-field="items" tabIndex={-1}>
          No file yet. Each file says what is to happen to it; an agent makes the edit, or you do it here.
        </p>
      )}
      <div>
        <Button
          data-field="add"
          icon={<Plus size={14} />}
          keys={<Kbd keys="alt+a" />}
          reason={full}
          onClick={() => addItem(builder)}
        >
          Add a file
        </Button>
      </div>
      <Questions step="files" />
    </>
  )
}
