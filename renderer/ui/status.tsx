/** The seven states of a change: one set of icons, one set of words. */
import type { ReactNode } from 'react'
import type { ChangeStatus } from '../../schemas/states.ts'
import { cx } from './cx.ts'
import styles from './status.module.css'

export interface StatusLook {
  label: string
  tone: 'muted' | 'accent' | 'ok' | 'warn' | 'danger' | 'conflict'
}

export const STATUS: Readonly<Record<ChangeStatus, StatusLook>> = {
  pending: { label: 'Pending', tone: 'muted' },
  in_progress: { label: 'In progress', tone: 'accent' },
  applied: { label: 'Applied', tone: 'ok' },
  failed: { label: 'Failed', tone: 'danger' },
  conflict: { label: 'Conflict', tone: 'conflict' },
  held: { label: 'Held', tone: 'warn' },
  cancelled: { label: 'Cancelled', tone: 'muted' },
}

/** In the order figures list them. */
export const STATUSES = [
  'pending',
  'in_progress',
  'applied',
  'failed',
  'conflict',
  'held',
  'cancelled',
] as const satisfies readonly ChangeStatus[]

const SHAPES: Readonly<Record<ChangeStatus, ReactNode>> = {
  pending: <circle cx="8" cy="8" r="5.75" />,
  in_progress: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M8 4.5a3.5 3.5 0 0 1 0 7Z" fill="currentColor" stroke="none" />
    </>
  ),
  applied: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="m5.5 8.2 1.8 1.8 3.3-3.7" />
    </>
  ),
  failed: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M8 5v3.6" />
      <circle cx="8" cy="10.8" r="0.9" fill="currentColor" stroke="none" />
    </>
  ),
  conflict: (
    <>
      <path d="M2.5 5.75h10M10 3.25l2.5 2.5L10 8.25" />
      <path d="M13.5 10.75h-10M6 8.25l-2.5 2.5 2.5 2.5" />
    </>
  ),
  held: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M6.5 5.75v4.5M9.5 5.75v4.5" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M5.25 8h5.5" />
    </>
  ),
}

/** `label` false where the word stands beside it. */
export function StatusIcon({
  status,
  size = 16,
  label = true,
}: {
  status: ChangeStatus
  size?: number
  label?: boolean
}) {
  const look = STATUS[status]
  return (
    <svg
      className={cx(styles.icon, styles[look.tone])}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...(label ? { role: 'img', 'aria-label': look.label } : { 'aria-hidden': true })}
    >
      {SHAPES[status]}
    </svg>
  )
}

export function StatusPill({ status }: { status: ChangeStatus }) {
  return (
    <span className={cx(styles.pill, styles[STATUS[status].tone])}>
      <StatusIcon status={status} size={14} label={false} />
      {STATUS[status].label}
    </span>
  )
}
