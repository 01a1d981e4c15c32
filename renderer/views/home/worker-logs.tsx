/** The end of change_queue_logs, live; the Logs view has all of it. */
import { useLayoutEffect, useRef } from 'react'
import { useLogTail } from '../../state/log-tail.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { Pane } from '../../ui/pane.tsx'
import { absoluteTime, timeOfDay } from '../../ui/time.tsx'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

const SHOWN = 100
const NEAR_END = 24

export function WorkerLogs({ slot }: { slot: PaneSlot }) {
  const { reading, rows } = useLogTail(SHOWN)
  const list = useRef<HTMLOListElement>(null)
  const follows = useRef(true)
  const last = rows.at(-1)?.id
  useLayoutEffect(() => {
    const scroller = list.current?.parentElement
    if (scroller === null || scroller === undefined) return
    const onScroll = (): void => {
      follows.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END
    }
    scroller.addEventListener('scroll', onScroll, { passive: true })
    return () => scroller.removeEventListener('scroll', onScroll)
  }, [slot.collapsed, rows.length > 0])
  useLayoutEffect(() => {
    const scroller = list.current?.parentElement
    if (follows.current && scroller) scroller.scrollTop = scroller.scrollHeight
  }, [last, slot.collapsed])
  return (
    <Pane
      title="Worker logs"
      actions={<Link to="/logs">All logs</Link>}
      reading={reading}
      flush
      empty={
        rows.length > 0 ? undefined : (
          <EmptyState title="Nothing logged yet">
            Every step of every change appears here as it happens.
          </EmptyState>
        )
      }
      {...slot}
    >
      <ol className={styles.logs} ref={list}>
        {rows.map(({ id, level, message, task_id, queue_id, created_at }) => (
          <li key={id} className={styles.log}>
            <time className={styles.dim} title={absoluteTime(created_at)}>
              {timeOfDay(created_at)}
            </time>
            <span className={styles.level} data-level={level}>
              {level}
            </span>
            <span className={styles.cut}>
              {inertLine(message)}
              {task_id !== null && (
                <>
                  {' '}
                  {queue_id === null ? (
                    <span className={styles.dim}>{task_id}</span>
                  ) : (
                    <Link to={`/change/${queue_id}`}>{task_id}</Link>
                  )}
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Pane>
  )
}
