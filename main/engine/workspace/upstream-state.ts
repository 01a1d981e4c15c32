/** How target and upstream stand to each other: everything that a view of it shows, read at once. */
import type { UpstreamState } from '../../../schemas/upstream.ts'
import { configOrDefault, type Ground } from '../compose.ts'
import { branchName } from '../domain/branch-name.ts'
import { gitText } from '../git/git.ts'
import { checkedOutAt, nameOf } from '../git/worktrees.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { dividedBy } from '../landing/divided.ts'
import { mergeOf } from '../landing/merge.ts'
import { foreignError, foreignOwner } from '../landing/owner.ts'
import { leftAt, rewoundSentence, TARGET_REWOUND, targetStanding } from '../landing/rewound.ts'
import { readKept } from '../landing/sync.ts'
import { ownerOf } from '../landing/target.ts'
import { openMerge, peekUpstream, type UpstreamLook } from '../landing/upstream.ts'

export async function readUpstream(ground: Ground, deps: LandingDeps): Promise<UpstreamState> {
  const { store, upstream, target } = deps
  const { follow, syncCheckout } = configOrDefault(ground).landing
  const left = leftAt(deps)
  const look = await peekUpstream(deps)
  const counts = await countBoth(deps, look)
  const merge = openMerge(deps)
  const commit = merge === null ? null : mergeOf(merge)?.commit
  return {
    target: branchName(target),
    target_tip: look.tip,
    upstream: upstream === null ? null : branchName(upstream),
    upstream_tip: look.up,
    checkouts: upstream === null ? [] : checkedOutAt(ground.repository.commonDir, upstream).map(nameOf),
    follow,
    sync_checkout: syncCheckout,
    relation: relationOf(look),
    ...counts,
    merge:
      merge === null || commit === null || commit === undefined
        ? null
        : { change_id: merge.id, status: merge.status, commit, last_error: merge.last_error },
    last_sync: store.facts.get('last_sync'),
    kept: readKept(store),
    trouble: await troubleWith(ground, deps, look, left),
  }
}

function relationOf(look: UpstreamLook): UpstreamState['relation'] {
  switch (look.kind) {
    case 'alone':
      return 'unknown'
    case 'contained':
      return look.tip === look.up ? 'same' : 'target_ahead'
    case 'forward':
      return 'upstream_ahead'
    case 'diverged':
      return 'diverged'
    case 'rewritten':
      return 'upstream_rewritten'
  }
}

async function countBoth(
  { repoGit }: LandingDeps,
  { tip, up }: UpstreamLook,
): Promise<Pick<UpstreamState, 'ahead' | 'behind'>> {
  if (tip === null || up === null) return { ahead: null, behind: null }
  const text = await gitText(['rev-list', '--left-right', '--count', `${tip}...${up}`], repoGit)
  const [ahead, behind] = text.split('\t').map(Number)
  return { ahead: ahead ?? null, behind: behind ?? null }
}

/** What stops following, syncing or landing; that both moved on is no trouble while a merge is on its way. */
async function troubleWith(
  { repository }: Ground,
  deps: LandingDeps,
  look: UpstreamLook,
  left: string | null,
): Promise<UpstreamState['trouble']> {
  const { target, upstream } = deps
  const other = foreignOwner(repository.commonDir, target, ownerOf(deps))
  if (other !== null) {
    const { code, message, hint } = foreignError(other, target, ownerOf(deps))
    return { code, sentence: message, remedy: hint }
  }
  const standing = look.tip === null ? null : await targetStanding(deps, left, look.tip)
  if (standing?.kind === 'rewound') return { code: TARGET_REWOUND, ...rewoundSentence(deps, standing) }
  if (checkedOutAt(repository.commonDir, target).length > 0) {
    const sentence = `${branchName(target)} is checked out; nothing lands while it is`
    return { code: 'target_checked_out', sentence, remedy: 'check out another branch there' }
  }
  if (upstream === null || look.kind === 'forward') return null
  const divided = dividedBy(deps, look)
  if (divided === null) return null
  const merge = openMerge(deps)?.status
  if (look.kind === 'diverged' && (merge === 'pending' || merge === 'in_progress')) return null
  return { code: divided.code, sentence: divided.message, remedy: divided.hint }
}
