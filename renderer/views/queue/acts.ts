/** What a person may do to changes: from which states, and what of a selection would be left out and why. */
import type { ChangeStatus } from '../../../schemas/states.ts'
import { STATUS, STATUSES } from '../../ui/status.tsx'

export type BulkAct = 'retry' | 'cancel' | 'discard' | 'approve' | 'reject'

/** From which states; a leased change is not cancelled at once: its worker is asked to stop before it lands. */
export const ACT_FROM: Readonly<Record<BulkAct, readonly ChangeStatus[]>> = {
  approve: ['held'],
  reject: ['held'],
  retry: ['failed', 'cancelled'],
  cancel: ['pending', 'in_progress', 'held', 'conflict', 'failed'],
  discard: ['pending', 'held', 'conflict', 'failed'],
}

export const ACT_WORDS: Readonly<Record<BulkAct, { verb: string; done: string; busy: string }>> = {
  approve: { verb: 'Approve', done: 'approved', busy: 'Approving' },
  reject: { verb: 'Reject', done: 'rejected', busy: 'Rejecting' },
  retry: { verb: 'Retry', done: 'put back into the queue', busy: 'Retrying' },
  cancel: { verb: 'Cancel', done: 'cancelled', busy: 'Cancelling' },
  discard: { verb: 'Discard', done: 'discarded', busy: 'Discarding' },
}

export type Selection = ReadonlyMap<number, ChangeStatus>

export interface Skipped {
  status: ChangeStatus
  count: number
}

export interface Plan {
  act: BulkAct
  go: number[]
  skipped: Skipped[]
  /** The states that `go` are in. */
  from: ChangeStatus[]
  /** Of `go`, those whose worker is only asked to stop. */
  asked: number
  /** Why the act is not possible at all, or null. */
  reason: string | null
}

const words = (states: readonly ChangeStatus[]): string =>
  states.map((state) => STATUS[state].label.toLowerCase()).join(', ')

export function planAct(act: BulkAct, selection: Selection): Plan {
  const from = ACT_FROM[act]
  const go: number[] = []
  const taken = new Set<ChangeStatus>()
  const counts = new Map<ChangeStatus, number>()
  let asked = 0
  for (const [id, status] of selection) {
    if (!from.includes(status)) counts.set(status, (counts.get(status) ?? 0) + 1)
    else {
      go.push(id)
      taken.add(status)
      if (status === 'in_progress') asked += 1
    }
  }
  const skipped = STATUSES.flatMap((status) => {
    const count = counts.get(status)
    return count === undefined ? [] : [{ status, count }]
  })
  const { verb } = ACT_WORDS[act]
  const reason =
    selection.size === 0
      ? 'Nothing is selected'
      : go.length > 0
        ? null
        : `${verb} takes changes that are ${words(from)}; ${selection.size === 1 ? 'this one is' : 'these are'} ${words(skipped.map(({ status }) => status))}`
  return { act, go, from: [...taken], skipped, asked, reason }
}

/** "3 applied and 1 held will be skipped", or null. */
export function skippedSentence({ act, skipped }: Plan): string | null {
  if (skipped.length === 0) return null
  const parts = skipped.map(({ status, count }) => `${count.toLocaleString('en')} ${words([status])}`)
  const total = skipped.reduce((sum, { count }) => sum + count, 0)
  return `${parts.join(', ')} ${total === 1 ? 'is' : 'are'} skipped: ${ACT_WORDS[act].verb.toLowerCase()} takes ${words(ACT_FROM[act])}`
}

/**
 * The act that brings a plan's changes back to where they were, or null where none does: a failure that was retried is
 * failed no more, and one that was cancelled would be tried again instead of being failed.
 */
export function reverseOf({ act, asked, from }: Pick<Plan, 'act' | 'asked' | 'from'>): BulkAct | null {
  if (act === 'retry') return from.every((status) => status === 'cancelled') ? 'cancel' : null
  return act === 'cancel' && asked === 0 && !from.includes('failed') ? 'retry' : null
}

export const changes = (count: number): string =>
  count === 1 ? '1 change' : `${count.toLocaleString('en')} changes`

/** Ids in portions, so that an act on very many tells how far it is. */
export function portions<T>(ids: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < ids.length; at += size) parts.push(ids.slice(at, at + size))
  return parts
}
