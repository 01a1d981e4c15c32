/** The conversation every adapter leads: ask, judge what is handed in, have it mended, in one session, to an end. */
import { asHyperionError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { readHandIn } from '../hand-in.ts'
import type { AgentRun, AgentTask, AskedModel, CancelReason, Failure, FailureCode, Outcome, Refused, RunEvent, Usage, WorkTree } from '../harness.ts' // prettier-ignore
import { eventQueue } from './event-queue.ts'

/** Why a turn brought nothing. */
export interface TurnFailure {
  code: FailureCode
  reason?: string
  detail: string
  retryAfterMs?: number
}

export interface TurnEnd {
  /** The last whole message. */
  text: string
  sessionId: string | null
  failure: TurnFailure | null
  /** Of this run so far. */
  usage: Usage
  /** Which model was asked; left out where it is the task's. */
  model?: string | null
}

export interface Conversation {
  /** Says something and hears the turn to its end; ends it early when `signal` says so. */
  say(prompt: string, signal: AbortSignal): Promise<TurnEnd>
  close(): Promise<void>
}

/** Takes what a tool hands in. */
export interface Desk {
  /** What the agent is to be told, and whether there is anything left for it to do. */
  submit(value: unknown): Promise<{ told: string; over: boolean }>
  /** What was to be handed in could not be read; the agent was told so already. */
  spoil(message: string): void
}

/** How an adapter begins one: `desk` is null where nothing is to be handed in, `tree` where it only reads. */
export type OpenConversation = (
  desk: Desk | null,
  hear: (event: RunEvent) => void,
  tree: WorkTree | null,
) => Promise<Conversation>

export const NO_USAGE: Usage = { source: 'unavailable' }

/** An agent that asks so often for what it has not does nothing else any more. */
const MOST_DENIED = 30
/** Beyond this part of it agents begin to sum up what they know, by calls of their model that nobody counts. */
const FULL = 0.93

/** Why a run is ended from outside of its conversation, or by what it does. */
type StopReason = CancelReason | 'denied' | 'context'

const STOPPED: Readonly<Record<StopReason, { code: FailureCode; reason?: string; detail: string }>> = {
  operator: { code: 'cancelled', detail: 'the run was cancelled' },
  deadline: { code: 'timeout', detail: 'the agent was not done in time' },
  idle: { code: 'timeout', detail: 'the agent said nothing for too long' },
  budget: { code: 'budget', detail: 'the budget is used up' },
  denied: {
    code: 'invalid',
    reason: 'only_denied',
    detail: `it asked ${MOST_DENIED} times for tools that it does not have, or in a way that nobody can read`,
  },
  context: {
    code: 'provider',
    reason: 'context_full',
    detail:
      'what its model can hold was full before it handed in; ask for less at once, or name a model that holds more',
  },
}

const reasonOf = (signal: AbortSignal): StopReason =>
  Object.hasOwn(STOPPED, String(signal.reason)) ? (signal.reason as StopReason) : 'operator'

export const failed = (
  { code, reason, detail, retryAfterMs }: TurnFailure,
  usage: Usage,
  sessionId: string | null = null,
): Failure => ({
  kind: 'failed',
  code,
  ...(reason === undefined ? {} : { reason }),
  // What services say of errors comes in lines.
  detail: inert(detail.slice(0, 8_000).trim().replace(/\s+/g, ' '), 2_000),
  usage,
  sessionId,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

const NO_WORK_TREE: TurnFailure = {
  code: 'unavailable',
  reason: 'no_work_tree',
  detail:
    'Copilot cannot work in a work tree by its command line; set HYPERION_COPILOT_BY to sdk, or agents.workTree to "off"',
}

const NOTHING: Refused = { accepted: false, code: 'no_submission', message: 'nothing was handed in' }

/** What is said to an agent whose submission was refused. */
export const refusalText = ({ code, message }: Refused): string =>
  `The submission was refused (${code}): ${message}\n\nMend it and hand in the whole submission again.`

interface Counter extends Desk {
  judge(value: unknown): Promise<void>
  refuse(refusal: Refused): void
  accepted(): { value: unknown } | null
  refusal(): Refused
  refusals(): number
  isOver(): boolean
}

function openDesk(
  task: AgentTask,
  tree: WorkTree | null,
  hear: (event: RunEvent) => void,
  whenSpent: () => void,
): Counter {
  let accepted: { value: unknown } | null = null
  let refusal = NOTHING
  let refusals = 0
  const isOver = (): boolean => accepted !== null || refusal.final === true || refusals > task.maxRepairs
  const refuse = (one: Refused): void => {
    refusal = one
    refusals += 1
  }
  /** Two tools called at once are judged one after the other: the first that is accepted counts. */
  let turn: Promise<unknown> = Promise.resolve()
  async function judgeNow(value: unknown): Promise<void> {
    if (isOver() || task.handIn === null) return
    const review = await task.handIn.review(value, tree).catch((error: unknown) => {
      // Of ours, not of the agent's: whoever reviews tells of it, and no repair mends it.
      refusal = {
        accepted: false,
        code: 'review_failed',
        message: 'the submission could not be judged',
        final: true,
      }
      throw error
    })
    hear({ kind: 'submission', value, review })
    if (review.accepted) accepted = { value }
    else refuse(review)
  }
  function judge(value: unknown): Promise<void> {
    const mine = turn.then(() => judgeNow(value))
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    judge,
    refuse,
    async submit(value) {
      await judge(value)
      const told = accepted === null ? refusalText(refusal) : 'Accepted. There is nothing left to do.'
      return { told, over: isOver() }
    },
    spoil(message) {
      if (isOver()) return
      const review: Refused = { accepted: false, code: 'invalid', message }
      hear({ kind: 'submission', value: null, review })
      refuse(review)
      // Nothing of ours is called by what cannot be read: the turn has to be ended from here.
      if (isOver()) whenSpent()
    },
    accepted: () => accepted,
    refusal: () => refusal,
    refusals: () => refusals,
    isOver,
  }
}

/** Why a work tree could not be opened; what is wrong with this program is thrown. */
function whyNotOpened(thrown: unknown): TurnFailure {
  const { kind, code, message, hint } = asHyperionError(thrown)
  if (kind === 'bug') throw thrown
  return { code: 'unavailable', reason: code, detail: hint === null ? message : `${message}; ${hint}` }
}

/** Opens where it works, has it work there, and leaves nothing open. */
async function lead(
  task: AgentTask,
  open: OpenConversation,
  { hasTool, worksInTree }: Means,
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  if (task.openWorkTree === null) return talk(task, open, hasTool, null, hear, signal)
  if (!worksInTree) return failed(NO_WORK_TREE, NO_USAGE)
  let tree: WorkTree
  try {
    tree = await task.openWorkTree(hear, signal)
  } catch (thrown) {
    if (signal.aborted) return failed(STOPPED[reasonOf(signal)], NO_USAGE)
    return failed(whyNotOpened(thrown), NO_USAGE)
  }
  try {
    return await talk(task, open, hasTool, tree, hear, signal)
  } finally {
    await tree.close()
  }
}

async function talk(
  task: AgentTask,
  open: OpenConversation,
  hasTool: boolean,
  tree: WorkTree | null,
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { handIn } = task
  const spent = new AbortController()
  const desk = openDesk(task, tree, hear, () => spent.abort())
  const how = handIn === null ? '' : hasTool ? `Hand in by calling ${handIn.tool}.` : handIn.form
  const conversation = await open(handIn === null ? null : desk, hear, tree)
  let usage = NO_USAGE
  let asked: AskedModel = {}
  let sessionId = task.resume?.sessionId ?? null
  try {
    let prompt = how === '' ? task.prompt : `${task.prompt}\n\n## How to hand in\n\n${how}`
    for (;;) {
      hear({ kind: 'prompt', text: prompt })
      const refusedBefore = desk.refusals()
      const end = await conversation.say(prompt, AbortSignal.any([signal, spent.signal]))
      if (end.usage.source !== 'unavailable') usage = end.usage
      hear({ kind: 'usage', usage })
      sessionId = end.sessionId ?? sessionId
      if (end.model !== undefined) asked = { model: end.model }
      const isHeard = end.failure === null && !signal.aborted
      if (handIn !== null && isHeard && desk.refusals() === refusedBefore && desk.accepted() === null) {
        const read = readHandIn(end.text, handIn.mark)
        if (read.ok) await desk.judge(read.value)
        else desk.refuse({ accepted: false, code: read.code, message: read.message })
        const taken = desk.accepted()
        if (taken !== null) return submitted(taken, 'text')
      }
      // What was accepted stays so, however the turn went on.
      const taken = desk.accepted()
      if (taken !== null) return submitted(taken, 'tool')
      if (signal.aborted) return broughtNothing(STOPPED[reasonOf(signal)])
      if (end.failure !== null && !desk.isOver()) return broughtNothing(end.failure)
      if (handIn === null) return { kind: 'answered', text: end.text, usage, sessionId, ...asked }
      if (desk.isOver() || end.sessionId === null) {
        const { code: reason, message: detail } = desk.refusal()
        const code = reason === 'no_submission' ? reason : 'invalid'
        return broughtNothing({ code, reason, detail })
      }
      prompt = `${refusalText(desk.refusal())} ${how}`
    }
  } finally {
    await conversation.close()
  }

  function broughtNothing(why: TurnFailure): Outcome {
    // The last refusal is mended no more.
    const repairs = Math.min(desk.refusals(), task.maxRepairs)
    return { ...failed(why, usage, sessionId), ...asked, repairs }
  }
  function submitted({ value }: { value: unknown }, via: 'tool' | 'text'): Outcome {
    return { kind: 'submitted', value, via, repairs: desk.refusals(), usage, sessionId, ...asked }
  }
}

/** What an adapter can do. */
export interface Means {
  /** The agent hands in by a tool. */
  hasTool: boolean
  worksInTree: boolean
}

/** Starts a run that `open` begins. */
export function startRun(
  task: AgentTask,
  open: OpenConversation,
  means: Means,
  signal: AbortSignal,
): AgentRun {
  const events = eventQueue<RunEvent>()
  const stop = new AbortController()
  let denied = 0
  function hear(event: RunEvent): void {
    events.push(event)
    if (event.kind === 'denied') denied += 1
    if (denied >= MOST_DENIED) stop.abort('denied')
    if (event.kind === 'context' && event.limit > 0 && event.used >= FULL * event.limit) stop.abort('context')
  }
  const outcome = lead(task, open, means, hear, AbortSignal.any([signal, stop.signal]))
    .catch((error: unknown): Outcome => {
      const detail = error instanceof Error ? error.message : String(error)
      return failed({ code: 'unavailable', detail }, NO_USAGE)
    })
    .finally(events.close)
  return {
    events: events.all,
    outcome,
    async cancel(reason) {
      stop.abort(reason)
      await outcome
    },
  }
}
