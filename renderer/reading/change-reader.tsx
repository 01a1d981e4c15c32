/** The files of a change and what each becomes: compared line by line, or as the patches were sent. */
import { FileDiff, ScrollText } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import type { ChangedFiles, ChangedTexts } from '../../schemas/reading.ts'
import type { ChangeDetail } from '../../schemas/view.ts'
import { aboutLine, type AboutLine } from '../change/about-line.ts'
import { PatchView } from '../change/patch-view.tsx'
import type { DiffLine } from '../editor/diff.ts'
import { useFetched } from '../state/fetched.ts'
import { useCommands, type Command } from '../state/commands.ts'
import { useRead } from '../state/hooks.ts'
import { IconButton } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { Skeleton } from '../ui/pane.tsx'
import { useWide } from '../views/queue/use-wide.ts'
import { FileList } from './file-list.tsx'
import { nextPath, totalOf } from './model.ts'
import { Hint } from './notes.tsx'
import { Texts } from './texts.tsx'
import { WhyPanel } from './why-panel.tsx'
import styles from './reading.module.css'

/** From here on the files stand beside the texts, and why beside both. */
const WIDE = 860

interface PickedLine extends DiffLine {
  path: string
}

interface ReaderProps {
  detail: Pick<ChangeDetail, 'id' | 'status' | 'landed_commit' | 'payload' | 'archived'>
  /** What picking a line does while the change can be rejected; null while it cannot. */
  onReject: ((line: AboutLine) => void) | null
}

type Mode = 'compared' | 'sent'

export function ChangeReader({ detail, onReject }: ReaderProps) {
  const { id, landed_commit } = detail
  const [mode, setMode] = useState<Mode>('compared')
  const [chosen, setChosen] = useState<string | null>(null)
  const files = useRead<ChangedFiles>(
    `change-files:${id}:${landed_commit}`,
    (api, signal) => api.changes.files({ id }, { signal }),
    { on: ({ changes }) => changes.some((change) => change.id === id) },
  )
  const turn = (): void => setMode(mode === 'compared' ? 'sent' : 'compared')
  const sent = detail.payload.changes.length > 0
  const commands: Command[] = sent
    ? [{ id: 'reading-sent', label: mode === 'sent' ? 'Compare the texts' : 'Show the patches as sent', group: 'Reading', keys: 's', run: turn }] // prettier-ignore
    : []
  const lead = sent ? (
    <span className={styles.modes} role="group" aria-label="What is shown">
      <IconButton
        label="Compared (s)"
        icon={<FileDiff size={14} />}
        pressed={mode === 'compared'}
        onClick={() => setMode('compared')}
      />
      <IconButton
        label="As sent (s)"
        icon={<ScrollText size={14} />}
        pressed={mode === 'sent'}
        onClick={() => setMode('sent')}
      />
    </span>
  ) : null
  if (mode === 'sent' || (files.value === undefined && files.error !== null && sent)) {
    return (
      <AsSent lead={lead} commands={commands} detail={detail}>
        {files.error !== null && mode === 'compared' && (
          <ErrorBanner
            failure={files.error}
            title="Not compared: these are the patches as sent"
            retry={files.reload}
            busy={files.loading}
          />
        )}
      </AsSent>
    )
  }
  if (files.error !== null && files.value === undefined)
    return <ErrorBanner failure={files.error} retry={files.reload} busy={files.loading} />
  if (files.value === undefined) return <Skeleton lines={6} />
  return (
    <Compared
      detail={detail}
      files={files.value}
      chosen={chosen}
      onChoose={setChosen}
      onReject={onReject}
      lead={lead}
      commands={commands}
    />
  )
}

function AsSent({
  detail,
  lead,
  commands,
  children,
}: {
  detail: ReaderProps['detail']
  lead: ReactNode
  commands: readonly Command[]
  children: ReactNode
}) {
  useCommands(commands)
  return (
    <div className={styles.reader}>
      <div className={styles.pane}>
        <div className={styles.bar} role="toolbar" aria-label="How it is read">
          {lead}
          <span className={styles.status}>The patches as they were sent</span>
        </div>
        {children}
        <div className={styles.place}>
          <PatchView files={detail.payload.changes} />
        </div>
      </div>
    </div>
  )
}

