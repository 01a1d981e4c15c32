/** Words for where a task request and its assignments stand. */
import type { StatusCounts } from '../../../schemas/metrics.ts'
import type { RequestSummary, RequestTree } from '../../../schemas/view.ts'

export type Tone = 'muted' | 'accent' | 'ok' | 'warn' | 'danger'

export interface Standing {
  label: string
  tone: Tone
}

const REQUEST: Readonly<Record<string, Standing>> = {
  received: { label: 'Received', tone: 'accent' },
  briefed: { label: 'Briefed', tone: 'accent' },
  assigned: { label: 'Drafting', tone: 'accent' },
  needs_answer: { label: 'Needs an answer', tone: 'warn' },
  failed: { label: 'Failed', tone: 'danger' },
  cancelled: { label: 'Cancelled', tone: 'muted' },
}

const total = (counts: StatusCounts): number => Object.values(counts).reduce((sum, n) => sum + n, 0)

/** Once queued, a request stands where its changes stand. */
export function standingOf({ status, changes }: Pick<RequestSummary, 'status' | 'changes'>): Standing {
  if (status !== 'queued') {
    return (Object.hasOwn(REQUEST, status) ? REQUEST[status] : undefined) ?? { label: status, tone: 'muted' }
  }
  const needs = changes.conflict + changes.held + changes.failed
  if (needs > 0) return { label: needs === 1 ? '1 needs you' : `${needs} need you`, tone: 'warn' }
  if (changes.pending + changes.in_progress > 0) return { label: 'Landing', tone: 'accent' }
  if (changes.applied > 0) return { label: 'Done', tone: 'ok' }
  return total(changes) > 0 ? { label: 'Cancelled', tone: 'muted' } : { label: 'Queued', tone: 'muted' }
}

export const ASSIGNMENT: Readonly<Record<RequestTree['assignments'][number]['status'], Standing>> = {
  planned: { label: 'Planned', tone: 'muted' },
  asks: { label: 'Asks for files', tone: 'warn' },
  drafted: { label: 'Drafted', tone: 'accent' },
  queued: { label: 'Queued', tone: 'ok' },
  failed: { label: 'Not drafted', tone: 'danger' },
  cancelled: { label: 'Cancelled', tone: 'muted' },
}

/** Why a request cannot go on by being submitted again, or null where it can. */
export function whyNotAgain(request: Pick<RequestSummary, 'status'>, offline: boolean): string | null {
  if (offline) return 'The engine cannot be reached at the moment'
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
