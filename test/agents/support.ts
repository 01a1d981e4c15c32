/** A small world for the agents: files in memory, and requests about them. */
import { systemClock } from '../../main/engine/base/clock.ts'
import {
  develop,
  type Developed,
  type DeveloperTask,
  type GuardEvent,
} from '../../main/engine/agents/developer.ts'
import { briefOf } from '../../main/engine/agents/engineer.ts'
import type { AgentHarness, AgentTask, Outcome, ReadFile } from '../../main/engine/agents/harness.ts'
import { assignmentsOf, draftOrder, handOut, standsOn } from '../../main/engine/agents/orchestrator.ts'
import { stubHarness } from '../../main/engine/agents/adapters/stub.ts'
import { readAfter } from '../../main/engine/agents/draft.ts'
import type { ChangeRequest } from '../../schemas/change-request.ts'
import type { NextTaskContext } from '../../schemas/reports.ts'
import type { TaskRequest } from '../../schemas/task-request.ts'

export const BASE_COMMIT = 'a'.repeat(40)
export const AGENTS = {
  model: 'gpt-5-mini',
  smallModel: 'gpt-4.1',
  smallModelMaxComplexity: 3,
  maxRepairs: 2,
}

export const filesOf =
  (files: Record<string, string | Buffer>): ReadFile =>
  (path) => {
    const content = Object.hasOwn(files, path) ? files[path] : undefined
    return Promise.resolve(content === undefined ? null : Buffer.from(content))
  }

export function request(paths: string[], extra: Partial<TaskRequest> = {}): TaskRequest {
  return {
    request_id: 'REQ-1',
    summary: 'Do the work',
    requested_changes: paths.map((path) => ({ path, summary: `Change ${path}` })),
    ...extra,
  }
}

/** What is told of an assignment under execution/, where little is. */
export const contextOf = (task_id: string): NextTaskContext => ({
  generated_at: 1_760_000_000,
  request_id: 'REQ-1',
  task_id,
  intent: 'Do the work',
  complexity: null,
  sample_diff: null,
  telemetry_anchors: ['anchor'],
  approvals: [],
  agent_model: null,
  exported_skills: null,
})

export interface Ran {
  results: Developed[]
  drafts: ChangeRequest[]
  guarded: GuardEvent[]
  /** A file as all drafts together leave it. */
  final(path: string): Promise<string | null>
}

/** Takes a request through all roles, as the engine does. */
export async function through(
  task: TaskRequest,
  files: Record<string, string | Buffer>,
  options: {
    agents?: number
    model?: string
    harness?: AgentHarness
    allow?: Record<string, string>
    /** Leads a task in place of the harness alone. */
    run?: (task: AgentTask) => Promise<Outcome>
  } = {},
): Promise<Ran> {
  const clock = systemClock()
  const brief = briefOf(task, [])
  const assignments = assignmentsOf(brief, task)
  const agents = new Map(
    handOut(assignments, options.agents ?? 2).map((handed) => [handed.assignment.task_id, handed.agent]),
  )
  const readBase = filesOf(files)
  const results: Developed[] = []
  const drafts: ChangeRequest[] = []
  const guarded: GuardEvent[] = []
  for (const assignment of draftOrder(assignments)) {
    const below = standsOn(assignment, assignments)
    const one: DeveloperTask = {
      assignment,
      context: contextOf(assignment.task_id),
      request: task,
      brief,
      agent: agents.get(assignment.task_id) ?? 'nobody',
      baseCommit: BASE_COMMIT,
      readBase,
      paths: () => Promise.resolve(Object.keys(files)),
      hunks: () => Promise.resolve(undefined),
      openWorkTree: null,
      sentBack: null,
      sentBackChanges: null,
      resume: null,
      onWiden: () =>
        Promise.resolve({ accepted: false, code: 'asks_to_widen', message: 'wait', final: true }),
      earlier: drafts.filter((draft) => below.has(draft.task_id)),
      allow: options.allow ?? {},
      agents: AGENTS,
      model: options.model ?? null,
    }
    const harness = options.harness ?? stubHarness()
    const deps = {
      run:
        options.run ??
        ((agentTask: AgentTask) => harness.start(agentTask, new AbortController().signal).outcome),
      clock,
      onGuard: (event: GuardEvent) => void guarded.push(event),
    }
    const developed = await develop(one, deps)
    results.push(developed)
    if (developed.ok) drafts.push(developed.request)
  }
  const final = async (path: string): Promise<string | null> =>
    (await readAfter(readBase, drafts)(path))?.toString() ?? null
  return { results, drafts, guarded, final }
}
