/** Why something waits, in words: the engine's codes said as a person would, with what helps. */
import type { Overlap } from '../../schemas/acts.ts'
import type { ChangeStatus } from '../../schemas/states.ts'
import type { ChangeDetail, InboxItem } from '../../schemas/view.ts'

export interface Explanation {
  /** What the code means. */
  why: string
  /** What a person can do about it. */
  helps: string
}

const CODES: Readonly<Record<string, Explanation>> = {
  conflict: {
    why: 'The target moved on since this was written, and the same lines were changed there.',
    helps: 'Decide for each path which side is kept, then it is tried again.',
  },
  protected_path: {
    why: 'It touches a path that your policy protects.',
    helps: 'Look at the patch, then approve or reject it.',
  },
  approval_required: {
    why: 'Your policy asks for more approvals than it has.',
    helps: 'Look at the patch, then approve or reject it.',
  },
  unlisted_check: {
    why: 'It asks for a command that is not on the list of allowed checks.',
    helps: 'Approve it if the command may run once, or allow it from now on.',
  },
  no_checks: {
    why: 'It asks for no check, while this workspace has checks.',
    helps: 'Approve it if it may land unchecked, or reject it and ask for a check.',
  },
  check_not_allowed: {
    why: 'It asks for a command that your policy refuses.',
    helps: 'Allow the command from now on, then retry.',
  },
  could_not_run: {
    why: 'A check could not be run at all, so nobody knows whether it passes.',
    helps: 'Mend what keeps the check from running, then approve to try again.',
  },
  also_red_on_base: {
    why: 'A check failed, and it fails on the target without this change as well.',
    helps: 'Mend the target, then approve to try again.',
  },
  check_failed: {
    why: 'A check failed on exactly this change.',
    helps: 'Read the output. Retry if the check was at fault, else discard it and ask anew.',
  },
  dependency_impossible: {
    why: 'It waits for a task that failed or was cancelled.',
    helps: 'Retry or resubmit that task, or cancel this change.',
  },
  dependency_cycle: {
    why: 'It waits for itself through the tasks it depends on.',
    helps: 'Cancel one change of the round; the others then go on.',
  },
  max_attempts: {
    why: 'Every attempt broke off before its end, and there are none left.',
    helps: 'Read why in the last attempt, then retry or discard it.',
  },
  rejected: {
    why: 'A person rejected it.',
    helps: 'Discard it, or retry if the decision was wrong.',
  },
  marked: {
    why: 'It was marked as failed by hand.',
    helps: 'Retry it, or discard it.',
  },
  question: {
    why: 'The Engineer needs to know something before the work can be split.',
    helps: 'Answer, or take what it assumes; the request then goes on by itself.',
  },
  widening: {
    why: 'An agent cannot do its assignment within the files it was given.',
    helps: 'Grant the files, or have it do without, as far as it goes.',
  },
  plan: {
    why: 'The plan is to be seen before anybody works on it.',
    helps: 'Run it as it is, or edit it first; until then nothing of it is drafted.',
  },
  target_checked_out: {
    why: 'The target is checked out somewhere, so it cannot be moved.',
    helps: 'Check out another branch there.',
  },
  target_missing: {
    why: 'The branch that changes land on does not exist.',
    helps: 'Make it again, or name another one in Settings.',
  },
  does_not_apply: {
    why: 'Its patch does not fit the text it claims to be written against.',
    helps: 'Discard it and ask for it anew; a retry comes to the same end.',
  },
  path_missing: {
    why: 'The file it changes is not on the target.',
    helps: 'Have the task done again on what is there now.',
  },
  path_exists: {
    why: 'The file it adds is on the target already.',
    helps: 'Have the task done again as a change of that file.',
  },
  base_missing: {
    why: 'The commit it was written against is not in this repository.',
    helps: 'Fetch it, then retry.',
  },
  hash_mismatch: {
    why: 'Its patch is not the one its hash was made from.',
    helps: 'Discard it and have it submitted again.',
  },
}

