/** Which change undoes which: told by the log, because a payload may claim anything. */
import type { Store } from '../store/store.ts'

/** Messages of the log: on the change that was reverted, and on the one that reverts it. */
const REVERTED = 'revert'
const REVERTS = 'reverts'

type LinkStore = Pick<Store, 'logs' | 'changes'>

const idIn = (details: string): number | null => {
  const { change_id } = JSON.parse(details) as { change_id?: unknown }
  return Number.isSafeInteger(change_id) ? Number(change_id) : null
}

/** Writes down, in the caller's transaction, that `revertId` is queued to undo `id`. */
export function linkRevert(
  { logs }: LinkStore,
  by: string,
  reverted: { id: number; task_id: string },
  revert: { id: number; task_id: string },
): void {
  logs.write({
    message: REVERTED,
    queueId: reverted.id,
    taskId: reverted.task_id,
    details: { by, change_id: revert.id },
  })
  logs.write({
    message: REVERTS,
    queueId: revert.id,
    taskId: revert.task_id,
    details: { by, change_id: reverted.id },
  })
}

/** The changes that were queued to undo this one, oldest first. */
const revertsOf = ({ logs }: LinkStore, id: number): number[] =>
  logs.list({ changeId: id, message: REVERTED }).flatMap(({ details }) => idIn(details) ?? [])

/** The change that this one was queued to undo, or null. */
export function originalOf({ logs }: LinkStore, id: number): number | null {
  const [row] = logs.list({ changeId: id, message: REVERTS, limit: 1 })
  return row === undefined ? null : idIn(row.details)
}

/**
 * Returns the newest change that undoes this one or is about to, or null: one that failed or was cancelled does not,
 * one that was undone itself no longer does, and one that found nothing to do never did.
 */
export function standingRevertOf(store: LinkStore, id: number): number | null {
  for (const revert of revertsOf(store, id).toReversed()) {
    const row = store.changes.find(revert)?.row
    if (row === undefined || row.status === 'failed' || row.status === 'cancelled') continue
    if (row.status !== 'applied') return revert
    if (row.landed_commit !== null && !isUndone(store, revert)) return revert
  }
  return null
}

/** Whether an applied revert of this change is in force. */
function isUndone(store: LinkStore, id: number): boolean {
  const revert = standingRevertOf(store, id)
  return revert !== null && store.changes.find(revert)?.row.status === 'applied'
}
