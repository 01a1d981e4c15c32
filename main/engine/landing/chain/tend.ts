/**
 * Tending the chain: lands what has passed, decides about what failed at its head, builds again what stands on
 * something that went, and takes in more. One process at a time does it, with the landing lease.
 */
import { HyperionError } from '../../base/errors.ts'
import { isOpen, reasonOf } from '../../domain/states.ts'
import type { LinkRow, NewLink } from '../../store/chain.ts'
import { treeOf } from '../../git/trees.ts'
import {
  SUPERSEDED,
  admitAll,
  claimed,
  endInterrupted,
  idsOf,
  readLeased,
  settleLeft,
  tipOrThrow,
} from '../attempt.ts'
import { buildOn } from '../chain.ts'
import { hasPassed, passedChecks } from '../check.ts'
import type { LandingDeps, Leased, Policy } from '../deps.ts'
import { finishAttempt } from '../finish.ts'
import { landCandidates, stageCommits } from '../land.ts'
import { withLandingLease } from '../lease.ts'
import type { Admission } from '../policy.ts'
import { lacksEvidence } from '../probes.ts'
import { settleChange } from '../settle.ts'
import { openVerifier, type Verifier } from '../verify.ts'
import { candidateOf, changesConfig, leasedOf, linkOf, outcomeOfLink, unfitLink, UNCHECKED } from './link.ts'
import type { Finding, Place } from './link.ts'
import { isSetAside, planChain } from './plan.ts'
import { reuse } from './reuse.ts'
import { grown, shrunk } from './window.ts'

/** Landing, deciding and building again may each call for the next; more rounds are the next look's. */
const MOST_ROUNDS = 1_000

/** Where the target is, with the policy in force there. */
interface Ground {
  tip: string
  tree: string
  policy: Policy
  fence: number
}

/** Somebody else has the landing lease by now: whatever this process was about to write is out of date. */
class Superseded extends HyperionError {
  constructor() {
    super('transient', SUPERSEDED, 'another process has the landing lease by now')
  }
}

/** Brings the chain in order; returns the changes it took in. */
export async function tendChain(deps: LandingDeps, signal: AbortSignal): Promise<number[]> {
  const taken: number[] = []
  await withLandingLease(deps, signal, async (fence) => {
    const elapsed = deps.clock.stopwatch()
    try {
      for (let round = 0; round < MOST_ROUNDS && !signal.aborted; round += 1) {
        // The lease is for so long and no longer; what is left to do is the next turn's.
        if (elapsed() > deps.settings.landingLeaseMs / 2) return
        if (deps.store.facts.get('paused') !== null) return
        if (!(await tendOnce(deps, fence, signal, taken))) return
      }
    } catch (thrown) {
      deps.objects.discard()
      if (!(thrown instanceof Superseded)) throw thrown
    }
  })
  return taken
}

/** One round; returns whether there may be more to do at once. */
async function tendOnce(
  deps: LandingDeps,
  fence: number,
  signal: AbortSignal,
  taken: number[],
): Promise<boolean> {
  const { store } = deps
  const tip = await tipOrThrow(deps)
  const ground: Ground = {
    tip,
    tree: await treeOf(deps.objects, tip),
    policy: await deps.readPolicy(tip),
    fence,
  }
  await dropEnded(deps, ground)
  const links = store.chain.list()
  const { landable, failureCounts } = planChain(links, ground.tree)
  if (landable > 0) return land(deps, links.slice(0, landable), ground)
  if (failureCounts) {
    // What landed before it made room, and whoever takes that is not to blame for the failure.
    await extend(deps, ground, signal, taken)
    await decideFailure(deps, links[0] as LinkRow, ground)
    return true
  }
  const again = await rebuild(deps, links, ground)
  if (again) return true
  const more = await extend(deps, ground, signal, taken)
  write(deps, fence, () => store.facts.set('chain_tip', tip))
  return more || store.chain.isUnsettled()
}

/** Writes while the landing lease is held still, or not at all. */
function write(deps: LandingDeps, fence: number, work: () => void): void {
  deps.store.db.write(() => {
    if (!deps.store.landings.holds(deps.target, fence)) throw new Superseded()
    work()
  })
}

/**
 * Takes out what has landed after all, changed hands, or is to be cancelled. What shares a path with a change that went
 * back into the queue, or is somebody else's now, goes back behind it: it would land before it else.
 */
async function dropEnded(deps: LandingDeps, { tip, fence }: Ground): Promise<void> {
  const { store } = deps
  const undecided = store.landings.undecided()
  const openPaths = new Set<string>()
  for (const link of store.chain.list()) {
    // What became of an interrupted landing comes before anything else about its change.
    if (undecided.has(link.change_id)) await settleChange(deps, link.change_id, link.fence)
    const row = store.changes.get(link.change_id)
    const isHere = row?.status === 'in_progress' && row.fence === link.fence
    const paths = store.changes.paths(link.change_id)
    const isBehind = paths.some((path) => openPaths.has(path))
    if (isHere && (isBehind || row.cancel_requested === 1)) {
      const outcome = { kind: row.cancel_requested === 1 ? 'cancelled' : 'lease_lost' } as const
      const leased = leasedOf(store, link)
      if (leased !== null) await finishAttempt(deps, { leased, outcome }, tip)
    } else if (isHere) continue
    const now = store.changes.get(link.change_id)
    if (now !== undefined && isOpen(now.status)) for (const path of paths) openPaths.add(path)
    write(deps, fence, () => store.chain.remove(link.change_id))
  }
}

