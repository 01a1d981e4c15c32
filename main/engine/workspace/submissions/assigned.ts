/** Whose a task is: what is assigned to one agent is handed in by that one, within its targets. */
import type { SubmitChange } from '../../../../schemas/mcp.ts'
import { type HyperionError, userError } from '../../base/errors.ts'
import { isAlive } from '../../base/process.ts'
import type { AssignmentRow, Requests } from '../../store/requests.ts'
import type { Store } from '../../store/store.ts'

/** Who hands in. */
export interface Submitter {
  agent: string
  /** The only task it may hand in; null for any. */
  taskId: string | null
}

type Asked = Pick<SubmitChange, 'task_id' | 'request_id'>

/** The assignment of a task, where there is one. */
function assignmentOf(requests: Requests, taskId: string): AssignmentRow | null {
  const requestId = requests.ownerOf(taskId)
  if (requestId === null) return null
  return requests.assignments(requestId).find(({ task_id }) => task_id === taskId) ?? null
}

/** Returns the assignment that is handed in, null for work that nobody assigned, or why it may not be. */
export function whoseTask(
  requests: Requests,
  { task_id: taskId, request_id: requestId }: Asked,
  by: Submitter,
): AssignmentRow | null | HyperionError {
  if (by.taskId !== null && taskId !== by.taskId) {
    const said = `task_id takes ${by.taskId}, the one task that may be handed in here, not ${taskId}`
    return userError('task_not_yours', said, `hand in with task_id ${by.taskId}`)
  }
  const row = assignmentOf(requests, taskId)
  if (row === null) return null
  if (row.agent !== by.agent) {
    const said = `task_id ${taskId} is the assignment of ${row.agent}; who hands in here is ${by.agent}`
    return userError(
      'task_not_yours',
      said,
      'hand in your own assignment, or work under a task_id of your own',
    )
  }
  if (requestId !== undefined && requestId !== row.request_id) {
    const said = `request_id takes ${row.request_id}, the request of assignment ${taskId}, not ${requestId}`
    return userError('wrong_request', said, 'correct it, or leave request_id out')
  }
  return row
}

/** Why nothing of a request may be handed in now; null where it may. */
export function closedRequest(requests: Requests, requestId: string): HyperionError | null {
  if (requests.isCancelled(requestId)) {
    const said = `request ${requestId} was withdrawn, and takes nothing in any more`
    return userError('request_cancelled', said, 'stop here; a person has to ask for it anew')
  }
  if (!requests.isPlanHeld(requestId)) return null
  const said = `the plan of request ${requestId} waits for a person, and nothing of it runs before`
  return userError('plan_held', said, 'hand in once it is let run')
}

/** The same of one assignment, as it stands at this moment: one that another has, or that is handed in, is taken. */
export function closedAssignment(
  { requests, runs, changes }: Pick<Store, 'requests' | 'runs' | 'changes'>,
  { task_id: taskId, request_id: requestId }: AssignmentRow,
): HyperionError | null {
  const closed = closedRequest(requests, requestId)
  if (closed !== null) return closed
  const row = assignmentOf(requests, taskId)
  if (row === null || row.status === 'cancelled')
    return userError('assignment_gone', `assignment ${taskId} is in the plan no more`, 'stop here')
  runs.sweep(isAlive)
  const [run] = runs.list({ taskId, running: true })
  if (run !== undefined) {
    const said = `${run.agent} works on assignment ${taskId} at this moment (run ${run.id})`
    return userError('assignment_taken', said, 'leave it to that run, or have a person cancel it first')
  }
  const status = row.change_id === null ? null : (changes.find(row.change_id)?.row.status ?? null)
  if (status === null || status === 'failed' || status === 'cancelled') return null
  const said = `assignment ${taskId} is handed in already, as change ${row.change_id} (${status})`
  const remedy = `see show_change ${row.change_id}; where it will not do, a person sends it back`
  return userError('handed_in_already', said, remedy)
}
