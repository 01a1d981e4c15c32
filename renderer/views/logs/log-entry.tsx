/** One event of the log; its details as JSON on demand. */
import { memo, useState } from 'react'
import type { LogEvent } from '../../../schemas/log-event.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { cx } from '../../ui/cx.ts'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { absoluteTime, timeOfDay } from '../../ui/time.tsx'
import { summaryOf } from './summary.ts'
import styles from './logs.module.css'

export const LogEntry = memo(function LogEntry({
  event,
  brief = false,
  open,
  onToggle,
}: {
  event: LogEvent
  /** Leaves out which change it belongs to. */
  brief?: boolean
  /** Given, whoever lists the events keeps which are open. */
  open?: boolean
  onToggle?: (id: number) => void
}) {
  const [own, setOwn] = useState(false)
  const opened = open ?? own
  const toggle = (): void => (onToggle === undefined ? setOwn(!own) : onToggle(event.id))
  const json = opened ? JSON.stringify(event, null, 2) : ''
  return (
    <div className={styles.entry}>
      <div className={cx(styles.line, brief && styles.brief)}>
        <button
          type="button"
          className={styles.toggle}
          aria-expanded={opened}
          aria-label={`Details of event ${event.id}`}
          tabIndex={onToggle === undefined ? 0 : -1}
          onClick={toggle}
        >
          {opened ? '▾' : '▸'}
        </button>
        <time className={styles.time} title={absoluteTime(event.created_at)}>
          {timeOfDay(event.created_at)}
        </time>
        <span className={cx(styles.level, styles[event.level])}>{event.level}</span>
        {!brief && (
          <span className={styles.change}>
            {event.queue_id === null ? (
              <span className={styles.muted}>–</span>
            ) : (
              <Link to={`/change/${event.queue_id}`} tabIndex={onToggle === undefined ? 0 : -1}>
                {event.queue_id}
              </Link>
            )}
          </span>
        )}
        <span className={styles.message}>
          <InertLine text={event.message} />
        </span>
        <span className={styles.details}>
          <InertLine text={summaryOf(event, brief)} muted />
        </span>
      </div>
      {opened && (
        <div className={styles.json}>
          <span className={styles.copy}>
            <CopyButton text={json} label="Copy the event" />
          </span>
          <InertText text={json} code />
        </div>
      )}
    </div>
  )
})