/** Lands the links at the head of the chain with one move of the target; returns whether to go on. */
async function land(deps: LandingDeps, links: readonly LinkRow[], ground: Ground): Promise<boolean> {
  const { store } = deps
  const candidates = links.flatMap((link) => candidateOf(store, link) ?? [])
  // A row that cannot be read any more is taken out in the next round.
  if (candidates.length < links.length) return true
  const committed = stageCommits(deps, candidates, ground.tip)
  const result = await landCandidates(deps, committed, ground.tip, ground.fence)
  switch (result.kind) {
    case 'landed': {
      const most = mostOf(deps)
      deps.store.db.write(() => {
        for (const link of links) store.chain.remove(link.change_id)
        store.facts.set('chain_window', String(grown(windowOf(deps), links.length, most)))
      })
      return true
    }
    case 'tip_moved':
    case 'withdrawn':
      return true
    case 'paused':
    case 'superseded':
      return false
  }
}

/** Everything before it has landed and it failed on exactly what is there: it leaves the chain. */
async function decideFailure(deps: LandingDeps, link: LinkRow, { tip, fence }: Ground): Promise<void> {
  const { store } = deps
  const leased = leasedOf(store, link)
  if (leased !== null) await finishAttempt(deps, { leased, outcome: outcomeOfLink(link) }, tip)
  write(deps, fence, () => {
    store.chain.remove(link.change_id)
    const window = shrunk(windowOf(deps), mostOf(deps), store.workers.list().length)
    store.facts.set('chain_window', String(window))
    store.logs.write({
      level: 'debug',
      message: 'ejected',
      queueId: link.change_id,
      taskId: leased?.row.task_id ?? null,
      details: { reason: reasonOf(outcomeOfLink(link)), behind: store.chain.size(), window },
    })
  })
}

const mostOf = (deps: LandingDeps): number => deps.settings.window

/** The window as it is now; within the bound that the configuration gives, which may have changed. */
export function windowOf(deps: {
  store: LandingDeps['store']
  settings: Pick<LandingDeps['settings'], 'window'>
}): number {
  const known = Number(deps.store.facts.get('chain_window') ?? deps.settings.window)
  return Math.min(deps.settings.window, known)
}

/** What a round built, written to the chain once its objects are in the repository and found sound. */
interface Work {
  deps: LandingDeps
  ground: Ground
  verifier: Verifier
  links: { leased: Leased; link: NewLink }[]
  around: string | null
}

const openWork = (deps: LandingDeps, ground: Ground): Work => ({
  deps,
  ground,
  verifier: openVerifier(deps),
  links: [],
  around: null,
})

/** Writes and verifies what was built, and puts it into the chain; returns whether something was built wrong. */
async function closeWork({ deps, ground, verifier, links }: Work): Promise<boolean> {
  if (links.length === 0) return false
  const { store } = deps
  await verifier.write()
  await deps.onStep('verify', idsOf(links.map(({ leased }) => leased)))
  const wrong = await verifier.violations()
  for (const { leased } of links) {
    const reason = wrong.get(leased.row.id)
    if (reason === undefined) continue
    const outcome = { kind: 'validation_failed', code: 'post_condition', reason } as const
    await finishAttempt(deps, { leased, outcome }, ground.tip)
  }
  write(deps, ground.fence, () => {
    for (const { leased, link } of links) {
      store.chain.put(link)
      store.logs.write({
        level: 'debug',
        message: 'chained',
        queueId: link.change_id,
        taskId: leased.row.task_id,
        details: { state: link.state, on: link.parent_id, tree: link.tree },
      })
    }
  })
  return wrong.size > 0
}

/** Builds one change at a place of the chain; `isHead` tells that nothing before it could be why it does not fit. */
async function place(
  work: Work,
  { leased, admission }: { leased: Leased; admission: Admission },
  at: Place,
  isHead: boolean,
  earlier: LinkRow | null,
): Promise<NewLink | null> {
  const { deps, ground } = work
  const { store, checker } = deps
  const built = await buildOn(deps, { leased, admission }, ground.tip, at.parentTree)
  if (built.kind === 'decided' || (built.kind === 'unfit' && isHead)) {
    await finishAttempt(deps, built.ended, ground.tip)
    return null
  }
  if (built.kind === 'unfit') {
    const link = unfitLink(leased, built.ended.outcome, at)
    work.links.push({ leased, link })
    return link
  }
  work.verifier.add(built.candidate)
  const { checks } = admission.checks
  let finding: Finding = UNCHECKED
  // What a criterion's probe says is found out together with the checks, even where there is none.
  const toProve = checker !== null && lacksEvidence(store, leased.row, built.candidate.tree, at.parentTree)
  if (checks.length === 0 && !toProve) finding = { ...UNCHECKED, state: 'passed' }
  else if (checker !== null && checks.length > 0 && !toProve) {
    work.around ??= await checker.surroundings(ground.policy)
    const { tree } = built.candidate
    finding = hasPassed(store, tree, checks, work.around)
      ? { state: 'passed', checks: passedChecks(checks), verdict: 'passed', checked_tree: tree }
      : ((await reuse(deps, ground.policy, earlier, built.candidate, { checks, around: work.around })) ??
        UNCHECKED)
  }
  const link = linkOf(built.candidate, checks, at, finding)
  work.links.push({ leased, link })
  return link
}

