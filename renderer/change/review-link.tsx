/** The way to the conflict reviewer, from wherever a conflict is shown. */
import { GitMerge } from 'lucide-react'
import { useEffect } from 'react'
import { navigate, pathOf } from '../router.ts'
import { useCommands } from '../state/commands.ts'
import { Button } from '../ui/button.tsx'
import { Kbd } from '../ui/kbd.tsx'
import styles from './conflict.module.css'

/** `from` is where a requeue leads back to; without it, to the change. */
export function ReviewLink({ id, from }: { id: number; from?: 'inbox' }) {
  const query = from === undefined ? '' : `?from=${from}`
  const open = (): void => navigate(pathOf({ view: 'review', id }) + query)
  useCommands([{ id: 'review-open', label: 'Review the conflict', group: 'Decision', keys: 'o', run: open }])
  useEffect(() => {
    // Who sees a conflict is likely to open it: what loads longest is there by then.
    const later = window.requestIdleCallback(() => void import('../editor/monaco.ts').catch(() => null))
    return () => window.cancelIdleCallback(later)
  }, [])
  return (
    <div className={styles.review}>
      <Button kind="primary" icon={<GitMerge size={16} />} keys={<Kbd keys="o" />} onClick={open}>
        Review the conflict
      </Button>
      <span className={styles.hint}>
        line by line, with why, suggestions and checks; or take a whole side here:
      </span>
    </div>
  )
}
