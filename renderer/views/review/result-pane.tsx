/** The result in the editor, with the places of its conflicts; plain text where the editor could not be loaded. */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { PlainText } from '../../editor/plain-text.tsx'
import type { MergeEditor } from '../../editor/merge-editor.ts'
import { isEditorDoc, type EditorModule } from '../../review/use-session.ts'
import type { FileState } from '../../review/session.ts'
import { inertLine } from '../../ui/inert.ts'
import styles from './review.module.css'

const ENDS = { lf: null, crlf: 'lines end in CRLF', mixed: 'mixed line ends: each CR is shown as ' } as const

/** What cannot be seen of the bytes that will land. */
function factsOf({ reviewed, file }: FileState): string[] {
  const { rename_source: source, ours, theirs } = reviewed.record
  const shape = file?.merged?.shape
  const ends = shape === undefined ? null : ENDS[shape.breaks]
  const doc = file?.doc() ?? null
  const end = doc?.length() ?? 0
  const isUnended = end > 0 && doc?.slice({ from: end - 1, to: end }) !== '\n'
  return [
    reviewed.record.path,
    ...(source === null ? [] : [`named ${inertLine(source, 200)} in the base`]),
    ...(ends === null ? [] : [shape?.breaks === 'mixed' ? `${ends}${shape.mark}` : ends]),
    ...(shape?.bom === true ? ['begins with a byte order mark'] : []),
    ...(isUnended ? ['no line break at its end'] : []),
    // Where both added the file neither mode is the old one.
    ...(reviewed.record.base === null && ours !== null && theirs !== null && ours.mode !== theirs.mode
      ? [ours.mode === '100755' ? 'can be run, as on the target' : 'cannot be run, as on the target']
      : []),
  ].map((one) => inertLine(one, 300))
}

export interface ResultPaneProps {
  module: EditorModule | null
  state: FileState
  active: number | null
  /** Counts up whenever somebody goes to a conflict, also to the one that is active. */
  gone: number
  /** Shows open conflicts by their first line alone. */
  folded: boolean
  wrap: boolean
  onActive: (index: number) => void
  onEditor: (editor: MergeEditor | null) => void
  /** The text of the file in sight is in the editor. */
  onShown: () => void
}

export function ResultPane({
  module,
  state,
  active,
  gone,
  folded,
  wrap,
  onActive,
  onEditor,
  onShown,
}: ResultPaneProps) {
  const frame = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const [mounted, setMounted] = useState<MergeEditor | null>(null)
  const doc = state.file?.doc() ?? null
  const latest = useRef({ state, onActive, onEditor, onShown })
  latest.current = { state, onActive, onEditor, onShown }
  /** A conflict in which somebody works with the keyboard stays unfolded. */
  const [inside, setInside] = useState<number | null>(null)

  useEffect(() => {
    if (module === null || host.current === null) return undefined
    const editor = module.mountMergeEditor(host.current, { label: 'Result' })
    editor.onCursor((offset) => {
      const spans = latest.current.state.file?.doc()?.spans() ?? []
      const at = spans.findIndex(({ from, to }) => offset >= from && offset < Math.max(to, from + 1))
      setInside(at < 0 ? null : at)
      if (at >= 0) latest.current.onActive(at)
    })
    setMounted(editor)
    latest.current.onEditor(editor)
    return () => {
      latest.current.onEditor(null)
      setMounted(null)
      editor.dispose()
    }
  }, [module])

  useEffect(() => {
    if (mounted === null || !isEditorDoc(doc)) return
    mounted.show(doc)
    latest.current.onShown()
  }, [mounted, doc])
  useEffect(() => mounted?.wrap(wrap), [mounted, wrap])
  useEffect(() => setInside(null), [gone, state.path])

  const { choices, version } = state
  useEffect(() => {
    if (mounted === null || !isEditorDoc(doc)) return
    const spans = doc.spans()
    mounted.mark(
      choices.map((choice, index) => ({
        span: spans[index] ?? { from: 0, to: 0 },
        state: choice === 'open' ? 'open' : 'decided',
        active: index === active,
        label: `conflict ${index + 1} of ${choices.length}, open`,
        folded: folded && index !== inside,
      })),
    )
  }, [mounted, doc, choices, version, active, folded, inside])
  useEffect(() => {
    const span = active === null ? undefined : doc?.spans()[active]
    if (mounted !== null && span !== undefined) mounted.reveal(span)
  }, [mounted, doc, active, gone])

  /** What the editor has no use for leads out of it, to the keys of the window. */
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    if (!(event.target instanceof Node) || host.current?.contains(event.target) !== true) return
    event.preventDefault()
    event.stopPropagation()
    frame.current?.focus()
  }
  const plain = isEditorDoc(doc) ? doc.plain : null
  return (
    <section ref={frame} className={styles.result} aria-label="Result" tabIndex={-1} onKeyDown={leave}>
      <h3 className={styles.paneTitle}>
        <span>Result</span>
        <span className={styles.quiet}>{factsOf(state).join(' · ')}</span>
      </h3>
      {plain !== null && (
        <p className={styles.plainNote} role="note">
          {plain.replace(
            'shown as plain text, without colours, folding and search',
            'edited without colours and folding',
          )}
        </p>
      )}
      {module === null && (
        <p className={styles.plainNote} role="note">
          The editor could not be loaded, so the result can be decided but not typed into. Reload the window
          to try it again.
        </p>
      )}
      <div ref={host} className={styles.host} data-keys="own" hidden={doc === null || module === null} />
      {module === null && doc !== null && <PlainText text={doc.text()} label="Result" />}
    </section>
  )
}
