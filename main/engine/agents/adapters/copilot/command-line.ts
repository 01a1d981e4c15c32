/** Copilot by its command line: one process a turn, a session for an assignment and its repairs. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import type { AgentHarness, AgentTask, Readiness, RunEvent, Usage } from '../../harness.ts'
import { NO_USAGE, startRun, type Conversation, type TurnEnd, type TurnFailure } from '../converse.ts'
import { sessionGone } from '../session-gone.ts'
import { failureOf } from './failure.ts'
import { runTurn, type Turn } from './turn.ts'
import { copilotVersion } from './version.ts'

export interface CommandLineOptions {
  clock: Clock
  program: string
  env: NodeJS.ProcessEnv
  /** Where runs may have folders of their own. */
  scratch: string
}

/** Why a turn brought no message; null where it did. */
function troubleOf({ failure, ended, exitCode, stderr }: Turn, model: string): TurnFailure | null {
  if (failure !== null) return failure
  if (ended) return null
  const said = stderr.trim().split('\n')[0] ?? ''
  const known = said === '' ? null : failureOf({ message: said }, model)
  if (known !== null && known.code !== 'unavailable') return known
  const how = `Copilot ended with ${exitCode ?? 'a signal'} before it answered`
  return { code: 'unavailable', reason: 'runtime_ended', detail: said === '' ? how : `${how}: ${said}` }
}

/** Its own words for a session that is not there; null where it began the turn, or ended for something else. */
const goneOf = ({ ended, stderr }: Turn): string | null =>
  ended ? null : (/^(?:Error: )?(No session\b.*)/m.exec(stderr)?.[1] ?? null)

/** What a session used up in this run, of its total; what was counted before is another run's. */
function usedHere(total: Usage, before: Usage): Usage {
  if (total.source === 'unavailable' || before.source === 'unavailable') return total
  return {
    source: total.source,
    inputTokens: Math.max(0, total.inputTokens - before.inputTokens),
    outputTokens: Math.max(0, total.outputTokens - before.outputTokens),
  }
}

function converse(
  options: CommandLineOptions,
  task: AgentTask,
  hear: (event: RunEvent) => void,
): Conversation {
  const folder = mkdtempSync(join(options.scratch, 'copilot-'))
  const [cwd, temporary] = [join(folder, 'work'), join(folder, 'tmp')]
  for (const one of [cwd, temporary]) mkdirSync(one)
  // What it leaves in a temporary folder goes with the run.
  const env = { ...options.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  let before = task.resume?.used ?? NO_USAGE
  let sessionId = task.resume?.sessionId ?? null
  let usage = NO_USAGE
  let turns = 0
  function take(prompt: string, signal: AbortSignal): Promise<Turn> {
    turns += 1
    const wish = {
      prompt,
      model: task.model,
      sessionId,
      usageFile: join(folder, `usage-${turns}.json`),
    }
    return runTurn({ ...options, env, cwd }, wish, hear, signal)
  }
  return {
    async say(prompt, signal): Promise<TurnEnd> {
      let turn = await take(prompt, signal)
      const why = sessionId === null ? null : goneOf(turn)
      if (sessionId !== null && why !== null) {
        const failure = sessionGone(task, { title: 'Copilot', sessionId, why }, hear)
        if (failure !== null) return { text: '', sessionId, failure, usage }
        sessionId = null
        before = NO_USAGE
        turn = await take(prompt, signal)
      }
      // Of the whole session: what was counted before is in it.
      if (turn.usage.source !== 'unavailable') usage = usedHere(turn.usage, before)
      sessionId = turn.sessionId ?? sessionId
      return { text: turn.text, sessionId, failure: troubleOf(turn, task.model), usage }
    },
    close() {
      rmSync(folder, { recursive: true, force: true })
      return Promise.resolve()
    },
  }
}

/** `program` is Copilot's own, found by `locateCopilot`. */
export function copilotCommandLine(options: CommandLineOptions): AgentHarness {
  return {
    id: 'copilot',
    probe: (signal) => probeCopilot(options, signal),
    start: (task, signal) =>
      startRun(
        task,
        (_, hear) => Promise.resolve(converse(options, task, hear)),
        { hasTool: false, worksInTree: false },
        signal,
      ),
    dispose: () => Promise.resolve(),
  }
}

/** Asks for the version, which needs neither network nor account: whether it is signed in is told by the first turn. */
export async function probeCopilot(options: CommandLineOptions, signal: AbortSignal): Promise<Readiness> {
  const version = await copilotVersion({ ...options, cwd: options.scratch }, signal)
  if (version !== null) return { ready: true, version }
  const reason = `${options.program} does not say its version`
  return { ready: false, reason, remedy: 'install it anew: npm install -g @github/copilot' }
}
