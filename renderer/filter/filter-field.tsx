/** The field for a filter: completions as one types, what is wrong with it below, and the last good one in force. */
import { ListFilter, X } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type Ref } from 'react'
import { browserClock } from '../state/clock.ts'
import { IconButton } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { inertLine } from '../ui/inert.ts'
import { completions, parseFilter, type Completion, type FilterKey } from './grammar.ts'
import styles from './filter-field.module.css'

const APPLY_AFTER_MS = 250

export function FilterField({
  label,
  placeholder,
  keys,
  known,
  value,
  onChange,
  inputRef,
}: {
  label: string
  placeholder: string
  keys: readonly FilterKey[]
  /** Values seen so far, by key. */
  known?: Readonly<Record<string, readonly string[]>>
  /** The filter in force. */
  value: string
  onChange: (value: string) => void
  inputRef?: Ref<HTMLInputElement>
}) {
  const id = useId()
  const [draft, setDraft] = useState(value)
  const [caret, setCaret] = useState(value.length)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const told = useRef(value)
  const field = useRef<HTMLInputElement | null>(null)
  const { error } = parseFilter(draft, keys)

  // Set from outside: a chip, a link, Back.
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setDraft(value)
    setCaret(value.length)
  }, [value])

  const apply = (next: string): void => {
    if (parseFilter(next, keys).error !== null || next.trim() === told.current) return
    told.current = next.trim()
    onChange(next.trim())
  }
  useEffect(() => {
    if (draft.trim() === told.current) return
    return browserClock.after(APPLY_AFTER_MS, () => apply(draft))
  })

  const options = open ? completions(draft, caret, keys, known) : []
  const shown = options.length > 0
  const take = (one: Completion): void => {
    setDraft(one.input)
    setCaret(one.caret)
    setActive(-1)
    browserClock.after(0, () => field.current?.setSelectionRange(one.caret, one.caret))
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const chosen = options[active]
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      const count = options.length
      if (count > 0)
        setActive((at) => (event.key === 'ArrowDown' ? (at + 1) % count : (at <= 0 ? count : at) - 1))
    } else if (event.key === 'Enter' || (event.key === 'Tab' && chosen !== undefined)) {
      if (chosen === undefined) {
        setOpen(false)
        apply(draft)
      } else {
        event.preventDefault()
        take(chosen)
      }
    } else if (event.key === 'Escape') {
      event.stopPropagation()
      if (shown) setOpen(false)
      else field.current?.blur()
    }
  }

  return (
    <div className={styles.frame}>
      <div className={cx(styles.field, error !== null && styles.wrong)}>
        <ListFilter size={14} className={styles.icon} aria-hidden />
        <input
          ref={(element) => {
            field.current = element
            if (typeof inputRef === 'function') inputRef(element)
            else if (inputRef !== null && inputRef !== undefined) inputRef.current = element
          }}
          className={styles.input}
          role="combobox"
          aria-label={label}
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-invalid={error !== null || undefined}
          {...(error === null ? {} : { 'aria-describedby': `${id}-error` })}
          {...(shown && active >= 0 ? { 'aria-activedescendant': `${id}-${active}` } : {})}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          maxLength={2000}
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value)
            setCaret(event.target.selectionStart ?? event.target.value.length)
            setActive(-1)
            setOpen(true)
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onFocus={() => setOpen(true)}
          onBlur={() => {
            setOpen(false)
            apply(draft)
          }}
          onKeyDown={onKeyDown}
        />
        {draft !== '' && (
          <IconButton
            label="Clear the filter"
            icon={<X size={14} />}
            onClick={() => {
              setDraft('')
              apply('')
              field.current?.focus()
            }}
          />
        )}
      </div>
      {error !== null && (
        <p id={`${id}-error`} className={styles.error} role="status">
          {inertLine(error.message)}
        </p>
      )}
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label={`${label}: suggestions`}
        className={styles.list}
        hidden={!shown}
      >
        {options.map((one, index) => (
          <li
            key={one.label}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className={cx(styles.option, index === active && styles.active)}
            onPointerDown={(event) => {
              event.preventDefault()
              take(one)
            }}
          >
            <code>{inertLine(one.label, 80)}</code>
            <span className={styles.hint}>{one.hint}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
