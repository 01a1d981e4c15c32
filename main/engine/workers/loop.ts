/** One worker: claims, attempts, renews its leases, until it is told to stop or the queue is drained. */
import { asHyperionError, type HyperionError } from '../base/errors.ts'
import { backoffSeconds } from '../domain/retry.ts'
import { claimed, runAttempt, tipOrThrow } from '../landing/attempt.ts'
import { checkNext } from '../landing/chain/check-next.ts'
import { dissolveChain, tendChain, windowOf } from '../landing/chain/tend.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { refsStamp } from '../git/refs.ts'
import { refuseUnwritable } from '../git/repository.ts'
import { settleAll } from '../landing/settle.ts'
import { openAutoSync } from '../landing/auto-sync.ts'
import { followUpstream, refuseCheckedOut } from '../landing/target.ts'
import type { ChangeRow } from '../store/changes.ts'
import { openCommitWatch, type CommitWatch } from '../store/commit-watch.ts'
import type { WorkerEntry } from '../store/workers.ts'

export interface WorkerOptions {
  pollIntervalMs: number
  /** End when nothing is left that time or other workers could still bring. */
  drain: boolean
  /** Called with errors that the loop survives. */
  onError(error: HyperionError): void
  /** Resolves when the next attempt may begin. */
  ready(): Promise<void>
  /** Called after each turn in which there was something to do. */
  onWorked?(): void
}

/** How often a worker with nothing to do looks whether all is in order for the next change. */
const IDLE_LOOK_MS = 2_000

/** The same where neither the queue nor a branch was touched since: what else may be wrong tells itself when it matters. */
const REST_MS = 5_000

/** How long it goes by the look of the ref files alone: asking git starts processes. */
const TRUST_LOOK_MS = 30_000

/** Somebody waits for a drain to end: it looks for that at least so often. */
const DRAIN_POLL_MS = 50

/** Where others check candidates of the same chain, what comes of that is looked for at least so often. */
const CHAIN_POLL_MS = 50

/** How often a worker looks whether its changes were cancelled. */
const WATCH_MS = 250

/** Works the queue; returns the ids of all changes it attempted. */
export async function workQueue(
  deps: LandingDeps,
  options: WorkerOptions,
  stop: AbortSignal,
): Promise<ReadonlySet<number>> {
  const { store, clock, isDead } = deps
  // Before this worker writes itself down, which it then hears of.
  const commits = openCommitWatch(store.db, clock)
  try {
    return await loop(deps, options, commits, stop)
  } finally {
    commits.close()
    try {
      store.workers.leave(asWorker(deps))
      // The last one out: what waits in the chain is for whoever comes, and shows as what it is, pending.
      const isLast = store.workers.list().every(({ process }) => isDead(process))
      if (deps.checker !== null && isLast) await dissolveChain(deps)
    } catch {
      // A busy or lost queue: whoever looks finds the process gone, and leases that nobody renews end.
    }
  }
}

const followed = ({ target, upstream }: LandingDeps): string[] =>
  upstream === null ? [target] : [target, upstream]

const asWorker = ({ workerId, process }: LandingDeps): WorkerEntry => ({ id: workerId, process })

async function loop(
  deps: LandingDeps,
  options: WorkerOptions,
  commits: CommitWatch,
  stop: AbortSignal,
): Promise<ReadonlySet<number>> {
  const { store, clock, repository } = deps
  const touched = new Set<number>()
  const interval = options.drain ? Math.min(options.pollIntervalMs, DRAIN_POLL_MS) : options.pollIntervalMs
  const idle = (): Promise<void> =>
    // Others' verdicts make work: where a chain is, the next is not waited for as long as where nothing is.
    clock.sleep(
      deps.checker !== null && store.chain.size() > 0 ? Math.min(interval, CHAIN_POLL_MS) : interval,
      stop,
    )
  let started = false
  let lookedAt = -IDLE_LOOK_MS
  /** How queue and branches looked when there was last nothing at all to do, nor to wait for. */
  let rested: string | null = null
  const isAtRest = (): boolean => store.claims.unsettled() === 0 && store.chain.size() === 0
  const makeReady = openReadiness(deps)
  const work = deps.checker === null ? openBatches(deps) : openChainWork(deps)
  const syncIfClean = openAutoSync(deps)
  while (!stop.aborted) {
    await options.ready()
    // Read before anything is looked at: what is committed meanwhile is seen at the next look.
    const committed = store.db.stamp()
    const stamp = `${committed} ${refsStamp(repository.commonDir, followed(deps))}`
    if (rested === stamp && clock.monotonicMs() - lookedAt < REST_MS) {
      await commits.rest(committed, { pollMs: interval, restMs: IDLE_LOOK_MS }, stop)
      continue
    }
    rested = null
    try {
      if (!started) {
        store.workers.enter(asWorker(deps))
        recoverDead(deps)
        await settleAll(deps)
        started = true
      }
      if (store.facts.get('paused') !== null) {
        if (options.drain) break
        work.keep()
        await idle()
        continue
      }
      const due = work.isDue()
      if (due || clock.monotonicMs() - lookedAt >= IDLE_LOOK_MS) {
        work.at(await makeReady(due, stop))
        lookedAt = clock.monotonicMs()
        if (!due) await syncIfClean()
      }
      if (!work.isDue()) {
        recoverDead(deps)
        if (options.drain && store.claims.unsettled() === 0) break
      }
    } catch (thrown) {
      const error = asHyperionError(thrown)
      // Waiting does not mend a configuration or a checkout: whoever waits for the drain has to know.
      if (options.drain && error.kind !== 'transient') throw error
      options.onError(error)
      work.keep()
      await idle()
      continue
    }
    try {
      const worked = await work.turn(stop, (id) => touched.add(id))
      await syncIfClean()
      if (worked) options.onWorked?.()
      else {
        if (isAtRest()) rested = stamp
        await idle()
      }
    } catch (thrown) {
      const error = asHyperionError(thrown)
      if (options.drain && error.kind === 'user') throw error
      options.onError(error)
      await idle()
    }
  }
  return touched
}

