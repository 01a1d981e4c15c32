/** Everything of a change as the engine gave it. */
import { useMemo } from 'react'
import type { ChangeDetail } from '../../../schemas/view.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { InertText } from '../../ui/inert-text.tsx'
import styles from './inspector.module.css'

export function JsonPanel({ detail }: { detail: ChangeDetail }) {
  const text = useMemo(() => JSON.stringify(detail, null, 2), [detail])
  return (
    <div className={styles.panel}>
      <span className={styles.corner}>
        <CopyButton text={text} label="Copy the JSON" />
      </span>
      <InertText text={text} code />
    </div>
  )
}
