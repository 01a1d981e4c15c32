/** Decides whether a task request or a cast may be taken in, from its JSON alone. */
import type { Assignment } from '../../../schemas/assignment.ts'
import { CAST_SCHEMA, castSchema, type Cast } from '../../../schemas/cast.ts'
import { taskRequestSchema, type TaskRequest } from '../../../schemas/task-request.ts'
import { inert } from '../base/inert.ts'
import { checkShape, type Finding } from '../base/json.ts'
import { REQUEST_LIMITS } from './limits.ts'
import { pathRefusal } from './paths.ts'
import { examineChange } from './validate-change.ts'

export type TaskRequestVerdict =
  | { ok: true; request: TaskRequest; warnings: Finding[] }
  | { ok: false; errors: Finding[]; warnings: Finding[] }

export type CastVerdict =
  { ok: true; cast: Cast; warnings: Finding[] } | { ok: false; errors: Finding[]; warnings: Finding[] }

/** Its assignments are `<request_id>-1` to `-500`, and those are ids as well. */
const MAX_REQUEST_ID = 196

/** Tells a cast from a task request by what it says it is. */
export const isCast = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (value as { schema?: unknown }).schema === CAST_SCHEMA

/** Validates a task request: shape, paths, and that given assignments belong to it and can be done in some order. */
export function validateTaskRequest(value: unknown): TaskRequestVerdict {
  const shaped = checkShape(taskRequestSchema, value, REQUEST_LIMITS, 'the task request')
  if (!shaped.ok) return { ok: false, errors: shaped.errors, warnings: [] }
  const errors = commonErrors(shaped.value)
  return errors.length === 0
    ? { ok: true, request: shaped.value, warnings: [] }
    : { ok: false, errors, warnings: [] }
}

/** Validates a cast: what holds for a task request, and each finished edit as in a change request. */
export function validateCast(value: unknown): CastVerdict {
  const shaped = checkShape(castSchema, value, REQUEST_LIMITS, 'the cast')
  if (!shaped.ok) return { ok: false, errors: shaped.errors, warnings: [] }
  const cast = shaped.value
  const errors = commonErrors(cast)
  const warnings: Finding[] = []
  for (const [index, item] of cast.requested_changes.entries()) {
    if (item.change === undefined) continue
    const field = `requested_changes[${index}].change`
    if (item.change.path !== item.path) {
      const message = `${field}.path is "${inert(item.change.path, 80)}", not the path of its requested change; make them equal`
      errors.push({ code: 'path_differs', field: `${field}.path`, message })
      continue
    }
    const examined = examineChange(item.change, field)
    errors.push(...examined.errors)
    warnings.push(...examined.warnings)
  }
  return errors.length === 0 ? { ok: true, cast, warnings } : { ok: false, errors, warnings }
}

function commonErrors(
  request: Pick<TaskRequest, 'request_id' | 'requested_changes' | 'assignments'>,
): Finding[] {
  const errors: Finding[] = []
  if (request.request_id.length > MAX_REQUEST_ID) {
    const message = `request_id has ${request.request_id.length} characters; at most ${MAX_REQUEST_ID} leave room for "-<n>"`
    errors.push({ code: 'request_id_too_long', field: 'request_id', message })
  }
  for (const [index, { path }] of request.requested_changes.entries()) {
    errors.push(...pathErrors(path, `requested_changes[${index}].path`))
  }
  if (request.assignments !== undefined) errors.push(...planErrors(request.request_id, request.assignments))
  return errors
}

function pathErrors(path: string, field: string): Finding[] {
  const refusal = pathRefusal(path)
  if (refusal === null) return []
  return [{ code: refusal.code, field, message: `${field} "${inert(path, 80)}": ${refusal.message}` }]
}

/** Says what is wrong with a split into assignments, whoever made it: of this request, inside, apart, in some order. */
export function planErrors(requestId: string, assignments: readonly Assignment[]): Finding[] {
  const errors = assignmentErrors(requestId, assignments)
  // What a task waits for means nothing before every one has a name of its own.
  return errors.length > 0 ? errors : overlapErrors(assignments)
}

const covers = (one: string, other: string): boolean =>
  one === other || (one.endsWith('/') && other.startsWith(one))