/** What a worker does once everything is in order. */
interface Work {
  /** Tells, without writing, whether there is something to lease or to land. */
  isDue(): boolean
  /** Keeps what it holds while nothing may be done. */
  keep(): void
  /** Hears where the target is. */
  at(tip: string | null): void
  /** Does what is next and names each change it attempts; returns whether there was anything. */
  turn(stop: AbortSignal, onTouched: (id: number) => void): Promise<boolean>
}

/** Without checks: as many changes as are due, landed at once. */
function openBatches(deps: LandingDeps): Work {
  return {
    isDue: () => deps.store.claims.anyDue(),
    keep: () => undefined,
    at: () => undefined,
    async turn(stop, onTouched) {
      const rows = deps.store.claims.anyDue() ? claimed(deps, { limit: deps.settings.batch }) : []
      for (const { id } of rows) onTouched(id)
      if (rows.length > 0) await attemptWithLease(deps, rows, stop)
      return rows.length > 0
    },
  }
}

/** With checks: brings the chain in order, then checks the first candidate in it that waits for that. */
function openChainWork(deps: LandingDeps): Work {
  const { store, clock, settings } = deps
  const third = (settings.leaseSeconds * 1000) / 3
  let renewAt = clock.monotonicMs() + third
  let moved = false
  const isDue = (): boolean => {
    if (moved || store.chain.isUnsettled()) return true
    const ahead = store.chain.list().map((link) => link.change_id)
    return ahead.length < windowOf(deps) && store.claims.anyDue(ahead)
  }
  function keep(): void {
    if (clock.monotonicMs() < renewAt || store.chain.size() === 0) return
    try {
      store.chain.renew(settings.leaseSeconds)
      renewAt = clock.monotonicMs() + third
    } catch {
      // A busy database is tried again at the next look; the lease is three of them long.
    }
  }
  return {
    isDue,
    keep,
    at(tip) {
      moved = tip !== null && store.chain.size() > 0 && store.facts.get('chain_tip') !== tip
    },
    async turn(stop, onTouched) {
      if (isDue()) {
        moved = false
        for (const id of await tendChain(deps, stop)) onTouched(id)
      }
      keep()
      const id = await checkNext(deps, stop)
      if (id !== null) onTouched(id)
      return id !== null
    },
  }
}

/** Returns what puts everything in order before a change is leased; with none due, git is asked only where refs moved. */
function openReadiness(deps: LandingDeps): (due: boolean, stop: AbortSignal) => Promise<string | null> {
  const { repository, target, clock } = deps
  let seen: { stamp: string; tip: string; at: number } | null = null
  return async (due, stop) => {
    refuseCheckedOut(repository.commonDir, target)
    refuseUnwritable(repository)
    // Taken before git is asked: what moves meanwhile is seen at the next look.
    const stamp = refsStamp(repository.commonDir, followed(deps))
    const isOld = seen === null || seen.stamp !== stamp || clock.monotonicMs() - seen.at >= TRUST_LOOK_MS
    if (due || isOld) {
      const tip = (await followUpstream(deps, stop)) ?? (await tipOrThrow(deps))
      seen = { stamp, tip, at: clock.monotonicMs() }
    }
    if (seen !== null) await deps.readPolicy(seen.tip)
    return seen?.tip ?? null
  }
}

/** Runs an attempt while renewing its leases; losing them all, a cancellation or `stop` ends it early. */
async function attemptWithLease(
  deps: LandingDeps,
  rows: readonly ChangeRow[],
  stop: AbortSignal,
): Promise<void> {
  const { store, clock, settings } = deps
  const ended = new AbortController()
  const onStop = (): void => ended.abort()
  stop.addEventListener('abort', onStop, { once: true })
  if (stop.aborted) ended.abort()
  let renewAt = clock.monotonicMs() + (settings.leaseSeconds * 1000) / 3
  const timer = setInterval(() => {
    // The connection belongs to the landing transaction for a moment; the lease outlasts it.
    if (store.db.inTransaction) return
    try {
      if (clock.monotonicMs() < renewAt) return
      renewAt = clock.monotonicMs() + (settings.leaseSeconds * 1000) / 3
      if (store.claims.renew(rows, settings.leaseSeconds).length === 0) ended.abort()
    } catch {
      // A busy database is tried again at the next beat; the lease is three beats long.
    }
  }, WATCH_MS)
  try {
    await runAttempt(deps, rows, ended.signal)
  } finally {
    clearInterval(timer)
    stop.removeEventListener('abort', onStop)
  }
}

function recoverDead(deps: LandingDeps): void {
  deps.store.claims.recover(deps.isDead, (attempts) => backoffSeconds(attempts) * 1000)
}
