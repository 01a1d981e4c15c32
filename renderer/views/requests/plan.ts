/** An assignment as a person wrote it: what the form can say of it before the engine judges it. */
import type { Assignment } from '../../../schemas/assignment.ts'

export type ReadPlan = { ok: true; assignment: Assignment } | { ok: false; error: string }

const no = (error: string): ReadPlan => ({ ok: false, error })

const areTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Names the field that is wrong; what only the engine can know, it says when it is asked. */
export function readPlan(text: string, taskId: string): ReadPlan {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    return no(`This is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return no('An assignment is an object')
  const plan = value as Record<string, unknown>
  if (plan['task_id'] !== taskId) return no(`task_id stays ${taskId}`)
  if (typeof plan['parent_request_id'] !== 'string') return no('parent_request_id names the request')
  if (typeof plan['summary'] !== 'string' || plan['summary'].trim() === '')
    return no('summary says what is to be done')
  const targets = plan['file_targets']
  if (!areTexts(targets) || (targets as string[]).length === 0)
    return no('file_targets is a list of at least one path, or a folder ending in "/"')
  if (!areTexts(plan['instructions'])) return no('instructions is a list of texts; it may be empty')
  for (const key of ['depends_on', 'acceptance_criteria'])
    if (plan[key] !== undefined && !areTexts(plan[key])) return no(`${key} is a list of texts, or left out`)
  return { ok: true, assignment: value as Assignment }
}
