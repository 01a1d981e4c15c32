/** Two texts and their difference, with the bar that says how it is looked at and leads from change to change. */
import { ArrowDown, ArrowUp, Columns2, Pilcrow, Rows2, UnfoldVertical, WrapText } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { beyondEditor } from '../editor/bounds.ts'
import type { DiffEvents, DiffLine, DiffReader } from '../editor/diff.ts'
import { asLines, besideLines, changeWords, type DiffChange } from '../editor/diff-model.ts'
import { languageOf } from '../editor/languages.ts'
import type { Command } from '../state/commands.ts'
import { IconButton } from '../ui/button.tsx'
import { inertText } from '../ui/inert.ts'
import { Skeleton } from '../ui/pane.tsx'
import { useWide } from '../views/queue/use-wide.ts'
import { useReaderKeys } from './keys.ts'
import { useLook } from './look.ts'
import { Notes } from './notes.tsx'
import { useEditor } from './use-editor.ts'
import styles from './reading.module.css'

/** Below this two texts beside each other are two columns of broken lines. */
const SPLIT_FROM = 640
const NARROW = 'There is no room for both beside each other; widen the change first'
const FAILED =
  'The editor could not be loaded, so this is the patch as it was sent. Reload the window to try it again.'

export interface DiffPaneProps {
  path: string
  before: string
  after: string
  /** Another text is on its way. */
  busy: boolean
  /** What else is to be known, above the texts. */
  notes: readonly string[]
  /** Stands in the bar before everything else. */
  lead: ReactNode
  /** Shown where the editor does not take the texts. */
  plain: ReactNode
  /** What picking a line does, by a click on its number or by this key. */
  pick: { keys: string; label: string; run: (line: DiffLine) => void } | null
  picked: DiffLine | null
  /** There is no further change in this direction: returns whether it went on to another file. */
  onEnd: (direction: 1 | -1) => boolean
  /** More keys of where it stands. */
  commands: readonly Command[]
}

/** Where one is among the changes, in words. */
function said(changes: readonly DiffChange[], at: number | null, blanks: boolean): string {
  if (changes.length === 0)
    return blanks ? 'No line differs but in white space at its ends' : 'No line differs'
  if (at !== null) return changeWords(changes, at)
  return changes.length === 1 ? '1 change' : `${changes.length.toLocaleString('en')} changes`
}

/** What stands between the texts and the window: the editor's events change with every render, the editor does not. */
function useDiff(
  host: { current: HTMLDivElement | null },
  wanted: boolean,
  { label, look, events }: { label: string; look: ReturnType<typeof useLook>[0]; events: DiffEvents },
) {
  const latest = useRef({ label, look, events })
  latest.current = { label, look, events }
  return useEditor<DiffReader>(host, wanted, async (place) => {
    const { mountDiff } = await import('../editor/diff.ts')
    return mountDiff(place, {
      label: latest.current.label,
      look: latest.current.look,
      events: {
        onCompared: (changes) => latest.current.events.onCompared(changes),
        onLine: (line) => latest.current.events.onLine(line),
        onKey: (event) => latest.current.events.onKey(event),
      },
    })
  })
}

