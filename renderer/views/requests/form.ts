/** The intake form: what it holds, what is wrong with it by simple rules, and the task request it stands for. */
import type { Choices } from './agent-choices.tsx'
import type { Priority } from '../../../schemas/states.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'

export interface FormChange {
  path: string
  summary: string
}

export interface FormValues extends Choices {
  request_id: string
  summary: string
  changes: readonly FormChange[]
  priority: Priority
  /** One on each line. */
  criteria: string
  /** One on each line; none leaves it to the engine. */
  checks: string
  context: string
}

export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const satisfies readonly Priority[]

const MAX_CHANGES = 500
/** Leaves room for "-<n>", the names of its assignments. */
const MAX_ID = 196
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** The next number after those in use; names of another form do not count. */
export function proposeId(taken: readonly string[]): string {
  const numbers = taken.flatMap((id) => {
    const match = /^REQ-([0-9]{1,9})$/.exec(id)
    return match?.[1] === undefined ? [] : [Number(match[1])]
  })
  return `REQ-${Math.max(0, ...numbers) + 1}`
}

export const blankForm = (id: string): FormValues => ({
  request_id: id,
  summary: '',
  changes: [{ path: '', summary: '' }],
  priority: 'normal',
  criteria: '',
  checks: '',
  context: '',
})

/** Whether anything was written that would be lost. */
export const isWritten = (values: FormValues): boolean =>
  [values.summary, values.criteria, values.checks, values.context].some((text) => text.trim() !== '') ||
  values.changes.some(({ path, summary }) => path.trim() !== '' || summary.trim() !== '')

const isText = (value: unknown): value is string => typeof value === 'string'

export function isFormValues(value: unknown): value is FormValues {
  if (typeof value !== 'object' || value === null) return false
  const { request_id, summary, changes, priority, criteria, checks, context, hold, work } = value as Record<
    string,
    unknown
  >
  return (
    [request_id, summary, criteria, checks, context].every(isText) &&
    [hold, work].every((choice) => choice === undefined || typeof choice === 'boolean') &&
    PRIORITIES.some((one) => one === priority) &&
    Array.isArray(changes) &&
    changes.length > 0 &&
    changes.every(
      (one: unknown) =>
        typeof one === 'object' &&
        one !== null &&
        isText((one as Record<string, unknown>)['path']) &&
        isText((one as Record<string, unknown>)['summary']),
    )
  )
}

export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

export const isBlank = ({ path, summary }: FormChange): boolean => path.trim() === '' && summary.trim() === ''

/** Rows that were left empty are left out, as long as one is filled in. */
export const filledChanges = (changes: readonly FormChange[]): FormChange[] =>
  changes.filter((change) => !isBlank(change))

function pathError(path: string): string | null {
  if (path === '') return 'Name the file this is about'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    return 'A path relative to the repository, without a root'
  if (path.includes('\\')) return 'A path with "/" between its parts'
  if (path.split('/').some((part) => part === '..' || part === '.' || part === ''))
    return path.endsWith('/') ? 'A file, not a folder' : 'A path without ".", ".." and empty parts'
  return null
}

export type FormErrors = Readonly<Record<string, string>>

/** By field: "request_id", "changes.0.path". `taken` are ids of other requests, `arrived` that of an earlier text of this one. */
export function checkForm(
  values: FormValues,
  taken: readonly string[],
  arrived: string | null = null,
): FormErrors {
  const errors: Record<string, string> = {}
  const id = values.request_id.trim()
  if (id === '') errors['request_id'] = 'Give it a name'
  else if (!ID.test(id))
    errors['request_id'] = 'Letters, digits, ".", "_" and "-", beginning with a letter or digit'
  else if (id.length > MAX_ID) errors['request_id'] = `At most ${MAX_ID} characters`
  else if (id === arrived)
    errors['request_id'] = 'It arrived as it was sent; what was changed since needs another name'
  else if (taken.includes(id)) errors['request_id'] = 'Another request has this name already'
  if (values.summary.trim() === '') errors['summary'] = 'Say in a sentence what is wanted'
  const filled = filledChanges(values.changes)
  if (filled.length > MAX_CHANGES) errors['changes'] = `At most ${MAX_CHANGES} requested changes`
  for (const [index, change] of values.changes.entries()) {
    if (isBlank(change) && (filled.length > 0 || index > 0)) continue
    const wrong = pathError(change.path.trim())
    if (wrong !== null) errors[`changes.${index}.path`] = wrong
    if (change.summary.trim() === '') errors[`changes.${index}.summary`] = 'Say what is to happen to it'
  }
  if (linesOf(values.checks).length > 100) errors['checks'] = 'At most 100 checks'
  return errors
}

export function toTaskRequest(values: FormValues): TaskRequest {
  const criteria = linesOf(values.criteria)
  const checks = linesOf(values.checks)
  return {
    request_id: values.request_id.trim(),
    summary: values.summary.trim(),
    requested_changes: filledChanges(values.changes).map(({ path, summary }) => ({
      path: path.trim(),
      summary: summary.trim(),
    })),
    priority: values.priority,
    ...(values.context.trim() === '' ? {} : { context: values.context.trim() }),
    ...(criteria.length === 0 ? {} : { acceptance_criteria: criteria }),
    ...(checks.length === 0 ? {} : { checks }),
  }
}

/** The form's field that a refusal of the engine names, or null where it names none of it. */
export function fieldNamed(message: string, values: FormValues): string | null {
  const match = /\brequested_changes\[([0-9]+)\]\.(path|summary)\b/.exec(message)
  if (match !== null) {
    const wanted = filledChanges(values.changes)[Number(match[1])]
    const index = wanted === undefined ? -1 : values.changes.indexOf(wanted)
    return index === -1 ? null : `changes.${index}.${match[2]}`
  }
  if (/\brequest_id\b/.test(message)) return 'request_id'
  if (/\bchecks\b/.test(message)) return 'checks'
  if (/: summary\b/.test(message)) return 'summary'
  return null
}
