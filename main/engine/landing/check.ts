/** Step 6: the checks of one candidate, run on exactly its tree. */
import type { AttemptOutcome } from '../domain/states.ts'
import type { ChecksOutcome } from '../checks/run-checks.ts'
import { unreachable } from '../base/errors.ts'
import type { Candidate, LandingDeps, Policy } from './deps.ts'
import type { Admission } from './policy.ts'
import type { ResolvedCheck } from '../domain/check-policy.ts'
import type { CheckRun } from '../checks/run-checks.ts'

/** Runs checks on a tree in a slot of its own; made where the engine is composed. */
export interface ChangeChecker {
  /** Whether commands run that no list and no person allowed. */
  readonly trustChecks: boolean
  run(
    checks: readonly ResolvedCheck[],
    on: {
      tree: string
      parentCommit: string
      /** The tree the candidate was built on, where a failure is looked into; null where nobody asks. */
      parentTree: string | null
      policy: Policy
      signal: AbortSignal
      /** Whether a check is known to have passed on a tree; it is not run on the parent then. */
      knownPassed?: (tree: string, check: ResolvedCheck) => boolean
    },
    onRun: (run: CheckRun) => void,
  ): Promise<ChecksOutcome>
}

export type CheckResult =
  { kind: 'passed'; candidate: Candidate } | { kind: 'ended'; outcome: AttemptOutcome }

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
        reason: result.reason ?? `${named} could not run${exitOf(run)}`,
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

/** Runs a candidate's checks and writes down every run. */
export async function checkCandidate(
  deps: LandingDeps,
  candidate: Candidate,
  admission: Admission,
  policy: Policy,
  tip: string,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { checker, store } = deps
  if (checker === null) return { kind: 'passed', candidate }
  const { row, request } = candidate
  const { checks } = admission.checks
  const result = await checker.run(
    checks,
    { tree: candidate.tree, parentCommit: tip, parentTree: candidate.parentTree, policy, signal },
    (run) => {
      store.db.write(() => {
        store.records.addCheckRun({ ...run, change_id: row.id, fence: row.fence })
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
    },
  )
  const outcome = outcomeOf(result)
  if (outcome?.kind === 'lease_lost' && store.changes.get(row.id)?.cancel_requested === 1) {
    return { kind: 'ended', outcome: { kind: 'cancelled' } }
  }
  if (outcome !== null) return { kind: 'ended', outcome }
  if (result.verdict === 'not_run') return { kind: 'passed', candidate }
  const names = checks.map((check) => check.name ?? check.command).join(', ')
  return { kind: 'passed', candidate: { ...candidate, checks: `passed ${names}`, verdict: 'passed' } }
}
