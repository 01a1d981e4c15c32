/** What an operator or a script may do to a change; each act settles open attempts first and tells the log. */
import type { ChangeStatus, Priority } from '../../../schemas/states.ts'
import type { Clock } from '../base/clock.ts'
import { asHyperionError, type HyperionError, userError } from '../base/errors.ts'
import { actAllowed, ACTS, type Act } from '../domain/states.ts'
import type { ChangeRow } from '../store/changes.ts'
import { HOPELESS_CODES } from '../store/hopeless.ts'
import { earlierOnPaths } from '../store/order.ts'
import type { Store } from '../store/store.ts'

export interface ActDeps {
  store: Store
  clock: Clock
  /** Finds out what became of a change's open attempts; returns the commit if it landed. */
  settle(changeId: number): Promise<string | null>
  /** Who acts, for the log. */
  actor: string
  /** Merges three texts, taking one side's lines where both changed them; null for what git does not merge. */
  favour(
    sides: { base: Buffer; ours: Buffer; theirs: Buffer },
    side: 'ours' | 'theirs',
  ): Promise<Buffer | null>
}

const refused = (act: Act, row: ChangeRow): HyperionError => {
  const from = ACTS[act].from.join(', ')
  return userError('wrong_status', `change ${row.id} is ${row.status}; ${act} takes a change that is ${from}`)
}

/** Returns the live row of a change, or throws a sentence that says what there is instead. */
export function requireRow(store: Store, id: number): ChangeRow {
  const found = store.changes.find(id)
  if (found === undefined)
    throw userError('no_such_change', `there is no change ${id}`, 'see `hyperion list`')
  if (found.archived)
    throw userError('archived', `change ${id} was archived as ${found.row.status} and stays as it is`)
  return found.row
}

/**
 * Settles, looks again and, if the act is still allowed, does it and its log entry in one transaction.
 *
 * A leased change needs its `fence` and is taken from its worker first: what that one did is then over and can be
 * found out, and it does nothing more.
 */
export async function perform(
  deps: ActDeps,
  act: Act,
  id: number,
  work: (row: ChangeRow) => Record<string, unknown> | void,
  fence: number | null = null,
): Promise<ChangeRow> {
  const { store } = deps
  const allow = (row: ChangeRow): void => {
    if (!actAllowed(act, row.status)) throw refused(act, row)
    requireFence(act, row, fence)
  }
  const taken = store.db.write(() => {
    const row = requireRow(store, id)
    allow(row)
    return row.status === 'in_progress' ? store.claims.takeOver(id) : null
  })
  await deps.settle(id)
  return store.db.write(() => {
    const row = requireRow(store, id)
    if (row.status !== 'in_progress' || row.fence !== taken) allow(row)
    const details = work(row) ?? {}
    store.logs.write({
      message: act.replace('-', '_'),
      queueId: id,
      taskId: row.task_id,
      details: { by: deps.actor, from: row.status, ...details },
    })
    return requireRow(store, id)
  })
}

function requireFence(act: Act, row: ChangeRow, fence: number | null): void {
  if (row.status !== 'in_progress') return
  if (fence === null) {
    const hint = `give its fence with --fence (\`hyperion show ${row.id}\` tells it)`
    throw userError(
      'fence_needed',
      `change ${row.id} is leased by ${row.lease_owner}; ${act} needs the fence`,
      hint,
    )
  }
  if (fence !== row.fence) {
    throw userError(
      'wrong_fence',
      `change ${row.id} has fence ${row.fence}, not ${fence}: the lease is another one now`,
    )
  }
}

export const markApplied = (deps: ActDeps, id: number, fence: number | null): Promise<ChangeRow> =>
  perform(
    deps,
    'mark-applied',
    id,
    (row) => {
      deps.store.changes.move(id, 'applied', { lastError: null, reasonCode: 'marked' })
      deps.store.records.endAttempt(id, row.fence, 'marked_applied', deps.actor)
    },
    fence,
  )

