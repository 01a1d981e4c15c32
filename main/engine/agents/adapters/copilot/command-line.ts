/** Copilot by its command line: one process a turn, a session for an assignment and its repairs. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import { inert } from '../../../base/inert.ts'
import type { AgentHarness, AgentRun, AgentTask, CancelReason, FailureCode, Outcome, Readiness, RunEvent, Usage } from '../../harness.ts' // prettier-ignore
import { developerPrompt, repairPrompt } from '../../prompt.ts'
import { readSubmission } from '../../submission.ts'
import { eventQueue } from '../event-queue.ts'
import { runTurn, type Turn } from './turn.ts'
import { copilotVersion } from './version.ts'

export interface CommandLineOptions {
  clock: Clock
  program: string
  env: NodeJS.ProcessEnv
  /** Where runs may have folders of their own. */
  scratch: string
  timeoutMs: number
  idleMs: number
}

const SIGN_IN = 'start `copilot` and run /login, or set COPILOT_GITHUB_TOKEN'

type Failure = Extract<Outcome, { kind: 'failed' }>

const failed = (code: FailureCode, detail: string, usage: Usage): Failure => ({
  kind: 'failed',
  code,
  detail: inert(detail, 2_000),
  usage,
})

const STOPPED: Readonly<Record<CancelReason, FailureCode>> = {
  operator: 'cancelled',
  deadline: 'timeout',
  idle: 'timeout',
  budget: 'budget',
}

/** Why a turn brought no message; null where it did. */
function troubleOf(turn: Turn, { timeoutMs, idleMs }: CommandLineOptions): Failure | null {
  const { usage, stopped, failure, ended, exitCode, stderr } = turn
  if (stopped !== null) {
    const why = {
      operator: 'the run was cancelled',
      deadline: `Copilot was not done after ${Math.round(timeoutMs / 1000)} s`,
      idle: `Copilot said nothing for ${Math.round(idleMs / 1000)} s`,
      budget: 'the budget is used up',
    }[stopped]
    return failed(STOPPED[stopped], why, usage)
  }
  if (failure !== null) return failed(failure.code, failure.detail, usage)
  if (ended) return null
  if (/authentication/i.test(stderr)) return failed('auth', `Copilot is not signed in; ${SIGN_IN}`, usage)
  const said = stderr.trim().split('\n')[0] ?? ''
  return failed('unavailable', `Copilot ended with ${exitCode ?? 'a signal'} before it answered${said === '' ? '' : `: ${said}`}`, usage) // prettier-ignore
}

async function work(
  options: CommandLineOptions,
  task: AgentTask,
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { clock, scratch, timeoutMs, idleMs } = options
  const deadlineMs = clock.monotonicMs() + timeoutMs
  const folder = mkdtempSync(join(scratch, 'copilot-'))
  const [cwd, temporary] = [join(folder, 'work'), join(folder, 'tmp')]
  for (const one of [cwd, temporary]) mkdirSync(one)
  // What it leaves in a temporary folder goes with the run.
  const env = { ...options.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  let usage: Usage = { source: 'unavailable' }
  try {
    let prompt = await developerPrompt(task)
    let sessionId: string | null = null
    for (let repairs = 0; ; repairs += 1) {
      const usageFile = join(folder, `usage-${repairs}.json`)
      const wish = { prompt, model: task.model, sessionId, deadlineMs, idleMs, usageFile }
      const turn = await runTurn({ ...options, env, cwd }, wish, hear, signal)
      // Of the whole session: what was counted before is in it.
      if (turn.usage.source !== 'unavailable') usage = turn.usage
      hear({ kind: 'usage', usage })
      const trouble = troubleOf({ ...turn, usage }, options)
      if (trouble !== null) return trouble
      sessionId = turn.sessionId ?? sessionId
      const read = readSubmission(turn.text)
      const review = read.ok
        ? await task.review(read.draft)
        : { accepted: false as const, code: read.code, message: read.message }
      if (read.ok) hear({ kind: 'submission', draft: read.draft, review })
      if (review.accepted && read.ok)
        return { kind: 'submitted', draft: read.draft, via: 'text', repairs, usage, ...(sessionId === null ? {} : { sessionId }) } // prettier-ignore
      if (review.accepted) throw new Error('accepted without a draft')
      if (repairs >= task.maxRepairs || sessionId === null) {
        const code = read.ok || read.code === 'invalid' ? 'invalid' : 'no_submission'
        return { ...failed(code, review.message, usage), reason: review.code }
      }
      prompt = repairPrompt(review)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `program` is Copilot's own, found by `locateCopilot`. */
export function copilotCommandLine(options: CommandLineOptions): AgentHarness {
  return {
    id: 'copilot',
    probe: (signal) => probe(options, signal),
    start(task, signal): AgentRun {
      const events = eventQueue<RunEvent>()
      const stop = new AbortController()
      const outcome = work(options, task, events.push, AbortSignal.any([signal, stop.signal]))
        .catch(
          (error: unknown) =>
          failed('unavailable', error instanceof Error ? error.message : String(error), { source: 'unavailable' }), // prettier-ignore
        )
        .finally(events.close)
      return {
        events: events.all,
        outcome,
        async cancel() {
          stop.abort()
          await outcome
        },
      }
    },
    dispose: () => Promise.resolve(),
  }
}

/** Asks for the version, which needs neither network nor account: whether it is signed in is told by the first turn. */
async function probe(options: CommandLineOptions, signal: AbortSignal): Promise<Readiness> {
  const version = await copilotVersion({ ...options, cwd: options.scratch }, signal)
  if (version !== null) return { ready: true, version }
  const reason = `${options.program} does not say its version`
  return { ready: false, reason, remedy: 'install it anew: npm install -g @github/copilot' }
}
