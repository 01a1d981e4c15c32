/** The Engineer: a task request becomes a brief. */
import type { Brief } from '../../../schemas/brief.ts'
import { DEFAULT_PRIORITY } from '../../../schemas/states.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import { isProtected } from '../domain/paths.ts'

/** A question that was put, with what came of it: an answer, or the assumption where nobody gave one. */
export interface Answered {
  question: string
  answer: string
}

export interface Engineer {
  /** `answered` is null the first time; afterwards nothing is asked any more. */
  scope(request: TaskRequest, answered: readonly Answered[] | null, signal: AbortSignal): Promise<Brief>
}

const said = (text: string | undefined): text is string => text !== undefined && text.trim() !== ''

/** Rates work nobody rated by how many files it names, so that one small edit goes to the small model. */
const ratedBySize = (files: number): number => Math.min(10, Math.max(1, files))

function criteriaOf(request: TaskRequest): string[] {
  const given = (request.acceptance_criteria ?? []).filter(said)
  if (given.length > 0) return given
  return request.requested_changes.map((change) => `${change.path}: ${change.summary}`)
}

function risksOf(request: TaskRequest, protectedPaths: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of request.requested_changes) counts.set(path, (counts.get(path) ?? 0) + 1)
  const risks: string[] = []
  for (const [path, count] of counts) {
    if (isProtected(path, protectedPaths))
      risks.push(`${path} is protected: its change waits for an approval`)
    if (count > 1)
      risks.push(`${count} of the requested changes edit ${path}: they are made one after the other`)
  }
  return risks
}

/** Returns the brief that follows from the request's own words. */
export function briefOf(request: TaskRequest, protectedPaths: readonly string[]): Brief {
  const intent = request.metadata?.intent
  const files = new Set(request.requested_changes.map((change) => change.path)).size
  return {
    request_id: request.request_id,
    intent: said(intent) ? intent : request.summary,
    acceptance_criteria: criteriaOf(request),
    priority: request.priority ?? DEFAULT_PRIORITY,
    complexity: request.metadata?.complexity ?? ratedBySize(files),
    risks: risksOf(request, protectedPaths),
    questions: [],
  }
}

/** The deterministic Engineer: takes the request at its word and asks nothing. */
export const stubEngineer = (deps: { protectedPaths: readonly string[] }): Engineer => ({
  scope: (request) => Promise.resolve(briefOf(request, deps.protectedPaths)),
})
