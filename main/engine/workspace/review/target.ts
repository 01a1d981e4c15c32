/** Where the target stands to a conflict that was found on it: which paths moved, what landed, what is wrong with it. */
import type { ConflictRecord } from '../../../../schemas/conflict.ts'
import type { Review } from '../../../../schemas/reviewer.ts'
import { asHyperionError } from '../../base/errors.ts'
import { branchName } from '../../domain/branch-name.ts'
import { commitsBetween } from '../../git/blame.ts'
import { isAncestor, readRef } from '../../git/refs.ts'
import { lookUp, treeOf } from '../../git/trees.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import { leftAt, rewoundSentence, targetStanding } from '../../landing/rewound.ts'
import { refuseCheckedOut } from '../../landing/target.ts'
import { partyOfCommit } from './parties.ts'

const LANDED_SHOWN = 20

export const tipOf = ({ repoGit, target }: Pick<LandingDeps, 'repoGit' | 'target'>): Promise<string | null> =>
  readRef(repoGit, target)

/** Returns the paths of these records at which the target has another file by now. */
export async function movedPaths(
  { objects }: Pick<LandingDeps, 'objects'>,
  records: readonly ConflictRecord[],
  tip: string | null,
): Promise<Set<string>> {
  const moved = new Set<string>()
  const since = records.filter((record) => record.tip !== tip)
  if (tip === null || since.length === 0) return moved
  const tree = await treeOf(objects, tip)
  for (const { path, ours } of since) {
    const at = await lookUp(objects, tree, path)
    const now = at.kind === 'entry' ? `${at.entry.mode} ${at.entry.oid}` : null
    if (now !== (ours === null ? null : `${ours.mode} ${ours.oid}`)) moved.add(path)
  }
  return moved
}

/** What landed since the records were made, newest first. */
export async function landedSince(
  deps: LandingDeps,
  records: readonly ConflictRecord[],
  tip: string | null,
): Promise<Review['landed_since']> {
  const seen = records[0]?.tip
  if (tip === null || seen === undefined || seen === tip) return []
  const commits = await commitsBetween(deps.buildGit, seen, tip, LANDED_SHOWN)
  return commits.map((commit) => ({ ...partyOfCommit(deps, commit), commit: commit.commit }))
}

/** Why nothing can land on the target, or the conflict was found on what it no longer holds; null: all is well. */
export async function problemOf(
  deps: LandingDeps,
  records: readonly ConflictRecord[],
  tip: string | null,
): Promise<string | null> {
  const name = branchName(deps.target)
  if (tip === null)
    return `the branch ${name}, which changes land on, does not exist; run \`hyperion init\` to make it again`
  try {
    refuseCheckedOut(deps.repository.commonDir, deps.target)
  } catch (thrown) {
    const { message, hint } = asHyperionError(thrown)
    return hint === null ? message : `${message}; ${hint}`
  }
  const standing = await targetStanding(deps, leftAt(deps), tip)
  if (standing.kind === 'rewound') {
    const { sentence, remedy } = rewoundSentence(deps, standing)
    return `${sentence}; ${remedy}`
  }
  const seen = records[0]?.tip
  if (seen === undefined || seen === tip || (await isAncestor(deps.repoGit, seen, tip))) return null
  return `${name} was moved by hand and no longer holds ${seen.slice(0, 10)}, on which this conflict was found; look again`
}
