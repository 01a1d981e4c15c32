/** The life of a change: which state may follow which, and what the end of an attempt does to its row. */
import type { ChangeStatus } from '../../../schemas/states.ts'
import { unreachable } from '../base/errors.ts'
import { backoffSeconds } from './retry.ts'

/** A change in one of these still has work of the queue before it; later changes to its paths wait. */
export const OPEN_STATUSES = ['pending', 'in_progress'] as const satisfies readonly ChangeStatus[]

export const isOpen = (status: ChangeStatus): boolean => status === 'pending' || status === 'in_progress'

/** Whether a change has ended: no worker and no decision moves it on, only a `retry`. */
export const isOver = (status: ChangeStatus): boolean =>
  status === 'applied' || status === 'failed' || status === 'cancelled'

/** Every move a change may make, by whatever act (the state table of the product's design). */
const MOVES: Readonly<Record<ChangeStatus, readonly ChangeStatus[]>> = {
  pending: ['in_progress', 'applied', 'failed', 'held', 'cancelled'],
  in_progress: ['applied', 'conflict', 'held', 'pending', 'failed', 'cancelled'],
  conflict: ['pending', 'applied', 'failed', 'cancelled'],
  held: ['pending', 'applied', 'failed', 'cancelled'],
  failed: ['pending', 'cancelled'],
  cancelled: ['pending'],
  applied: [],
}

export const mayMove = (from: ChangeStatus, to: ChangeStatus): boolean => MOVES[from].includes(to)

/** A change found to have landed is applied whatever was decided about it meanwhile: the branch says the truth. */
export const maySettle = (from: ChangeStatus): boolean => from !== 'applied'

/** A landed change leaves the queue's truth only where an operator accepted a target that no longer holds it. */
export const mayTakeBack = (from: ChangeStatus, to: ChangeStatus): boolean =>
  from === 'applied' && to === 'cancelled'

/** What a person or script may ask of a change, and from which states. */
export const ACTS = {
  'mark-applied': { from: ['pending', 'in_progress', 'conflict', 'held'], to: 'applied' },
  'mark-failed': { from: ['pending', 'in_progress', 'conflict', 'held'], to: 'failed' },
  release: { from: ['in_progress'], to: 'pending' },
  resolve: { from: ['conflict'], to: 'pending' },
  approve: { from: ['held'], to: 'pending' },
  reject: { from: ['held'], to: 'failed' },
  retry: { from: ['failed', 'cancelled'], to: 'pending' },
  cancel: { from: ['pending', 'held', 'conflict', 'failed'], to: 'cancelled' },
  discard: { from: ['pending', 'held', 'conflict', 'failed'], to: 'cancelled' },
} as const satisfies Record<string, { from: readonly ChangeStatus[]; to: ChangeStatus }>

export type Act = keyof typeof ACTS

export const actAllowed = (act: Act, status: ChangeStatus): boolean =>
  (ACTS[act].from as readonly ChangeStatus[]).includes(status)

/** How one leased attempt ended. */
export type AttemptOutcome =
  | { kind: 'applied'; commit: string; verdict: string }
  | { kind: 'already_present' }
  | { kind: 'conflict'; paths: readonly string[] }
  | { kind: 'held'; code: string; reason: string; verdict: string | null }
  | { kind: 'validation_failed'; code: string; reason: string }
  | { kind: 'check_failed'; reason: string; verdict: string }
  | { kind: 'tip_moved' }
  | { kind: 'lease_lost' }
  | { kind: 'paused' }
  | { kind: 'cancelled' }
  | { kind: 'crashed'; reason: string }

export type OutcomeKind = AttemptOutcome['kind']

/**
 * Returns what an attempt comes to whose change a person asked to cancel meanwhile.
 *
 * What landed has landed. What was only given back stays as it is: whether an earlier attempt landed is not settled
 * yet, so the next claim settles that and then cancels.
 */
export function outcomeIfCancelled(outcome: AttemptOutcome): AttemptOutcome {
  switch (outcome.kind) {
    case 'applied':
    case 'already_present':
    case 'tip_moved':
    case 'lease_lost':
    case 'paused':
    case 'cancelled':
      return outcome
    case 'conflict':
    case 'held':
    case 'validation_failed':
    case 'check_failed':
    case 'crashed':
      return { kind: 'cancelled' }
    default:
      return unreachable(outcome)
  }
}

/** Says in words why an attempt ended so; null where there is nothing more to say. */
export function reasonOf(outcome: AttemptOutcome): string | null {
  return 'reason' in outcome ? outcome.reason : rowAfter(outcome, 1, 1).lastError
}

/** What the row becomes; `delaySeconds` null means claimable at once. */
export interface RowAfter {
  status: ChangeStatus
  attempts: number
  delaySeconds: number | null
  reasonCode: string | null
  lastError: string | null
  deadLetter: boolean
  verdict: string | null
  landedCommit: string | null
}

/**
 * Returns the row after an attempt ended.
 *
 * `attempts` counts the one that just ended; an attempt that taught nothing about the change is given back, a crash
 * spends it and backs off min(2^n, 300) seconds until `maxAttempts` are used up.
 */
export function rowAfter(outcome: AttemptOutcome, attempts: number, maxAttempts: number): RowAfter {
  const row: RowAfter = {
    status: 'pending',
    attempts,
    delaySeconds: null,
    reasonCode: null,
    lastError: null,
    deadLetter: false,
    verdict: null,
    landedCommit: null,
  }
  const givenBack = Math.max(0, attempts - 1)
  switch (outcome.kind) {
    case 'applied':
      return { ...row, status: 'applied', verdict: outcome.verdict, landedCommit: outcome.commit }
    case 'already_present':
      return { ...row, status: 'applied', verdict: 'not_run' }
    case 'conflict':
      return {
        ...row,
        status: 'conflict',
        attempts: givenBack,
        reasonCode: 'conflict',
        lastError: `no longer fits the target at ${outcome.paths.join(', ')}`,
      }
    case 'held':
      return {
        ...row,
        status: 'held',
        attempts: givenBack,
        reasonCode: outcome.code,
        lastError: outcome.reason,
        verdict: outcome.verdict,
      }
    case 'validation_failed':
      return {
        ...row,
        status: 'failed',
        reasonCode: outcome.code,
        lastError: outcome.reason,
        deadLetter: true,
      }
    case 'check_failed':
      return {
        ...row,
        status: 'failed',
        reasonCode: 'check_failed',
        lastError: outcome.reason,
        deadLetter: true,
        verdict: outcome.verdict,
      }
    case 'tip_moved':
    case 'lease_lost':
    case 'paused':
      return { ...row, attempts: givenBack }
    case 'cancelled':
      return { ...row, status: 'cancelled', reasonCode: 'cancelled', lastError: 'cancelled on request' }
    case 'crashed':
      if (attempts >= maxAttempts) {
        // A lease beyond the last attempt only found out that they are used up; nothing was tried under it.
        const tried = attempts > maxAttempts ? givenBack : attempts
        const lastError = `gave up after ${tried} attempts: ${outcome.reason}`
        return {
          ...row,
          status: 'failed',
          attempts: tried,
          reasonCode: 'max_attempts',
          lastError,
          deadLetter: true,
        }
      }
      return { ...row, delaySeconds: backoffSeconds(attempts), lastError: outcome.reason }
    default:
      return unreachable(outcome)
  }
}
