/** The Orchestrator: a brief becomes assignments that do not get into each other's way. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { CompleteMetadata, Metadata } from '../../../schemas/metadata.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'

export interface Orchestrator {
  split(brief: Brief, request: TaskRequest, signal: AbortSignal): Promise<Assignment[]>
}

/** Fills in what given metadata leaves open from the brief; keys beside the six are kept. */
export function metadataOf(brief: Brief, given: Metadata | undefined) {
  return {
    ...given,
    intent: given?.intent ?? brief.intent,
    complexity: given?.complexity ?? brief.complexity,
    sample_diff: given?.sample_diff ?? '',
    telemetry_anchors: given?.telemetry_anchors ?? [brief.request_id],
    approvals: given?.approvals ?? [],
  } satisfies Metadata
}

/** Returns all six keys of metadata, with the model that was chosen. */
export function metadataFor(brief: Brief, given: Metadata | undefined, model: string): CompleteMetadata {
  return { ...metadataOf(brief, given), agent_model: model }
}

const said = (criteria: readonly string[] | undefined): boolean =>
  (criteria ?? []).some((one) => one.trim() !== '')

/**
 * Returns the given assignments as they are, or one for each requested change, in order.
 *
 * Changes to the same file become a chain: the later one depends on the last earlier one.
 */
export function assignmentsOf(brief: Brief, request: TaskRequest): Assignment[] {
  if (request.assignments !== undefined) return request.assignments
  const lastOn = new Map<string, string>()
  return request.requested_changes.map((change, index) => {
    const task_id = `${request.request_id}-${index + 1}`
    const before = lastOn.get(change.path)
    lastOn.set(change.path, task_id)
    const instructions = [change.summary]
    if (request.context !== undefined && request.context.trim() !== '') instructions.push(request.context)
    const assignment: Assignment = {
      task_id,
      parent_request_id: request.request_id,
      summary: change.summary,
      file_targets: [change.path],
      instructions,
      // What a person demanded of the whole holds for each part; what was made of the parts is each one's own.
      acceptance_criteria: said(request.acceptance_criteria)
        ? brief.acceptance_criteria
        : [`${change.path}: ${change.summary}`],
      // Which model it will be is decided when the assignment is handed to an agent.
      metadata: metadataOf(brief, request.metadata),
    }
    if (before !== undefined) assignment.depends_on = [before]
    if (request.checks !== undefined) assignment.checks = request.checks
    return assignment
  })
}

export const stubOrchestrator = (): Orchestrator => ({
  split: (brief, request) => Promise.resolve(assignmentsOf(brief, request)),
})

export interface Handed {
  assignment: Assignment
  agent: string
}

/** Hands the assignments to `agent-1` … `agent-N` in turn. */
export function handOut(assignments: readonly Assignment[], agents: number): Handed[] {
  const count = Math.max(1, Math.trunc(agents))
  return assignments.map((assignment, index) => ({ assignment, agent: `agent-${(index % count) + 1}` }))
}

/**
 * Returns the assignments in an order in which each comes after those of the same request it depends on.
 *
 * What depends on each other in a circle comes last, in the order given; the queue then says what it waits for.
 */
export function draftOrder(assignments: readonly Assignment[]): Assignment[] {
  const own = new Set(assignments.map((assignment) => assignment.task_id))
  const done = new Set<string>()
  const ordered: Assignment[] = []
  let left = [...assignments]
  while (left.length > 0) {
    const isReady = (assignment: Assignment): boolean =>
      (assignment.depends_on ?? []).every((task) => done.has(task) || !own.has(task))
    const ready = left.find(isReady)
    if (ready === undefined) return [...ordered, ...left]
    ordered.push(ready)
    done.add(ready.task_id)
    left = left.filter((assignment) => assignment !== ready)
  }
  return ordered
}

/** Returns the tasks an assignment's draft stands on: what it depends on within its request, transitively. */
export function standsOn(assignment: Assignment, all: readonly Assignment[]): Set<string> {
  const byTask = new Map(all.map((other) => [other.task_id, other]))
  const found = new Set<string>()
  const open = [...(assignment.depends_on ?? [])]
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    if (found.has(task) || !byTask.has(task)) continue
    found.add(task)
    open.push(...(byTask.get(task)?.depends_on ?? []))
  }
  return found
}
