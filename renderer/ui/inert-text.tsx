/** Shows text from anywhere: inert, and a very long one only in part until all of it is asked for. */
import { useState } from 'react'
import { Button } from './button.tsx'
import { clipText, inertLine, inertText } from './inert.ts'
import styles from './inert-text.module.css'

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

/** One line, cut off with an ellipsis where the place ends; more of it in the title. */
export function InertLine({ text, muted = false }: { text: string; muted?: boolean }) {
  return (
    <span className={muted ? styles.lineMuted : styles.line} title={inertLine(text, 2000)}>
      {inertLine(text)}
    </span>
  )
}
