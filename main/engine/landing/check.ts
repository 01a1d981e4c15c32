/** Step 6: the checks of one candidate, run on exactly its tree. */
import type { AttemptOutcome } from '../domain/states.ts'
import type { ChecksObserver, ChecksOutcome } from '../checks/run-checks.ts'
import { unreachable } from '../base/errors.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'
import type { LandingDeps, Leased, Policy } from './deps.ts'
import type { ResolvedCheck } from '../domain/check-policy.ts'
import type { CheckRun } from '../checks/run-checks.ts'

/** Runs checks on a tree in a slot of its own; made where the engine is composed. */
export interface ChangeChecker {
  /** Whether commands run that no list and no person allowed. */
  readonly trustChecks: boolean
  /** Fingerprint of what checks run in under a policy: where it is another one, a verdict does not carry over. */
  surroundings(policy: Policy): Promise<string>
  run(
    checks: readonly ResolvedCheck[],
    on: {
      tree: string
      parentCommit: string
      /** The tree the candidate was built on, where a failure is looked into; null where nobody asks. */
      parentTree: string | null
      policy: Policy
      signal: AbortSignal
      observer?: ChecksObserver
      /** Whether a check is known to have passed on a tree; it is not run on the parent then. */
      knownPassed?: (tree: string, check: ResolvedCheck) => boolean
    },
    onRun: (run: CheckRun) => void,
  ): Promise<ChecksOutcome>
}

/** The outcome of an attempt whose checks ended so; null for passed. */
export function outcomeOf(result: ChecksOutcome): AttemptOutcome | null {
  const run = result.decisive
  const named = run === null ? 'a check' : `the check "${run.name ?? run.command}"`
  const ended = `${named} ${endOf(run)}`
  switch (result.verdict) {
    case 'passed':
    case 'not_run':
      return null
    case 'failed':
      return { kind: 'check_failed', reason: ended, verdict: 'failed' }
    case 'timed_out':
      return { kind: 'check_failed', reason: ended, verdict: 'timed_out' }
    case 'also_red_on_base':
      // It is not this change that is broken, and nobody knows what it would be on a sound target.
      return {
        kind: 'held',
        code: 'also_red_on_base',
        reason: `${ended}, and fails on the untouched parent as well`,
        verdict: 'also_red_on_base',
      }
    case 'could_not_run':
      return {
        kind: 'held',
        code: 'could_not_run',
        reason:
          result.reason ??
          `${named} could not run${run?.reason === undefined ? exitOf(run) : `: ${run.reason}`}`,
        verdict: 'could_not_run',
      }
    case 'cancelled':
      // Whoever ended it knows why; the caller looks whether a person asked for it.
      return { kind: 'lease_lost' }
    default:
      return unreachable(result.verdict)
  }
}

const exitOf = (run: CheckRun | null): string =>
  run === null || run.exit_code === null ? '' : ` with exit code ${run.exit_code}`

const endOf = (run: CheckRun | null): string =>
  run?.reason ?? (run?.verdict === 'timed_out' ? 'ran out of time' : `failed${exitOf(run)}`)

/** Everything but tree and command that the verdict of a check may depend on. */
export const surroundingsOf = (around: string, check: ResolvedCheck): string =>
  sha256(canonicalJson({ around, expect: check.expect }))

/** Whether each of these checks passed on this very tree before, in the same surroundings. */
export const hasPassed = (
  store: LandingDeps['store'],
  tree: string,
  checks: readonly ResolvedCheck[],
  around: string,
): boolean =>
  checks.every((check) => store.records.hasPassed(tree, check.command, surroundingsOf(around, check)))

/** As the commit tells of checks that passed. */
export const passedChecks = (checks: readonly ResolvedCheck[]): string =>
  `passed ${checks.map((check) => check.name ?? check.command).join(', ')}`

/** What checks are run on. */
export interface Checked extends Leased {
  tree: string
  parentTree: string
  /** A commit of that tree: the target's tip, or one made for the checks alone. */
  parentCommit: string
}

/** Runs a candidate's checks and writes down every run. */
export async function runChecksOf(
  { checker, store }: Pick<LandingDeps, 'store'> & { checker: ChangeChecker },
  { row, request, tree, parentTree, parentCommit }: Checked,
  checks: readonly ResolvedCheck[],
  policy: Policy,
  signal: AbortSignal,
): Promise<ChecksOutcome> {
  const around = await checker.surroundings(policy)
  const byCommand = new Map(checks.map((check) => [check.command, surroundingsOf(around, check)]))
  const knownPassed = (known: string, check: ResolvedCheck): boolean =>
    hasPassed(store, known, [check], around)
  const on = { tree, parentCommit, parentTree, policy, signal, knownPassed }
  return checker.run(checks, on, (run) => {
    store.db.write(() => {
      const surroundings = byCommand.get(run.command) ?? null
      store.records.addCheckRun({ ...run, change_id: row.id, fence: row.fence, surroundings })
      store.logs.write({
        level: run.verdict === 'passed' ? 'info' : 'warn',
        message: 'check',
        queueId: row.id,
        taskId: row.task_id,
        details: {
          command: run.command,
          verdict: run.verdict,
          exit_code: run.exit_code,
          duration_ms: run.duration_ms,
          tree: run.tree,
          run: run.run,
          telemetry_anchors: request.metadata?.telemetry_anchors ?? [],
        },
      })
    })
  })
}
