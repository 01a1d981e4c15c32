/** How far what is written is kept, what another window wrote, and what was left of an imported file. */
import { X } from 'lucide-react'
import { useState } from 'react'
import { useCastState } from '../../cast/use-cast.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { inertLine } from '../../ui/inert.ts'
import { InertText } from '../../ui/inert-text.tsx'
import { remarkField } from '../../cast/remark-field.ts'
import { spoken, useBuilder } from './builder.ts'
import styles from './cast-builder.module.css'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

export function SavedNote() {
  const { session } = useBuilder()
  const saved = useCastState(session, (state) => state.saved)
  if (saved.state === 'failed')
    return (
      <span className={styles.unsaved} role="alert">
        Not saved: {inertLine(saved.why, 200)}
        {saved.again ? '; it is tried again' : ''}
        {!saved.again && (
          <Button size="small" onClick={() => void session.settle()}>
            Try again
          </Button>
        )}
      </span>
    )
  return (
    <span className={styles.quiet} data-saved={saved.state}>
      {saved.state === 'saving' ? 'Saving…' : `Saved ${clock.format(new Date(saved.at))}`}
    </span>
  )
}

export function Remarks() {
  const { session, jump } = useBuilder()
  const remarks = useCastState(session, (state) => state.remarks)
  if (remarks.length === 0) return null
  return (
    <ul className={styles.remarks} aria-label="From another window">
      {remarks.map(({ id, field, text, kept }) => (
        <li key={id} className={styles.remark}>
          <div className={styles.row}>
            <span>{text}</span>
            {field !== null && (
              <Button size="small" kind="ghost" onClick={() => jump(field)}>
                {spoken(field)}
              </Button>
            )}
            <span className={styles.spring} />
            {kept !== null && <CopyButton text={kept} label="Copy what the other window wrote" />}
            <IconButton label="Put away" icon={<X size={14} />} onClick={() => session.dismiss(id)} />
          </div>
          {kept !== null && <InertText text={kept === '' ? '(left empty there)' : kept} code />}
        </li>
      ))}
    </ul>
  )
}

/** What could not be taken over from a file; until it is put away, once a window. */
export function Imported() {
  const { session, jump } = useBuilder()
  const source = useCastState(session, (state) => state.source)
  const [away, setAway] = useState(false)
  if (source === null || source.remarks.length === 0 || away) return null
  return (
    <section className={styles.imported} aria-label="The imported file">
      <div className={styles.row}>
        <h3>From {inertLine(source.name, 80)}</h3>
        <span className={styles.spring} />
        <IconButton label="Put away" icon={<X size={14} />} onClick={() => setAway(true)} />
      </div>
      <ul>
        {source.remarks.map((remark, index) => {
          const field = remarkField(remark)
          return (
            <li key={`${index} ${remark}`} className={styles.row}>
              <span>{inertLine(remark, 400)}</span>
              {field !== null && (
                <Button size="small" kind="ghost" onClick={() => jump(field)}>
                  Go there
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
