/** Who is behind a change of the queue, or a commit of the target, in the words of the reviewer. */
import type { ChangeRequest } from '../../../../schemas/change-request.ts'
import type { Party } from '../../../../schemas/reviewer.ts'
import { titleOf } from '../../domain/title.ts'
import type { NamedCommit } from '../../git/blame.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { originsOf, rowOf } from '../why.ts'

type PartyDeps = Pick<LandingDeps, 'store' | 'workspaceUuid'>

export function partyOfChange({ store }: Pick<PartyDeps, 'store'>, row: ChangeRow): Party {
  const { metadata } = JSON.parse(row.payload) as ChangeRequest
  const { request } = originsOf(store, row)
  return {
    change_id: row.id,
    request_id: request?.request_id ?? null,
    task_id: row.task_id,
    agent: row.agent,
    title: titleOf(metadata),
    intent: metadata?.intent ?? null,
    summary: request === null || request.summary === '' ? null : request.summary,
  }
}

/** A commit that this queue did not land is its author's, and its subject all that is known of what it is for. */
export function partyOfCommit(
  deps: PartyDeps,
  commit: Pick<NamedCommit, 'commit' | 'author' | 'subject' | 'trailers'>,
): Party {
  const known = rowOf(deps, commit)
  if (known !== null) return partyOfChange(deps, known.row)
  const { author, subject } = commit
  return {
    change_id: null,
    request_id: null,
    task_id: null,
    agent: author,
    title: subject,
    intent: subject,
    summary: null,
  }
}
