/** Both texts of one file of a change, in whatever way they can be shown. */
import type { ReactNode } from 'react'
import type { ChangedFile, ChangedFiles, ChangedTexts } from '../../schemas/reading.ts'
import type { ChangeDetail } from '../../schemas/view.ts'
import { PatchView } from '../change/patch-view.tsx'
import type { DiffLine } from '../editor/diff.ts'
import { useCommands, type Command } from '../state/commands.ts'
import { inertText } from '../ui/inert.ts'
import { InertLine } from '../ui/inert-text.tsx'
import { DiffPane, type DiffPaneProps } from './diff-pane.tsx'
import { FilePane } from './file-pane.tsx'
import { comparable, originWords, sentence } from './model.ts'
import styles from './reading.module.css'

export function Texts({
  texts,
  files,
  file,
  payload,
  ...rest
}: {
  texts: ChangedTexts
  files: ChangedFiles
  file: ChangedFile | undefined
  payload: ChangeDetail['payload']
  busy: boolean
  lead: ReactNode
  pick: DiffPaneProps['pick']
  picked: DiffLine | null
  onEnd: (direction: 1 | -1) => boolean
  commands: readonly Command[]
}) {
  const both = comparable(texts)
  const sent = payload.changes.filter(({ path }) => path === texts.path)
  const plain =
    sent.length > 0 ? (
      <PatchView files={sent} />
    ) : (
      <p className={styles.about}>No patch was sent for this path.</p>
    )
  // Where no change is gone to by itself, the next one is in the next file.
  const walk: Command[] = [
    { id: 'reading-next', label: 'Next change', group: 'Reading', keys: 'n', run: () => void rest.onEnd(1) },
    { id: 'reading-next-f7', label: 'Next change', group: 'Reading', keys: 'F7', palette: false, run: () => void rest.onEnd(1) }, // prettier-ignore
    { id: 'reading-previous', label: 'Previous change', group: 'Reading', keys: 'shift+N', run: () => void rest.onEnd(-1) }, // prettier-ignore
    { id: 'reading-previous-f7', label: 'Previous change', group: 'Reading', keys: 'shift+F7', palette: false, run: () => void rest.onEnd(-1) }, // prettier-ignore
  ]
  const commands = [...walk, ...rest.commands]
  if ('why' in both)
    return <Sent why={both.why} lead={rest.lead} commands={commands} path={texts.path} plain={plain} />
  const notes = [
    originWords(files, texts),
    ...(texts.note === null ? [] : [sentence(texts.note)]),
    ...(file?.note === null || file?.note === undefined || file.path !== texts.path
      ? []
      : [sentence(file.note)]),
  ]
  const only = texts.before?.absent === true ? 'after' : texts.after?.absent === true ? 'before' : null
  if (only !== null) {
    const { pick, picked, lead, busy } = rest
    return (
      <FilePane
        path={texts.path}
        text={both[only]}
        line={picked?.line ?? null}
        busy={busy}
        about={only === 'after' ? 'New file' : 'Deleted file'}
        notes={notes}
        lead={lead}
        tone={only === 'after' ? 'added' : 'deleted'}
        pick={pick === null ? null : { ...pick, run: (line) => pick.run({ side: only, line }) }}
        commands={commands}
      />
    )
  }
  return (
    <DiffPane
      path={texts.path}
      before={both.before}
      after={both.after}
      notes={notes}
      plain={plain}
      {...rest}
    />
  )
}

/** What cannot be compared, as it was sent, with the reason above it. */
function Sent({
  why,
  lead,
  commands,
  path,
  plain,
}: {
  why: string
  lead: ReactNode
  commands: readonly Command[]
  path: string
  plain: ReactNode
}) {
  useCommands(commands)
  return (
    <div className={styles.pane} role="group" aria-label={`Patch of ${path.slice(0, 200)}`}>
      <div className={styles.bar} role="toolbar" aria-label="How it is read">
        {lead}
        <span className={styles.status}>
          <InertLine text={path} />
        </span>
      </div>
      <p className={styles.why} role="note">
        {inertText(why)} This is the patch as it was sent.
      </p>
      <div className={styles.place}>{plain}</div>
    </div>
  )
}
