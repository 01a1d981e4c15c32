/** Shows text from anywhere: inert, and a very long one only in part until all of it is asked for. */
import { useState } from 'react'
import { Button } from './button.tsx'
import { clipText, inertLine, inertText } from './inert.ts'
import styles from './inert-text.module.css'

/** More than fits into the lines of a heading, however wide the window. */
const HEADING_AT = 1_000

export function InertText({ text, code = false }: { text: string; code?: boolean }) {
  const [all, setAll] = useState(false)
  const { shown, left } = all ? { shown: text, left: 0 } : clipText(text)
  return (
    <div className={code ? styles.code : styles.text} dir="auto">
      {inertText(shown)}
      {left > 0 && (
        <div className={styles.more}>
          <Button size="small" onClick={() => setAll(true)}>
            Show all ({left.toLocaleString('en')} more characters)
          </Button>
        </div>
      )}
    </div>
  )
}

/** A heading from anywhere: a few lines of it, whatever it is, so that what stands below it stays in sight. */
export function InertHeading({ text }: { text: string }) {
  return (
    <span className={styles.heading} dir="auto" title={inertLine(text, 2000)}>
      {inertText(clipText(text, HEADING_AT).shown)}
    </span>
  )
}

/** One line, cut off with an ellipsis where the place ends; more of it in the title. */
export function InertLine({ text, muted = false }: { text: string; muted?: boolean }) {
  return (
    <span className={muted ? styles.lineMuted : styles.line} title={inertLine(text, 2000)}>
      {inertLine(text)}
    </span>
  )
}
