/** What a change does to its paths: one line each, and the beginning of each patch. */
import { useState } from 'react'
import type { FileChange } from '../../../schemas/change-request.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { excerptOf } from './excerpt.ts'
import styles from './patch.module.css'

const OPERATION = { add: 'added', update: 'changed', delete: 'deleted' } as const
/** Patches shown at first; the rest is a click away. */
const OPEN = 5

function FilePatch({ change }: { change: FileChange }) {
  const [all, setAll] = useState(false)
  const { path, operation, counts, lines, left } = excerptOf(change, all)
  return (
    <section className={styles.file}>
      <header className={styles.head}>
        <code className={styles.path}>
          <InertLine text={path} />
        </code>
        <span className={styles.operation}>
          {OPERATION[operation]}
          {counts === null && ', its whole new text'}
        </span>
        {counts !== null && (
          <>
            <span className={styles.added}>+{counts.added}</span>
            <span className={styles.removed}>−{counts.removed}</span>
          </>
        )}
      </header>
      {lines.length === 0 ? (
        <p className={styles.none}>The whole file goes.</p>
      ) : (
        <div className={styles.lines} tabIndex={0} role="group" aria-label={`Patch of ${path.slice(0, 200)}`}>
          {lines.map((line, index) => (
            <div key={index} className={cx(styles.line, styles[line.kind])}>
              {line.text === '' ? ' ' : line.text}
            </div>
          ))}
        </div>
      )}
      {left > 0 && (
        <div className={styles.more}>
          <Button size="small" kind="ghost" onClick={() => setAll(true)}>
            Show {left.toLocaleString('en')} more lines
          </Button>
        </div>
      )}
    </section>
  )
}

export function Patches({ changes }: { changes: readonly FileChange[] }) {
  const [shown, setShown] = useState(OPEN)
  return (
    <div className={styles.files}>
      {changes.slice(0, shown).map((change) => (
        <FilePatch key={change.path} change={change} />
      ))}
      {changes.length > shown && (
        <div>
          <Button size="small" onClick={() => setShown(shown + 50)}>
            Show more paths ({(changes.length - shown).toLocaleString('en')} left)
          </Button>
        </div>
      )}
    </div>
  )
}
