/** A worker's own part in the chain: the checks of one candidate, on exactly its tree. */
import { asHyperionError } from '../../base/errors.ts'
import { commitBody } from '../../domain/commit-message.ts'
import { reasonOf } from '../../domain/states.ts'
import type { Checker, LinkRow } from '../../store/chain.ts'
import { outcomeOfError } from '../attempt.ts'
import { outcomeOf, passedChecks, runChecksOf } from '../check.ts'
import type { LandingDeps, Leased } from '../deps.ts'
import { finishAttempt } from '../finish.ts'
import { proveCriteria } from '../probes.ts'
import { commandsOf, leasedOf } from './link.ts'

/** How often it looks whether its candidate still is wanted. */
const WATCH_MS = 100

/** Checks the first candidate that waits for it; returns its change, or null when none waits. */
export async function checkNext(deps: LandingDeps, stop: AbortSignal): Promise<number | null> {
  const { store } = deps
  const by: Checker = { workerId: deps.workerId, process: deps.process }
  const link = stop.aborted ? null : store.chain.take(by)
  if (link === null) return null
  const leased = leasedOf(store, link)
  if (leased === null) {
    store.chain.remove(link.change_id)
    return null
  }
  const wanted = watch(deps, link, by, stop)
  try {
    await check(deps, leased, link, by, wanted.signal)
  } catch (thrown) {
    const error = asHyperionError(thrown)
    const outcome = outcomeOfError(error)
    if (outcome.kind === 'lease_lost' || wanted.signal.aborted) store.chain.giveBack(link, by)
    else if (store.chain.isTaken(link, by)) await finishAttempt(deps, { leased, outcome }, '')
    throw thrown
  } finally {
    wanted.end()
  }
  return link.change_id
}

/** Aborts once nobody waits for the verdict any more; keeps the lease meanwhile. */
function watch(
  deps: LandingDeps,
  link: LinkRow,
  by: Checker,
  stop: AbortSignal,
): { signal: AbortSignal; end(): void } {
  const { store, clock, settings } = deps
  const ended = new AbortController()
  const onStop = (): void => ended.abort()
  stop.addEventListener('abort', onStop, { once: true })
  const third = (settings.leaseSeconds * 1000) / 3
  let renewAt = clock.monotonicMs() + third
  const timer = setInterval(() => {
    if (store.db.inTransaction) return
    try {
      const isWanted = store.chain.isTaken(link, by)
      if (!isWanted || store.changes.get(link.change_id)?.cancel_requested === 1) ended.abort()
      if (clock.monotonicMs() < renewAt) return
      renewAt = clock.monotonicMs() + third
      store.chain.renew(settings.leaseSeconds)
      const held = { id: link.change_id, fence: link.fence }
      if (store.claims.renew([held], settings.leaseSeconds).length === 0) ended.abort()
    } catch {
      // A busy database is tried again at the next look; the lease is three of them long.
    }
  }, WATCH_MS)
  return {
    signal: ended.signal,
    end() {
      clearInterval(timer)
      stop.removeEventListener('abort', onStop)
    },
  }
}

async function check(
  deps: LandingDeps,
  leased: Leased,
  link: LinkRow,
  by: Checker,
  signal: AbortSignal,
): Promise<void> {
  const { store, checker } = deps
  if (checker === null || link.tree === null) return store.chain.giveBack(link, by)
  await deps.onStep('check', [link.change_id])
  const commands = commandsOf(link)
  const policy = await deps.readPolicy(link.base_tip)
  const parentCommit = await parentOf(deps, link)
  const candidate = { ...leased, tree: link.tree, parentTree: link.parent_tree, parentCommit }
  const result = await runChecksOf({ store, checker }, candidate, commands, policy, signal)
  const outcome = outcomeOf(result)
  if (outcome === null) await proveCriteria({ store, checker }, candidate, policy, signal)
  // It was replaced, cancelled or the worker has to end: none of that says anything about the change.
  if (outcome?.kind === 'lease_lost' || signal.aborted) return store.chain.giveBack(link, by)
  store.db.write(() => {
    const verdict = { verdict: result.verdict, outcome: outcome === null ? null : JSON.stringify(outcome) }
    const isWanted = store.chain.settle(link, by, {
      ...verdict,
      state: outcome === null ? 'passed' : 'failed',
      checks: outcome === null && commands.length > 0 ? passedChecks(commands) : 'not-run',
    })
    if (!isWanted) return
    store.logs.write({
      level: 'debug',
      message: outcome === null ? 'passed' : 'set aside',
      queueId: link.change_id,
      taskId: leased.row.task_id,
      details: {
        tree: link.tree,
        worker_id: deps.workerId,
        ...(outcome === null ? {} : { reason: reasonOf(outcome) }),
      },
    })
  })
}

/** Returns a commit of what the link stands on, so that a check that asks git what changed hears of this change alone. */
async function parentOf({ objects }: LandingDeps, link: LinkRow): Promise<string> {
  if (link.parent_id === null) return link.base_tip
  const message = `What change ${link.change_id} is checked on: it has not landed yet.\n`
  const parents = [link.base_tip]
  const body = commitBody({ tree: link.parent_tree, parents, agent: null, seconds: 0, message })
  const commit = objects.stage('commit', body)
  await objects.flush()
  return commit
}
