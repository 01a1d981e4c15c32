/** A link of the chain as code reads it: the candidate it holds, what is to be run on it, and what came of that. */
import { CONFIG_FILE } from '../../domain/config.ts'
import type { ResolvedCheck } from '../../domain/check-policy.ts'
import type { AttemptOutcome } from '../../domain/states.ts'
import type { LinkRow, NewLink } from '../../store/chain.ts'
import type { ExpectedPath } from '../build.ts'
import type { Candidate, LandingDeps, Leased } from '../deps.ts'
import { readPayload } from '../policy.ts'

/** What of a candidate is not in its row of the queue. */
interface Kept {
  expected: readonly ExpectedPath[]
  normalised: readonly string[]
  approvedBy: readonly string[]
  mergeParent: string | null
  commands: readonly ResolvedCheck[]
}

/** Where a link stands, for whoever builds it. */
export interface Place {
  parentId: number | null
  parentTree: string
  baseTip: string
}

/** What a link's checks said, or that there is no need to ask them. */
export type Finding = Pick<NewLink, 'state' | 'checks' | 'verdict' | 'checked_tree'>

export const UNCHECKED: Finding = {
  state: 'built',
  checks: 'not-run',
  verdict: 'not_run',
  checked_tree: null,
}

/** Returns the link that a built candidate becomes. */
export function linkOf(
  candidate: Candidate,
  commands: readonly ResolvedCheck[],
  place: Place,
  finding: Finding,
): NewLink {
  const { expected, normalised, approvedBy, mergeParent, row } = candidate
  return {
    change_id: row.id,
    fence: row.fence,
    parent_id: place.parentId,
    parent_tree: place.parentTree,
    base_tip: place.baseTip,
    tree: candidate.tree,
    candidate: JSON.stringify({ expected, normalised, approvedBy, mergeParent, commands } satisfies Kept),
    outcome: null,
    ...finding,
  }
}

/** Returns the link of a change that does not fit where it stands. */
export function unfitLink(leased: Leased, outcome: AttemptOutcome, place: Place): NewLink {
  const kept: Kept = { expected: [], normalised: [], approvedBy: [], mergeParent: null, commands: [] }
  return {
    change_id: leased.row.id,
    fence: leased.row.fence,
    parent_id: place.parentId,
    parent_tree: place.parentTree,
    base_tip: place.baseTip,
    tree: null,
    candidate: JSON.stringify(kept),
    outcome: JSON.stringify(outcome),
    ...UNCHECKED,
    state: 'unfit',
  }
}

const keptOf = (link: Pick<LinkRow, 'candidate'>): Kept => JSON.parse(link.candidate) as Kept

export const commandsOf = (link: LinkRow): readonly ResolvedCheck[] => keptOf(link).commands
/** Whether new settings come with it: they are in force for everything behind it. */
export const changesConfig = (link: Pick<LinkRow, 'candidate'>): boolean =>
  keptOf(link).expected.some(({ path }) => path === CONFIG_FILE)
export const outcomeOfLink = (link: LinkRow): AttemptOutcome =>
  JSON.parse(link.outcome ?? '{"kind":"lease_lost"}') as AttemptOutcome

/** Reads the change of a link; null when its row has gone or holds what is no request. */
export function leasedOf(store: LandingDeps['store'], link: LinkRow): Leased | null {
  const row = store.changes.get(link.change_id)
  if (row === undefined) return null
  const read = readPayload(row)
  return 'request' in read ? { row: { ...row, fence: link.fence }, request: read.request } : null
}

/** Returns the candidate that a live link stands for. */
export function candidateOf(store: LandingDeps['store'], link: LinkRow): Candidate | null {
  const leased = leasedOf(store, link)
  if (leased === null || link.tree === null) return null
  const { expected, normalised, approvedBy, mergeParent } = keptOf(link)
  const { parent_tree: parentTree, tree, checks, verdict } = link
  return { ...leased, parentTree, tree, expected, normalised, approvedBy, mergeParent, checks, verdict }
}
