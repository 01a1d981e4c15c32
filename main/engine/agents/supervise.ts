/** Leads runs of agents: their turn at the gate, deadline and idle time, budget, back-off, cancellation, the record. */
import type { Config } from '../../../schemas/config.ts'
import type { Clock } from '../base/clock.ts'
import { asHyperionError } from '../base/errors.ts'
import { isAlive } from '../base/process.ts'
import { takeTurn } from '../base/turns.ts'
import type { AgentRuns } from '../store/agent-runs.ts'
import type { Database } from '../store/database.ts'
import type { Logs } from '../store/logs.ts'
import type { Sessions } from '../store/sessions.ts'
import type { WorkspaceFacts } from '../store/workspace.ts'
import { failed, NO_USAGE } from './adapters/converse.ts'
import { limitsOf, NO_METER, openMeter, refusedText, reserveFor, thenGoOn, type Meter } from './budget.ts'
import type { Gate } from './gate.ts'
import { askedModel } from './asked-model.ts'
import type { AgentHarness, AgentRun, AgentTask, CancelReason, Failure, Outcome, RunEvent, Usage } from './harness.ts' // prettier-ignore
import { openRecorder } from './record.ts'

export interface SupervisorDeps {
  clock: Clock
  db: Pick<Database, 'write'>
  runs: AgentRuns
  logs: Pick<Logs, 'write'>
  sessions: Pick<Sessions, 'keep'>
  facts: Pick<WorkspaceFacts, 'get'>
  gate: Gate
  /** How long an agent may say nothing, in milliseconds. */
  idleMs?: number
}

export interface Charge {
  harness: AgentHarness
  task: AgentTask
  requestId: string | null
  taskId: string | null
  config: Pick<Config['agents'], 'budget' | 'prices' | 'timeoutSeconds'>
  /** Whether nobody wants it any more, although it has not begun. */
  isCalledOff?: () => boolean
  /** Told what happens, as it happens. */
  hear?: (event: RunEvent) => void
}

/** Says nothing for so long: a model that thinks takes its time, one that is stuck all of it. */
const IDLE_MS = 180_000
const LOOK_MS = 250
/** How often a service that says "later" is asked again, and how long is waited where it does not say. */
const RETRIES = 3
const FIRST_WAIT_MS = 5_000

/** The fact under which a hard stop is kept, as the queue's pause is. */
export const AGENTS_STOPPED = 'agents_stopped'

const stoppedText = (requestId: string | null): string =>
  `agents are stopped; ${thenGoOn('run `hyperion resume`', requestId)}`

/** Adds the tokens of two tries; what one of them did not count makes the sum an estimate from below. */
function sumOf(a: Usage, b: Usage): Usage {
  if (a.source === 'unavailable') return b
  if (b.source === 'unavailable') return { ...a, source: 'estimated' }
  const source = a.source === 'reported' && b.source === 'reported' ? 'reported' : 'estimated'
  return {
    source,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  }
}

interface Try {
  outcome: Outcome
  /** Why it was ended from here, in words. */
  why: string | null
}

