/** Edits that were made elsewhere: a patch that is pasted, a file that is given, a file that is to go. */
import { FileUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { CastEdit } from '../../../schemas/cast-draft.ts'
import { handEdit, type Authored, type HandEdit } from '../../cast/edit.ts'
import type { WorkItem } from '../../cast/work.ts'
import type { Failure } from '../../failure.ts'
import { useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextArea } from '../../ui/fields.tsx'
import { useBuilder, useWork } from './builder.ts'
import { DropFile } from './drop-file.tsx'
import { EditNote } from './edit-note.tsx'
import styles from './cast-builder.module.css'

/** Makes edits of an item for as long as it is shown. */
function useHandEdit(
  { key, path }: WorkItem,
  typed: boolean,
): {
  authored: Authored
  offer: (edit: CastEdit) => void
  clear: () => void
  now: (edit: CastEdit) => void
} {
  const { session } = useBuilder()
  const app = useApp()
  const edit = useRef<HandEdit | null>(null)
  const [authored, setAuthored] = useState<Authored>({ state: 'none' })
  useEffect(() => {
    const made = handEdit({
      api: app.api,
      clock: app.clock,
      session,
      itemKey: key,
      path,
      typed,
      hear: setAuthored,
    })
    edit.current = made
    return () => {
      edit.current = null
      made.dispose()
    }
  }, [app, session, key, path, typed])
  const offer = (one: CastEdit): void => edit.current?.offer(one)
  return {
    authored,
    offer,
    clear: () => edit.current?.clear(),
    now(one) {
      offer(one)
      void edit.current?.flush()
    },
  }
}

export function PatchBox({ item }: { item: WorkItem }) {
  const { authored, offer, clear } = useHandEdit(item, true)
  const base = useWork(({ base_commit }) => base_commit)
  const unfit = item.unfit?.kind === 'patch' ? item.unfit.text : null
  const [text, setText] = useState(unfit ?? item.change?.patch ?? '')
  // Once more: what did not fit may do so by now, and if not it says why.
  const again = useRef(unfit)
  useEffect(() => {
    if (again.current !== null) offer({ kind: 'patch', patch: again.current })
    again.current = null
  })
  return (
    <>
      <TextArea
        label="Patch"
        rows={12}
        code
        value={text}
        onChange={(patch) => {
          setText(patch)
          if (patch.trim() === '') clear()
          else offer({ kind: 'patch', patch })
        }}
        help="A unified diff of this path; it is in the cast as soon as it applies to the base."
        placeholder={'@@ -10,7 +10,8 @@\n …'}
      />
      {(item.change !== null || authored.state !== 'none') && (
        <EditNote authored={authored} item={item} base={base} />
      )}
    </>
  )
}

export function FileBox({ item, onTaken }: { item: WorkItem; onTaken: () => void }) {
  const { authored, now } = useHandEdit(item, false)
  const base = useWork(({ base_commit }) => base_commit)
  const [failure, setFailure] = useState<Failure | null>(null)
  useEffect(() => {
    if (authored.state === 'made') onTaken()
  }, [authored, onTaken])
  return (
    <DropFile
      label={`Choose the text of ${item.path}`}
      className={styles.drop}
      onFailure={setFailure}
      onFile={({ text }) => {
        setFailure(null)
        now({ kind: 'text', text, executable: false })
      }}
    >
      {(choose) => (
        <>
          <Button icon={<FileUp size={14} />} onClick={choose}>
            Choose the file…
          </Button>
          <p className={styles.quiet}>or drop it here. Its whole text becomes that of {item.path}.</p>
          {authored.state === 'refused' && <EditNote authored={authored} item={item} base={base} />}
          {failure !== null && <ErrorBanner failure={failure} title="Not taken" />}
        </>
      )}
    </DropFile>
  )
}

export function DeleteBox({ item }: { item: WorkItem }) {
  const { authored, now } = useHandEdit(item, false)
  const base = useWork(({ base_commit }) => base_commit)
  const isDeleted = item.change?.operation === 'delete'
  return (
    <div className={styles.drop}>
      {!isDeleted && (
        <Button kind="danger" onClick={() => now({ kind: 'delete' })} busy={authored.state === 'making'}>
          Delete {item.path.slice(0, 80)}
        </Button>
      )}
      {(isDeleted || authored.state === 'refused') && (
        <EditNote authored={authored} item={item} base={base} />
      )}
    </div>
  )
}
