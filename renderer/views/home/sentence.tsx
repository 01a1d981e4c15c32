/** How the queue is, in one sentence. */
import type { ReactNode } from 'react'
import type { Home } from '../../../schemas/view.ts'
import type { Reading } from '../../state/hooks.ts'
import { inertLine } from '../../ui/inert.ts'
import { StaleNote } from '../../ui/pane.tsx'
import { useInbox } from '../inbox/use-inbox.tsx'
import { sentenceOf } from './health.ts'
import styles from './home.module.css'

export function Sentence({ home, children }: { home: Reading<Home>; children: ReactNode }) {
  const health = home.value?.health
  const { count, later } = useInbox()
  const old = home.stale !== null
  const paused = (home.value?.paused ?? null) !== null
  const level =
    health === undefined || old ? 'unknown' : paused && health.level === 'ok' ? 'attention' : health.level
  const waiting =
    home.error === null ? 'Reading the state of the queue' : 'The state of the queue is not known'
  return (
    <div className={styles.sentence}>
      <span className={styles.health} data-level={level} />
      <h1 className={styles.said}>
        {health === undefined ? (
          <span className={styles.old}>{waiting}</span>
        ) : (
          <span className={old ? styles.old : undefined}>
            {inertLine(sentenceOf(health, { count, later: later.length }, paused))}
          </span>
        )}
      </h1>
      {health !== undefined && home.stale !== null && <StaleNote since={home.stale} />}
      {children}
    </div>
  )
}
