/** One file of the target, line by line, and why each line is as it is. */
import { ArrowLeft } from 'lucide-react'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import type { FileText } from '../../../schemas/reading.ts'
import { FilePane } from '../../reading/file-pane.tsx'
import { fileAddress, lineFrom, whyNoText } from '../../reading/model.ts'
import { Hint } from '../../reading/notes.tsx'
import { WhyPanel } from '../../reading/why-panel.tsx'
import styles from '../../reading/reading.module.css'
import { navigate, useQuery } from '../../router.ts'
import { useFetched } from '../../state/fetched.ts'
import { useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { cx } from '../../ui/cx.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { PathPicker } from '../../ui/path-picker.tsx'
import { useWide } from '../queue/use-wide.ts'

/** From here on why stands beside the text. */
const WIDE = 820

/** A path as it is written into the field, with a line behind it or not. */
export function placeFrom(written: string): { path: string; line: number | null } {
  const found = /^(.+):([1-9][0-9]{0,8})$/s.exec(written.trim())
  const line = lineFrom(found?.[2] ?? null)
  return found?.[1] === undefined || line === null
    ? { path: written.trim(), line: null }
    : { path: found[1], line }
}

/** Where a path is written, completed from the tracked ones. */
export function PathForm({ path }: { path: string }) {
  const [written, setWritten] = useState(path)
  useEffect(() => setWritten(path), [path])
  const go = (event: FormEvent): void => {
    event.preventDefault()
    const place = placeFrom(written)
    if (place.path !== '') navigate(fileAddress(place.path, place.line))
  }
  return (
    <form className={styles.head} onSubmit={go} role="search" aria-label="Read a file">
      <div className={styles.field}>
        <PathPicker
          label="Path of a file of the target"
          labelled={false}
          value={written}
          onChange={setWritten}
        />
      </div>
      <Button
        kind="primary"
        size="small"
        type="submit"
        reason={written.trim() === '' ? 'Write a path first' : null}
      >
        Read
      </Button>
    </form>
  )
}

export function FileView() {
  const app = useApp()
  const [path] = useQuery('path')
  const [asked, setLine] = useQuery('line')
  const root = useRef<HTMLDivElement>(null)
  const wide = useWide(root, WIDE)
  const [turn, setTurn] = useState(0)
  // What lands may be this file; the text is read again, and stands until the new one is there.
  useEffect(
    () => app.onTurn(({ changes, reset }) => (reset || changes.some(({ status }) => status === 'applied')) && setTurn((before) => before + 1)), // prettier-ignore
    [app],
  )
  const reading = useFetched<FileText>(
    path === null ? null : JSON.stringify(['file', path, turn]),
    (api, signal) => api.files.read({ path: path ?? '' }, { signal }),
  )
  const file = reading.value?.path === path ? reading.value : undefined
  const line = lineFrom(asked)
  const off = file === undefined ? null : whyNoText(file, 'The file')
  return (
    <div ref={root} className={styles.view}>
      <h1 className="unseen">{path === null ? 'A file' : 'A file, read at the target'}</h1>
      <div className={styles.head}>
        <Link to="/files" className={styles.back}>
          <ArrowLeft size={14} aria-hidden /> File events
        </Link>
        <PathForm path={path ?? ''} />
        {path !== null && (
          <CopyButton text={() => window.location.origin + fileAddress(path, line)} label="Copy the link" />
        )}
      </div>
      {path === null && (
        <EmptyState title="Which file?">
          Write the path of a tracked file; of every line it is told which change it comes from.
        </EmptyState>
      )}
      {reading.error !== null && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {path !== null && file === undefined && reading.error === null && <Skeleton lines={8} />}
      {path !== null && file !== undefined && reading.error === null && (
        <div className={cx(styles.split, wide && styles.splitWide)}>
          {off !== null ? (
            <EmptyState title="Nothing to read">{off}</EmptyState>
          ) : (
            <div className={styles.main}>
              <FilePane
                path={path}
                text={file.text ?? ''}
                line={line}
                busy={reading.loading}
                about={`${file.target} at ${file.tip.slice(0, 10)}${file.executable ? ' · executable' : ''}`}
                pick={{
                  keys: 'w',
                  label: 'Why is this line as it is',
                  run: (next) => setLine(String(next)),
                }}
                onLeave={() => setLine(null)}
              />
              <Hint keys="w" />
            </div>
          )}
          <div className={styles.beside}>
            <WhyPanel
              key={file.tip}
              path={path}
              line={off === null ? line : null}
              onClose={line === null ? undefined : () => setLine(null)}
            />
          </div>
        </div>
      )}
    </div>
  )
}
