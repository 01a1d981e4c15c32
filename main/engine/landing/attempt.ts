/** One attempt, the spine of the engine: what happens to leased changes from the lease to the commit. */
import { asHyperionError, DISK_FULL, userError, type HyperionError } from '../base/errors.ts'
import { branchName } from '../domain/branch-name.ts'
import type { AttemptOutcome } from '../domain/states.ts'
import type { ChangeRow } from '../store/changes.ts'
import { buildChain } from './chain.ts'
import type { Candidate, LandingDeps, Leased, Policy } from './deps.ts'
import { finishAttempt } from './finish.ts'
import { landCandidates, readTip, stageCommits, type Committed } from './land.ts'
import { withLandingLease } from './lease.ts'
import { admit, readDecisions, readPayload, type Admission } from './policy.ts'
import { leftAt, requireNotRewound, type RewoundDeps } from './rewound.ts'
import { REF_LOCKED, settleChange } from './settle.ts'
import { openVerifier, type Verifier } from './verify.ts'

/** How often an attempt may be built again because the target moved, before it is given back. */
const MAX_REBUILDS = 10

/** Leases changes to this process and says how long that took. */
export function claimed(
  { store, clock, settings, workerId, process }: LandingDeps,
  { limit, ahead = [] }: { limit: number; ahead?: readonly number[] },
): ChangeRow[] {
  const elapsed = clock.stopwatch()
  const { leaseSeconds } = settings
  const rows = store.claims.claim({ workerId, process, leaseSeconds, limit, ahead })
  if (rows.length === 0) return rows
  const latencyMs = elapsed()
  store.logs.write({
    level: 'debug',
    message: 'dequeue_metrics',
    details: {
      dequeue_latency_ms: Math.round(latencyMs * 1000) / 1000,
      poll_interval_ms: settings.pollIntervalMs,
      worker_id: workerId,
      claimed: rows.length,
    },
  })
  return rows
}

/** What a round of building and landing left to do. */
interface Round {
  left: Leased[]
  /** Whether the target moved under it. */
  moved: boolean
}

export interface Admitted {
  leased: Leased
  admission: Admission
}

/**
 * Takes leased changes through the protocol without checks until each has ended: landed, waiting for a person, failed
 * or given back. Many land with one move of the target, and nobody may move it in between. `signal` ends it early.
 */
export async function runAttempt(
  deps: LandingDeps,
  rows: readonly ChangeRow[],
  signal: AbortSignal,
): Promise<void> {
  let left = await readLeased(deps, rows)
  try {
    for (let rebuilds = 0; left.length > 0;) {
      if (signal.aborted) return await endAll(deps, left, { kind: 'lease_lost' })
      if (rebuilds > MAX_REBUILDS) return await endAll(deps, left, { kind: 'tip_moved' })
      left = await settleLeft(deps, left)
      const round = await withLandingLease(deps, signal, (fence) => buildAndLand(deps, left, fence))
      if (round === null) continue
      rebuilds = round.moved ? rebuilds + 1 : 0
      left = round.left
    }
  } catch (thrown) {
    await endInterrupted(deps, left, thrown)
    throw thrown
  }
}

/** One round, with the landing lease: policy, build, verify, land. */
async function buildAndLand(
  deps: LandingDeps,
  leased: readonly Leased[],
  landingFence: number,
): Promise<Round> {
  const tip = await tipOrThrow(deps)
  const policy = await deps.readPolicy(tip)
  const admitted = await admitAll(deps, leased, policy, tip)
  await deps.onStep('build', idsOf(admitted.map((one) => one.leased)))
  const verifier = openVerifier(deps)
  const chain = await buildChain(deps, admitted, tip, verifier.add)
  // Where nothing is checked a commit's message is known before it lands, so the commits are written with their trees.
  const early = stageCommits(deps, chain.candidates, tip)
  await verifier.write()
  const sound = await verifyAll(deps, verifier, chain.candidates, tip)
  // Nothing runs; whoever watches the steps sees the same ones everywhere.
  await deps.onStep('check', idsOf(sound.candidates))
  for (const ended of chain.ended) await finishAttempt(deps, ended, tip)
  const committed = early.slice(0, sound.candidates.length)
  const landed = await landAll(deps, committed, tip, landingFence)
  return { left: [...landed.left, ...sound.rebuild, ...chain.deferred], moved: landed.moved }
}

