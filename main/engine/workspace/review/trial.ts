/** Checks what a resolution would land, before it counts: in a worktree of its own, telling as it goes. */
import type { Trial, TrialEvent } from '../../../../schemas/reviewer.ts'
import { nowSeconds } from '../../base/clock.ts'
import { asHyperionError, HyperionError } from '../../base/errors.ts'
import { branchName } from '../../domain/branch-name.ts'
import { SLOTS_BUSY } from '../../checks/free-slot.ts'
import type { CheckRun } from '../../checks/run-checks.ts'
import { openTrialChecker, type Ground } from '../../compose.ts'
import type { ActDeps } from '../../landing/acts.ts'
import { existingTip } from '../../landing/attempt.ts'
import { hasPassed, outcomeOf, surroundingsOf, type ChangeChecker } from '../../landing/check.ts'
import type { LandingDeps, Policy } from '../../landing/deps.ts'
import { preview } from '../../landing/preview.ts'
import { mergedSides, resolutionsOf, type PathDecision } from '../../landing/resolve.ts'
import type { ResolvedCheck } from '../../domain/check-policy.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { requireInConflict } from './refresh.ts'
import { checksUnder, whyNotRun } from './show.ts'

export interface TrialWish {
  /** Given by who asks: of exactly which decisions the verdict is. */
  key: string
  decisions: readonly PathDecision[]
}

export interface TrialDeps {
  ground: Ground
  deps: LandingDeps
  actDeps: ActDeps
}

type Tell = (event: TrialEvent) => void

/** How often it is looked whether a worktree is free. */
const SLOT_LOOK_MS = 500

/** What there is to be checked, or the verdict that there is without. */
type Prepared =
  | { kind: 'over'; trial: Trial }
  | {
      kind: 'ready'
      row: ChangeRow
      tip: string
      tree: string
      parentTree: string
      checks: readonly ResolvedCheck[]
      policy: Policy
    }

/** Runs a trial to its end and keeps its verdict with the change; null where `signal` ended it. */
export async function runTrial(
  all: TrialDeps,
  id: number,
  wish: TrialWish,
  tell: Tell,
  signal: AbortSignal,
): Promise<Trial | null> {
  tell({ kind: 'preparing', what: 'building the result' })
  const prepared = await prepareTrial(all, id, wish)
  if (signal.aborted) return null
  const trial = prepared.kind === 'over' ? prepared.trial : await check(all, prepared, wish, tell, signal)
  if (trial === null) return null
  const { store } = all.deps
  store.db.write(() => {
    // Whoever landed or archived it meanwhile has no use for it.
    const status = store.changes.get(id)?.status
    if (status !== undefined && status !== 'applied') store.reviews.setTrial(id, trial)
  })
  return trial
}

async function prepareTrial(
  { deps, actDeps }: TrialDeps,
  id: number,
  { key, decisions }: TrialWish,
): Promise<Prepared> {
  const { store, clock } = deps
  const row = requireInConflict(store, id)
  const tip = await existingTip(deps)
  const conflicts = store.records.conflicts(id)
  const merged = await mergedSides(actDeps, conflicts, decisions)
  const decided = resolutionsOf(row, conflicts, decisions, actDeps.actor, merged)
  const paths = new Set(decided.map(({ path }) => path))
  const kept = store.records.resolutions(id).filter(({ path }) => !paths.has(path))
  const over = (verdict: Trial['verdict'], reason: string, tree: string | null): Prepared => ({
    kind: 'over',
    trial: { key, tip, tree, verdict, reason, checks: [], ended_at: nowSeconds(clock) },
  })
  const built = await preview(deps, row, tip, [...kept, ...decided])
  const name = branchName(deps.target)
  switch (built.kind) {
    case 'refused':
      return over('could_not_run', `no tree could be built: ${built.message}`, null)
    case 'conflict': {
      const again = built.conflicts.map(({ path }) => path).join(', ')
      return over('could_not_run', `${name} moved: ${again} conflicts again; look again`, null)
    }
    case 'already_present':
      return over('not_run', `${name} has all of it already; there is nothing to check`, built.tree)
    case 'built':
  }
  const { tree, parentTree } = built
  const policy = await deps.readPolicy(tip)
  const resolved = checksUnder(row, policy)
  const off = whyNotRun(resolved)
  if (resolved === null || off !== null) return over('not_run', off ?? '', tree)
  // The worktree reads it from the repository.
  await deps.objects.flush()
  return { kind: 'ready', row, tip, tree, parentTree, checks: resolved.checks, policy }
}

