/** Agents of an open workspace, for whoever governs them: what they do, what it costs, and every act on it. */
import { assignmentSchema } from '../../../../schemas/assignment.ts'
import type { AgentRunEvent, AgentRunRow, Costs } from '../../../../schemas/agents.ts'
import type { AgentTurn } from '../../../../schemas/ipc-agents.ts'
import { isAlive } from '../../base/process.ts'
import { userError } from '../../base/errors.ts'
import { checkShape } from '../../base/json.ts'
import type { Ground } from '../../compose.ts'
import { REQUEST_LIMITS } from '../../domain/limits.ts'
import { openAgentActs, type AgentActs } from './acts.ts'
import { askOnce, type Asked } from './ask.ts'
import { readCosts, toldOf } from './costs.ts'
import type { Crew } from './crew.ts'
import { openPlans, type PlanActs } from './plans.ts'
import { readReadiness, rolesOf } from './readiness.ts'
import { watchAgents } from './watch.ts'

export interface AgentsRoom extends AgentActs, PlanActs {
  costs(): Costs
  /** Of a request, or of one task. */
  costsOf(filter: { requestId?: string; taskId?: string }): Costs['today']
  runs(filter: { requestId?: string; taskId?: string; running?: true; limit?: number }): AgentRunRow[]
  /** What was said and done in a run, after an event of it. */
  runEvents(id: number, after: number, limit: number): AgentRunEvent[]
  watch(requestId: string, signal: AbortSignal, writable: () => Promise<void>): AsyncGenerator<AgentTurn>
  readiness(signal: AbortSignal): ReturnType<typeof readReadiness>
  /** Whether any role asks a model. */
  haveModels(): boolean
  /** One prompt through the selected agents; returns the answer. */
  ask(asked: Asked, signal: AbortSignal): Promise<string>
}

export function openAgentsRoom(ground: Ground, crew: Crew, actor: string, scratch: string): AgentsRoom {
  const { runs, sessions } = ground.store
  const acts = openAgentActs(ground, actor, (value) => {
    const shaped = checkShape(assignmentSchema, value, REQUEST_LIMITS, 'the assignment')
    if (shaped.ok) return shaped.value
    const [first] = shaped.errors
    throw userError(first?.code ?? 'invalid', first?.message ?? 'the assignment is not valid')
  })
  return {
    ...acts,
    ...openPlans(ground, actor),
    costs: () => readCosts(ground),
    costsOf: (filter) => toldOf(runs.spent(filter)),
    runs(filter) {
      // Whoever looks is told of no run that nobody leads any more.
      runs.sweep(isAlive)
      return runs.list(filter)
    },
    runEvents: (id, after, limit) => runs.events(id, after, limit),
    watch: (requestId, signal, writable) => watchAgents(ground, requestId, signal, writable),
    readiness: (signal) => readReadiness(ground, scratch, signal),
    haveModels: () => rolesOf(ground).some(({ harness }) => harness !== 'stub'),
    ask: (asked, signal) => askOnce({ crew, sessions, runs }, ground.readConfig().agents, asked, signal),
  }
}
