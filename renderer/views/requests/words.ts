/** Words for where a task request and its assignments stand. */
import type { StatusCounts } from '../../../schemas/metrics.ts'
import type { RequestSummary, RequestTree } from '../../../schemas/view.ts'

export type Tone = 'muted' | 'accent' | 'ok' | 'warn' | 'danger'

export interface Standing {
  label: string
  tone: Tone
}

const REQUEST: Readonly<Record<string, Standing>> = {
  received: { label: 'Briefing', tone: 'accent' },
  briefed: { label: 'Planning', tone: 'accent' },
  assigned: { label: 'Drafting', tone: 'accent' },
  needs_answer: { label: 'Needs an answer', tone: 'warn' },
  failed: { label: 'Failed', tone: 'danger' },
  cancelled: { label: 'Cancelled', tone: 'muted' },
}

const total = (counts: StatusCounts): number => Object.values(counts).reduce((sum, n) => sum + n, 0)

const HELD: Standing = { label: 'Plan waits for you', tone: 'warn' }

const AT_WORK: ReadonlySet<string> = new Set(['received', 'briefed', 'assigned'])

const CALLED_OFF = /(?:^|: )cancelled: the run was cancelled$/
/** What comes of it for assignments that stand on one that was not drafted. */
const BELOW = /(?:^|: )depends on \S+, which has no draft$/

/** Whether a person cancelled the runs, and nothing else went wrong. */
export function wasCalledOff(error: string | null | undefined): boolean {
  const parts = error?.split('; ') ?? []
  return (
    parts.some((part) => CALLED_OFF.test(part)) &&
    parts.every((part) => CALLED_OFF.test(part) || BELOW.test(part))
  )
}

/** Once queued, a request stands where its changes stand; `stopped`: no agent may work on it. */
export function standingOf(
  {
    status,
    changes,
    plan_held: held,
    error,
  }: Pick<RequestSummary, 'status' | 'changes' | 'plan_held'> & Partial<Pick<RequestSummary, 'error'>>,
  stopped: boolean,
): Standing {
  if (held) return HELD
  // Somebody wanted it so: it waits to go on, and nothing is broken.
  if (status === 'failed' && wasCalledOff(error)) return { label: 'Run cancelled', tone: 'warn' }
  if (stopped && AT_WORK.has(status)) return { label: 'Stopped', tone: 'warn' }
  if (status !== 'queued') {
    return (Object.hasOwn(REQUEST, status) ? REQUEST[status] : undefined) ?? { label: status, tone: 'muted' }
  }
  const needs = changes.conflict + changes.held + changes.failed
  if (needs > 0) return { label: needs === 1 ? '1 needs you' : `${needs} need you`, tone: 'warn' }
  if (changes.pending + changes.in_progress > 0) return { label: 'Landing', tone: 'accent' }
  if (changes.applied > 0) return { label: 'Done', tone: 'ok' }
  return total(changes) > 0 ? { label: 'Cancelled', tone: 'muted' } : { label: 'Queued', tone: 'muted' }
}

/** What is said at once of a request that was handed in; `stopped`: no agent may work on it. */
export function submittedWords(
  {
    request_id: id,
    enqueued,
    failed,
    held,
    going,
  }: {
    request_id: string
    enqueued: readonly unknown[]
    failed: readonly unknown[]
    held: boolean
    going: boolean
  },
  stopped: boolean,
): string {
  if (going && stopped) return `${id} waits: all agents are stopped`
  if (going) return `${id}: agents are at work on it`
  if (held) return `${id}: its plan waits for you`
  return `${id}: ${enqueued.length} queued${failed.length === 0 ? '' : `, ${failed.length} failed`}`
}

const ASSIGNMENT: Readonly<Record<RequestTree['assignments'][number]['status'], Standing>> = {
  planned: { label: 'Planned', tone: 'muted' },
  asks: { label: 'Asks for files', tone: 'warn' },
  drafted: { label: 'Drafted', tone: 'accent' },
  queued: { label: 'Queued', tone: 'ok' },
  failed: { label: 'Not drafted', tone: 'danger' },
  cancelled: { label: 'Cancelled', tone: 'muted' },
}

export const assignmentStanding = ({
  status,
  error,
}: Pick<RequestTree['assignments'][number], 'status' | 'error'>): Standing =>
  status === 'failed' && wasCalledOff(error) ? { ...ASSIGNMENT.failed, tone: 'warn' } : ASSIGNMENT[status]

const EDITABLE: ReadonlySet<string> = new Set(['planned', 'asks', 'failed'])

/** Why the plan of an assignment cannot be edited now; null where it can. */
export function whyNotEdited(
  status: RequestTree['assignments'][number]['status'],
  request: Pick<RequestSummary, 'status'>,
  atWork: boolean,
): string | null {
  if (request.status === 'cancelled') return 'Its request was cancelled'
  if (status === 'queued') return 'It is queued; reject or cancel its change first'
  if (!EDITABLE.has(status)) return `It is ${status}`
  return atWork ? 'Its agent is at work; cancel the run first' : null
}

const AWAY = 'The engine cannot be reached at the moment'

/** Why a request cannot be told to go on, or null where it can. */
export function whyNotAgain(
  request: Pick<RequestSummary, 'status' | 'plan_held'>,
  offline: boolean,
  atWork = false,
): string | null {
  if (offline) return AWAY
  if (atWork) return 'Agents are at work on it'
  if (request.plan_held) return 'Its plan waits for you; run the plan'
  switch (request.status) {
    case 'queued':
      return 'All of it is queued; retry single changes instead'
    case 'cancelled':
      return 'It was cancelled; submit it under a new name'
    case 'needs_answer':
      return 'It waits for an answer'
    default:
      return null
  }
}

/** Why nothing of a request can be withdrawn, or null where something can. */
export function whyNotWithdrawn(request: Pick<RequestSummary, 'status'>, offline: boolean): string | null {
  if (offline) return AWAY
  if (request.status === 'queued') return 'All of it is queued; cancel its changes instead'
  return request.status === 'cancelled' ? 'It was cancelled already' : null
}
