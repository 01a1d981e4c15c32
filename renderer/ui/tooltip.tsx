/** A short text beside what has the pointer or the focus. */
import { Tooltip as Base } from '@base-ui/react/tooltip'
import type { ReactElement, ReactNode } from 'react'
import styles from './tooltip.module.css'

/** `children` is the one element that is explained; null text shows nothing. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactElement }) {
  if (text === null || text === undefined || text === '') return children
  return (
    <Base.Root>
      <Base.Trigger delay={400} render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} className={styles.positioner}>
          <Base.Popup className={styles.popup}>{text}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