export const markFailed = (
  deps: ActDeps,
  id: number,
  fence: number | null,
  error: string,
): Promise<ChangeRow> =>
  perform(
    deps,
    'mark-failed',
    id,
    (row) => {
      failWith(deps, row, 'marked', error)
      deps.store.records.endAttempt(id, row.fence, 'marked_failed', error)
      return { error }
    },
    fence,
  )

function failWith(deps: ActDeps, row: ChangeRow, reasonCode: string, lastError: string): void {
  deps.store.changes.move(row.id, 'failed', { lastError, reasonCode })
  deps.store.records.addDeadLetter({
    queue_id: row.id,
    task_id: row.task_id,
    agent: row.agent,
    payload: row.payload,
    error: lastError,
  })
}

export const release = (deps: ActDeps, id: number, fence: number): Promise<ChangeRow> =>
  perform(
    deps,
    'release',
    id,
    (row) => {
      deps.store.changes.move(id, 'pending', { attempts: Math.max(0, row.attempts - 1) })
      deps.store.records.endAttempt(id, row.fence, 'released', deps.actor)
    },
    fence,
  )

/** Two changes of one assignment would both land: one that is made or queued in another's place keeps that away. */
function refuseReplaced({ store }: ActDeps, { id, task_id: taskId }: ChangeRow): void {
  const owner = store.requests.ownerOf(taskId)
  if (owner === null) return
  const row = store.requests.assignments(owner).find(({ task_id }) => task_id === taskId)
  const other = row?.change_id ?? null
  if (other === id || row === undefined) return
  const status = other === null ? row.status : (store.changes.get(other)?.status ?? 'applied')
  if (status === 'failed' || status === 'cancelled') return
  const place = other === null ? 'another is being made' : `change ${other} took its place`
  const said = `change ${id} is not that of assignment ${taskId} any more: ${place}`
  throw userError('replaced', said, `see \`hyperion requests ${owner}\``)
}

/** Puts a failed or cancelled change back; the dead letter's own payload is what is tried again. */
export async function retry(deps: ActDeps, id: number): Promise<ChangeRow> {
  return perform(deps, 'retry', id, (row) => {
    refuseReplaced(deps, row)
    const letter = deps.store.records.deadLetterOf(id)
    deps.store.changes.move(id, 'pending', {
      attempts: 0,
      lastError: null,
      reasonCode: null,
      verdict: null,
      ...(letter === undefined ? {} : { payload: letter.payload }),
    })
    deps.store.records.removeDeadLetters(id)
    return { dead_letter: letter?.id ?? null }
  })
}

/** Ends a change for good, or asks the worker that has it to; honoured until the last look before landing. */
export async function cancel(deps: ActDeps, id: number, act: 'cancel' | 'discard'): Promise<ChangeRow> {
  const asked = deps.store.db.write(() => {
    const row = requireRow(deps.store, id)
    if (row.status !== 'in_progress' || act !== 'cancel') return null
    deps.store.changes.requestCancel(id)
    const details = { by: deps.actor, fence: row.fence }
    deps.store.logs.write({ message: 'cancel_requested', queueId: id, taskId: row.task_id, details })
    return requireRow(deps.store, id)
  })
  if (asked !== null) return asked
  return perform(deps, act, id, () => {
    deps.store.changes.move(id, 'cancelled', { reasonCode: act === 'cancel' ? 'cancelled' : 'discarded' })
    if (act === 'discard') deps.store.records.removeDeadLetters(id)
  })
}

export interface Decision {
  id: number
  by: string
  role: string | null
  note: string | null
  contentHash: string
}

/** When a change began to wait for a person, in epoch milliseconds; null when the log does not say. */
function waitingSince(store: Store, id: number): number | null {
  const attempts = store.records.attempts(id).filter((a) => a.outcome === 'held')
  return attempts.at(-1)?.ended_at_ms ?? null
}

