/** Verdicts that carry over to another tree, as far as the policy `checks.recheck` lets them. */
import { diffTrees } from '../../git/history.ts'
import type { ResolvedCheck } from '../../domain/check-policy.ts'
import { touchesEverything } from '../../domain/global-paths.ts'
import type { LinkRow } from '../../store/chain.ts'
import type { Candidate, LandingDeps, Policy } from '../deps.ts'
import { hasPassed } from '../check.ts'
import type { Finding } from './link.ts'

/**
 * Returns the verdict that a change keeps though what is underneath it moved, or null where it has to be checked again.
 *
 * `always` keeps none; `overlap` keeps it where nothing that moved shares a path with the change or concerns
 * everything; `never` always keeps it. What is kept says in the commit on which tree it was found. In any case those
 * very checks have to have passed there in those very surroundings: a policy that changed since asks for its own.
 */
export async function reuse(
  { buildGit, objects, store }: Pick<LandingDeps, 'buildGit' | 'objects' | 'store'>,
  policy: Policy,
  earlier: LinkRow | null,
  candidate: Candidate,
  wanted: { checks: readonly ResolvedCheck[]; around: string },
): Promise<Finding | null> {
  const { recheck } = policy.checks
  if (recheck === 'always' || earlier?.state !== 'passed' || earlier.checked_tree === null) return null
  if (!hasPassed(store, earlier.checked_tree, wanted.checks, wanted.around)) return null
  if (recheck === 'overlap') {
    // What it stands on may have been built a moment ago.
    await objects.flush()
    const [moved = []] = await diffTrees(buildGit, [{ from: earlier.parent_tree, to: candidate.parentTree }])
    const own = new Set(candidate.expected.map(({ path }) => path))
    if (moved.some(({ path }) => own.has(path) || touchesEverything(path))) return null
  }
  const checked = earlier.checked_tree
  return { state: 'passed', checks: `passed-on ${checked}`, verdict: 'passed', checked_tree: checked }
}
