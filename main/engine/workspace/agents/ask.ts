/** One prompt through the selected agents, for whoever tries them. */
import type { Config } from '../../../../schemas/config.ts'
import type { AgentSession } from '../../../../schemas/skills.ts'
import { userError } from '../../base/errors.ts'
import { chooseModel, namedModel } from '../../domain/model-policy.ts'
import type { AgentRuns } from '../../store/agent-runs.ts'
import type { Sessions } from '../../store/sessions.ts'
import type { Crew } from './crew.ts'

export interface Asked {
  prompt: string
  model: string | null
  /** A recorded session to go on with; null begins one. */
  resumeId: string | null
}

export interface AskDeps {
  crew: Crew
  sessions: Pick<Sessions, 'get'>
  runs: Pick<AgentRuns, 'usedIn'>
}

function requireSession(sessions: Pick<Sessions, 'get'>, resumeId: string, harness: string): AgentSession {
  const session = sessions.get(resumeId)
  if (session === undefined)
    throw userError('no_such_session', `there is no session ${resumeId}`, 'see `hyperion session list`, or record it with `hyperion session init`') // prettier-ignore
  if (session.harness !== harness)
    throw userError(
      'session_of_others',
      `session ${resumeId} is one of ${session.harness}, and ${harness} works here`,
    )
  return session
}

/** Returns the answer; throws the user error that says why there is none. */
export async function askOnce(
  { crew, sessions, runs }: AskDeps,
  config: Config['agents'],
  { prompt, model: named, resumeId }: Asked,
  signal: AbortSignal,
): Promise<string> {
  if (prompt.trim() === '')
    throw userError('prompt_empty', 'the prompt is empty', 'say what is to be answered')
  const harness = crew.harness('developer')
  const session = resumeId === null ? null : requireSession(sessions, resumeId, harness.id)
  const explicit = [named, session?.model, config.roles.developer?.model]
  const model = chooseModel({ complexity: null, explicit, config })
  const outcome = await crew.run(
    harness,
    {
      role: 'prompt',
      agent: 'agent',
      model,
      // What the session asked so far is nothing that anybody named.
      isModelNamed: namedModel([named, config.roles.developer?.model]) !== null,
      prompt,
      handIn: null,
      maxRepairs: 0,
      tree: null,
      openWorkTree: null,
      resume: resumeId === null ? null : { sessionId: resumeId, used: runs.usedIn(resumeId) },
      given: null,
    },
    { requestId: null, taskId: null },
    signal,
  )
  if (outcome.kind === 'answered') return outcome.text
  const [code, detail] =
    outcome.kind === 'failed'
      ? [outcome.reason ?? outcome.code, outcome.detail]
      : ['no_answer', 'it said nothing']
  const saysItself = outcome.kind === 'failed' && (outcome.code === 'budget' || code === 'agents_stopped')
  const remedy =
    code === 'session_gone' ? 'leave --resume-id out to begin a new one' : 'see `hyperion doctor`'
  throw userError(code, `the agent did not answer: ${detail}`, saysItself ? undefined : remedy)
}
