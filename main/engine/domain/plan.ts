/** The plan of a request as a whole: what names it, and what a person may make of it before it runs. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Cast } from '../../../schemas/cast.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'
import { inert } from '../base/inert.ts'
import type { Finding } from '../base/json.ts'
import { leftOut, planErrors } from './validate-task.ts'

/** Names a plan by what it says, so that nobody edits or lets run another one than they saw. */
export const planRevision = (assignments: readonly Assignment[]): string => sha256(canonicalJson(assignments))

/** The number in `<request_id>-<n>`. */
export const numberOf = (requestId: string, taskId: string): number =>
  Number(taskId.slice(requestId.length + 1))

/** Finished edits of a cast, by the number of the assignment that each is; none where a person gave the assignments. */
export function finishedEdits(request: TaskRequest, cast: Cast | null): Map<number, string> {
  const items = request.assignments === undefined ? (cast?.requested_changes ?? []) : []
  return new Map(
    items.flatMap(({ path, change }, index) => (change === undefined ? [] : [[index + 1, path]])),
  )
}

/** Says what is wrong with a whole plan that a person wrote in the place of another. */
export function planEditErrors(
  request: TaskRequest,
  cast: Cast | null,
  assignments: readonly Assignment[],
): Finding[] {
  const errors = planErrors(request.request_id, assignments)
  if (errors.length > 0) return errors
  return [
    ...unknownTasks(request.request_id, assignments),
    // Whoever gave the assignments with the request has decided what of it is done.
    ...(request.assignments === undefined ? leftOut(request, assignments) : []),
    ...changedEdits(request, cast, assignments),
  ]
}

/** What waits for a task of this request that is not in the plan would wait for ever. */
function unknownTasks(requestId: string, assignments: readonly Assignment[]): Finding[] {
  const own = new Set(assignments.map(({ task_id }) => task_id))
  return assignments.flatMap(({ depends_on }, index) => {
    const unknown = depends_on?.findIndex((task) => task.startsWith(`${requestId}-`) && !own.has(task)) ?? -1
    if (unknown === -1) return []
    const field = `assignments[${index}].depends_on[${unknown}]`
    const message = `${field} names ${inert(depends_on?.[unknown] ?? '', 200)}, which is not in the plan; remove it, or keep that assignment`
    return [{ code: 'dependency_unknown', field, message }]
  })
}

function changedEdits(
  request: TaskRequest,
  cast: Cast | null,
  assignments: readonly Assignment[],
): Finding[] {
  const edits = finishedEdits(request, cast)
  return assignments.flatMap(({ task_id, file_targets }, index) => {
    const path = edits.get(numberOf(request.request_id, task_id))
    if (path === undefined || (file_targets.length === 1 && file_targets[0] === path)) return []
    const field = `assignments[${index}].file_targets`
    const message = `${field} takes "${inert(path, 80)}" alone: ${task_id} is a finished edit of the cast; give other work another number`
    return [{ code: 'finished_edit', field, message }]
  })
}
