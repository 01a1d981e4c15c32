/** Builds a change on the target as it is now, as a worker would, without a lease and without landing anything. */
import type { AttemptOutcome } from '../domain/states.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { ResolutionRow } from '../store/records.ts'
import { treeOf } from '../git/trees.ts'
import type { ConflictFinding } from './build-path.ts'
import { buildOn } from './chain.ts'
import type { LandingDeps, Leased } from './deps.ts'
import { readPayload } from './policy.ts'

export type Preview =
  | { kind: 'built'; leased: Leased; tree: string; parentTree: string }
  /** The target has all of it. */
  | { kind: 'already_present'; tree: string }
  | { kind: 'conflict'; conflicts: readonly ConflictFinding[] }
  | { kind: 'refused'; code: string; message: string }

/** Objects of the tree are staged; `resolutions` count in place of those that are stored. */
export async function preview(
  deps: LandingDeps,
  row: ChangeRow,
  tip: string,
  resolutions: readonly Omit<ResolutionRow, 'created_at'>[],
): Promise<Preview> {
  const read = readPayload(row)
  if (!('request' in read)) return refusalOf(read.outcome)
  const leased = { row, request: read.request }
  const parentTree = await treeOf(deps.objects, tip)
  const admission = {
    kind: 'admitted' as const,
    checks: { checks: [], unlisted: [], decision: 'nothing' as const },
    approvedBy: [],
    resolutions: resolutions.map((one) => ({ ...one, created_at: 0 })),
    // Whoever lands it asks again who has to agree.
    mayChange: () => true,
  }
  const built = await buildOn(deps, { leased, admission }, tip, parentTree)
  if (built.kind === 'built') return { kind: 'built', leased, tree: built.candidate.tree, parentTree }
  const { outcome, conflicts } = built.ended
  if (conflicts !== undefined) return { kind: 'conflict', conflicts }
  return outcome.kind === 'already_present'
    ? { kind: 'already_present', tree: parentTree }
    : refusalOf(outcome)
}

const refusalOf = (outcome: AttemptOutcome): Preview => ({
  kind: 'refused',
  code: 'code' in outcome ? outcome.code : outcome.kind,
  message: 'reason' in outcome ? outcome.reason : outcome.kind,
})
