/** A conflict as the reviewer opens it. */
import type { ConflictRecord } from '../../../../schemas/conflict.ts'
import type { Review } from '../../../../schemas/reviewer.ts'
import { asHyperionError } from '../../base/errors.ts'
import { branchName } from '../../domain/branch-name.ts'
import { resolveChecks } from '../../domain/check-policy.ts'
import { sidesKey } from '../../domain/sides-key.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import { requireRow } from '../../landing/acts.ts'
import { mergeOf } from '../../landing/merge.ts'
import { readPayload } from '../../landing/policy.ts'
import type { ChangeRow } from '../../store/changes.ts'
import type { ResolvedChecks } from '../../domain/check-policy.ts'
import type { Policy } from '../../landing/deps.ts'
import { partyOfChange } from './parties.ts'
import { recordOf } from './sides.ts'
import { landedSince, movedPaths, problemOf, tipOf } from './target.ts'

export async function showReview(deps: LandingDeps, id: number): Promise<Review> {
  const { store } = deps
  const row = requireRow(store, id)
  const tip = await tipOf(deps)
  // Read together, after the tip: a look at the branch takes its time.
  const conflicts = store.records.conflicts(id)
  const records = conflicts.map(recordOf)
  const drafts = new Map(store.reviews.drafts(id).map((draft) => [draft.path, draft]))
  const trial = store.reviews.trial(id)
  const moved = await movedPaths(deps, records, tip)
  return {
    id,
    status: store.changes.get(id)?.status ?? row.status,
    target: branchName(deps.target),
    tip,
    target_problem: await problemOf(deps, records, tip),
    incoming: partyOfChange(deps, row),
    landed_since: await landedSince(deps, records, tip),
    paths: records.map((record) => ({
      record: withoutLongText(record),
      sides_key: sidesKey(record),
      moved: moved.has(record.path),
      draft: drafts.get(record.path) ?? null,
    })),
    trial,
    checks_off: await checksOff(deps, row, tip),
  }
}

/** The editor merges for itself; a long text with markers would only make opening slow. */
const LONGEST_MARKERS = 1024 * 1024

const withoutLongText = (record: ConflictRecord): ConflictRecord =>
  (record.markers?.length ?? 0) > LONGEST_MARKERS ? { ...record, markers: null } : record

/** The checks of a change as they stand under a policy; those of a merge of upstream are all there are. */
export function checksUnder(row: ChangeRow, policy: Policy): ResolvedChecks | null {
  const { allow, unlisted } = policy.checks
  const asked = mergeOf(row) === null ? readPayload(row) : { request: { checks: Object.keys(allow) } }
  if (!('request' in asked)) return null
  return resolveChecks(asked.request.checks, { allow, unlisted, trustAll: false })
}

/** Why none of these checks would run, in a sentence; null where they would. */
export function whyNotRun(checks: ResolvedChecks | null): string | null {
  if (checks === null) return 'the stored payload is not a change request any more'
  switch (checks.decision) {
    case 'run':
      return null
    case 'nothing':
      return 'it asks for no check'
    case 'hold':
      return `the check "${checks.unlisted[0]}" is not on the allow-list and needs an approval first`
    case 'refuse':
      return `the check "${checks.unlisted[0]}" is not on the allow-list`
  }
}

async function checksOff(deps: LandingDeps, row: ChangeRow, tip: string | null): Promise<string | null> {
  if (tip === null) return 'there is no target to check it on'
  try {
    return whyNotRun(checksUnder(row, await deps.readPolicy(tip)))
  } catch (thrown) {
    const error = asHyperionError(thrown)
    if (error.kind !== 'user') throw thrown
    return error.message
  }
}
