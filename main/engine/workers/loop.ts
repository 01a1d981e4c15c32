/** One worker: claims, attempts, renews its leases, until it is told to stop or the queue is drained. */
import { asHyperionError, type HyperionError } from '../base/errors.ts'
import { backoffSeconds } from '../domain/retry.ts'
import { runAttempt, tipOrThrow } from '../landing/attempt.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { refsStamp } from '../git/refs.ts'
import { settleAll } from '../landing/settle.ts'
import { openAutoSync } from '../landing/auto-sync.ts'
import { followUpstream, refuseCheckedOut } from '../landing/target.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { WorkerEntry } from '../store/workers.ts'

export interface WorkerOptions {
  pollIntervalMs: number
  /** End when nothing is left that time or other workers could still bring. */
  drain: boolean
  /** Called with errors that the loop survives. */
  onError(error: HyperionError): void
  /** Resolves when the next attempt may begin. */
  ready(): Promise<void>
}

/** How often a worker with nothing to do looks whether all is in order for the next change. */
const IDLE_LOOK_MS = 2_000

/** How long it goes by the look of the ref files alone: asking git starts processes. */
const TRUST_LOOK_MS = 30_000

/** Somebody waits for a drain to end: it looks for that at least so often. */
const DRAIN_POLL_MS = 50

/** How often a worker looks whether its changes were cancelled. */
const WATCH_MS = 250

/** Works the queue; returns the ids of all changes it attempted. */
export async function workQueue(
  deps: LandingDeps,
  options: WorkerOptions,
  stop: AbortSignal,
): Promise<ReadonlySet<number>> {
  try {
    return await loop(deps, options, stop)
  } finally {
    try {
      deps.store.workers.leave(asWorker(deps))
    } catch {
      // A busy or lost queue: whoever looks finds the process gone.
    }
  }
}

const asWorker = ({ workerId, process }: LandingDeps): WorkerEntry => ({ id: workerId, process })

async function loop(
  deps: LandingDeps,
  options: WorkerOptions,
  stop: AbortSignal,
): Promise<ReadonlySet<number>> {
  const { store, clock } = deps
  const touched = new Set<number>()
  const interval = options.drain ? Math.min(options.pollIntervalMs, DRAIN_POLL_MS) : options.pollIntervalMs
  const idle = async (): Promise<void> => clock.sleep(interval, stop)
  let started = false
  let lookedAt = -IDLE_LOOK_MS
  const makeReady = openReadiness(deps)
  const syncIfClean = openAutoSync(deps)
  while (!stop.aborted) {
    await options.ready()
    let claimed: ChangeRow[]
    try {
      if (!started) {
        store.workers.enter(asWorker(deps))
        recoverDead(deps)
        await settleAll(deps)
        started = true
      }
      if (store.facts.get('paused') !== null) {
        if (options.drain) break
        await idle()
        continue
      }
      const due = store.claims.anyDue()
      if (due || clock.monotonicMs() - lookedAt >= IDLE_LOOK_MS) {
        await makeReady(due, stop)
        lookedAt = clock.monotonicMs()
        if (!due) await syncIfClean()
      }
      claimed = due ? claim(deps, options.pollIntervalMs) : []
      if (claimed.length === 0) {
        recoverDead(deps)
        if (options.drain && store.claims.unsettled() === 0) break
      }
    } catch (thrown) {
      const error = asHyperionError(thrown)
      // Waiting does not mend a configuration or a checkout: whoever waits for the drain has to know.
      if (options.drain && error.kind !== 'transient') throw error
      options.onError(error)
      await idle()
      continue
    }
    if (claimed.length === 0) {
      await idle()
      continue
    }
    for (const row of claimed) touched.add(row.id)
    try {
      await attemptWithLease(deps, claimed, stop)
      await syncIfClean()
    } catch (thrown) {
      const error = asHyperionError(thrown)
      if (options.drain && error.kind === 'user') throw error
      options.onError(error)
      await idle()
    }
  }
  return touched
}

/** Returns what puts everything in order before a change is leased; with none due, git is asked only where refs moved. */
function openReadiness(deps: LandingDeps): (due: boolean, stop: AbortSignal) => Promise<void> {
  const { repository, target, upstream, clock } = deps
  let seen: { stamp: string; tip: string; at: number } | null = null
  return async (due, stop) => {
    refuseCheckedOut(repository.commonDir, target)
    // Taken before git is asked: what moves meanwhile is seen at the next look.
    const stamp = refsStamp(repository.commonDir, upstream === null ? [target] : [target, upstream])
    const isOld = seen === null || seen.stamp !== stamp || clock.monotonicMs() - seen.at >= TRUST_LOOK_MS
    if (due || isOld) {
      const tip = (await followUpstream(deps, stop)) ?? (await tipOrThrow(deps))
      seen = { stamp, tip, at: clock.monotonicMs() }
    }
    if (seen !== null) await deps.readPolicy(seen.tip)
  }
}

function claim(deps: LandingDeps, pollIntervalMs: number): ChangeRow[] {
  const { store, clock, settings } = deps
  const elapsed = clock.stopwatch()
  const rows = store.claims.claim({
    workerId: deps.workerId,
    process: deps.process,
    leaseSeconds: settings.leaseSeconds,
    // A checked change is checked on the very tip it lands on, so there is one at a time.
    limit: deps.checker === null ? settings.batch : 1,
  })
  const latencyMs = elapsed()
  if (rows.length > 0) {
    store.logs.write({
      level: 'debug',
      message: 'dequeue_metrics',
      details: {
        dequeue_latency_ms: Math.round(latencyMs * 1000) / 1000,
        poll_interval_ms: pollIntervalMs,
        worker_id: deps.workerId,
        claimed: rows.length,
      },
    })
  }
  return rows
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
      // One of many that is cancelled is found out by the last look; alone, its checks need not go on.
      const [only, ...others] = rows
      if (others.length === 0 && store.changes.get(only?.id ?? 0)?.cancel_requested === 1) ended.abort()
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