function recordApproval(
  deps: ActDeps,
  d: Decision,
  decision: 'approved' | 'rejected',
  location: string | null,
): object {
  const since = waitingSince(deps.store, d.id)
  const latency = since === null ? null : Math.max(0, deps.clock.nowMs() - since)
  deps.store.records.addApproval({
    change_id: d.id,
    decision,
    approver: d.by,
    role: d.role,
    note: d.note,
    location,
    content_hash: d.contentHash,
    latency_ms: latency,
  })
  const details = {
    approver: d.by,
    decision,
    approval_latency_ms: latency,
    payload_hash: d.contentHash,
    ...(location === null ? {} : { at: location }),
  }
  deps.store.logs.write({ message: 'approval', queueId: d.id, details })
  return details
}

/**
 * Records a person's approval of a change that nobody had the time to hold yet: within the transaction that queues it,
 * or a worker may decide before.
 */
export const approveAhead = (deps: ActDeps, decision: Decision): void =>
  void recordApproval(deps, decision, 'approved', null)

/** Records a person's approval of exactly the change's present content and lets it go on. */
export async function approve(deps: ActDeps, decision: Decision): Promise<ChangeRow> {
  return perform(deps, 'approve', decision.id, (row) => {
    if (row.reason_code !== null && HOPELESS_CODES.has(row.reason_code)) {
      throw userError(
        row.reason_code,
        `change ${row.id} ${row.last_error}; an approval does not bring that about`,
        'retry or resubmit that task, or cancel this change',
      )
    }
    recordApproval(deps, decision, 'approved', null)
    deps.store.changes.move(row.id, 'pending', { lastError: null, reasonCode: null })
  })
}

export async function reject(deps: ActDeps, decision: Decision & { at: string | null }): Promise<ChangeRow> {
  return perform(deps, 'reject', decision.id, (row) => {
    recordApproval(deps, decision, 'rejected', decision.at)
    const { by, at, note } = decision
    // Whoever does it again reads this alone, so the place is part of the reason.
    const about = at === null ? '' : ` at ${at}`
    failWith(deps, row, 'rejected', `rejected by ${by}${about}: ${note ?? 'no reason given'}`)
  })
}

export interface Prioritized {
  /** `behind`: changes that go first all the same, for they edit the same files and were there before. */
  done: { id: number; from: Priority; behind: number[] }[]
  refused: { id: number; error: HyperionError }[]
}

/** Where a change can still wait for its turn, now or once a person has decided about it. */
export const PRIORITIZABLE: readonly ChangeStatus[] = ['pending', 'held', 'conflict']

/**
 * Gives changes another priority: those that wait for a person take it along when they come back into the queue.
 *
 * Payload and hash stay as they were sent; who may not be moved is named, and the others are done.
 */
export function prioritize(deps: ActDeps, ids: readonly number[], to: Priority): Prioritized {
  const { store } = deps
  const result: Prioritized = { done: [], refused: [] }
  return store.db.write(() => {
    for (const id of new Set(ids)) {
      try {
        const row = requireRow(store, id)
        if (!PRIORITIZABLE.includes(row.status)) {
          const from = PRIORITIZABLE.join(', ')
          const said = `change ${id} is ${row.status}; prioritize takes a change that is ${from}`
          throw userError('wrong_status', said)
        }
        result.done.push({ id, from: row.priority, behind: earlierOnPaths(store.db, id) })
        if (row.priority === to) continue
        store.changes.setPriority(id, to)
        const details = { by: deps.actor, from: row.priority, to }
        store.logs.write({ message: 'prioritize', queueId: id, taskId: row.task_id, details })
      } catch (thrown) {
        const error = asHyperionError(thrown)
        if (error.kind !== 'user') throw thrown
        result.refused.push({ id, error })
      }
    }
    return result
  })
}
