/** A path of the repository, completed from the tracked ones while it is written. */
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import { useApp } from '../../state/hooks.ts'
import { cx } from '../../ui/cx.ts'
import { inertLine } from '../../ui/inert.ts'
import styles from './requests.module.css'

const OFFERED = 12
const PAUSE_MS = 120

export function PathField({
  label,
  value,
  onChange,
  onBlur,
  error,
}: {
  label: string
  value: string
  onChange: (value: string) => void
  onBlur: () => void
  error: string | undefined
}) {
  const app = useApp()
  const id = useId()
  const [open, setOpen] = useState(false)
  const [offers, setOffers] = useState<readonly string[]>([])
  const [active, setActive] = useState(-1)
  const root = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (!open) return
    const life = new AbortController()
    const complete = async (): Promise<void> => {
      try {
        const prefix = value.trim().slice(0, 4096)
        const paths = await app.api.requests.paths({ prefix, limit: OFFERED }, { signal: life.signal })
        if (life.signal.aborted) return
        setOffers(paths)
        setActive(-1)
      } catch {
        // Completion is a help; without it the path is written by hand.
        setOffers([])
      }
    }
    const stop = app.clock.after(PAUSE_MS, () => void complete())
    return () => {
      life.abort()
      stop()
    }
  }, [app, open, value])

  const shown = open ? offers.filter((path) => path !== value) : []
  const take = (path: string): void => {
    onChange(path)
    setOpen(false)
  }
  const press = (event: KeyboardEvent): void => {
    const last = shown.length - 1
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      if (last < 0) return
      const down = event.key === 'ArrowDown'
      setActive(down ? (active >= last ? 0 : active + 1) : active <= 0 ? last : active - 1)
    } else if (event.key === 'Enter' && shown[active] !== undefined) {
      event.preventDefault()
      take(shown[active])
    } else if (event.key === 'Escape' && shown.length > 0) {
      event.preventDefault()
      event.stopPropagation()
      setOpen(false)
    }
  }
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
      <input
        id={id}
        role="combobox"
        aria-label={label}
        aria-expanded={shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(shown[active] === undefined ? {} : { 'aria-activedescendant': `${id}-${active}` })}
        {...(error === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-error` })}
        className={styles.input}
        value={value}
        placeholder="src/…"
        spellCheck={false}
        autoComplete="off"
        onFocus={() => setOpen(true)}
        onChange={(event) => {
          onChange(event.target.value)
          setOpen(true)
        }}
        onKeyDown={press}
      />
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label="Paths of the repository"
        className={styles.offers}
        hidden={shown.length === 0}
      >
        {shown.map((path, index) => (
          <li
            key={path}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className={cx(styles.offer, index === active && styles.active)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => take(path)}
          >
            {inertLine(path, 300)}
          </li>
        ))}
      </ul>
      {error !== undefined && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  )
}
