/** A text of any length without the editor: drawn in pieces, of which only those on screen are laid out. */
import { useMemo, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { clipText, inertText } from '../ui/inert.ts'
import { pieces } from './bounds.ts'
import styles from './code-view.module.css'

const AT_FIRST = 20_000
const MORE = 500_000
const PIECE = 20_000

export function PlainText({ text, label }: { text: string; label: string }) {
  const [most, setMost] = useState(AT_FIRST)
  const { shown, left } = clipText(text, most)
  const parts = useMemo(() => pieces(shown, PIECE), [shown])
  return (
    <div className={styles.plain} role="region" aria-label={label} tabIndex={0}>
      {parts.map((part, index) => (
        <div key={index} className={styles.piece} dir="ltr">
          {inertText(part)}
        </div>
      ))}
      {left > 0 && (
        <div className={styles.more}>
          <Button size="small" onClick={() => setMost(most + MORE)}>
            {left > MORE
              ? `Show ${MORE.toLocaleString('en')} of ${left.toLocaleString('en')} more characters`
              : `Show all (${left.toLocaleString('en')} more characters)`}
          </Button>
        </div>
      )}
    </div>
  )
}
