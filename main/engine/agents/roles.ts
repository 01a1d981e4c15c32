/** The Engineer and the Orchestrator as agents: a model's brief and plan, validated like any other input. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import { briefSubmissionJson, briefSubmissionSchema, planSubmissionJson, planSubmissionSchema, type BriefSubmission, type PlanSubmission } from '../../../schemas/roles.ts' // prettier-ignore
import type { TaskRequest } from '../../../schemas/task-request.ts'
import { userError, type HyperionError } from '../base/errors.ts'
import { checkShape, type Finding } from '../base/json.ts'
import { REQUEST_LIMITS } from '../domain/limits.ts'
import { leftOut, planErrors } from '../domain/validate-task.ts'
import { briefOf, type Answered, type Engineer } from './engineer.ts'
import type { AgentTask, AgentTree, HandIn, Outcome, Review } from './harness.ts'
import { metadataOf, type Orchestrator } from './orchestrator.ts'
import { BRIEF_FORM, engineerPrompt, orchestratorPrompt, PLAN_FORM, type InFlight } from './role-prompts.ts'

export interface RoleDeps {
  model: string
  isModelNamed?: boolean
  tree: AgentTree
  maxRepairs: number
  run(task: AgentTask, signal: AbortSignal): Promise<Outcome>
}

const refused = (errors: readonly Finding[]): Review => ({
  accepted: false,
  code: errors[0]?.code ?? 'invalid',
  message: errors
    .slice(0, 5)
    .map(({ message }) => message)
    .join('; '),
})

/** What tells its remedy, and how to go on after it, by itself. */
const SAYS_ITSELF: ReadonlySet<string> = new Set(['budget', 'agents_stopped'])

function notDone(role: 'Engineer' | 'Orchestrator', requestId: string, outcome: Outcome): HyperionError {
  const [code, detail] =
    outcome.kind === 'failed' ? [outcome.reason ?? outcome.code, outcome.detail] : ['no_submission', '']
  const what = role === 'Engineer' ? 'wrote no brief' : 'made no plan'
  const said = `the ${role} ${what}: ${detail}`
  if (outcome.kind === 'failed' && (SAYS_ITSELF.has(outcome.code) || SAYS_ITSELF.has(code)))
    return userError(code, said)
  return userError(code, said, `\`hyperion continue ${requestId}\` goes on`)
}

/** Has a role do its one task. */
function ask(
  { model, isModelNamed = false, maxRepairs, tree, run }: RoleDeps,
  role: 'engineer' | 'orchestrator',
  prompt: string,
  handIn: HandIn,
  signal: AbortSignal,
): Promise<Outcome> {
  const from = { openWorkTree: null, resume: null, given: null }
  return run({ role, agent: role, model, isModelNamed, prompt, handIn, maxRepairs, tree, ...from }, signal)
}

/** What a person said stands; the Engineer fills in the rest. */
function briefFrom(
  request: TaskRequest,
  made: BriefSubmission,
  answered: readonly Answered[] | null,
  protectedPaths: readonly string[],
): Brief {
  const own = briefOf(request, protectedPaths)
  const given = (request.acceptance_criteria ?? []).filter((one) => one.trim() !== '')
  const asks = answered === null ? (made.questions ?? []) : []
  return {
    request_id: request.request_id,
    intent: request.metadata?.intent ?? made.intent,
    acceptance_criteria: [...new Set([...given, ...made.acceptance_criteria])],
    priority: request.priority ?? made.priority ?? own.priority,
    complexity: request.metadata?.complexity ?? made.complexity,
    risks: [...new Set([...own.risks, ...(made.risks ?? [])])],
    questions: [
      ...(answered ?? []).map(({ question, answer }) => ({ text: question, blocking: true, answer })),
      ...asks.map((one) => ({ ...one, answer: null })),
    ],
  }
}

