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
