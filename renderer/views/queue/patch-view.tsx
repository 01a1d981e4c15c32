/** Patches as one windowed list: line numbers, added and removed told apart by sign and colour, all of it inert. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import type { FileChange } from '../../../schemas/change-request.ts'
import type { Span } from '../../editor/colour.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { clipText, inertText } from '../../ui/inert.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { usePatchColours } from './patch-colour.ts'
import {
  patchFile,
  patchRows,
  sameFiles,
  type PatchFile,
  type PatchLine,
  type PatchRow,
} from './patch-model.ts'
import styles from './patch.module.css'

const LINE = 18
const TALL = 32
/** A line longer than this is cut: nobody reads it here, and the raw JSON has all of it. */
const LINE_SHOWN = 2_000

const SIGNS = { context: ' ', added: '+', removed: '−', hunk: '', meta: '' } as const
const SAID = { context: '', added: 'added: ', removed: 'removed: ', hunk: '', meta: '' } as const

function Line({ line, spans }: { line: PatchLine; spans: readonly Span[] | undefined }) {
  const { shown, left } = clipText(line.text, LINE_SHOWN)
  return (
    <div className={cx(styles.line, styles[line.kind])}>
      <span className={styles.gutter} aria-hidden>
        {line.old ?? ''}
      </span>
      <span className={styles.gutter} aria-hidden>
        {line.new ?? ''}
      </span>
      <span className={styles.sign} aria-hidden>
        {SIGNS[line.kind]}
      </span>
      <span className={styles.text} dir="ltr">
        {SAID[line.kind] !== '' && <span className="unseen">{SAID[line.kind]}</span>}
        {spans === undefined || left > 0
          ? inertText(shown)
          : spans.map(({ text, ink }, index) => (
              <span key={index} className={styles[`ink-${ink}`]}>
                {inertText(text)}
              </span>
            ))}
        {left > 0 && <em className={styles.cut}> … {left.toLocaleString('en')} more characters</em>}
      </span>
    </div>
  )
}

const OPERATION = { add: 'new file', update: 'changed', delete: 'deleted' } as const

function FileHead({ file }: { file: PatchFile }) {
  return (
    <h3 className={styles.file}>
      <span className={styles.path}>
        <InertLine text={file.path} />
      </span>
      <span className={styles.operation}>
        {OPERATION[file.operation]}
        {file.form === 'replacement' && ', whole text'}
      </span>
      <span className={styles.plus}>+{file.added.toLocaleString('en')}</span>
      {file.form === 'patch' && <span className={styles.minus}>−{file.removed.toLocaleString('en')}</span>}
    </h3>
  )
}

const tall = (row: PatchRow | undefined): number =>
  row?.kind === 'file' || row?.kind === 'more' ? TALL : LINE

export function PatchView({ files }: { files: readonly FileChange[] }) {
  const [all, setAll] = useState<ReadonlySet<number>>(new Set())
  // A change is read again whenever something happens to it; its patch stays what it is.
  const [kept, setKept] = useState(files)
  if (kept !== files && !sameFiles(kept, files)) setKept(files)
  const parsed = useMemo(() => kept.map(patchFile), [kept])
  const rows = useMemo(() => patchRows(parsed, all), [parsed, all])
  const colours = usePatchColours(parsed)
  const scroller = useRef<HTMLDivElement | null>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => tall(rows[index]),
    overscan: 30,
  })
  return (
    <div ref={scroller} className={styles.patch} tabIndex={0} role="region" aria-label="Patch">
      <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <div
              key={key}
              className={styles.slot}
              style={{ transform: `translateY(${start}px)`, height: tall(row) }}
            >
              {row.kind === 'file' && <FileHead file={row.file} />}
              {row.kind === 'line' && <Line line={row.line} spans={colours.get(row.line)} />}
              {row.kind === 'note' && <p className={styles.note}>{row.text}</p>}
              {row.kind === 'more' && (
                <Button size="small" onClick={() => setAll(new Set([...all, row.index]))}>
                  Show all ({row.left.toLocaleString('en')} more lines)
                </Button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}
