/** What the chain comes to at a moment, by its trees alone: no clock, no database, no git. */
import type { LinkState } from '../../store/chain.ts'

export interface PlannedLink {
  state: LinkState
  parent_tree: string
  tree: string | null
}

export interface ChainPlan {
  /** So many links from the first on have passed, each on the tree of the one before it: they land together. */
  landable: number
  /** Whether the link behind those failed on exactly the tree it would land on: then its failure counts. */
  failureCounts: boolean
}

/** What is set aside carries nothing: those behind it stand on what is before it. */
export const isSetAside = (state: LinkState): boolean => state === 'failed' || state === 'unfit'

/**
 * Returns what can be decided about a chain whose target holds `tipTree`.
 *
 * A link counts only where it stands on the very tree that will be there when it lands: so every landed tree is one
 * that was checked, and nobody is blamed for what somebody before it broke.
 */
export function planChain(links: readonly PlannedLink[], tipTree: string): ChainPlan {
  let tree = tipTree
  let landable = 0
  for (const link of links) {
    if (link.state !== 'passed' || link.parent_tree !== tree || link.tree === null) break
    tree = link.tree
    landable += 1
  }
  const next = links[landable]
  return { landable, failureCounts: next?.state === 'failed' && next.parent_tree === tree }
}
