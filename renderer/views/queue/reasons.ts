/** What helps a change that stands still, by the code of its reason. */
import type { ChangeDetail, ChangeSummary } from '../../../schemas/view.ts'

const REMEDIES: Readonly<Record<string, string>> = {
  protected_path: 'It touches a protected path: a person has to approve it, or reject it with a reason.',
  no_checks: 'Approve it to let it land unchecked this once, or reject it and ask for checks.',
  unlisted_check:
    'Put its check on the allow-list in Settings and retry, approve it to run it this once, or reject it.',
  check_failed:
    'Read the output under Checks. Retry if the cause lay outside; else the task has to be submitted again.',
  could_not_run: 'Its checks could not be run. See Checks and the doctor’s findings in Settings, then retry.',
  dependency_impossible:
    'A task it depends on did not come to land. Retry or resubmit that one, or cancel this change.',
  dependency_cycle: 'It waits for itself through other tasks. Cancel one of them to open the circle.',
  max_attempts: 'Every attempt was interrupted. See the log for why, then retry.',
  conflict:
    'Take a side for each path under Conflict, or cancel it and have the task done again on what landed.',
  path_missing: 'The file is not on the target. The task has to be submitted again on what is there now.',
  path_exists: 'The file is on the target already. The task has to be submitted again as an update.',
  rejected: 'A person rejected it. The task has to be submitted again with what was asked for.',
  base_missing: 'The commit it was written against is not in this repository. Fetch it, then retry.',
}

export function remedyOf({
  status,
  reason_code,
}: Pick<ChangeSummary, 'status' | 'reason_code'>): string | null {
  const known = reason_code === null ? undefined : REMEDIES[reason_code]
  if (known !== undefined) return status === 'applied' || status === 'cancelled' ? null : known
  if (status === 'held') return 'A person has to decide: approve it, or reject it with a reason.'
  if (status === 'conflict') return REMEDIES['conflict'] ?? null
  if (status === 'failed') return 'Retry it, or discard it and have the task submitted again.'
  if (status === 'cancelled') return 'Retry puts it back into the queue.'
  return null
}

/** "Place 3 · waits for task REQ-1-2", for a change that is pending. */
export function waitsSentence(
  detail: Pick<ChangeDetail, 'status' | 'position' | 'waits_for'>,
): string | null {
  if (detail.status !== 'pending') return null
  const place = detail.position === null ? null : `Place ${detail.position.toLocaleString('en')}`
  const [first, ...more] = detail.waits_for
  const rest = more.length > 0 ? ` and ${more.length} more` : ''
  const waits = first === undefined ? 'next free worker takes it in its turn' : `waits for ${first}${rest}`
  return [place, waits].filter((part) => part !== null).join(' · ')
}
