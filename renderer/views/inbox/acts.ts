/** What may be done about what waits, and why not where it may not. */
import type { ChangeStatus } from '../../../schemas/states.ts'
import type { InboxItem } from '../../../schemas/view.ts'
import { isHopeless } from './reasons.ts'

export const ACTS = ['approve', 'reject', 'resolve', 'retry', 'cancel', 'discard'] as const
export type Act = (typeof ACTS)[number]

/** From which states the engine takes each act. */
export const ACT_FROM: Readonly<Record<Act, readonly ChangeStatus[]>> = {
  approve: ['held'],
  reject: ['held'],
  resolve: ['conflict'],
  retry: ['failed', 'cancelled'],
  cancel: ['pending', 'held', 'conflict', 'failed'],
  discard: ['pending', 'held', 'conflict', 'failed'],
}

/** Acts of the engine that lead back to where it was: these can be undone. */
export const REVERSE: Readonly<Partial<Record<Act, Act>>> = { cancel: 'retry', reject: 'retry' }

export const ACT_LABEL: Readonly<Record<Act, string>> = {
  approve: 'Approve',
  reject: 'Reject',
  resolve: 'Resolve',
  retry: 'Retry',
  cancel: 'Cancel change',
  discard: 'Discard',
}

export const ACT_DONE: Readonly<Record<Act, string>> = {
  approve: 'Approved',
  reject: 'Rejected',
  resolve: 'Resolved',
  retry: 'Retried',
  cancel: 'Cancelled',
  discard: 'Discarded',
}

/** The acts shown for a kind, the likeliest first; those that cannot be done now are shown as well. */
export const ACTS_OF: Readonly<Record<InboxItem['kind'], readonly Act[]>> = {
  conflict: ['resolve', 'cancel'],
  held: ['approve', 'reject', 'cancel'],
  failed: ['retry', 'discard'],
  question: [],
  checkout: [],
  engine: [],
}

const STATUS_OF: Readonly<Partial<Record<InboxItem['kind'], ChangeStatus>>> = {
  conflict: 'conflict',
  held: 'held',
  failed: 'failed',
}

const WORDS: Readonly<Record<ChangeStatus, string>> = {
  pending: 'pending',
  in_progress: 'in progress',
  applied: 'applied',
  failed: 'failed',
  conflict: 'in conflict',
  held: 'held',
  cancelled: 'cancelled',
}

export interface Standing {
  status: ChangeStatus
  code: string | null
}

/** A change as the feed last told it wins over the list that was read before. */
export const standingOf = (
  item: Pick<InboxItem, 'kind' | 'code'>,
  live: { status: ChangeStatus; reason_code: string | null } | undefined,
): Standing =>
  live === undefined
    ? { status: STATUS_OF[item.kind] ?? 'pending', code: item.code }
    : { status: live.status, code: live.reason_code }

/** Why an act cannot be done now, or null where it can. */
export function whyNot(act: Act, { status, code }: Standing, offline: boolean): string | null {
  if (offline) return 'The engine cannot be reached at the moment'
  if (!ACT_FROM[act].includes(status)) return `It is ${WORDS[status]} by now`
  if (act === 'approve' && isHopeless(code)) {
    return code === 'dependency_cycle'
      ? 'An approval does not help: it waits for itself. Cancel one change of the round'
      : 'An approval does not help: the task it waits for has ended. Retry that one'
  }
  return null
}

/** Which of many an act can be done to; the others are skipped and counted. */
export function split(
  act: Act,
  items: readonly { id: number; standing: Standing }[],
): { ids: number[]; skipped: number } {
  const ids = items.filter(({ standing }) => whyNot(act, standing, false) === null).map(({ id }) => id)
  return { ids, skipped: items.length - ids.length }
}