function Compared({
  detail,
  files,
  chosen,
  onChoose,
  onReject,
  lead,
  commands,
}: ReaderProps & {
  files: ChangedFiles
  chosen: string | null
  onChoose: (path: string) => void
  lead: ReactNode
  commands: readonly Command[]
}) {
  const { id, landed_commit, payload } = detail
  const root = useRef<HTMLDivElement>(null)
  const wide = useWide(root, WIDE)
  const [picked, setPicked] = useState<PickedLine | null>(null)
  const known = files.files.some(({ path }) => path === chosen)
  const path = known ? chosen : (files.files[0]?.path ?? null)
  const texts = useFetched<ChangedTexts>(
    path === null ? null : JSON.stringify(['texts', id, landed_commit, path]),
    (api, signal) => api.changes.texts({ id, path: path ?? '' }, { signal }),
  )
  const choose = (next: string | null): void => {
    if (next === null) return
    onChoose(next)
    setPicked(null)
  }
  const step = (by: 1 | -1): boolean => {
    const next = nextPath(files.files, path, by)
    choose(next)
    return next !== null
  }
  const landed = files.landed !== null
  const one = files.files.find((file) => file.path === path)
  const shown = texts.value
  const off = files.files.length < 2 ? 'This change has one file' : null
  const all: Command[] = [
    ...commands,
    {
      id: 'reading-next-file',
      label: 'Next file',
      group: 'Reading',
      keys: ']',
      reason: off,
      run: () => void step(1),
    },
    { id: 'reading-previous-file', label: 'Previous file', group: 'Reading', keys: '[', reason: off, run: () => void step(-1) }, // prettier-ignore
  ]
  const pick =
    shown === undefined
      ? null
      : landed
        ? { keys: 'w', label: 'Why is this line as it is', run: (line: DiffLine) => setPicked({ ...line, path: shown.path }) } // prettier-ignore
        : onReject === null
          ? null
          : { keys: 'c', label: 'Reject, about this line', run: (line: DiffLine) => onReject(aboutLine(shown.path, line.side, line.line)) } // prettier-ignore
  const total = totalOf(files.files)
  const list = files.files.length > 0 && (
    <div className={styles.aside}>
      <p className={styles.heading}>
        <span>
          {files.files.length === 1
            ? '1 file'
            : `${(files.files.length + files.more).toLocaleString('en')} files`}
        </span>
        {total !== null && (
          <span className={styles.counts}>
            <span className={styles.plus}>+{total.added.toLocaleString('en')}</span>
            <span className={styles.minus}>−{total.removed.toLocaleString('en')}</span>
          </span>
        )}
      </p>
      <FileList files={files.files} value={path} onChange={choose} onEnter={() => focusTexts(root.current)} />
      {files.more > 0 && (
        <p className={styles.more}>and {files.more.toLocaleString('en')} more that are not listed</p>
      )}
    </div>
  )
  return (
    <div ref={root} className={cx(styles.reader, wide && styles.wide)}>
      {list}
      <div className={styles.main}>
        {files.note !== null && <p className={styles.about}>{files.note}</p>}
        {texts.error !== null && (
          <ErrorBanner failure={texts.error} retry={texts.reload} busy={texts.loading} />
        )}
        {path !== null && shown === undefined && texts.error === null && <Skeleton lines={6} />}
        {shown !== undefined && texts.error === null && (
          <Texts
            texts={shown}
            files={files}
            file={one}
            payload={payload}
            busy={texts.loading}
            lead={lead}
            pick={pick}
            picked={picked}
            onEnd={step}
            commands={all}
          />
        )}
        <Hint keys={pick?.keys ?? null} />
      </div>
      {picked !== null && (
        <div className={styles.beside}>
          <WhyPanel
            path={picked.path}
            line={picked.line}
            of={{ id, side: picked.side }}
            onClose={() => setPicked(null)}
          />
        </div>
      )}
    </div>
  )
}

/** The texts have no name that is known here; the one input of the newer text has the keyboard. */
function focusTexts(root: HTMLElement | null): void {
  const inputs = root?.querySelectorAll<HTMLElement>(
    '[data-keys=own] :is(.native-edit-context, textarea.inputarea)',
  )
  inputs?.[inputs.length - 1]?.focus()
}