const KINDS: Readonly<Record<InboxItem['kind'], Explanation>> = {
  conflict: { why: 'It no longer fits the target.', helps: 'Decide each path, then it is tried again.' },
  held: {
    why: 'Policy wants a person to look first.',
    helps: 'Look at the patch, then approve or reject it.',
  },
  failed: {
    why: 'It was tried and did not land.',
    helps: 'Retry it once the cause is mended, or discard it.',
  },
  question: { why: 'An agent asks something.', helps: 'Answer it; the request then goes on.' },
  checkout: {
    why: 'Changes landed on the target; your own branch does not have them yet.',
    helps: 'Bring them over. Edits in your checkout are never overwritten.',
  },
  engine: { why: 'Changes wait, but none can land.', helps: 'Mend what is broken below.' },
}

const coded = (code: string | null): Explanation | undefined =>
  code === null || !Object.hasOwn(CODES, code) ? undefined : CODES[code]

export const explain = ({ kind, code }: Pick<InboxItem, 'kind' | 'code'>): Explanation =>
  coded(code) ?? KINDS[kind]

/**
 * The error a change stands with; a cancelled one was cancelled by somebody, whatever it had waited for before, unless
 * another took its place.
 */
export const errorOf = ({
  status,
  last_error,
  reason_code,
}: {
  status: ChangeStatus
  last_error: string | null
  reason_code?: string | null
}): string | null => (status === 'cancelled' && reason_code !== 'replaced' ? null : last_error)

/** What helps a change as it stands, or null where nothing has to be done. */
export function remedyOf(status: ChangeStatus, code: string | null): string | null {
  switch (status) {
    case 'held':
    case 'conflict':
    case 'failed':
      return explain({ kind: status, code }).helps
    case 'cancelled':
      return code === 'replaced' ? 'Decide about that one instead.' : 'Retry puts it back into the queue.'
    default:
      return null
  }
}

/** "Place 3 · waits for task REQ-1-2", for a change that is pending or in the chain. */
export function waitsSentence(
  detail: Pick<ChangeDetail, 'status' | 'position' | 'waits_for'>,
): string | null {
  const [first, ...more] = detail.waits_for
  const rest = more.length > 0 ? ` and ${more.length} more` : ''
  if (detail.status === 'in_progress') return first === undefined ? null : `waits for ${first}${rest}`
  if (detail.status !== 'pending') return null
  const place = placeWords(detail)
  const waits = first === undefined ? 'next free worker takes it in its turn' : `waits for ${first}${rest}`
  return [place, waits].filter((part) => part !== null).join(' · ')
}

/** "Place 3", or null where it stands in no line. */
export const placeWords = ({ position }: Pick<ChangeDetail, 'position'>): string | null =>
  position === null ? null : `Place ${position.toLocaleString('en')}`

/** "lines 3 to 9 of src/a.ts", as it is written on the target. */
export function overlapWords({ path, lines }: Overlap): string {
  if (lines === null) return `all of ${path}`
  const { first, last } = lines
  return last <= first ? `line ${first} of ${path}` : `lines ${first} to ${last} of ${path}`
}

/** Which changes were queued to undo this one, the oldest first, and which one this was queued to undo. */
export function undone({ log }: Pick<ChangeDetail, 'log'>): { by: number[]; of: number | null } {
  const named = (message: string): number[] =>
    log.flatMap((row) => {
      const id = row.message === message ? row.details?.['change_id'] : null
      return typeof id === 'number' && Number.isSafeInteger(id) ? [id] : []
    })
  return { by: named('revert'), of: named('reverts')[0] ?? null }
}

export const KIND_LABEL: Readonly<Record<InboxItem['kind'], string>> = {
  conflict: 'Conflict',
  held: 'Held',
  failed: 'Failed',
  question: 'Question',
  checkout: 'Checkout behind',
  engine: 'Engine',
}

/** Codes of what no approval brings about, because it waits for another task. */
const HOPELESS = new Set(['dependency_impossible', 'dependency_cycle'])

export const isHopeless = (code: string | null): boolean => code !== null && HOPELESS.has(code)