/** Has one run work, and ends it when its time, its budget or the operator says so. */
async function attempt(
  deps: SupervisorDeps,
  id: number,
  charge: Charge,
  limits: { deadlineMs: number; idleMs: number; meter: Meter; before: Usage },
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<Try> {
  const { clock, runs, facts } = deps
  const { deadlineMs, idleMs, meter, before } = limits
  const started = clock.monotonicMs()
  let heardAt = started
  let why: string | null = null
  let isStopped = false
  const run: AgentRun = charge.harness.start(charge.task, signal)
  const over = new AbortController()

  async function stop(reason: CancelReason, said: string): Promise<void> {
    why = said
    await run.cancel(reason)
  }
  async function look(): Promise<void> {
    while (!over.signal.aborted) {
      const now = clock.monotonicMs()
      const crossed = meter.check()
      if (crossed !== null) return stop('budget', crossed)
      if (signal.aborted) return stop('operator', 'the run was cancelled')
      if (facts.get(AGENTS_STOPPED) !== null) {
        isStopped = true
        return stop('operator', stoppedText(charge.requestId))
      }
      if (runs.isCancelRequested(id)) return stop('operator', 'the run was cancelled')
      if (now >= deadlineMs)
        return stop(
          'deadline',
          `it was not done after ${charge.config.timeoutSeconds} s (agents.timeoutSeconds)`,
        )
      if (now - heardAt >= idleMs) return stop('idle', `it said nothing for ${Math.round(idleMs / 1000)} s`)
      const rest = Math.min(LOOK_MS, deadlineMs - now, heardAt + idleMs - now)
      await clock.sleep(Math.max(1, rest), AbortSignal.any([over.signal, signal]))
    }
  }
  async function listen(): Promise<void> {
    for await (const event of run.events) {
      heardAt = clock.monotonicMs()
      if (event.kind === 'model' && event.model !== charge.task.model) meter.asks(event.model)
      if (event.kind === 'usage') meter.counted(sumOf(before, event.usage))
      if (event.kind === 'text') meter.heard(event.text.length, 'out')
      if (event.kind === 'prompt') meter.heard(event.text.length, 'in')
      hear(event)
    }
  }
  /** What goes wrong here is this run's end and nobody else's. */
  let trouble: unknown = null
  const guard = (work: Promise<void>): Promise<void> =>
    work.catch(async (error: unknown) => {
      trouble ??= error
      await run.cancel('operator')
    })
  const watching = [guard(look()), guard(listen())]
  const outcome = await run.outcome
  over.abort()
  await Promise.all(watching)
  if (trouble !== null && outcome.kind === 'failed') {
    const detail = `what it said could not be kept: ${asHyperionError(trouble).message}`
    return { outcome: failed({ code: 'unavailable', detail }, outcome.usage, outcome.sessionId), why: null }
  }
  if (isStopped && outcome.kind === 'failed')
    return { outcome: { ...outcome, reason: 'agents_stopped' }, why }
  return { outcome, why }
}

/** Whether the same may be asked again, and after how long; null where it is final. */
function againAfter(outcome: Outcome, tries: number): number | null {
  if (outcome.kind !== 'failed' || tries >= RETRIES) return null
  if (outcome.code === 'rate') return outcome.retryAfterMs ?? FIRST_WAIT_MS * 2 ** tries
  // A runtime that went down is started anew by the next try, once.
  return outcome.code === 'unavailable' && outcome.reason === 'runtime_ended' && tries === 0 ? 0 : null
}

/** Says how long a service asked to wait, where nobody here waited so long. */
const withWait = (outcome: Outcome): Outcome =>
  outcome.kind === 'failed' && outcome.code === 'rate' && outcome.retryAfterMs !== undefined
    ? {
        ...outcome,
        detail: `${outcome.detail}; its service asked to wait ${Math.ceil(outcome.retryAfterMs / 1000)} s`,
      }
    : outcome

/** What a run is kept under: one that waits for a person's word about files was not refused. */
const codeOf = (ended: Outcome): string | null =>
  ended.kind !== 'failed' ? null : ended.reason === 'asks_to_widen' ? ended.reason : ended.code

/** Leads a run to its end. Never rejects for what an agent does; keeps everything in `agent_runs`. */
export async function supervise(deps: SupervisorDeps, charge: Charge, signal: AbortSignal): Promise<Outcome> {
  const { clock, runs, facts, gate } = deps
  const { harness, task, config, requestId, taskId } = charge
  const refuse = (failure: Pick<Failure, 'code' | 'detail'> & { reason?: string }): Outcome =>
    failed(failure, NO_USAGE)
  const leave = await gate.enter(signal)
  await takeTurn()
  if (leave === null) return refuse({ code: 'cancelled', detail: 'the run was cancelled' })
  try {
    const off = (): Outcome | null => {
      if (facts.get(AGENTS_STOPPED) !== null)
        return refuse({ code: 'cancelled', reason: 'agents_stopped', detail: stoppedText(requestId) })
      const isOff = signal.aborted || charge.isCalledOff?.() === true
      return isOff ? refuse({ code: 'cancelled', detail: 'the run was cancelled' }) : null
    }
    const early = off()
    if (early !== null) return early
    // Stubs ask no model: they cost nothing and no budget holds them up.
    const isFree = harness.id === 'stub'
    const reserve = isFree
      ? { ok: true as const, nano: 0, price: undefined }
      : reserveFor(config, task.model, task.prompt.length, requestId)
    if (!reserve.ok) return refuse({ code: 'budget', reason: reserve.reason, detail: reserve.detail })
    const limits = isFree ? { request: null, day: null } : limitsOf(config)
    const { role, agent, model } = task
    const run = { requestId, taskId, role, agent, harness: harness.id, model, currency: config.budget.currency, reserve: reserve.nano } // prettier-ignore
    let begun = runs.begin(run, limits)
    // What others have set aside comes back, most of it, when they end: that is no reason to fail.
    while ('refused' in begun && begun.waits) {
      await clock.sleep(LOOK_MS, signal)
      const late = off()
      if (late !== null) return late
      runs.sweep(isAlive)
      begun = runs.begin(run, limits)
    }
    if ('refused' in begun) {
      const detail = refusedText(config, begun.refused, reserve.nano, requestId)
      return refuse({ code: 'budget', reason: 'budget_left', detail })
    }
    return await lead(deps, begun.id, charge, { reserve, isFree }, signal)
  } finally {
    leave()
  }
}

async function lead(
  deps: SupervisorDeps,
  id: number,
  charge: Charge,
  { reserve, isFree }: { reserve: Extract<ReturnType<typeof reserveFor>, { ok: true }>; isFree: boolean },
  signal: AbortSignal,
): Promise<Outcome> {
  const { clock, runs, gate } = deps
  const { config } = charge
  const started = clock.stopwatch()
  const recorder = openRecorder(runs, id, clock)
  const hear = (event: RunEvent): void => {
    recorder.hear(event)
    charge.hear?.(event)
  }
  const meter = isFree
    ? NO_METER
    : openMeter({
        runs,
        id,
        requestId: charge.requestId,
        config,
        price: reserve.price,
        reserve: reserve.nano,
      })
  const deadlineMs = clock.monotonicMs() + config.timeoutSeconds * 1000
  let before: Usage = NO_USAGE
  let outcome: Outcome | null = null
  try {
    for (let tries = 0; ; tries += 1) {
      const limits = { deadlineMs, idleMs: deps.idleMs ?? IDLE_MS, meter, before }
      const tried = await attempt(deps, id, charge, limits, hear, signal)
      before = sumOf(before, tried.outcome.usage)
      outcome = tried.outcome
      if (outcome.kind === 'failed' && tried.why !== null) {
        outcome = { ...outcome, detail: tried.why }
        break
      }
      const wait = againAfter(outcome, tries)
      // One that would only begin after the deadline would never end in time.
      if (wait === null || clock.monotonicMs() + wait >= deadlineMs || signal.aborted) break
      if (outcome.kind === 'failed') hear({ kind: 'retry', reason: outcome.detail, delayMs: wait })
      if (wait > 0) gate.holdOff(wait)
      await clock.sleep(wait, signal)
      if (signal.aborted) break
    }
    outcome = { ...withWait(outcome), usage: before }
    meter.counted(before)
    const over = meter.close()
    // By how much is known only now that all of it is counted.
    if (outcome.kind === 'failed' && outcome.code === 'budget' && over !== null)
      outcome = { ...outcome, detail: over }
    return outcome
  } finally {
    const ended = outcome
    deps.db.write(() => {
      recorder.close()
      meter.counted(before)
      meter.close()
      finish(deps, id, charge, ended, started())
    })
  }
}

function finish(
  { runs, logs, sessions }: SupervisorDeps,
  id: number,
  { harness, task, requestId, taskId }: Charge,
  outcome: Outcome | null,
  durationMs: number,
): void {
  const ended = outcome ?? failed({ code: 'unavailable', detail: 'the run broke off' }, NO_USAGE)
  const isFailed = ended.kind === 'failed'
  const model = askedModel(ended, task.model)
  runs.end(id, {
    status: ended.kind,
    code: codeOf(ended),
    detail: isFailed ? ended.detail : null,
    via: ended.kind === 'submitted' ? ended.via : null,
    repairs: ended.kind === 'answered' ? 0 : (ended.repairs ?? 0),
    sessionId: ended.sessionId,
    durationMs,
    model,
  })
  if (ended.sessionId !== null)
    sessions.keep({ resumeId: ended.sessionId, harness: harness.id, model, taskId })
  const row = runs.get(id)
  logs.write({
    level: isFailed ? 'warn' : 'info',
    message: 'agent run',
    taskId,
    details: {
      run_id: id,
      request_id: requestId,
      role: task.role,
      agent: task.agent,
      harness: harness.id,
      model,
      status: ended.kind,
      code: codeOf(ended),
      repairs: row?.repairs ?? 0,
      input_tokens: row?.input_tokens ?? null,
      output_tokens: row?.output_tokens ?? null,
      cost_nano: row?.cost_nano ?? null,
      duration_ms: Math.round(durationMs),
    },
  })
}
