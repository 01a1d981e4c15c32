/** What the window may ask about agents: what they do and cost, every act on their work, whether they are ready. */
import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { agentRunEventSchema, agentRunSchema, costsSchema } from './agents.ts'
import { assignmentSchema } from './assignment.ts'
import { idSchema, modelSchema, rowIdSchema } from './ids.ts'
import { document, nothing, route, said } from './ipc-parts.ts'

const request = { request_id: idSchema }
/** Names a plan by what it says. */
const planName = z.string().regex(/^[0-9a-f]{64}$/, { error: 'the name of a plan, 64 hex digits' })

/** What happened in a request's runs since the last turn. */
export const agentTurnSchema = z.strictObject({
  /** Those that began, ended or used more up. */
  runs: z.array(agentRunSchema),
  events: z.array(agentRunEventSchema.extend({ run_id: rowIdSchema })),
})
export type AgentTurn = z.infer<typeof agentTurnSchema>

/** How one kind of agents stands on this machine. */
export const harnessStandingSchema = z.strictObject({
  name: z.string(),
  state: z.enum(['ready', 'not_ready']),
  detail: z.string(),
  remedy: z.string().nullable(),
  roles: z.array(z.enum(['engineer', 'orchestrator', 'developer'])).describe('Those that it works in.'),
})
export type HarnessStanding = z.infer<typeof harnessStandingSchema>

/** Which agents and which model work in a role, and what says so. */
export const roleStandingSchema = z.strictObject({
  role: z.enum(['engineer', 'orchestrator', 'developer']),
  harness: z.string(),
  by: z.string().describe('`default`, `HYPERION_AGENT`, or the setting.'),
  model: z.string().nullable().describe('Null for agents without a model.'),
  small_model: z.string().nullable().describe('For simple assignments; null where one model does all.'),
})
export type RoleStanding = z.infer<typeof roleStandingSchema>

export const agents = {
  costs: route.input(nothing).output(costsSchema),
  /** What agents do for a request: everything there is at first, then what is new, until the listener goes. */
  watch: route.input(z.strictObject(request)).output(eventIterator(agentTurnSchema)),
  /** All that was said and done in a run, from an event of it on. */
  events: route
    .input(z.strictObject({ run_id: rowIdSchema, after: z.int().min(0), limit: z.int().min(1).max(1000) }))
    .output(z.array(agentRunEventSchema)),
  /** Answers questions, or with `text` null takes what is assumed; the request goes on once none is open. */
  answer: route
    .input(
      z.strictObject({
        ...request,
        answers: z
          .array(z.strictObject({ question: z.int().min(1), text: z.string().max(20_000).nullable() }))
          .min(1)
          .max(50),
      }),
    )
    .output(z.strictObject({ open: z.int() })),
  /** Decides about files that an agent asks for; its request goes on. */
  widen: route
    .input(z.strictObject({ id: rowIdSchema, decision: z.enum(['granted', 'refused']) }))
    .output(nothing),
  /** Goes on with a request that is interrupted, failed or was sent back. */
  goOn: route.input(z.strictObject(request)).output(nothing),
  /** Puts another plan in the place of a held one, whole; `plan` names the one it was made of. */
  editPlan: route
    .input(z.strictObject({ ...request, plan: planName, assignments: document }))
    .output(z.strictObject({ plan: planName })),
  /** Lets a held plan run, the one that was seen. */
  runPlan: route.input(z.strictObject({ ...request, plan: planName })).output(nothing),
  /** Ends what of a request is not queued yet. */
  withdraw: route.input(z.strictObject(request)).output(z.strictObject({ runs: z.int() })),
  cancelRun: route.input(z.strictObject({ run_id: rowIdSchema })).output(nothing),
  /** Puts another plan in the place of one assignment, the one that was seen, and goes on. */
  replan: route
    .input(z.strictObject({ task_id: idSchema, assignment: assignmentSchema, seen: z.looseObject({}) }))
    .output(nothing),
  /** A hard stop of every agent, landing included; `system.resume` ends it. */
  stop: route.input(z.strictObject({ reason: said.nullable() })).output(nothing),
  /** One prompt through the selected agents. */
  ask: route
    .input(z.strictObject({ prompt: z.string().min(1).max(1_000_000), model: modelSchema.nullable() }))
    .output(z.strictObject({ answer: z.string() })),
  /** Every kind of agents this version knows, asked whether it is ready. */
  readiness: route
    .input(nothing)
    .output(
      z.strictObject({ harnesses: z.array(harnessStandingSchema), roles: z.array(roleStandingSchema) }),
    ),
}
