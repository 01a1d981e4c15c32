/** One text, any line of which can be picked: a file of the target, or one that a change adds or deletes whole. */
import { Search, WrapText } from 'lucide-react'
import { useEffect, useMemo, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { lineCount, whyPlain } from '../editor/bounds.ts'
import { asLines } from '../editor/diff-model.ts'
import type { FileReader, Tone } from '../editor/file.ts'
import { languageOf } from '../editor/languages.ts'
import { PlainText } from '../editor/plain-text.tsx'
import type { Command } from '../state/commands.ts'
import { IconButton } from '../ui/button.tsx'
import { inertText } from '../ui/inert.ts'
import { useReaderKeys } from './keys.ts'
import { useLook } from './look.ts'
import { Notes } from './notes.tsx'
import { useEditor } from './use-editor.ts'
import styles from './reading.module.css'

const FAILED = 'The editor could not be loaded, so this is plain text. Reload the window to try it again.'

export interface FilePaneProps {
  path: string
  text: string
  /** Marked, and in sight. */
  line: number | null
  busy: boolean
  /** What it is, in the bar. */
  about: string
  notes?: readonly string[]
  lead?: ReactNode
  tone?: Tone | null
  /** What picking a line does, by a click on its number or by this key. */
  pick: { keys: string; label: string; run: (line: number) => void } | null
  /** Escape lets go of the picked line first. */
  onLeave?: (() => void) | undefined
  commands?: readonly Command[]
}

const NONE: readonly never[] = []

export function FilePane(props: FilePaneProps) {
  const { path, text, line, busy, about, pick, onLeave, tone = null, notes = NONE, commands = NONE } = props
  const shown = useMemo(() => asLines(inertText(text)), [text])
  const tooMuch = useMemo(() => whyPlain(shown), [shown])
  const lines = useMemo(() => (text === '' ? 0 : lineCount(shown)), [text, shown])
  const frame = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const [look, setLook] = useLook()
  const wrap = (): void => setLook({ wrap: !look.wrap })
  const group = 'Reading'
  const hear = useReaderKeys([
    ...(pick === null
      ? []
      : [{ id: 'reading-pick', label: pick.label, group, keys: pick.keys, run: () => made !== null && pick.run(made.line()) }]), // prettier-ignore
    { id: 'reading-wrap', label: look.wrap ? 'Do not wrap long lines' : 'Wrap long lines', group, keys: 'l', run: wrap }, // prettier-ignore
    ...commands,
  ])
  const latest = useRef({ hear, pick })
  latest.current = { hear, pick }
  const { state, made } = useEditor<FileReader>(host, tooMuch === null, async (place) => {
    const { mountFile } = await import('../editor/file.ts')
    return mountFile(place, {
      label: 'Text of the file',
      wrap: look.wrap,
      events: {
        onLine: (picked) => latest.current.pick?.run(picked),
        onKey: (event) => latest.current.hear(event),
      },
    })
  })
  useEffect(() => made?.show(shown, languageOf(path), tone), [made, shown, path, tone])
  useEffect(() => made?.wrap(look.wrap), [made, look.wrap])
  // After the text, which may have come with the line.
  useEffect(() => made?.mark(line === null || line > lines ? null : line), [made, line, lines, shown])

  /** What the editor has no use for leads out of it. */
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    if (!(event.target instanceof Node) || host.current?.contains(event.target) !== true) return
    event.preventDefault()
    event.stopPropagation()
    if (line === null || onLeave === undefined) frame.current?.focus()
    else onLeave()
  }
  const note = tooMuch ?? (state === 'failed' ? FAILED : null)
  const off = note ?? (made === null ? 'The editor is being loaded' : null)
  return (
    <div
      ref={frame}
      className={styles.pane}
      role="group"
      aria-label={`Text of ${path.slice(0, 200)}`}
      aria-busy={busy || (note === null && made === null)}
      tabIndex={-1}
      onKeyDown={leave}
    >
      <div className={styles.bar} role="toolbar" aria-label="How it is read">
        {props.lead}
        <span className={styles.status}>
          {about} · {lines === 1 ? '1 line' : `${lines.toLocaleString('en')} lines`}
        </span>
        <IconButton
          label="Find (Ctrl+F)"
          icon={<Search size={14} />}
          reason={off}
          onClick={() => made?.find()}
        />
        <IconButton
          label="Wrap long lines (l)"
          icon={<WrapText size={14} />}
          pressed={look.wrap}
          reason={off}
          onClick={wrap}
        />
      </div>
      <Notes notes={notes} />
      {note !== null && (
        <p className={styles.why} role="note">
          {note}
        </p>
      )}
      <div className={styles.place} data-pick={pick === null ? undefined : ''}>
        <div ref={host} className={styles.host} data-keys="own" />
        {made === null && <PlainText text={shown} label={`Text of ${path.slice(0, 200)}`} />}
      </div>
    </div>
  )
}