export function modelEngineer(deps: RoleDeps & { protectedPaths: readonly string[] }): Engineer {
  return {
    async scope(request, answered, signal) {
      let brief: Brief | null = null
      const handIn: HandIn = {
        tool: 'submit_brief',
        description: 'Hands in the brief of the request. Answers whether it was accepted, or why not.',
        schema: briefSubmissionJson,
        mark: 'acceptance_criteria',
        form: BRIEF_FORM,
        review(value) {
          const shaped = checkShape(briefSubmissionSchema, value, REQUEST_LIMITS, 'the brief')
          if (shaped.ok) brief = briefFrom(request, shaped.value, answered, deps.protectedPaths)
          return Promise.resolve(shaped.ok ? { accepted: true } : refused(shaped.errors))
        },
      }
      const outcome = await ask(
        deps,
        'engineer',
        await engineerPrompt(request, answered, deps.tree),
        handIn,
        signal,
      )
      if (outcome.kind !== 'submitted' || brief === null)
        throw notDone('Engineer', request.request_id, outcome)
      return brief
    },
  }
}

/** Numbers become task ids; metadata and checks are filled in as for any other assignment. */
function planFrom(brief: Brief, request: TaskRequest, { assignments }: PlanSubmission): Assignment[] {
  const taskId = (number: number): string => `${request.request_id}-${number}`
  return assignments.map((one, index) => {
    const metadata = metadataOf(brief, request.metadata)
    const complexity = request.metadata?.complexity ?? one.complexity ?? metadata.complexity
    return {
      task_id: taskId(index + 1),
      parent_request_id: request.request_id,
      summary: one.summary,
      file_targets: [...new Set(one.file_targets)],
      instructions: one.instructions ?? [],
      acceptance_criteria: one.acceptance_criteria ?? [],
      metadata: { ...metadata, complexity },
      ...(one.depends_on === undefined ? {} : { depends_on: [...new Set(one.depends_on)].map(taskId) }),
      ...((one.checks ?? request.checks) === undefined ? {} : { checks: one.checks ?? request.checks }),
    }
  })
}

function unknownNumbers({ assignments }: PlanSubmission): Finding[] {
  return assignments.flatMap(({ depends_on }, index) => {
    const wrong = (depends_on ?? []).find((number) => number > assignments.length)
    const field = `assignments[${index}].depends_on`
    const message = `${field} names ${wrong}, and there are ${assignments.length} assignments`
    return wrong === undefined ? [] : [{ code: 'dependency_unknown', field, message }]
  })
}

export function modelOrchestrator(deps: RoleDeps & { inFlight(): Promise<InFlight[]> }): Orchestrator {
  return {
    async split(brief, request, signal) {
      // A person who made the plan has decided.
      if (request.assignments !== undefined) return request.assignments
      let plan: Assignment[] | null = null
      const handIn: HandIn = {
        tool: 'submit_plan',
        description:
          'Hands in the assignments of the request. Answers whether they were accepted, or why not.',
        schema: planSubmissionJson,
        mark: 'assignments',
        form: PLAN_FORM,
        review(value) {
          const shaped = checkShape(planSubmissionSchema, value, REQUEST_LIMITS, 'the plan')
          if (!shaped.ok) return Promise.resolve(refused(shaped.errors))
          const made = planFrom(brief, request, shaped.value)
          const errors = [
            ...unknownNumbers(shaped.value),
            ...planErrors(request.request_id, made),
            ...leftOut(request, made),
          ]
          if (errors.length === 0) plan = made
          return Promise.resolve(errors.length === 0 ? { accepted: true } : refused(errors))
        },
      }
      const outcome = await ask(
        deps,
        'orchestrator',
        await orchestratorPrompt(brief, request, await deps.inFlight(), deps.tree),
        handIn,
        signal,
      )
      if (outcome.kind !== 'submitted' || plan === null)
        throw notDone('Orchestrator', request.request_id, outcome)
      return plan
    },
  }
}
