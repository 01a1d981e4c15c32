/** Runs of agents for tests of the window. */
import type { AgentRunRow } from '../../../schemas/agents.ts'

export const row = (id: number, more: Partial<AgentRunRow> = {}): AgentRunRow => ({
  id,
  request_id: 'REQ-1',
  task_id: 'REQ-1-1',
  role: 'developer',
  agent: 'agent-1',
  harness: 'copilot',
  model: 'm',
  session_id: null,
  status: 'running',
  code: null,
  detail: null,
  via: null,
  repairs: 0,
  usage_source: 'unavailable',
  input_tokens: null,
  output_tokens: null,
  cost_nano: null,
  exposure_nano: 0,
  currency: 'USD',
  started_at: 1,
  ended_at: null,
  duration_ms: null,
  ...more,
})