/** Builds again, in order, whatever stands on another tree than the one before it has now; returns whether to look again. */
async function rebuild(deps: LandingDeps, links: readonly LinkRow[], ground: Ground): Promise<boolean> {
  const { store } = deps
  const work = openWork(deps, ground)
  let at: Place = { parentId: null, parentTree: ground.tree, baseTip: ground.tip }
  let ahead = 0
  let ended = false
  let underOldPolicy = false
  for (const link of links) {
    const isHead = ahead === 0
    let now: LinkRow | NewLink | null = link
    if (underOldPolicy) {
      const leased = leasedOf(store, link)
      if (leased !== null) await finishAttempt(deps, { leased, outcome: { kind: 'tip_moved' } }, ground.tip)
      now = null
    } else if (link.parent_tree !== at.parentTree || (link.state === 'unfit' && isHead)) {
      const leased = leasedOf(store, link)
      const [admitted] = leased === null ? [] : await admitAll(deps, [leased], ground.policy, ground.tip)
      await deps.onStep('build', [link.change_id])
      now = admitted === undefined ? null : await place(work, admitted, at, isHead, link)
    } else if (link.parent_id !== null && at.parentId !== null && link.parent_id !== at.parentId) {
      // The same tree by another change: nothing to build, but what it is said to stand on.
      const { parentId } = at
      write(deps, ground.fence, () => store.chain.standOn(link.change_id, parentId))
    }
    if (now === null) {
      write(deps, ground.fence, () => store.chain.remove(link.change_id))
      ended = true
      continue
    }
    ahead += 1
    if (isSetAside(now.state) || now.tree === null) continue
    at = { ...at, parentId: now.change_id, parentTree: now.tree }
    underOldPolicy = changesConfig(now)
  }
  return (await closeWork(work)) || ended || work.links.some(({ link }) => link.state === 'passed')
}

/** Takes changes in at the end of the chain as far as its window goes; returns whether to look again. */
async function extend(
  deps: LandingDeps,
  ground: Ground,
  signal: AbortSignal,
  taken: number[],
): Promise<boolean> {
  const { store } = deps
  let again = false
  for (;;) {
    const links = store.chain.list()
    const room = windowOf(deps) - links.length
    // New settings are in force for everything behind them, so nothing is taken in behind them until they have landed.
    if (room <= 0 || signal.aborted || links.some(changesConfig)) return again
    const ahead = links.map((link) => link.change_id)
    const rows = claimed(deps, { limit: room, ahead })
    if (rows.length === 0) return again
    for (const { id } of rows) taken.push(id)
    const work = openWork(deps, ground)
    const left = await readLeased(deps, rows)
    try {
      const admitted = await admitAll(deps, await settleLeft(deps, left), ground.policy, ground.tip)
      await deps.onStep('build', idsOf(admitted.map(({ leased }) => leased)))
      const live = links.findLast((link) => !isSetAside(link.state) && link.tree !== null)
      let at: Place = {
        parentId: live?.change_id ?? null,
        parentTree: live?.tree ?? ground.tree,
        baseTip: ground.tip,
      }
      let ahead = links.length
      let underOldPolicy = false
      for (const one of admitted) {
        if (underOldPolicy) {
          await finishAttempt(deps, { leased: one.leased, outcome: { kind: 'tip_moved' } }, ground.tip)
          continue
        }
        const link = await place(work, one, at, ahead === 0, null)
        if (link === null) continue
        underOldPolicy = changesConfig(link)
        ahead += 1
        if (link.tree !== null) at = { ...at, parentId: link.change_id, parentTree: link.tree }
      }
      again = (await closeWork(work)) || again || work.links.some(({ link }) => link.state === 'passed')
    } catch (thrown) {
      await endInterrupted(deps, left, thrown)
      throw thrown
    }
  }
}

/** Gives back what waits in the chain: nobody is there any more to go on with it. */
export async function dissolveChain(deps: LandingDeps): Promise<void> {
  const { store } = deps
  if (store.chain.size() === 0) return
  await withLandingLease(deps, AbortSignal.timeout(deps.settings.landingLeaseMs), async (fence) => {
    for (const link of store.chain.list()) {
      const leased = leasedOf(store, link)
      await settleChange(deps, link.change_id, link.fence)
      if (leased !== null && link.pid === null) {
        await finishAttempt(deps, { leased, outcome: { kind: 'lease_lost' } }, '')
      }
      write(deps, fence, () => store.chain.remove(link.change_id))
    }
  })
}
