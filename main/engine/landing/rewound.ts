/** A target that somebody moved back by hand: nothing lands until the operator says what is to become of what it lost. */
import { nowSeconds } from '../base/clock.ts'
import { HyperionError, userError } from '../base/errors.ts'
import { branchName } from '../domain/branch-name.ts'
import { git } from '../git/git.ts'
import { isAncestor, readRef } from '../git/refs.ts'
import { landings, takeBack, type Landing } from '../store/taken-back.ts'
import type { LandingDeps } from './deps.ts'

export type RewoundDeps = Pick<
  LandingDeps,
  'clock' | 'store' | 'repoGit' | 'target' | 'upstream' | 'settings'
>

/** Code of the pause, which `resume --accept` takes. */
export const TARGET_REWOUND = 'target_rewound'

interface Rewound {
  target: string
  /** Where the last landing left it. */
  left: string
}

/** Writes down where a landing left the target. Call inside the transaction that tells of the landing. */
export function rememberTip({ store, target }: Pick<LandingDeps, 'store' | 'target'>, commit: string): void {
  store.facts.set('landed_tip', JSON.stringify({ target, commit }))
}

/** Returns where the last landing left the target; read it before the target itself, which is then never older. */
export function leftAt({ store, target }: Pick<LandingDeps, 'store' | 'target'>): string | null {
  const stored = store.facts.get('landed_tip')
  if (stored === null) return null
  const left = JSON.parse(stored) as { target: string; commit: string }
  return left.target === target ? left.commit : null
}

/** Tells whether a commit of the target is at least as new as what is remembered of it. */
export async function isNewer(deps: RewoundDeps, commit: string, tip: string): Promise<boolean> {
  const left = leftAt(deps)
  if (left === commit || !(await isAncestor(deps.repoGit, commit, tip))) return false
  return left === null || (await isAncestor(deps.repoGit, left, commit))
}

/** How the target stands to where the last landing left it. */
export type TargetStanding =
  | { kind: 'sound' }
  /** Everything it lost is in upstream, which is followed and brings it back. */
  | { kind: 'harmless'; left: string }
  | { kind: 'rewound'; left: string; changes: Landing[] }

/** Looks whether everything that landed is still in the target. */
export async function targetStanding(
  deps: RewoundDeps,
  left: string | null,
  tip: string,
): Promise<TargetStanding> {
  if (left === null || left === tip || (await isAncestor(deps.repoGit, left, tip))) return { kind: 'sound' }
  const follows = deps.settings.follow && deps.upstream !== null
  const up = follows ? await readRef(deps.repoGit, deps.upstream ?? '') : null
  if (up !== null && (await isAncestor(deps.repoGit, left, up))) return { kind: 'harmless', left }
  return { kind: 'rewound', left, changes: await unreachableLandings(deps, tip) }
}

/** Returns the landed changes, archived ones with them, whose commit a tip does not reach. */
export async function unreachableLandings(
  { store, repoGit }: Pick<LandingDeps, 'store' | 'repoGit'>,
  tip: string,
): Promise<Landing[]> {
  const rows = landings(store.db)
  if (rows.length === 0) return []
  const { stdout } = await git(['rev-list', tip], repoGit)
  const reachable = new Set(stdout.toString('latin1').split('\n'))
  return rows.filter((row) => !reachable.has(row.commit))
}

export function rewoundSentence(
  { target }: Pick<LandingDeps, 'target'>,
  { left, changes }: Extract<TargetStanding, { kind: 'rewound' }>,
): { sentence: string; remedy: string } {
  const named = changes.slice(0, 5).map(({ id }) => id).join(', ') // prettier-ignore
  const lost = changes.length === 0 ? 'commits that landed' : `landed change(s) ${named}`
  const more = changes.length > 5 ? ` and ${changes.length - 5} more` : ''
  return {
    sentence: `${branchName(target)} was moved by hand and no longer holds ${lost}${more}`,
    remedy: `run \`git update-ref ${target} ${left}\` to put it back, and in any case \`hyperion resume --accept ${TARGET_REWOUND}\`, which without the first goes on without them; nothing lands until then`,
  }
}

/**
 * Throws, and pauses landing for everybody, where the target no longer holds what landed: to build on it would bury
 * that. Ending this very pause accepts the target as it is then.
 */
export async function requireNotRewound(deps: RewoundDeps, left: string | null, tip: string): Promise<void> {
  const { store, clock, target } = deps
  const standing = await targetStanding(deps, left, tip)
  if (standing.kind === 'sound') {
    // Put back by hand: should it be lost once more, that is another question.
    if (knownRewound(deps) !== null && store.facts.get('paused') === null)
      store.db.write(() => store.facts.remove('target_rewound'))
    return
  }
  if (standing.kind === 'harmless') {
    store.db.write(() => {
      if (leftAt(deps) === left) rememberTip(deps, tip)
    })
    return
  }
  const { sentence, remedy } = rewoundSentence(deps, standing)
  const pause = { by: 'hyperion', at: nowSeconds(clock), reason: sentence, code: TARGET_REWOUND, remedy }
  const refused = store.db.write((): HyperionError | null => {
    // Somebody landed meanwhile: whoever looks next knows better.
    if (leftAt(deps) !== standing.left) return stale()
    const paused = store.facts.get('paused') !== null
    const told = knownRewound(deps)
    if (!paused && told?.left === standing.left && told.target === target) {
      accept(deps, standing.changes, tip)
      return null
    }
    // Another pause stands as it is; once it ends this one takes its place.
    if (!paused) {
      store.facts.set('paused', JSON.stringify(pause))
      store.facts.set('target_rewound', JSON.stringify({ target, left: standing.left } satisfies Rewound))
      const details = { target, left: standing.left, found: tip, changes: standing.changes.slice(0, 100) }
      store.logs.write({ level: 'error', message: 'target rewound', details })
    }
    return userError(TARGET_REWOUND, sentence, remedy)
  })
  if (refused !== null) throw refused
}

const stale = (): HyperionError =>
  new HyperionError('transient', 'target_moved', 'the target moved while it was looked at')

function knownRewound({ store }: RewoundDeps): Rewound | null {
  const stored = store.facts.get('target_rewound')
  return stored === null ? null : (JSON.parse(stored) as Rewound)
}

/** The pause for this loss was ended: the target as it is counts from now on. Call inside a transaction. */
function accept(deps: RewoundDeps, changes: readonly Landing[], tip: string): void {
  const { store, target } = deps
  takeBack(store, changes, { target, tip })
  rememberTip(deps, tip)
  store.facts.remove('target_rewound')
  const details = { target, tip, changes: changes.slice(0, 100) }
  store.logs.write({ level: 'warn', message: 'target accepted', details })
}
