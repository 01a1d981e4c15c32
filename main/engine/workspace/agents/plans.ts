/** The plan of a request that waits for a person: looked at, edited whole, let run. */
import { z } from 'zod'
import { assignmentSchema, type Assignment } from '../../../../schemas/assignment.ts'
import { readTask, refuseTaken, requireRequest, type RequestOptions } from '../../agents/requests.ts'
import { AGENTS_STOPPED } from '../../agents/supervise.ts'
import { handOut } from '../../agents/orchestrator.ts'
import { userError, type HyperionError } from '../../base/errors.ts'
import { checkShape, type Finding } from '../../base/json.ts'
import type { Ground } from '../../compose.ts'
import { REQUEST_LIMITS } from '../../domain/limits.ts'
import { finishedEdits, numberOf, planEditErrors, planRevision } from '../../domain/plan.ts'

export interface Plan {
  request_id: string
  /** Whether it waits to be let run. */
  held: boolean
  /** Names the plan as it stands; an edit says which one it was made of. */
  revision: string
  assignments: Assignment[]
}

export interface PlanActs {
  plan(requestId: string): Plan
  /**
   * Puts another plan in the place of a held one, all of it or nothing; `revision` is that of the plan it was made of,
   * null where whoever edits does not mind what became of it meanwhile.
   */
  editPlan(requestId: string, assignments: unknown, revision: string | null): Plan
  /** Lets a held plan run, `revision` as above; returns whether it was held. */
  releasePlan(requestId: string, revision: string | null): boolean
}

const planSchema = z
  .strictObject({
    assignments: z.array(assignmentSchema).min(1, { error: 'at least one assignment' }).max(500),
  })
  .describe('As in a task request.')

function refusal(requestId: string, errors: readonly Finding[]): HyperionError {
  const [first, ...more] = errors
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`
  const said = `the plan of ${requestId} would not hold: ${first?.message ?? 'it is not valid'}${rest}`
  return userError(first?.code ?? 'invalid', said, 'mend it and hand it in again; nothing was changed')
}

export function openPlans({ store }: Pick<Ground, 'store'>, actor: string): PlanActs {
  const { requests, browse, logs, facts, db } = store

  function planOf(requestId: string): Plan {
    const assignments = requests.assignments(requestId).map(({ assignment }) => assignment)
    const held = requests.isPlanHeld(requestId)
    return { request_id: requestId, held, revision: planRevision(assignments), assignments }
  }
  function requirePlan(requestId: string): Plan {
    const { status } = requireRequest(requests, requestId)
    const plan = planOf(requestId)
    if (plan.assignments.length > 0) return plan
    const remedy = `see \`hyperion requests ${requestId}\``
    throw userError('not_planned', `request ${requestId} has no plan yet (${status})`, remedy)
  }
  function requireSame({ request_id: id, revision }: Plan, seen: string | null): void {
    if (seen === null || seen === revision) return
    const remedy = `look at it as it is now: \`hyperion plan ${id}\``
    throw userError('plan_changed', `the plan of ${id} was edited meanwhile`, remedy)
  }

  /** While nobody may work, what a plan was held for would be used up for nothing. */
  function requireAtWork(id: string): void {
    if (facts.get(AGENTS_STOPPED) === null) return
    const remedy = `run \`hyperion resume\`, then \`hyperion continue ${id}\``
    throw userError('agents_stopped', `agents are stopped; the plan of ${id} stays held`, remedy)
  }

  return {
    plan: requirePlan,
    editPlan: (requestId, value, revision) =>
      db.write(() => {
        const before = requirePlan(requestId)
        const row = requireRequest(requests, requestId)
        if (!before.held) {
          const remedy =
            row.status === 'cancelled'
              ? 'submit it under a new request_id'
              : 'change what is not queued with `hyperion replan`, one assignment at a time'
          const said = row.status === 'cancelled' ? 'was cancelled' : 'runs already'
          throw userError('planned_too_late', `the plan of request ${requestId} ${said}`, remedy)
        }
        requireSame(before, revision)
        const shaped = checkShape(planSchema, { assignments: value }, REQUEST_LIMITS, 'the plan')
        if (!shaped.ok) throw refusal(requestId, shaped.errors)
        const { assignments } = shaped.value
        const { request, cast } = readTask(requestId, JSON.parse(row.payload))
        const errors = planEditErrors(request, cast, assignments)
        if (errors.length > 0) throw refusal(requestId, errors)
        refuseTaken(requests, requestId, assignments)
        const { agents } = JSON.parse(row.options) as Pick<RequestOptions, 'agents'>
        // A finished edit of a cast is found by its place.
        const byNumber = finishedEdits(request, cast).size > 0
        requests.replacePlan(
          requestId,
          handOut(assignments, agents).map((one) => ({
            ...one,
            ...(byNumber ? { seq: numberOf(requestId, one.assignment.task_id) } : {}),
            inFlight: [...new Set(one.assignment.file_targets.flatMap((path) => browse.openOnTarget(path)))],
          })),
        )
        const now = planOf(requestId)
        logs.write({
          message: 'plan edited',
          details: {
            by: actor,
            request_id: requestId,
            assignments: assignments.length,
            before: before.revision,
            plan: now.revision,
          },
        })
        return now
      }),
    releasePlan: (requestId, revision) =>
      db.write(() => {
        requireRequest(requests, requestId)
        if (!requests.isPlanHeld(requestId)) return false
        const plan = planOf(requestId)
        requireSame(plan, revision)
        requireAtWork(requestId)
        requests.releasePlan(requestId)
        const details = { by: actor, request_id: requestId, assignments: plan.assignments.length, plan: plan.revision } // prettier-ignore
        logs.write({ message: 'plan released', details })
        return true
      }),
  }
}