async function check(
  all: TrialDeps,
  ready: Extract<Prepared, { kind: 'ready' }>,
  { key }: TrialWish,
  tell: Tell,
  signal: AbortSignal,
): Promise<Trial | null> {
  const { tip, tree } = ready
  const end = (verdict: Trial['verdict'], reason: string | null, checks: Trial['checks']): Trial => ({
    key,
    tip,
    tree,
    verdict,
    reason,
    checks,
    ended_at: nowSeconds(all.deps.clock),
  })
  const opened = await openChecker(all, tell, signal)
  if (opened === null) return null
  try {
    return await runAll(all, ready, opened.checker, tell, signal, end)
  } catch (thrown) {
    if (signal.aborted) return null
    const error = asHyperionError(thrown)
    if (error.kind === 'bug') throw thrown
    return end('could_not_run', error.message, [])
  } finally {
    await opened.close()
  }
}

async function runAll(
  { deps: { store } }: TrialDeps,
  { row, tip, tree, parentTree, checks, policy }: Extract<Prepared, { kind: 'ready' }>,
  checker: ChangeChecker,
  tell: Tell,
  signal: AbortSignal,
  end: (verdict: Trial['verdict'], reason: string | null, checks: Trial['checks']) => Trial,
): Promise<Trial | null> {
  const around = await checker.surroundings(policy)
  const runs: Trial['checks'] = []
  let running = ''
  const nameOf = (name: string, on: string): string => (on === tree ? name : `${name}, without this change`)
  tell({ kind: 'preparing', what: 'putting its files into a check worktree' })
  const result = await checker.run(
    checks,
    {
      tree,
      parentCommit: tip,
      parentTree,
      policy,
      signal,
      knownPassed: (known, one) => hasPassed(store, known, [one], around),
      observer: {
        started(run) {
          running = nameOf(run.name, run.tree)
          tell({ kind: 'started', check: running, command: run.command })
        },
        output: (text) => tell({ kind: 'output', check: running, text }),
      },
    },
    (run) => {
      // Nobody hears of it any more, and it says nothing of the tree.
      if (run.verdict === 'cancelled') return
      keepRun(store, row, run, checks, around)
      const name = nameOf(run.name ?? run.command, run.tree)
      const { verdict, exit_code, duration_ms, output } = run
      runs.push({ name, verdict, exit_code, duration_ms: Math.round(duration_ms), output })
      tell({ kind: 'ended', check: name, verdict })
    },
  )
  if (result.verdict === 'cancelled') return null
  const outcome = outcomeOf(result)
  return end(result.verdict, outcome !== null && 'reason' in outcome ? outcome.reason : null, runs)
}

/** A run says of exactly this tree what one of a worker would, and serves as one: nothing is checked twice. */
function keepRun(
  store: LandingDeps['store'],
  row: ChangeRow,
  run: CheckRun,
  checks: readonly ResolvedCheck[],
  around: string,
): void {
  const known = checks.find(({ command }) => command === run.command)
  const surroundings = known === undefined ? null : surroundingsOf(around, known)
  const { command, verdict, exit_code, duration_ms, tree } = run
  store.db.write(() => {
    store.records.addCheckRun({ ...run, change_id: row.id, fence: row.fence, surroundings })
    store.logs.write({
      level: verdict === 'passed' ? 'info' : 'warn',
      message: 'check',
      queueId: row.id,
      taskId: row.task_id,
      details: { command, verdict, exit_code, duration_ms, tree, run: run.run, trial: true },
    })
  })
}

/** Waits for a worktree; null where `signal` came first. */
async function openChecker(
  { ground, deps: { workspaceUuid, clock } }: TrialDeps,
  tell: Tell,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof openTrialChecker>> | null> {
  let told = false
  while (!signal.aborted) {
    try {
      return await openTrialChecker(ground, workspaceUuid)
    } catch (thrown) {
      if (!(thrown instanceof HyperionError) || thrown.code !== SLOTS_BUSY) throw thrown
      if (!told) tell({ kind: 'preparing', what: 'waiting for a check worktree: others check results too' })
      told = true
      await clock.sleep(SLOT_LOOK_MS, signal)
    }
  }
  return null
}
