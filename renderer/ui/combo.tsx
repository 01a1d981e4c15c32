/** A field that offers what could be meant by what was typed so far; what is typed counts, whether offered or not. */
import { useEffect, useEffectEvent, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { arrived, closed, CLOSED, isBehind, left, opened, pressed, shownOf, type Key, type Offer } from './choosing.ts' // prettier-ignore
import { cx } from './cx.ts'
import { described, Frame } from './fields.tsx'
import { inertLine } from './inert.ts'
import fields from './fields.module.css'
import styles from './combo.module.css'

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

const KEYS: Readonly<Record<string, Key>> = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  Enter: 'enter',
  Escape: 'escape',
}

export function Combo(props: ComboProps) {
  const { label, offering, value, onChange, ask, help, error, locked = null, goesOn = false, onLeave } = props
  const id = useId()
  const [choosing, setChoosing] = useState(CLOSED)
  const root = useRef<HTMLDivElement>(null)
  const owesLeave = useRef(false)
  const { active, open, taking } = choosing

  const take = (offer: Offer): void => {
    onChange(offer.value)
    if (goesOn && !owesLeave.current) setChoosing(opened)
  }
  const hear = useEffectEvent((to: string, list: readonly Offer[]): void => {
    const heard = arrived(choosing, to, list)
    setChoosing(heard.next)
    if (heard.take !== null) take(heard.take)
  })
  const looks = open || taking
  useEffect(() => {
    if (!looks) return
    const life = new AbortController()
    const look = async (): Promise<void> => {
      // Completion is a help; without it the field is filled in by hand.
      const list = await ask(value, life.signal).catch(() => [])
      if (!life.signal.aborted) hear(value, list)
    }
    void look()
    return () => life.abort()
  }, [ask, looks, value])

  // Whoever left while it was being taken hears of it with what was taken.
  useEffect(() => {
    if (taking || !owesLeave.current) return
    owesLeave.current = false
    onLeave?.()
  }, [taking, onLeave])

  const shown = shownOf(choosing, value)
  const press = (event: KeyboardEvent): void => {
    const key = KEYS[event.key]
    if (key === undefined) return
    const isEnter = key === 'enter'
    const isPlain = !isEnter || (!event.ctrlKey && !event.metaKey)
    const chosen = locked === null && isPlain ? pressed(choosing, value, key) : null
    // What was typed stands, and the key means what it means to the form.
    if (isEnter && chosen === null) setChoosing(closed)
    if (chosen === null) return
    event.preventDefault()
    if (key === 'escape') event.stopPropagation()
    setChoosing(chosen.next)
    if (chosen.take !== null) take(chosen.take)
  }
  const { labelled = true } = props
  const around = { label, labelled, help: locked ?? help, error }
  return (
    <div
      ref={root}
      onBlur={(event) => {
        if (root.current?.contains(event.relatedTarget) === true) return
        setChoosing(left(choosing))
        if (taking) owesLeave.current = true
        else onLeave?.()
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
              if (locked === null && !goesOn) setChoosing(opened)
            }}
            onChange={(event) => {
              onChange(event.target.value)
              setChoosing(opened)
            }}
            onKeyDown={press}
          />
          <ul
            id={`${id}-list`}
            role="listbox"
            aria-label={offering}
            aria-busy={looks && isBehind(choosing, value)}
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
                  setChoosing(closed)
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
