/** The cast-builder bundle: one archive with its checksum beside it. */
import { useState } from 'react'
import type { BundleResult } from '../../../schemas/skills.ts'
import { useAct } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Checkbox } from '../../ui/fields.tsx'
import { FolderField } from '../../ui/folder-field.tsx'
import { usePlaces } from './places.ts'
import styles from './skills.module.css'

export function BundleDialog({
  onClose,
  onDone,
}: {
  onClose: () => void
  onDone: (done: BundleResult) => void
}) {
  const [places, keep] = usePlaces()
  const [file, setFile] = useState(places.file)
  const [overwrite, setOverwrite] = useState(false)
  const write = useAct((api) => api.skills.bundle({ file: file.trim(), overwrite }), {
    done(done) {
      keep({ file: file.trim() })
      onDone(done)
      onClose()
    },
  })
  const reason = file.trim() === '' ? 'Name the file first' : null
  return (
    <Dialog
      open
      onClose={onClose}
      title="Make the cast-builder bundle"
      description="The skill cast-builder, its launcher and a README, as one archive: the same input gives the same bytes. Its SHA-256 is written beside it."
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" busy={write.busy} reason={reason} onClick={() => void write.run(undefined)}>
            Make the bundle
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (reason === null) void write.run(undefined)
        }}
      >
        <FolderField
          label="File"
          help="A whole path on the machine the engine runs on, such as /tmp/cast-builder.tar.gz."
          value={file}
          onChange={(text) => {
            write.clear()
            setFile(text)
          }}
          autoFocus
          inFlow
        />
        <Checkbox label="Replace files that are there" checked={overwrite} onChange={setOverwrite} />
        {write.error !== null && <ErrorBanner failure={write.error} title="Nothing was written" />}
      </form>
    </Dialog>
  )
}
