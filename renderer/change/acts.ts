/** What a person may do to changes: from which states, what leads back, and what of many would be left out and why. */
import type { ChangeStatus, Priority } from '../../schemas/states.ts'
import type { ChangeSummary } from '../../schemas/view.ts'
import { STATUS, STATUSES } from '../ui/status.tsx'
import { isHopeless } from './reasons.ts'

export const ACTS = ['approve', 'reject', 'retry', 'cancel', 'discard'] as const
/** What moves a change to another state, and what leaves it where it stands. */
export type Act = (typeof ACTS)[number] | 'prioritize'

/** From which states; a leased change is not cancelled at once: its worker is asked to stop before it lands. */
export const ACT_FROM: Readonly<Record<Act | 'resolve', readonly ChangeStatus[]>> = {
  approve: ['held'],
  reject: ['held'],
  resolve: ['conflict'],
  retry: ['failed', 'cancelled'],
  cancel: ['pending', 'in_progress', 'held', 'conflict', 'failed'],
  discard: ['pending', 'held', 'conflict', 'failed'],
  // One that a worker has is under way already.
  prioritize: ['pending', 'held', 'conflict'],
}

export const ACT_WORDS: Readonly<Record<Act, { verb: string; done: string; busy: string }>> = {
  approve: { verb: 'Approve', done: 'approved', busy: 'Approving' },
  reject: { verb: 'Reject', done: 'rejected', busy: 'Rejecting' },
  retry: { verb: 'Retry', done: 'put back into the queue', busy: 'Retrying' },
  cancel: { verb: 'Cancel', done: 'cancelled', busy: 'Cancelling' },
  discard: { verb: 'Discard', done: 'discarded', busy: 'Discarding' },
  prioritize: { verb: 'Prioritize', done: 'given another priority', busy: 'Prioritizing' },
}

/** Where a change stands, as far as acts ask: its state, the code of its reason, its priority. */
export interface Standing {
  status: ChangeStatus
  code: string | null
  /** Null where it was not read. */
  priority: Priority | null
}

export const standingOf = ({
  status,
  reason_code,
  priority,
}: Pick<ChangeSummary, 'status' | 'reason_code' | 'priority'>): Standing => ({
  status,
  code: reason_code,
  priority,
})

export type Selection = ReadonlyMap<number, Standing>

const words = (states: readonly ChangeStatus[]): string =>
  states.map((state) => STATUS[state].label.toLowerCase()).join(', ')

/** Why an act cannot be done to a change as it stands, or null where it can. */
export function whyNot(act: Act | 'resolve', { status, code }: Standing): string | null {
  if (!ACT_FROM[act].includes(status)) return `It is ${words([status])} by now`
  if (act === 'approve' && isHopeless(code)) {
    return code === 'dependency_cycle'
      ? 'An approval does not help: it waits for itself. Cancel one change of the round'
      : 'An approval does not help: the task it waits for has ended. Retry that one'
  }
  return null
}

export interface Skipped {
  status: ChangeStatus
  count: number
}

export interface Plan {
  act: Act
  /** What is done, with where each stood: that decides what can be taken back. */
  go: Selection
  skipped: Skipped[]
  /** Why the act is not possible at all, or null. */
  reason: string | null
}

export function planAct(act: Act, selection: Selection): Plan {
  const go = new Map<number, Standing>()
  const counts = new Map<ChangeStatus, number>()
  for (const [id, standing] of selection) {
    if (whyNot(act, standing) === null) go.set(id, standing)
    else counts.set(standing.status, (counts.get(standing.status) ?? 0) + 1)
  }
  const skipped = STATUSES.flatMap((status) => {
    const count = counts.get(status)
    return count === undefined ? [] : [{ status, count }]
  })
  return { act, go, skipped, reason: go.size > 0 ? null : whyNone(act, selection) }
}

function whyNone(act: Act, selection: Selection): string {
  const [first] = selection.values()
  if (first === undefined) return 'Nothing is selected'
  const states = new Set([...selection.values()].map(({ status }) => status))
  if ([...states].some((status) => ACT_FROM[act].includes(status)))
    return whyNot(act, first) ?? 'None of them can be'
  const these = selection.size === 1 ? 'this one is' : 'these are'
  return `${ACT_WORDS[act].verb} takes changes that are ${words(ACT_FROM[act])}; ${these} ${words(STATUSES.filter((status) => states.has(status)))}`
}

/** "3 applied, 1 held are skipped: retry takes failed, cancelled", or null. */
export function skippedSentence({ act, skipped }: Plan): string | null {
  if (skipped.length === 0) return null
  const parts = skipped.map(({ status, count }) => `${count.toLocaleString('en')} ${words([status])}`)
  const total = skipped.reduce((sum, { count }) => sum + count, 0)
  return `${parts.join(', ')} ${total === 1 ? 'is' : 'are'} skipped: ${ACT_WORDS[act].verb.toLowerCase()} takes ${words(ACT_FROM[act])}`
}

/**
 * The act that brings a change back to where it stood, or null where none does: a retry of what failed would have to be
 * forgotten, and what a worker was only asked to stop may have landed.
 */
export function reverseOf(act: Act, { status }: Standing): Act | null {
  switch (act) {
    case 'cancel':
      return status === 'pending' || status === 'held' || status === 'conflict' ? 'retry' : null
    case 'reject':
      return 'retry'
    case 'retry':
      return status === 'cancelled' ? 'cancel' : null
    default:
      return null
  }
}

/** Why a change cannot be reverted as it stands, or null where the engine is to be asked. */
export function whyNoRevert({
  status,
  landed_commit,
}: Pick<ChangeSummary, 'status' | 'landed_commit'>): string | null {
  if (status !== 'applied') return `Revert takes a change that is applied; this one is ${words([status])}`
  return landed_commit === null ? 'It landed no commit of its own: what it asks for was there already' : null
}

export const changes = (count: number): string =>
  count === 1 ? '1 change' : `${count.toLocaleString('en')} changes`

/** Ids in portions, so that an act on very many tells how far it is. */
export function portions<T>(ids: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < ids.length; at += size) parts.push(ids.slice(at, at + size))
  return parts
}
