/** A menu behind a button; what may not be done now says why. */
import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { cx } from './cx.ts'
import { Kbd } from './kbd.tsx'
import styles from './menu.module.css'

export interface MenuItem {
  key: string
  label: string
  icon?: ReactNode
  keys?: string
  danger?: boolean
  reason?: string | null
  run: () => void
}

/** `trigger` is the button; `null` among the items draws a line. */
export function Menu({ trigger, items }: { trigger: ReactElement; items: readonly (MenuItem | null)[] }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="start" className={styles.positioner}>
          <Base.Popup className={styles.popup}>
            {items.map((item, index) =>
              item === null ? (
                <Base.Separator key={`line-${index}`} className={styles.line} />
              ) : (
                <Base.Item
                  key={item.key}
                  className={cx(styles.item, item.danger === true && styles.danger)}
                  disabled={typeof item.reason === 'string'}
                  onClick={item.run}
                >
                  <span className={styles.icon}>{item.icon}</span>
                  <span className={styles.label}>
                    {item.label}
                    {typeof item.reason === 'string' && <span className={styles.reason}>{item.reason}</span>}
                  </span>
                  {item.keys !== undefined && <Kbd keys={item.keys} />}
                </Base.Item>
              ),
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
