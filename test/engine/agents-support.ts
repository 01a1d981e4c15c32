/** Requests led by agents that say what a script tells them to, over a real queue. */
import type { AgentTask } from '../../main/engine/agents/harness.ts'
import { scriptedAgents, type ScriptedAgents, type Turn } from '../support/scripted-agent.ts'
import { withBench, type Workbench } from '../support/workbench.ts'

export const FILES = { 'a.js': 'one()\n', 'b.js': 'two()\n', 'c.js': 'three()\n' }
export const OPTIONS = { source: 'request.json', model: null, agents: 2 }
export const never = new AbortController().signal

export const wish = (more: object = {}): object => ({
  request_id: 'REQ-1',
  summary: 'Use digits. Everywhere.',
  requested_changes: [
    { path: 'a.js', summary: 'one' },
    { path: 'b.js', summary: 'two' },
  ],
  ...more,
})
export const brief = (more: object = {}): Turn => ({
  submit: [{ intent: 'Digits', acceptance_criteria: ['no words'], complexity: 4, ...more }],
})
export const plan = (...assignments: object[]): Turn => ({
  submit: [{ assignments: assignments.map((one) => ({ summary: 'Do it', ...one })) }],
})
export const edit = (path: string, content: string): object => ({
  summary: 'Done',
  files: [{ path, action: 'replace', content }],
})
export const BOTH = plan({ file_targets: ['a.js'] }, { file_targets: ['b.js'] })

export interface Script {
  engineer?: (task: AgentTask, turn: number) => Turn
  orchestrator?: (task: AgentTask, turn: number) => Turn
  developer?: (task: AgentTask, turn: number) => Turn
}
export const draftOf = ({ given }: AgentTask): Turn => {
  const [path = ''] = given?.assignment.file_targets ?? []
  return { submit: [edit(path, `${path} anew\n`)] }
}
const agents = ({ engineer = () => brief(), orchestrator = () => BOTH, developer = draftOf }: Script = {}) =>
  scriptedAgents((task, turn) => {
    const by = { engineer, orchestrator, developer, prompt: () => ({ say: `To ${task.prompt}` }) }
    return by[task.role](task, turn)
  })

export const withAgents = (
  script: Script,
  body: (bench: Workbench, crew: ScriptedAgents) => Promise<void>,
  config: object = {},
): Promise<void> => {
  const crew = agents(script)
  const files = { ...FILES, 'hyperion.config.json': JSON.stringify(config) }
  return withBench({ files, openHarness: () => crew.harness }, (bench) => body(bench, crew))
}
export const code = (work: () => unknown): unknown => {
  try {
    work()
  } catch (thrown) {
    return (thrown as { code?: string }).code
  }
  return null
}
