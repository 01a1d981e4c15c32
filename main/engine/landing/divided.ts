/** What keeps the two branches apart, in one sentence with its remedy. */
import { HyperionError, userError } from '../base/errors.ts'
import { branchName } from '../domain/branch-name.ts'
import type { LandingDeps } from './deps.ts'
import { openMerge, type UpstreamLook } from './upstream.ts'

type Deps = Pick<LandingDeps, 'store' | 'settings' | 'target' | 'upstream'>

export function requireUpstream({ upstream }: Pick<LandingDeps, 'upstream'>): string {
  if (upstream !== null) return upstream
  throw userError(
    'no_upstream',
    'no upstream branch is known',
    'set landing.upstream in hyperion.config.json',
  )
}

/** Returns where the branches are when the target has all of upstream; throws what keeps it from that. */
export function requireContained(deps: Deps, look: UpstreamLook): { tip: string; up: string } {
  const divided = dividedBy(deps, look)
  if (divided !== null) throw divided
  return { tip: look.tip ?? '', up: look.up ?? '' }
}

/** Returns what keeps upstream and target apart; null where the target has all of upstream. */
export function dividedBy(deps: Deps, look: UpstreamLook): HyperionError | null {
  const upstream = branchName(deps.upstream ?? '')
  const target = branchName(deps.target)
  switch (look.kind) {
    case 'contained':
      return null
    case 'alone': {
      if (look.tip === null)
        return userError(
          'ref_missing',
          `the branch ${target} does not exist`,
          'run `hyperion init` to make it again',
        )
      const remedy = `put it back with \`git branch ${upstream} ${target}\`, or set landing.upstream to another branch`
      return userError(
        'ref_missing',
        `the branch ${upstream}, which ${target} follows, does not exist`,
        remedy,
      )
    }
    case 'forward':
      return new HyperionError(
        'transient',
        'not_followed',
        `${target} does not have the newest commits of ${upstream} yet`,
        {
          hint: deps.settings.follow ? 'try again' : `landing.follow is off: move ${target} there with git`,
        },
      )
    case 'rewritten':
      return userError(
        'upstream_rewritten',
        `the history of ${upstream} was written anew: commits that ${target} took from it, up to ${look.seen.slice(0, 10)}, are no longer there`,
        `run \`hyperion sync --accept\` to go on from ${upstream} as it is (${target} keeps those commits, and syncing brings them back), or put ${upstream} back with git`,
      )
    case 'diverged':
      return divergedBy(deps, upstream, target)
  }
}

function divergedBy(deps: Deps, upstream: string, target: string): HyperionError {
  const said = `${upstream} has commits that ${target} lacks, so it cannot be fast-forwarded`
  const merge = deps.settings.follow ? openMerge(deps) : null
  if (merge === null) {
    const then = deps.settings.follow ? '; the target then follows by itself' : ''
    return userError('diverged', said, `merge ${target} into it with git${then}`)
  }
  const waits = merge.status === 'pending' || merge.status === 'in_progress'
  const remedies = {
    conflict: `settle its conflict with \`hyperion resolve ${merge.id}\``,
    failed: `commit what mends it to ${upstream}, or \`hyperion retry ${merge.id}\``,
    held: `see \`hyperion show ${merge.id}\``,
  } as const
  const remedy =
    merge.status === 'conflict' || merge.status === 'failed' || merge.status === 'held'
      ? remedies[merge.status]
      : 'sync again once it has landed'
  const what = waits ? 'is queued to merge them' : `was to merge them and is ${merge.status}`
  return new HyperionError('not_landed', 'diverged', `${said}; change ${merge.id} ${what}`, { hint: remedy })
}