export async function readLeased(deps: LandingDeps, rows: readonly ChangeRow[]): Promise<Leased[]> {
  await deps.onStep('claimed', rows.map((row) => row.id)) // prettier-ignore
  const leased: Leased[] = []
  for (const row of rows) {
    const read = readPayload(row)
    if ('request' in read) leased.push({ row, request: read.request })
    else {
      // What became of earlier attempts comes before any outcome, even this one.
      if ((await settleChange(deps, row.id, row.fence)) !== null) continue
      await finishAttempt(deps, { leased: { row, request: emptyRequest(row) }, outcome: read.outcome }, '')
    }
  }
  return leased
}

const emptyRequest = (row: ChangeRow): Leased['request'] => ({
  task_id: row.task_id,
  agent: row.agent,
  changes: [],
  checks: [],
})

export async function settleLeft(deps: LandingDeps, leased: readonly Leased[]): Promise<Leased[]> {
  await deps.onStep('settle', idsOf(leased))
  const undecided = deps.store.landings.undecided()
  const left: Leased[] = []
  for (const one of leased) {
    const { id, fence } = one.row
    if (!undecided.has(id) || (await settleChange(deps, id, fence)) === null) left.push(one)
  }
  return left
}

export async function admitAll(
  deps: LandingDeps,
  leased: readonly Leased[],
  policy: Policy,
  tip: string,
): Promise<Admitted[]> {
  const admitted: Admitted[] = []
  const decisions = readDecisions(deps.store, leased)
  for (const one of leased) {
    const admission = admit(deps, one, policy, decisions(one.row.id))
    if (admission.kind === 'admitted') admitted.push({ leased: one, admission })
    else await finishAttempt(deps, { leased: one, outcome: admission.outcome }, tip)
  }
  return admitted
}

/** Refuses candidates that differ from what they declared; what was built on them is built again. */
async function verifyAll(
  deps: LandingDeps,
  verifier: Verifier,
  candidates: readonly Candidate[],
  tip: string,
): Promise<{ candidates: readonly Candidate[]; rebuild: Leased[] }> {
  await deps.onStep('verify', idsOf(candidates))
  const wrong = await verifier.violations()
  if (wrong.size === 0) return { candidates, rebuild: [] }
  const first = candidates.findIndex(({ row }) => wrong.has(row.id))
  for (const candidate of candidates) {
    const reason = wrong.get(candidate.row.id)
    if (reason === undefined) continue
    const outcome: AttemptOutcome = { kind: 'validation_failed', code: 'post_condition', reason }
    await finishAttempt(deps, { leased: candidate, outcome }, tip)
  }
  const rebuild = candidates.slice(first).filter(({ row }) => !wrong.has(row.id))
  return { candidates: candidates.slice(0, first), rebuild }
}

