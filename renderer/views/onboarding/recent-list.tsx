/** Repositories opened before, the newest first. */
import { X } from 'lucide-react'
import { useApp, useRead } from '../../state/hooks.ts'
import { tellFailure } from '../../state/toasts.ts'
import { failureOf } from '../../failure.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Time } from '../../ui/time.tsx'
import styles from './onboarding.module.css'

export function RecentList({ onOpen, busy }: { onOpen: (folder: string) => void; busy: boolean }) {
  const app = useApp()
  const recent = useRead('recent', (api, signal) => api.workspace.recent({}, { signal }))
  const forget = async (folder: string): Promise<void> => {
    try {
      app.reads.put('recent', await app.api.workspace.forget({ folder }))
    } catch (thrown) {
      tellFailure('Not forgotten', failureOf(thrown))
    }
  }
  if (recent.value === undefined || recent.value.length === 0) return null
  return (
    <section className={styles.part}>
      <h2 className={styles.subtitle}>Recent</h2>
      <ul className={styles.recent}>
        {recent.value.map(({ folder, opened_at, exists }) => (
          <li key={folder} className={styles.recentRow}>
            <span className={styles.recentPath} title={folder}>
              {inertLine(folder)}
            </span>
            <Time at={opened_at} />
            <Button
              size="small"
              busy={busy}
              reason={exists ? null : 'The folder is not there any more'}
              onClick={() => onOpen(folder)}
            >
              Open
            </Button>
            <IconButton
              label={`Forget ${folder}`}
              icon={<X size={14} />}
              onClick={() => void forget(folder)}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}
