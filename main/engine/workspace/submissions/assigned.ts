/** Whose a task is: what is assigned to one agent is handed in by that one, within its targets. */
import type { SubmitChange } from '../../../../schemas/mcp.ts'
import { type HyperionError, userError } from '../../base/errors.ts'
import type { AssignmentRow, Requests } from '../../store/requests.ts'

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