async function landAll(
  deps: LandingDeps,
  committed: readonly Committed[],
  tip: string,
  landingFence: number,
): Promise<Round> {
  if (committed.length === 0) return { left: [], moved: false }
  const candidates = committed.map(({ candidate }) => candidate)
  const result = await landCandidates(deps, committed, tip, landingFence)
  switch (result.kind) {
    case 'landed':
      return { left: [], moved: false }
    case 'tip_moved':
    case 'superseded':
      return { left: [...candidates], moved: true }
    case 'paused':
      await endAll(deps, candidates, { kind: 'paused' })
      return { left: [], moved: false }
    case 'withdrawn': {
      const cancelled = candidates.filter(({ row }) => result.cancelled.includes(row.id))
      await endAll(deps, cancelled, { kind: 'cancelled' })
      // What shares a path with a change that somebody else has now comes after it, so it goes back into the queue.
      const lost = candidates.filter(({ row }) => result.lost.includes(row.id))
      const behind = behindOn(lost, candidates)
      await endAll(deps, behind, { kind: 'lease_lost' })
      const gone = new Set([...lost, ...cancelled, ...behind])
      // What is built below the first of them stands as it is: however often somebody cancels, something lands.
      const sound = committed.slice(
        0,
        candidates.findIndex((candidate) => gone.has(candidate)),
      )
      const landed = await landAll(deps, sound, tip, landingFence)
      const above = candidates.slice(sound.length).filter((candidate) => !gone.has(candidate))
      return { left: [...landed.left, ...above], moved: landed.moved }
    }
  }
}

/** Returns those of a chain that come after one of `before` on a path, directly or through each other. */
function behindOn(before: readonly Candidate[], chain: readonly Candidate[]): Candidate[] {
  if (before.length === 0) return []
  const paths = new Set(before.flatMap(({ request }) => request.changes.map((change) => change.path)))
  const behind: Candidate[] = []
  for (const candidate of chain.slice(chain.findIndex((one) => before.includes(one)))) {
    if (before.includes(candidate)) continue
    if (!candidate.request.changes.some((change) => paths.has(change.path))) continue
    behind.push(candidate)
    for (const change of candidate.request.changes) paths.add(change.path)
  }
  return behind
}

async function endAll(deps: LandingDeps, leased: readonly Leased[], outcome: AttemptOutcome): Promise<void> {
  for (const one of leased) await finishAttempt(deps, { leased: one, outcome }, '')
}

/** Code of an error that only says that another process has the landing lease by now. */
export const SUPERSEDED = 'superseded'

const NO_FAULT_OF_THE_CHANGE: ReadonlySet<string> = new Set([REF_LOCKED, DISK_FULL, SUPERSEDED])

/**
 * What an attempt comes to that an error ended. A wrong configuration, a full disk, an operator's lock or another
 * process that was quicker says nothing about the change: its attempt is given back.
 */
export const outcomeOfError = ({ kind, code, message }: HyperionError): AttemptOutcome =>
  kind === 'user' || NO_FAULT_OF_THE_CHANGE.has(code)
    ? { kind: 'lease_lost' }
    : { kind: 'crashed', reason: message }

/** An error spends the attempt; what already landed is found out first, and if even that fails the lease runs out. */
export async function endInterrupted(
  deps: LandingDeps,
  leased: readonly Leased[],
  thrown: unknown,
): Promise<void> {
  const error = asHyperionError(thrown)
  deps.objects.discard()
  const outcome = outcomeOfError(error)
  try {
    for (const one of leased) {
      if ((await settleChange(deps, one.row.id, one.row.fence)) !== null) continue
      await finishAttempt(deps, { leased: one, outcome }, '')
    }
  } catch {
    // The caller is told of the first error; these changes come back when their lease ends.
  }
}

/** Returns the target's tip, or throws a sentence when there is no target. */
export async function existingTip(deps: Pick<LandingDeps, 'repoGit' | 'target'>): Promise<string> {
  const tip = await readTip(deps)
  if (tip !== null) return tip
  throw userError(
    'target_missing',
    `the branch ${branchName(deps.target)}, which changes land on, does not exist`,
    'run `hyperion init` to make it again; nothing lands until then',
  )
}

/** Returns the target's tip to build on: it holds what landed, or a sentence is thrown. */
export async function tipOrThrow(deps: RewoundDeps): Promise<string> {
  const left = leftAt(deps)
  const tip = await existingTip(deps)
  await requireNotRewound(deps, left, tip)
  return tip
}

export const idsOf = (leased: readonly Leased[]): number[] => leased.map(({ row }) => row.id)
