/** Shows code and JSON to be read: as plain inert text at once, in the editor as soon as that is loaded. */
import { ChevronsDownUp, ChevronsUpDown, Search } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { IconButton } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { cx } from '../ui/cx.ts'
import { inertJson, inertText } from '../ui/inert.ts'
import { lineCount, whyPlain } from './bounds.ts'
import { PlainText } from './plain-text.tsx'
import { useReader } from './use-reader.ts'
import styles from './code-view.module.css'

const LINE = 18
const FIT_LINES = 24
const FAILED = 'The editor could not be loaded, so this is plain text. Reload the window to try it again.'

export interface CodeViewProps {
  text: string
  /** As `languageOf` gives it. */
  language: string
  /** What it is, for the line above it and for screen readers. */
  label: string
  /** As high as its text, up to a screenful, instead of filling its place. */
  fit?: boolean
  /** Lines (1-based) to be marked and in sight; null: none are. */
  mark?: { first: number; last: number } | null
}

export function CodeView({ text, language, label, fit = false, mark }: CodeViewProps) {
  const shown = useMemo(() => (language === 'json' ? inertJson(text) : inertText(text)), [text, language])
  const tooMuch = useMemo(() => whyPlain(shown), [shown])
  // As git counts: what stands after the last line break is no line of its own.
  const lines = useMemo(() => lineCount(shown) - (shown.endsWith('\n') ? 1 : 0), [shown])
  const frame = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const [folded, setFolded] = useState(false)
  const { state, reader } = useReader(host, { text: shown, language, label, wanted: tooMuch === null })
  const [first, last] = [mark?.first ?? 0, mark?.last ?? 0]
  // With the text as well: a mark stands in the text it was worked out from.
  useEffect(() => {
    if (first > 0) reader?.show(first, last)
    else reader?.unmark()
  }, [reader, first, last, shown])
  const note = tooMuch ?? (state === 'failed' ? FAILED : null)
  const off = note ?? (reader === null ? 'The editor is being loaded' : null)

  /** What the editor has no use for (it closes its search, drops its selection first) leads out of it. */
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    if (!(event.target instanceof Node) || host.current?.contains(event.target) !== true) return
    event.preventDefault()
    // A dialog around it would close.
    event.stopPropagation()
    frame.current?.focus()
  }

  return (
    <div
      ref={frame}
      className={cx(styles.frame, fit && styles.fit)}
      role="group"
      aria-label={label}
      aria-busy={note === null && reader === null}
      tabIndex={-1}
      onKeyDown={leave}
    >
      <div className={styles.bar}>
        <span className={styles.what}>
          {label} · {lines === 1 ? '1 line' : `${lines.toLocaleString('en')} lines`}
        </span>
        <IconButton
          label="Find (Ctrl+F)"
          icon={<Search size={14} />}
          reason={off}
          onClick={() => reader?.find()}
        />
        <IconButton
          label={folded ? 'Unfold all' : 'Fold all'}
          icon={folded ? <ChevronsUpDown size={14} /> : <ChevronsDownUp size={14} />}
          reason={off}
          onClick={() => {
            reader?.fold(!folded)
            setFolded(!folded)
          }}
        />
        <CopyButton text={text} label={`Copy the ${language === 'json' ? 'JSON' : 'text'}`} />
      </div>
      {note !== null && (
        <p className={styles.why} role="note">
          {note}
        </p>
      )}
      <div
        className={styles.place}
        style={fit ? { height: Math.min(lines, FIT_LINES) * LINE + 8 } : undefined}
      >
        {/* Keys typed here are the editor's, not the window's. */}
        <div ref={host} className={styles.host} data-keys="own" />
        {reader === null && <PlainText text={shown} label={label} />}
      </div>
    </div>
  )
}
