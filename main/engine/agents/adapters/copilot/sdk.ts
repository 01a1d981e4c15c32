/** Copilot as its SDK has it: one runtime for all runs, a session for an assignment and its repairs, tools of our own. */
import type { Clock } from '../../../base/clock.ts'
import type { AgentHarness, AgentTask, RunEvent, WorkTree } from '../../harness.ts'
import {
  NO_USAGE,
  startRun,
  type Conversation,
  type Desk,
  type TurnEnd,
  type TurnFailure,
} from '../converse.ts'
import { sessionGone } from '../session-gone.ts'
import { probeCopilot } from './command-line.ts'
import { failureOf, NO_SUCH_TOOL } from './failure.ts'
import { SessionUnknown, type Client, type Session, type SessionWish } from './protocol.ts'
import { providerOf } from './provider.ts'
import { shareRuntime, type Runtime, type RuntimeOptions, type SharedRuntime } from './runtime.ts'
import { listener, toolsOf, wayOfWorking, type Listener, type TurnHeard } from './session.ts'
import { ownServers } from './turn.ts'

/** A turn that was called off and does not end by itself ends with its runtime. */
const GRACE_MS = 2_000

interface Open {
  session: Session
  runtime: Runtime
  giveBack: () => void
  heard: Listener
}

const CALLED_OFF: TurnFailure = { code: 'cancelled', detail: 'it was called off' }

const onAbort = (signal: AbortSignal): Promise<'aborted'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('aborted')
    else signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })

function converse(
  { shared, clock, env }: { shared: SharedRuntime; clock: Clock; env: NodeJS.ProcessEnv },
  { task, tree }: { task: AgentTask; tree: WorkTree | null },
  desk: Desk | null,
  hear: (event: RunEvent) => void,
): Conversation {
  let open: Open | null = null
  let sessionId = task.resume?.sessionId ?? null

  async function begin(runtime: Runtime): Promise<Pick<Open, 'session' | 'heard'>> {
    const { client, cwd } = runtime
    const tools = toolsOf(task, tree, desk)
    const heard = listener(task, tools, desk, hear)
    const wish = {
      model: task.model,
      provider: providerOf(env),
      system: wayOfWorking(tree),
      tools,
      cwd,
      ownServers: ownServers(env),
      hear: heard.hear,
      refuse(kind: string) {
        hear({ kind: 'denied', name: kind, reason: NO_SUCH_TOOL })
        return NO_SUCH_TOOL
      },
    }
    const session = await goOn(client, wish)
    sessionId = session.id
    return { session, heard }
  }

  async function goOn(client: Client, wish: SessionWish): Promise<Session> {
    try {
      return await client.open(wish, sessionId)
    } catch (error) {
      if (!(error instanceof SessionUnknown) || sessionId === null) throw error
      const failure = sessionGone(task, { title: 'Copilot', sessionId, why: error.message }, hear)
      if (failure !== null) throw new Gone(failure)
      return client.open(wish, null)
    }
  }

  async function openOnce(signal: AbortSignal): Promise<Open> {
    const { runtime, giveBack } = await shared.take()
    const over = new AbortController()
    // One that does not even open a session would keep the next run waiting as well.
    const stuck = onAbort(signal).then(() => clock.sleep(GRACE_MS, over.signal))
    try {
      const begun = begin(runtime)
      begun.catch(() => undefined)
      const made = await Promise.race([begun, runtime.ended, stuck.then(() => null)])
      if (made === null) {
        runtime.kill()
        throw new RuntimeEnded(await runtime.ended)
      }
      if (typeof made === 'string') throw new Error(made)
      return { runtime, giveBack, ...made }
    } catch (error) {
      giveBack()
      if (runtime.isOver()) throw new RuntimeEnded(await runtime.ended)
      throw error
    } finally {
      over.abort()
    }
  }

  function endOf(failure: TurnFailure | null, text = ''): TurnEnd {
    return { text, sessionId, failure, usage: open?.heard.usage() ?? NO_USAGE }
  }

  /** Calls a turn off; returns when it is over, or when its runtime is. */
  async function callOff({ session, runtime }: Open, turn: Promise<TurnHeard>): Promise<void> {
    const over = new AbortController()
    const settled = Promise.race([turn, runtime.ended]).finally(() => over.abort())
    session.abort().catch(() => undefined)
    await Promise.race([settled, clock.sleep(GRACE_MS, over.signal)])
    if (!over.signal.aborted) runtime.kill()
    await settled
  }

  async function turn(prompt: string, signal: AbortSignal, talk: Open): Promise<TurnEnd> {
    const { session, runtime, heard } = talk
    const done = heard.turn()
    const sent = session.send(prompt)
    // That it could not be sent is an end as well, where nothing else is heard of it.
    const unsent = sent.then(
      () => new Promise<never>(() => undefined),
      (error: unknown) => ({ error }),
    )
    const first = await Promise.race([done, runtime.ended, unsent, onAbort(signal)])
    if (first === 'aborted') {
      await callOff(talk, done)
      return endOf(CALLED_OFF)
    }
    if (runtime.isOver()) return endOf(endedBecause(await runtime.ended))
    if (typeof first === 'string') return endOf(endedBecause(first))
    if ('error' in first) return endOf(troubleOf(first.error, task.model))
    return endOf(first.failure, first.text)
  }

  return {
    async say(prompt, signal) {
      try {
        if (open === null) {
          const opening = openOnce(signal)
          const first = await Promise.race([opening, onAbort(signal)])
          if (first === 'aborted') {
            // Others may wait for the same runtime: what was begun for this run alone is given back.
            opening.then(leave, () => undefined)
            return endOf(CALLED_OFF)
          }
          open = first
        }
        return await turn(prompt, signal, open)
      } catch (error) {
        return endOf(troubleOf(error, task.model))
      }
    },
    async close() {
      if (open !== null) await leave(open)
    },
  }

  async function leave({ session, runtime, giveBack }: Open): Promise<void> {
    const over = new AbortController()
    const left = Promise.race([session.leave().catch(() => undefined), runtime.ended]).finally(() => over.abort()) // prettier-ignore
    await Promise.race([left, clock.sleep(GRACE_MS, over.signal)])
    over.abort()
    giveBack()
  }
}

class RuntimeEnded extends Error {}

class Gone extends Error {
  readonly failure: TurnFailure
  constructor(failure: TurnFailure) {
    super(failure.detail)
    this.failure = failure
  }
}

const endedBecause = (detail: string): TurnFailure => ({
  code: 'unavailable',
  reason: 'runtime_ended',
  detail,
})

function troubleOf(error: unknown, model: string): TurnFailure {
  const detail = error instanceof Error ? error.message : String(error)
  if (error instanceof RuntimeEnded) return endedBecause(detail)
  if (error instanceof Gone) return error.failure
  return failureOf({ message: detail }, model) ?? { code: 'unavailable', detail }
}

/** `program` is Copilot's own, found by `locateCopilot`. */
export function copilotSdk(options: RuntimeOptions): AgentHarness {
  const { clock, env } = options
  const shared = shareRuntime(options)
  return {
    id: 'copilot',
    probe: (signal) => probeCopilot(options, signal),
    start: (task, signal) =>
      startRun(
        task,
        (desk, hear, tree) => Promise.resolve(converse({ shared, clock, env }, { task, tree }, desk, hear)),
        { hasTool: true, worksInTree: true },
        signal,
      ),
    dispose: () => shared.dispose(),
  }
}