/** A person asked for these files: a plan that leaves one out leaves work undone. */
export function leftOut(request: TaskRequest, plan: readonly Assignment[]): Finding[] {
  const targets = plan.flatMap(({ file_targets }) => file_targets)
  const missing = request.requested_changes
    .map(({ path }) => path)
    .find((path) => !targets.some((one) => covers(one, path)))
  if (missing === undefined) return []
  const message = `assignments leave out ${missing}, which the request asks to change; give it to one of them`
  return [{ code: 'target_left_out', field: 'assignments', message }]
}

/** Two that may touch the same file come one after the other, or neither knows what it builds on. */
function overlapErrors(assignments: readonly Assignment[]): Finding[] {
  const errors: Finding[] = []
  const before = assignments.map((assignment) => waitedFor(assignment, assignments))
  for (const [index, one] of assignments.entries()) {
    for (const [earlier, other] of assignments.slice(0, index).entries()) {
      const shared = one.file_targets.find((path) =>
        other.file_targets.some((theirs) => covers(path, theirs) || covers(theirs, path)),
      )
      if (shared === undefined) continue
      if (before[index]?.has(other.task_id) || before[earlier]?.has(one.task_id)) continue
      const field = `assignments[${index}].file_targets`
      const message = `${field} has "${inert(shared, 80)}", which assignments[${earlier}] may touch as well; make one depend on the other, or give each its own files`
      errors.push({ code: 'targets_overlap', field, message })
      if (errors.length >= 20) return errors
    }
  }
  return errors
}

/** The tasks of the same plan that come before one, over however many others. */
function waitedFor(assignment: Assignment, all: readonly Assignment[]): Set<string> {
  const byTask = new Map(all.map((one) => [one.task_id, one]))
  const found = new Set<string>()
  const open = [...(assignment.depends_on ?? [])]
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    if (found.has(task)) continue
    found.add(task)
    open.push(...(byTask.get(task)?.depends_on ?? []))
  }
  return found
}

function assignmentErrors(requestId: string, assignments: readonly Assignment[]): Finding[] {
  const errors: Finding[] = []
  const seen = new Map<string, number>()
  for (const [index, assignment] of assignments.entries()) {
    const at = `assignments[${index}]`
    const refuse = (part: string, code: string, said: string): void => {
      errors.push({ code, field: `${at}.${part}`, message: `${at}.${part} ${said}` })
    }
    const { task_id: taskId, parent_request_id: parent } = assignment
    if (parent !== requestId)
      refuse('parent_request_id', 'not_of_this_request', `takes "${requestId}", got "${parent}"`)
    if (!taskId.startsWith(`${requestId}-`) || !/^[1-9]\d*$/.test(taskId.slice(requestId.length + 1))) {
      refuse('task_id', 'not_of_this_request', `takes "${requestId}-" and a number, got "${taskId}"`)
    }
    const earlier = seen.get(taskId)
    if (earlier === undefined) seen.set(taskId, index)
    else
      refuse(
        'task_id',
        'duplicate_task_id',
        `is also the task_id of assignments[${earlier}]; give each its own`,
      )
    for (const [target, path] of assignment.file_targets.entries()) {
      const exact = path.endsWith('/') ? path.slice(0, -1) : path
      errors.push(...pathErrors(exact, `${at}.file_targets[${target}]`))
    }
  }
  const stuck = firstInCycle(assignments)
  if (stuck !== null) {
    const field = `assignments[${stuck}].depends_on`
    errors.push({
      code: 'dependency_cycle',
      field,
      message: `${field} leads back to its own task; remove one link`,
    })
  }
  return errors
}

/** Returns the index of an assignment that waits for itself, over however many others, or null. */
function firstInCycle(assignments: readonly Assignment[]): number | null {
  const byTask = new Map(assignments.map((assignment) => [assignment.task_id, assignment]))
  // Take away whatever waits for nothing that is left; what remains waits for itself or for something that does.
  const left = new Set(byTask.keys())
  const waitsFor = (task: string): string | undefined =>
    byTask.get(task)?.depends_on?.find((other) => left.has(other))
  for (let shrank = true; shrank;) {
    shrank = false
    for (const task of left) {
      if (waitsFor(task) !== undefined) continue
      left.delete(task)
      shrank = true
    }
  }
  const walked = new Set<string>()
  let task = left.values().next().value
  while (task !== undefined && !walked.has(task)) {
    walked.add(task)
    task = waitsFor(task)
  }
  return task === undefined ? null : assignments.findIndex((assignment) => assignment.task_id === task)
}
