/** All patches of a change as one windowed list. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import type { FileChange } from '../../schemas/change-request.ts'
import { Button } from '../ui/button.tsx'
import { FileHead, Line } from './patch-lines.tsx'
import { usePatchFiles } from './patch-colour.ts'
import { patchRows, type PatchRow } from './patch-model.ts'
import styles from './patch.module.css'

const LINE = 18
const TALL = 32
const tall = (row: PatchRow | undefined): number =>
  row?.kind === 'file' || row?.kind === 'more' ? TALL : LINE

export function PatchView({ files }: { files: readonly FileChange[] }) {
  const [all, setAll] = useState<ReadonlySet<number>>(new Set())
  const { parsed, colours } = usePatchFiles(files)
  const rows = useMemo(() => patchRows(parsed, all), [parsed, all])
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
