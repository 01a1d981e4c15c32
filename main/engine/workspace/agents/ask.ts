/** One prompt through the selected agents, for whoever tries them. */
import type { Config } from '../../../../schemas/config.ts'
import { userError } from '../../base/errors.ts'
import { chooseModel } from '../../domain/model-policy.ts'
import type { Crew } from './crew.ts'

export interface Asked {
  prompt: string
  model: string | null
}

/** Returns the answer; throws the user error that says why there is none. */
export async function askOnce(
  crew: Crew,
  config: Config['agents'],
  { prompt, model: named }: Asked,
  signal: AbortSignal,
): Promise<string> {
  if (prompt.trim() === '')
    throw userError('prompt_empty', 'the prompt is empty', 'say what is to be answered')
  const model = chooseModel({ complexity: null, explicit: [named, config.roles.developer?.model], config })
  const outcome = await crew.run(
    crew.harness('developer'),
    {
      role: 'prompt',
      agent: 'agent',
      model,
      prompt,
      handIn: null,
      maxRepairs: 0,
      tree: null,
      resume: null,
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
  throw userError(code, `the agent did not answer: ${detail}`, 'see `hyperion doctor`')
}
