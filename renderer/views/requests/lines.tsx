/** Facts of a request, each a title with its lines. */
import type { ReactNode } from 'react'
import { InertText } from '../../ui/inert-text.tsx'
import styles from './tree.module.css'

export function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={styles.lines}>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  )
}

export function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null
  return (
    <Fact title={title}>
      <ul>
        {lines.map((line, index) => (
          <li key={index}>
            <InertText text={line} />
          </li>
        ))}
      </ul>
    </Fact>
  )
}
