/** A field that offers what could be meant by what was typed so far; what is typed counts, whether offered or not. */
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { cx } from './cx.ts'
import { described, Frame } from './fields.tsx'
import { inertLine } from './inert.ts'
import fields from './fields.module.css'
import styles from './combo.module.css'

export interface Offer {
  value: string
  /** What a person should know before taking it. */
  note?: string
}

export interface ComboProps {
  label: string
  /** False: the label is for screen readers only. */
  labelled?: boolean
  /** What the offers are, for screen readers. */
  offering: string
  value: string
  onChange: (value: string) => void
  /** What is offered for a text; to be the same function from one rendering to the next. */
  ask: (typed: string, signal: AbortSignal) => Promise<readonly Offer[]>
  help?: ReactNode
  error?: string | undefined
  /** Why it cannot be another one now; stands in place of the help. */
  locked?: string | null
  required?: boolean
  placeholder?: string
  autoFocus?: boolean
  /** Names the field for those who look for it. */
  field?: string
  /** The offers push down what follows instead of lying over it: in a dialog, which would cut them off. */
  inFlow?: boolean
  /** What is taken leads to further offers. */
  goesOn?: boolean
  onFocus?: () => void
  /** The keyboard left the field and its offers. */
  onLeave?: () => void
}

export function Combo(props: ComboProps) {
  const { label, offering, value, onChange, ask, help, error, locked = null, goesOn = false } = props
  const id = useId()
  const [open, setOpen] = useState(false)
  const [offers, setOffers] = useState<{ to: string; list: readonly Offer[] }>({ to: '', list: [] })
  const [active, setActive] = useState(-1)
  const root = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (!open) return
    const life = new AbortController()
    const look = async (): Promise<void> => {
      // Completion is a help; without it the field is filled in by hand.
      const list = await ask(value, life.signal).catch(() => [])
      if (life.signal.aborted) return
      setOffers({ to: value, list })
      setActive(-1)
    }
    void look()
    return () => life.abort()
  }, [ask, open, value])

  const shown = open ? offers.list.filter((offer) => offer.value !== value) : []
  const take = (offer: Offer): void => {
    onChange(offer.value)
    setOpen(goesOn)
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
      take(shown[active])
    } else if (event.key === 'Enter') {
      // It stands as it was typed.
      setOpen(false)
    } else if (event.key === 'Escape' && shown.length > 0) {
      event.preventDefault()
      event.stopPropagation()
      setOpen(false)
    }
  }
  const { labelled = true } = props
  const around = { label, labelled, help: locked ?? help, error }
  return (
    <div
      ref={root}
      onBlur={(event) => {
        if (root.current?.contains(event.relatedTarget) === true) return
        setOpen(false)
        props.onLeave?.()
      }}
    >
      <Frame id={id} {...around}>
        <div className={styles.place}>
          <input
            {...described(id, around)}
            id={id}
            role="combobox"
            data-field={props.field}
            aria-required={props.required}
            aria-expanded={shown.length > 0}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            {...(shown[active] === undefined ? {} : { 'aria-activedescendant': `${id}-${active}` })}
            className={cx(fields.input, fields.code)}
            value={value}
            readOnly={locked !== null}
            placeholder={props.placeholder}
            autoFocus={props.autoFocus}
            maxLength={4096}
            spellCheck={false}
            autoComplete="off"
            onFocus={() => {
              props.onFocus?.()
              // Where one level leads to the next, one is mostly named already: they come with the first key.
              if (locked === null && !goesOn) setOpen(true)
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
            aria-label={offering}
            aria-busy={open && offers.to !== value}
            className={cx(styles.offers, props.inFlow === true && styles.inFlow)}
            hidden={shown.length === 0}
          >
            {shown.map((offer, index) => (
              <li
                key={offer.value}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                className={cx(styles.offer, index === active && styles.active)}
                // The field keeps the keyboard.
                onMouseDown={(event) => {
                  event.preventDefault()
                  take(offer)
                }}
              >
                <span>{inertLine(offer.value)}</span>
                {offer.note !== undefined && <span className={styles.note}>{offer.note}</span>}
              </li>
            ))}
          </ul>
        </div>
      </Frame>
    </div>
  )
}
