/** The files of a change: one is chosen with the arrows as with the pointer. */
import { useEffect, useId, useRef, type KeyboardEvent } from 'react'
import type { ChangedFile } from '../../schemas/reading.ts'
import { cx } from '../ui/cx.ts'
import { inertLine } from '../ui/inert.ts'
import { fileWords, STATE_WORDS } from './model.ts'
import styles from './reading.module.css'

const PAGE = 10

/** Names are read from their end: of a long path the folder is cut, not the file. */
function Name({ path }: { path: string }) {
  const cut = path.lastIndexOf('/') + 1
  return (
    <span className={styles.name} title={inertLine(path, 2000)} aria-hidden>
      {cut > 0 && <span className={styles.folder}>{inertLine(path.slice(0, cut))}</span>}
      <span className={styles.base}>{inertLine(path.slice(cut))}</span>
    </span>
  )
}

export function FileList({
  files,
  value,
  onChange,
  onEnter,
}: {
  files: readonly ChangedFile[]
  value: string | null
  onChange: (path: string) => void
  /** Enter: on to the texts. */
  onEnter: () => void
}) {
  const id = useId()
  const list = useRef<HTMLUListElement>(null)
  const at = files.findIndex(({ path }) => path === value)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at])
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const last = files.length - 1
    const to = new Map([
      ['ArrowDown', at + 1],
      ['j', at + 1],
      ['ArrowUp', at - 1],
      ['k', at - 1],
      ['PageDown', at + PAGE],
      ['PageUp', at - PAGE],
      ['Home', 0],
      ['End', last],
    ]).get(event.key)
    if (event.key === 'Enter') onEnter()
    else if (to === undefined) return
    else {
      const next = files[Math.max(0, Math.min(last, to))]
      if (next !== undefined) onChange(next.path)
    }
    event.preventDefault()
  }
  return (
    <ul
      ref={list}
      className={styles.files}
      role="listbox"
      aria-label="Files of this change"
      tabIndex={0}
      {...(at === -1 ? {} : { 'aria-activedescendant': `${id}-${at}` })}
      onKeyDown={press}
    >
      {files.map((file, index) => {
        const { path, state, added, removed } = file
        return (
          <li
            key={path}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className={cx(styles.file, index === at && styles.chosen)}
            onClick={() => onChange(path)}
          >
            <span className={cx(styles.sign, styles[state])} aria-hidden title={STATE_WORDS[state].label}>
              {STATE_WORDS[state].sign}
            </span>
            <Name path={path} />
            <span className="unseen">{inertLine(fileWords(file), 5000)}</span>
            {added !== null && removed !== null && (
              <span className={styles.counts} aria-hidden>
                <span className={styles.plus}>+{added.toLocaleString('en')}</span>
                <span className={styles.minus}>−{removed.toLocaleString('en')}</span>
              </span>
            )}
          </li>
        )
      })}
    </ul>
  )
}
