/** Runs all checks of one candidate in its slot, one after the other, and says what they amount to. */
import type { ResolvedCheck } from '../domain/check-policy.ts'
import { runCheck, type CheckDeps, type CheckRunRequest, type RunVerdict } from './run-check.ts'
import type { Sandbox } from './sandbox.ts'
import type { CheckSlot } from './worktrees.ts'

/** One run of one check, as it is logged. */
export interface CheckRun {
  name: string | null
  command: string
  verdict: RunVerdict
  exit_code: number | null
  duration_ms: number
  output: string
  /** The tree it ran on. */
  tree: string
  /** 1 for the first try of this check, 2 for its first retry, and so on. */
  run: number
}

export interface ChecksOutcome {
  /**
   * `not_run` when there was nothing to run. `failed` and `timed_out` are final, their retries are spent;
   * `could_not_run` says nothing about the change and waits for a person.
   */
  verdict: RunVerdict | 'not_run'
  /** The run that decided; null when all passed or none ran. */
  decisive: CheckRun | null
}

export interface ChecksRequest {
  slot: Pick<CheckSlot, 'tree' | 'scratch' | 'readOnly' | 'checkout'>
  treeOid: string
  parentCommit: string
  sandbox: Sandbox
  timeoutMs: number
  /** How often a failed or timed-out check is run again before it counts. */
  retryFlaky: number
  signal?: AbortSignal
  environment?: Readonly<Record<string, string>>
  hidden?: readonly string[]
  /** Called after every run, retried ones included, before the next begins. */
  onRun?: (run: CheckRun) => void | Promise<void>
}

async function runOnce(
  check: ResolvedCheck,
  request: ChecksRequest,
  run: number,
  deps: CheckDeps,
): Promise<CheckRun> {
  const { slot, signal, environment, hidden } = request
  // Every run starts from the candidate's very files: what an earlier one wrote or changed was not part of it.
  await slot.checkout(request.treeOid, request.parentCommit, signal)
  const wanted: CheckRunRequest = {
    command: check.command,
    cwd: slot.tree,
    timeoutMs: request.timeoutMs,
    sandbox: request.sandbox,
    expect: check.expect,
    scratch: slot.scratch,
    readOnly: slot.readOnly,
    ...(signal === undefined ? {} : { signal }),
    ...(environment === undefined ? {} : { environment }),
    ...(hidden === undefined ? {} : { hidden }),
  }
  const result = await runCheck(wanted, deps)
  return { name: check.name, command: check.command, ...result, tree: request.treeOid, run }
}

const mayBeFlaky = (verdict: RunVerdict): boolean => verdict === 'failed' || verdict === 'timed_out'

/** Runs the checks in order and stops at the first that does not pass, its retries included. */
export async function runChecks(
  checks: readonly ResolvedCheck[],
  request: ChecksRequest,
  deps: CheckDeps,
): Promise<ChecksOutcome> {
  if (checks.length === 0) return { verdict: 'not_run', decisive: null }
  for (const check of checks) {
    for (let run = 1; ; run++) {
      if (request.signal?.aborted) return { verdict: 'cancelled', decisive: null }
      const ran = await runOnce(check, request, run, deps)
      await request.onRun?.(ran)
      if (ran.verdict === 'passed') break
      if (mayBeFlaky(ran.verdict) && run <= request.retryFlaky) continue
      return { verdict: ran.verdict, decisive: ran }
    }
  }
  return { verdict: 'passed', decisive: null }
}
