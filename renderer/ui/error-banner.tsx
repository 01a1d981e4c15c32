/** What went wrong, what to do about it, and the button that tries again, where it happened. */
import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Failure } from '../failure.ts'
import { Button } from './button.tsx'
import { InertText } from './inert-text.tsx'
import styles from './error-banner.module.css'

export function ErrorBanner({
  failure,
  title,
  retry,
  busy = false,
  actions,
}: {
  failure: Failure
  /** What could not be done, where the message alone does not say. */
  title?: string
  retry?: () => void
  busy?: boolean
  actions?: ReactNode
}) {
  return (
    <div className={styles.banner} role="alert">
      <TriangleAlert size={16} className={styles.icon} aria-hidden />
      <div className={styles.body}>
        {title !== undefined && <p className={styles.title}>{title}</p>}
        <InertText text={failure.message} />
        {failure.hint !== null && (
          <div className={styles.hint}>
            <InertText text={failure.hint} />
          </div>
        )}
      </div>
      {(retry !== undefined || actions !== undefined) && (
        <div className={styles.actions}>
          {actions}
          {retry !== undefined && (
            <Button size="small" busy={busy} onClick={retry}>
              Try again
            </Button>
          )}
        </div>
      )}
    </div>
  )
}
