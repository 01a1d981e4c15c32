/** Picks a path of the target by a few of its letters; says who else edits it. */
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { CastPath } from '../../../schemas/cast-draft.ts'
import { useApp } from '../../state/hooks.ts'
import { cx } from '../../ui/cx.ts'
import { inertLine } from '../../ui/inert.ts'
import styles from './cast-builder.module.css'

const OFFERED = 12

export interface PathPickerProps {
  field: string
  value: string
  onChange: (path: string) => void
  onFocus: () => void
  onBlur: () => void
  error: string | undefined
  help: ReactNode
  /** Why it cannot be another one now. */
  locked: string | null
}

export function PathPicker(props: PathPickerProps) {
  const { field, value, onChange, onFocus, onBlur, error, help, locked } = props
  const app = useApp()
  const id = useId()
  const [open, setOpen] = useState(false)
  const [offers, setOffers] = useState<{ to: string; paths: readonly CastPath[] }>({ to: '', paths: [] })
  const [active, setActive] = useState(-1)
  const root = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (!open) return
    const life = new AbortController()
    const ask = async (): Promise<void> => {
      try {
        const query = value.slice(0, 4096)
        const paths = await app.api.casts.paths({ query, limit: OFFERED }, { signal: life.signal })
        if (life.signal.aborted) return
        setOffers({ to: value, paths })
        setActive(-1)
      } catch {
        // Completion is a help; without it the path is written by hand.
        if (!life.signal.aborted) setOffers({ to: value, paths: [] })
      }
    }
    void ask()
    return () => life.abort()
  }, [app, open, value])

  const shown = open ? offers.paths.filter(({ path }) => path !== value) : []
  const take = (path: string): void => {
    onChange(path)
    setOpen(false)
  }
  const press = (event: KeyboardEvent): void => {
    const last = shown.length - 1
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (locked === null) setOpen(true)
      if (last < 0) return
      const down = event.key === 'ArrowDown'
      setActive(down ? (active >= last ? 0 : active + 1) : active <= 0 ? last : active - 1)
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && shown[active] !== undefined) {
      event.preventDefault()
      take(shown[active].path)
    } else if (event.key === 'Escape' && shown.length > 0) {
      event.preventDefault()
      event.stopPropagation()
      setOpen(false)
    }
  }
  const beside = [`${id}-help`, error === undefined ? '' : `${id}-error`].join(' ').trim()
  return (
    <div
      ref={root}
      className={styles.combo}
      onBlur={(event) => {
        if (root.current?.contains(event.relatedTarget) === true) return
        setOpen(false)
        onBlur()
      }}
    >
      <label htmlFor={id} className={styles.label}>
        Path
      </label>
      <div className={styles.comboPlace}>
        <input
          id={id}
          role="combobox"
          data-field={field}
          aria-required
          aria-expanded={shown.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-describedby={beside}
          {...(shown[active] === undefined ? {} : { 'aria-activedescendant': `${id}-${active}` })}
          {...(error === undefined ? {} : { 'aria-invalid': true })}
          className={styles.input}
          value={value}
          readOnly={locked !== null}
          placeholder="src/…"
          spellCheck={false}
          autoComplete="off"
          onFocus={() => {
            onFocus()
            if (locked === null) setOpen(true)
          }}
          onChange={(event) => {
            onChange(event.target.value)
            setOpen(true)
          }}
          onKeyDown={press}
        />
        <ul
          id={`${id}-list`}
          role="listbox"
          aria-label="Paths of the target"
          aria-busy={open && offers.to !== value}
          className={styles.offers}
          hidden={shown.length === 0}
        >
          {shown.map(({ path, also }, index) => (
            <li
              key={path}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              className={cx(styles.offer, index === active && styles.active)}
              // The field keeps the keyboard.
              onMouseDown={(event) => {
                event.preventDefault()
                take(path)
              }}
            >
              <span>{inertLine(path)}</span>
              {also.length > 0 && (
                <span className={styles.also}>
                  {also.slice(0, 2).join(', ')} also edit{also.length === 1 ? 's' : ''} this
                </span>
              )}
            </li>
          ))}
        </ul>
      </div>
      <p id={`${id}-help`} className={styles.quiet}>
        {locked ?? help}
      </p>
      {error !== undefined && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  )
}
