/** A whole plan as a form: each assignment's fields as they are written, and the assignments they stand for. */

export type AssignmentDocument = Readonly<Record<string, unknown>>

/** The fields of one assignment; lists are written one entry on each line. */
export interface PartForm {
  task_id: string
  summary: string
  files: string
  after: string
  instructions: string
  criteria: string
  complexity: string
  /** As it stood, for what the form has no field for. */
  document: AssignmentDocument
}

export type PartField = Exclude<keyof PartForm, 'task_id' | 'document'>

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

function metadataOf(document: AssignmentDocument): Record<string, unknown> {
  const { metadata } = document
  return typeof metadata === 'object' && metadata !== null ? { ...metadata } : {}
}

function complexityOf(document: AssignmentDocument): string {
  const { complexity } = metadataOf(document)
  return typeof complexity === 'number' ? String(complexity) : ''
}

export const formOf = (document: AssignmentDocument): PartForm => ({
  task_id: String(document['task_id'] ?? ''),
  summary: typeof document['summary'] === 'string' ? document['summary'] : '',
  files: textsOf(document['file_targets']).join('\n'),
  after: textsOf(document['depends_on']).join('\n'),
  instructions: textsOf(document['instructions']).join('\n'),
  criteria: textsOf(document['acceptance_criteria']).join('\n'),
  complexity: complexityOf(document),
  document,
})

/** Another one, under the next number that none of them has. */
export function addedTo(requestId: string, parts: readonly PartForm[]): PartForm {
  const numbers = parts.map(({ task_id }) => Number(task_id.slice(requestId.length + 1)))
  const next = Math.max(0, ...numbers.filter((number) => Number.isSafeInteger(number))) + 1
  return formOf({ task_id: `${requestId}-${next}`, parent_request_id: requestId, instructions: [] })
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** An entry may have several lines: what nobody wrote in stays as it is. */
function listOf(before: unknown, text: string): string[] {
  const known = textsOf(before)
  return known.join('\n') === text ? known : linesOf(text)
}

export function documentOf(part: PartForm): AssignmentDocument {
  const { document } = part
  const { depends_on, acceptance_criteria, metadata: _metadata, ...rest } = document
  const after = listOf(depends_on, part.after)
  const criteria = listOf(acceptance_criteria, part.criteria)
  const { complexity: _complexity, ...others } = metadataOf(document)
  const wanted = part.complexity.trim()
  const metadata = wanted === '' ? others : { ...others, complexity: Number(wanted) }
  return {
    ...rest,
    summary: part.summary.trim(),
    file_targets: listOf(document['file_targets'], part.files),
    instructions: listOf(document['instructions'], part.instructions),
    ...(after.length > 0 || depends_on !== undefined ? { depends_on: after } : {}),
    ...(criteria.length > 0 || acceptance_criteria !== undefined ? { acceptance_criteria: criteria } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  }
}

/** By place and field ("0.summary"); what only the engine can know, it says when it is asked. */
export function partErrors(parts: readonly PartForm[]): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    if (part.summary.trim() === '') errors[`${index}.summary`] = 'Say in a sentence what is to be done'
    if (linesOf(part.files).length === 0)
      errors[`${index}.files`] = 'At least one path, or a folder ending in “/”'
    if (!/^(?:[1-9]|10)?$/.test(part.complexity.trim()))
      errors[`${index}.complexity`] = 'A whole number from 1 to 10, or nothing'
  }
  return errors
}

const FIELDS: Readonly<Record<string, PartField>> = {
  summary: 'summary',
  file_targets: 'files',
  depends_on: 'after',
  instructions: 'instructions',
  acceptance_criteria: 'criteria',
  metadata: 'complexity',
}

/** The field of the form that a refusal of the engine names first; null where it names none of it. */
export function namedPart(message: string): string | null {
  const match = /\bassignments\[(\d+)\]\.([a-z_]+)/.exec(message)
  const field = match?.[2] === undefined ? undefined : FIELDS[match[2]]
  return match?.[1] === undefined || field === undefined ? null : `${match[1]}.${field}`
}

/** What is wrong with the field it stands at, in the form's own names instead of the document's. */
export const refusedWords = (message: string, parts: readonly PartForm[]): string =>
  message
    .replace(/^the plan of \S+ would not hold: /, '')
    .replace(/^assignments\[\d+\]\.[a-z_]+(?:\[\d+\])?/, 'It')
    .replace(/\bassignments\[(\d+)\]/g, (whole, index) => parts[Number(index)]?.task_id ?? whole)

/** "after REQ-1-1 · complexity 4"; null where there is neither. */
export function planFacts(part: {
  depends_on: readonly string[]
  document: AssignmentDocument
}): string | null {
  const complexity = complexityOf(part.document)
  const words = [
    ...(part.depends_on.length === 0 ? [] : [`after ${part.depends_on.join(', ')}`]),
    ...(complexity === '' ? [] : [`complexity ${complexity}`]),
  ]
  return words.length === 0 ? null : words.join(' · ')
}

/** Moves one up or down; at the ends it stays. */
export function moved<T>(all: readonly T[], from: number, by: 1 | -1): T[] {
  const next = [...all]
  const [one] = next.splice(from, 1)
  if (one !== undefined) next.splice(Math.max(0, from + by), 0, one)
  return next
}