export function DiffPane(props: DiffPaneProps) {
  const { path, busy, notes, pick, picked, onEnd } = props
  const before = useMemo(() => asLines(inertText(props.before)), [props.before])
  const after = useMemo(() => asLines(inertText(props.after)), [props.after])
  const beyond = useMemo(() => beyondEditor(before) ?? beyondEditor(after), [before, after])
  const tooMuch = beyond === null ? null : `${beyond}, so this is the patch as it was sent.`
  const beside = useMemo(() => besideLines(props.before, props.after), [props.before, props.after])
  const frame = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const room = useWide(frame, SPLIT_FROM)
  const [look, setLook] = useLook()
  const [changes, setChanges] = useState<readonly DiffChange[] | null>(null)
  const [at, setAt] = useState<number | null>(null)
  /** Whether a further change was asked for that is not there. */
  const [ended, setEnded] = useState(false)
  /** Where to begin in the texts that come next. */
  const begin = useRef<1 | -1 | null>(null)
  const label = 'Differences'

  const go = (direction: 1 | -1): void => {
    const next = made?.go(direction) ?? null
    setEnded(false)
    if (next !== null) setAt(next)
    else if (changes !== null) {
      const on = onEnd(direction)
      begin.current = on ? direction : null
      setEnded(!on)
    }
  }
  const toggle = (name: keyof typeof look) => (): void => setLook({ [name]: !look[name] })
  const split = look.split && room
  const group = 'Reading'
  const hear = useReaderKeys([
    { id: 'reading-next', label: 'Next change', group, keys: 'n', run: () => go(1) },
    { id: 'reading-previous', label: 'Previous change', group, keys: 'shift+N', run: () => go(-1) },
    { id: 'reading-next-f7', label: 'Next change', group, keys: 'F7', palette: false, run: () => go(1) },
    { id: 'reading-previous-f7', label: 'Previous change', group, keys: 'shift+F7', palette: false, run: () => go(-1) }, // prettier-ignore
    {
      id: 'reading-split',
      label: look.split ? 'Show both texts as one' : 'Show both texts beside each other',
      group,
      keys: 'v',
      reason: room ? null : NARROW,
      run: toggle('split'),
    },
    { id: 'reading-blanks', label: look.blanks ? 'Compare white space as well' : 'Ignore white space at the ends of lines', group, keys: 'b', run: toggle('blanks') }, // prettier-ignore
    { id: 'reading-wrap', label: look.wrap ? 'Do not wrap long lines' : 'Wrap long lines', group, keys: 'l', run: toggle('wrap') }, // prettier-ignore
    { id: 'reading-whole', label: look.whole ? 'Fold unchanged lines away' : 'Show unchanged lines', group, keys: 'u', run: toggle('whole') }, // prettier-ignore
    ...(pick === null
      ? []
      : [{ id: 'reading-pick', label: pick.label, group, keys: pick.keys, run: () => made !== null && pick.run(made.line()) }]), // prettier-ignore
    ...props.commands,
  ])
  const { state, made } = useDiff(host, tooMuch === null, {
    label,
    look: { ...look, split },
    events: {
      onCompared(found) {
        setChanges(found)
        setAt(null)
        setEnded(false)
        if (found === null || begin.current === null) return
        const direction = begin.current
        begin.current = null
        setAt(reader.current?.go(direction) ?? null)
      },
      onLine: (line) => pick?.run(line),
      onKey: hear,
    },
  })
  // Of what is on screen when the difference comes, which is not yet known when it is asked for.
  const reader = useRef<DiffReader | null>(null)
  reader.current = made

  useEffect(() => made?.show({ before, after, language: languageOf(path) }), [made, before, after, path])
  useEffect(() => made?.look({ ...look, split }), [made, look, split])
  useEffect(() => made?.mark(picked), [made, picked])

  /** What the editor has no use for leads out of it. */
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    if (!(event.target instanceof Node) || host.current?.contains(event.target) !== true) return
    event.preventDefault()
    event.stopPropagation()
    frame.current?.focus()
  }
  const why = tooMuch ?? (state === 'failed' ? FAILED : null)
  const off =
    why !== null ? 'This is the patch as it was sent' : made === null ? 'The editor is being loaded' : null
  const shown = [...notes, ...beside]
  return (
    <div
      ref={frame}
      className={styles.pane}
      role="group"
      aria-label={`${label} of ${path.slice(0, 200)}`}
      aria-busy={busy || (why === null && (made === null || changes === null))}
      tabIndex={-1}
      onKeyDown={leave}
    >
      <div className={styles.bar} role="toolbar" aria-label="How it is read">
        {props.lead}
        <span className={styles.status} role="status">
          {why !== null || changes === null
            ? ''
            : said(changes, at, look.blanks) + (ended ? ' · no further one' : '')}
        </span>
        <IconButton
          label="Previous change (Shift+F7)"
          icon={<ArrowUp size={14} />}
          reason={off}
          onClick={() => go(-1)}
        />
        <IconButton
          label="Next change (F7)"
          icon={<ArrowDown size={14} />}
          reason={off}
          onClick={() => go(1)}
        />
        <span className={styles.gap} />
        <IconButton
          label="Beside each other (v)"
          icon={split ? <Columns2 size={14} /> : <Rows2 size={14} />}
          pressed={split}
          reason={off ?? (room ? null : NARROW)}
          onClick={toggle('split')}
        />
        <IconButton
          label="Ignore white space at the ends of lines (b)"
          icon={<Pilcrow size={14} />}
          pressed={look.blanks}
          reason={off}
          onClick={toggle('blanks')}
        />
        <IconButton
          label="Wrap long lines (l)"
          icon={<WrapText size={14} />}
          pressed={look.wrap}
          reason={off}
          onClick={toggle('wrap')}
        />
        <IconButton
          label="Show unchanged lines (u)"
          icon={<UnfoldVertical size={14} />}
          pressed={look.whole}
          reason={off}
          onClick={toggle('whole')}
        />
      </div>
      <Notes notes={shown} />
      {why !== null ? (
        <>
          <p className={styles.why} role="note">
            {why}
          </p>
          <div className={styles.place}>{props.plain}</div>
        </>
      ) : (
        <div className={styles.place} data-pick={pick === null ? undefined : ''}>
          {/* Keys typed here are the editor's, which hands on what is meant for the reader. */}
          <div ref={host} className={styles.host} data-keys="own" />
          {made === null && <Skeleton lines={6} />}
        </div>
      )}
    </div>
  )
}
