/** One side of a merge to be read beside the result, at the active conflict. */
import { useEffect, useMemo, useRef } from 'react'
import { languageOf } from '../../editor/languages.ts'
import { useReader } from '../../editor/use-reader.ts'
import type { Merge } from '../../merge/result.ts'
import { textOf } from '../../merge/lines.ts'
import { PlainText } from '../../editor/plain-text.tsx'
import { whyPlain } from '../../editor/bounds.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { inertText } from '../../ui/inert.ts'
import styles from './review.module.css'

export interface SidePaneProps {
  side: 'cur' | 'inc'
  merge: Merge
  active: number | null
  path: string
  title: string
}

export function SidePane({ side, merge, active, path, title }: SidePaneProps) {
  const host = useRef<HTMLDivElement>(null)
  const text = useMemo(
    () => inertText(merge.chunks.map((chunk) => textOf(chunk[side])).join('')),
    [merge, side],
  )
  const tooMuch = whyPlain(text) !== null
  const { reader } = useReader(host, { text, language: languageOf(path), label: title, wanted: !tooMuch })
  const chunk = active === null ? undefined : merge.conflicts[active]?.chunk
  const from = chunk?.at[side] ?? 0
  const count = chunk?.[side].length ?? 0
  useEffect(() => {
    if (chunk !== undefined) reader?.show(from + 1, from + count)
  }, [reader, chunk, from, count])
  return (
    <section className={styles.result} aria-label={title}>
      <h3 className={styles.paneTitle}>
        <InertLine text={title} />
      </h3>
      <div ref={host} className={styles.host} data-keys="own" />
      {reader === null && <PlainText text={text} label={title} />}
    </section>
  )
}
