/** What a change does to its paths, short enough to look at beside a decision. */
import { useMemo, useState } from 'react'
import type { FileChange } from '../../schemas/change-request.ts'
import { Button } from '../ui/button.tsx'
import { FileHead, Line } from './patch-lines.tsx'
import { usePatchFiles, type Colours } from './patch-colour.ts'
import type { PatchFile } from './patch-model.ts'
import styles from './patch.module.css'

/** Paths and lines shown at first; the rest is a click away. */
const PATHS = 5
const LINES = 40

function Excerpt({ file, colours }: { file: PatchFile; colours: Colours }) {
  const [all, setAll] = useState(false)
  const lines = useMemo(() => file.lines.filter((line) => line.kind !== 'meta'), [file])
  const shown = all ? lines : lines.slice(0, LINES)
  const left = lines.length - shown.length
  return (
    <section className={styles.excerpt}>
      <FileHead file={file} />
      {file.note !== null && <p className={styles.note}>{file.note}</p>}
      {shown.length > 0 && (
        <div
          className={styles.lines}
          tabIndex={0}
          role="group"
          aria-label={`Patch of ${file.path.slice(0, 200)}`}
        >
          {shown.map((line, index) => (
            <Line key={index} line={line} spans={colours.get(line)} />
          ))}
        </div>
      )}
      {left > 0 && (
        <Button size="small" kind="ghost" onClick={() => setAll(true)}>
          Show {left.toLocaleString('en')} more lines
        </Button>
      )}
    </section>
  )
}

export function PatchExcerpts({ changes }: { changes: readonly FileChange[] }) {
  const [paths, setPaths] = useState(PATHS)
  const { parsed: files, colours } = usePatchFiles(useMemo(() => changes.slice(0, paths), [changes, paths]))
  const left = changes.length - files.length
  return (
    <div className={styles.excerpts}>
      {files.map((file) => (
        <Excerpt key={file.path} file={file} colours={colours} />
      ))}
      {left > 0 && (
        <Button size="small" onClick={() => setPaths(paths + 50)}>
          Show more paths ({left.toLocaleString('en')} left)
        </Button>
      )}
    </div>
  )
}
