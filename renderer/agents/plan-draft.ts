/** What was typed into the editor of a plan and is not saved yet, and which plan it was typed over. */
import type { Failure } from '../failure.ts'
import type { PartForm } from './plan-form.ts'

/** `plan` is the revision it was typed over. */
export interface PlanDraft {
  plan: string
  parts: readonly PartForm[]
}

/** Under which name it is kept. */
export const planDraftOf = (requestId: string): string => `plan.draft:${requestId}`

/** One assignment as JSON; `from` is the text it was typed over. */
export interface AssignmentDraft {
  from: string
  text: string
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const TEXTS = ['task_id', 'summary', 'files', 'after', 'instructions', 'criteria', 'complexity'] as const

const isPart = (value: unknown): boolean =>
  isRecord(value) && isRecord(value['document']) && TEXTS.every((key) => typeof value[key] === 'string')

export const isPlanDraft = (value: unknown): value is PlanDraft =>
  isRecord(value) &&
  typeof value['plan'] === 'string' &&
  Array.isArray(value['parts']) &&
  value['parts'].length > 0 &&
  value['parts'].every(isPart)

export const isAssignmentDraft = (value: unknown): value is AssignmentDraft =>
  isRecord(value) && typeof value['from'] === 'string' && typeof value['text'] === 'string'

/** What is kept of it: nothing where it says what the plan says already. */
export const draftOf = (now: PlanDraft, next: PlanDraft): PlanDraft | null =>
  next.plan === now.plan && JSON.stringify(next.parts) === JSON.stringify(now.parts) ? null : next

const REMEDIES: Readonly<Record<string, string>> = {
  plan_changed: 'It is read again; nothing you wrote is lost.',
  planned_too_late: 'What is not queued yet is edited one assignment at a time.',
}

/** A refusal with a remedy for whoever sits at the window: the engine's own names a command. */
export function inWindow(failure: Failure): Failure {
  const hint = Object.hasOwn(REMEDIES, failure.code) ? REMEDIES[failure.code] : undefined
  return hint === undefined ? failure : { ...failure, hint }
}
