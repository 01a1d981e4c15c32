/** The text of one file as the base has it, to be edited: what is typed becomes the finished edit of its item. */
import { Columns2, Rows2 } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import type { CastBase } from '../../../schemas/cast-draft.ts'
import { handEdit, type Authored, type HandEdit } from '../../cast/edit.ts'
import { same, type WorkItem } from '../../cast/work.ts'
import { beyondEditor } from '../../editor/bounds.ts'
import type { TextEditor } from '../../editor/edit.ts'
import { languageOf } from '../../editor/languages.ts'
import { shapeOf, toDocument, toFile } from '../../merge/document.ts'
import { useEditor } from '../../reading/use-editor.ts'
import { useFetched } from '../../state/fetched.ts'
import { useApp } from '../../state/hooks.ts'
import { IconButton } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Checkbox } from '../../ui/fields.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { useWide } from '../queue/use-wide.ts'
import { useBuilder } from './builder.ts'
import { EditNote } from './edit-note.tsx'
import styles from './cast-builder.module.css'

const SPLIT_FROM = 720
const FAILED = 'The editor could not be loaded. Reload the window, or give the file instead.'

/** Nothing but a text that the editor takes comes here. */
function Texts({ item, base }: { item: WorkItem; base: CastBase }) {
  const { session } = useBuilder()
  const app = useApp()
  const frame = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const wide = useWide(frame, SPLIT_FROM)
  const [wanted, setSplit] = useState<boolean | null>(null)
  const split = (wanted ?? true) && wide
  const [authored, setAuthored] = useState<Authored>({ state: 'none' })
  const own = useRef(item.change)
  const [executable, setExecutable] = useState(
    item.change?.operation === 'add' && item.change.executable === true,
  )
  const { path, key } = item
  const unfit = useRef(item.unfit?.kind === 'text' ? item.unfit.text : null)
  const start = unfit.current ?? base.edited ?? base.text ?? ''
  // As the base has it, so that what stands around the lines stays as it is.
  const shape = useMemo(() => shapeOf(base.text, null, base.edited ?? base.text ?? ''), [base])
  const edit = useRef<HandEdit | null>(null)
  const bits = useRef({ executable })
  bits.current = { executable }
  const offer = useRef<(document: string) => void>(() => undefined)
  offer.current = (document) => {
    const text = toFile(document, shape)
    if (text === base.text) edit.current?.clear()
    else edit.current?.offer({ kind: 'text', text, executable: !base.exists && bits.current.executable })
  }

  useEffect(() => {
    const made = handEdit({
      api: app.api,
      clock: app.clock,
      session,
      itemKey: key,
      path,
      typed: true,
      hear(state) {
        if (state.state === 'none' || state.state === 'refused') own.current = null
        if (state.state === 'made') own.current = state.authored.change
        setAuthored(state)
      },
    })
    edit.current = made
    return () => {
      edit.current = null
      made.dispose()
    }
  }, [app, session, key, path])

  const { state, made } = useEditor<TextEditor>(host, true, async (place) => {
    const { mountEdit } = await import('../../editor/edit.ts')
    let mounted: TextEditor | null = null
    mounted = mountEdit(place, {
      before: base.text === null ? null : toDocument(base.text, shape),
      after: toDocument(start, shape),
      language: languageOf(path),
      label: `Text of ${path}`,
      split,
      onChange: () => mounted !== null && offer.current(mounted.text()),
    })
    return mounted
  })
  useEffect(() => made?.split(split), [made, split])
  useEffect(() => {
    // Once more: what did not fit may do so by now, and if not it says why.
    if (made === null || unfit.current === null) return
    unfit.current = null
    offer.current(made.text())
  }, [made])

  // Another window edited it: its text is what the cast holds, unless this one writes as well.
  const turned = !same(item.change, own.current)
  useEffect(() => {
    if (!turned || made === null || edit.current?.isUnderWay() === true) return
    const life = new AbortController()
    const take = async (): Promise<void> => {
      const now = await app.api.casts
        .base({ base_commit: base.base_commit, path, change: item.change }, { signal: life.signal })
        .catch(() => null)
      if (now === null || life.signal.aborted || edit.current?.isUnderWay() === true) return
      own.current = item.change
      made.setText(toDocument(now.edited ?? now.text ?? '', shape))
    }
    void take()
    return () => life.abort()
  }, [app, turned, made, item.change, base, path, shape])

  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    event.stopPropagation()
    frame.current?.focus()
  }
  return (
    <div
      ref={frame}
      className={styles.editor}
      role="group"
      aria-label={`Edit of ${path}`}
      aria-busy={state === 'loading'}
      tabIndex={-1}
      onKeyDown={leave}
    >
      <div className={styles.editorBar}>
        <EditNote authored={authored} item={item} base={base.base_commit} />
        {!base.exists && (
          <Checkbox
            label="Executable"
            checked={executable}
            onChange={(on) => {
              setExecutable(on)
              bits.current = { executable: on }
              if (made !== null) offer.current(made.text())
            }}
          />
        )}
        {base.text !== null && (
          <IconButton
            label={split ? 'Show what changed in one text' : 'Show both texts beside each other'}
            icon={split ? <Columns2 size={14} /> : <Rows2 size={14} />}
            pressed={split}
            reason={wide ? null : 'There is no room for both beside each other'}
            onClick={() => setSplit(!split)}
          />
        )}
      </div>
      {state === 'failed' && (
        <p className={styles.error} role="alert">
          {FAILED}
        </p>
      )}
      <div className={styles.editorPlace}>
        {/* Keys typed here are the editor's; Escape leads out of it. */}
        <div ref={host} className={styles.host} data-keys="own" />
        {state === 'loading' && <Skeleton lines={6} />}
      </div>
      <p className={styles.quiet}>
        Escape leaves the text{shape.breaks === 'crlf' ? '; line ends stay CR LF' : ''}
        {shape.breaks === 'mixed' ? `; ${shape.mark} stands for a carriage return` : ''}
        {shape.bom ? '; the byte order mark stays' : ''}.
      </p>
    </div>
  )
}

export function HandEditor({ item }: { item: WorkItem }) {
  const { session } = useBuilder()
  // As it is when it is opened: what is typed afterwards is no reason to read it again.
  const [at] = useState(() => ({
    base_commit: session.store.getState().work?.base_commit ?? null,
    change: item.change,
  }))
  const reading = useFetched(`cast-base ${item.key} ${item.path}`, (api, signal) =>
    api.casts.base({ ...at, path: item.path }, { signal }),
  )
  const { value } = reading
  if (reading.error !== null && value === undefined)
    return <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
  if (value === undefined) return <Skeleton lines={6} />
  if (value.why !== null)
    return (
      <p className={styles.error} role="alert">
        It cannot be edited here: {value.why}
      </p>
    )
  const beyond = beyondEditor(value.edited ?? value.text ?? '') ?? beyondEditor(value.text ?? '')
  if (beyond !== null) return <p className={styles.warning}>{beyond}: give the edited file, or a patch.</p>
  return <Texts item={item} base={value} />
}
