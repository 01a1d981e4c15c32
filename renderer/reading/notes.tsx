/** What is to be known of texts, above them. */
import { inertText } from '../ui/inert.ts'
import styles from './reading.module.css'

export function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null
  return (
    <div className={styles.notes}>
      {notes.map((note) => (
        <p key={note}>{inertText(note)}</p>
      ))}
    </div>
  )
}

const HINTS: Readonly<Record<string, string>> = {
  w: 'Click a line number, or press w on a line, to see where it comes from.',
  c: 'Click a line number, or press c on a line, to reject the change about it.',
}

/** What the key of a line does, below the texts. */
export function Hint({ keys }: { keys: string | null }) {
  const text = keys === null ? undefined : HINTS[keys]
  return text === undefined ? null : <p className={styles.hint}>{text}</p>
}
