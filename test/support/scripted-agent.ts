/** Agents that say and hand in what a script tells them to, as an adapter would; nothing is started. */
import { NO_USAGE, startRun } from '../../main/engine/agents/adapters/converse.ts'
import type { AgentHarness, AgentTask, Usage, WorkTree } from '../../main/engine/agents/harness.ts'

/** One turn: what is handed in by the tool, in this order, or else what is said. */
export interface Turn {
  submit?: unknown[]
  /** Works in its tree, where it has one, before it hands in. */
  work?: (tree: WorkTree) => Promise<unknown>
  say?: string
  usage?: { inputTokens: number; outputTokens: number }
  failure?: { code: 'auth' | 'rate' | 'provider' | 'unavailable'; reason?: string; detail: string; retryAfterMs?: number } // prettier-ignore
  /** Ends when this does, or is cancelled. */
  until?: Promise<unknown>
}

export interface Told {
  task: AgentTask
  /** All that was said to it so far in this run, in order. */
  prompts: string[]
}

export interface ScriptedAgents {
  harness: AgentHarness
  told: Told[]
  /** How many are at work now, and the most that ever were. */
  atWork(): { now: number; most: number }
}

export function scriptedAgents(
  script: (task: AgentTask, turn: number) => Turn,
  id = 'scripted',
): ScriptedAgents {
  const told: Told[] = []
  let now = 0
  let most = 0
  const harness: AgentHarness = {
    id,
    probe: () => Promise.resolve({ ready: true, version: '1' }),
    start: (task, signal) =>
      startRun(
        task,
        (desk, hear, tree) => {
          const mine: Told = { task, prompts: [] }
          told.push(mine)
          now += 1
          most = Math.max(most, now)
          let usage: Usage = NO_USAGE
          return Promise.resolve({
            async say(prompt: string, stop: AbortSignal) {
              mine.prompts.push(prompt)
              const turn = script(task, mine.prompts.length - 1)
              const stopped = new Promise((resolve) => stop.addEventListener('abort', resolve))
              if (turn.say !== undefined) hear({ kind: 'text', text: turn.say })
              if (turn.until !== undefined && !stop.aborted) await Promise.race([turn.until, stopped])
              if (tree !== null && !stop.aborted) await turn.work?.(tree)
              for (const value of stop.aborted ? [] : (turn.submit ?? [])) await desk?.submit(value)
              if (turn.usage !== undefined) {
                const before = usage.source === 'unavailable' ? { inputTokens: 0, outputTokens: 0 } : usage
                usage = {
                  source: 'reported',
                  inputTokens: before.inputTokens + turn.usage.inputTokens,
                  outputTokens: before.outputTokens + turn.usage.outputTokens,
                }
              }
              return { text: turn.say ?? '', sessionId: task.resume?.sessionId ?? `session-${told.indexOf(mine) + 1}`, failure: turn.failure ?? null, usage } // prettier-ignore
            },
            close() {
              now -= 1
              return Promise.resolve()
            },
          })
        },
        { hasTool: true, worksInTree: true },
        signal,
      ),
    dispose: () => Promise.resolve(),
  }
  return { harness, told, atWork: () => ({ now, most }) }
}
