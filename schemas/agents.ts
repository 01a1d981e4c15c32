/** Agents at work, as screens and programs read them: runs, what was said in them, what they cost. */
import { z } from 'zod'

export const AGENT_RUN_STATUSES = ['running', 'submitted', 'answered', 'failed'] as const
export const agentRunStatusSchema = z.enum(AGENT_RUN_STATUSES)
export type AgentRunStatus = z.infer<typeof agentRunStatusSchema>

export const agentRoleSchema = z.enum(['engineer', 'orchestrator', 'developer', 'prompt'])

/** Money is in billionths of `currency`; null is unknown, which is not zero. */
export const agentRunSchema = z.strictObject({
  id: z.int(),
  request_id: z.string().nullable(),
  task_id: z.string().nullable(),
  role: agentRoleSchema,
  agent: z.string(),
  harness: z.string(),
  model: z.string(),
  session_id: z.string().nullable(),
  status: agentRunStatusSchema,
  code: z.string().nullable(),
  detail: z.string().nullable(),
  via: z.string().nullable(),
  repairs: z.int(),
  usage_source: z.enum(['reported', 'estimated', 'unavailable']),
  input_tokens: z.int().nullable(),
  output_tokens: z.int().nullable(),
  cost_nano: z.int().nullable(),
  exposure_nano: z.int(),
  currency: z.string().nullable(),
  started_at: z.int(),
  ended_at: z.int().nullable(),
  duration_ms: z.int().nullable(),
})
export type AgentRunRow = z.infer<typeof agentRunSchema>

/** One thing that was said or done in a run; `seq` counts from 1. */
export const agentRunEventSchema = z.strictObject({
  seq: z.int(),
  at_ms: z.int(),
  kind: z.string(),
  body: z.unknown(),
})
export type AgentRunEvent = z.infer<typeof agentRunEventSchema>

const nano = z.int().nullable()

/** What some runs used up together; `cost_nano` is of those whose cost is known, null where it is of none. */
export const spentSchema = z.strictObject({
  cost_nano: nano,
  unknown_runs: z.int(),
  estimated_runs: z.int().describe('Those of which the figures are an estimate.'),
  input_tokens: z.int(),
  output_tokens: z.int(),
  runs: z.int(),
})

export const costsSchema = z.strictObject({
  currency: z.string(),
  today: spentSchema.describe('Since midnight, UTC.'),
  landed_today: z.int().describe('Changes of agents that landed since then.'),
  per_landed_change_nano: nano.describe(
    'Null while something of today has no known cost, or nothing landed.',
  ),
  per_day_nano: nano.describe('agents.budget.perDay.'),
  per_request_nano: nano.describe('agents.budget.perRequest.'),
  running: z.int(),
  stopped: z.boolean().describe('Whether a hard stop keeps all agents from working.'),
})
export type Costs = z.infer<typeof costsSchema>

export const agentQuestionSchema = z.strictObject({
  number: z.int(),
  text: z.string(),
  blocking: z.boolean(),
  answer: z.string().nullable(),
  assumption: z.string().optional(),
  skipped: z.boolean(),
  overdue: z.boolean().describe('Nobody answered in time, which is why it is skipped.'),
})

/** Files an agent asks for beyond its own. */
export const agentWideningSchema = z.strictObject({
  id: z.int(),
  request_id: z.string(),
  task_id: z.string(),
  wanted: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
  decision: z.enum(['granted', 'refused']).nullable(),
  decided_by: z.string().nullable(),
  created_at: z.int(),
  decided_at: z.int().nullable(),
})
