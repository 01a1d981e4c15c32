/** Runs all checks of one candidate in its slot, one after the other, and says what they amount to. */
import { StringDecoder } from 'node:string_decoder'
import type { ResolvedCheck } from '../domain/check-policy.ts'
import { prepareTree, type Provision, type Readiness } from './prepare.ts'
import { runCheck, type CheckDeps, type CheckRunRequest, type RunVerdict } from './run-check.ts'
import type { Sandbox } from './sandbox.ts'
import type { CheckSlot } from './worktrees.ts'

/** How setup is named among the runs of a change. */
export const SETUP_NAME = 'setup'

/** One run of one check, as it is logged. */
export interface CheckRun {
  name: string | null
  command: string
  verdict: RunVerdict
  exit_code: number | null
  duration_ms: number
  output: string
  /** The tree it ran on: the candidate's, or its parent's where a failure was looked into. */
  tree: string
  /** 1 for the first try of this check, 2 for its first retry, and so on. */
  run: number
  /** How it ended, in words that follow its name, where the exit code does not tell. */
  reason?: string
}

/** Watches checks while they run. */
export interface ChecksObserver {
  /** A command is about to run; `tree` tells whether on the candidate or on what it stands on. */
  started(run: { name: string; command: string; tree: string }): void
  /** What it prints, as it comes. */
  output(text: string): void
}

export interface ChecksOutcome {
  /**
   * `not_run` when there was nothing to run. `failed` and `timed_out` are final, their retries are spent;
   * `also_red_on_base` is what ended so on the untouched parent as well; that one and `could_not_run` say nothing about
   * the change and wait for a person.
   */
  verdict: RunVerdict | 'not_run' | 'also_red_on_base'
  /** The run that decided; null when all passed or none ran. */
  decisive: CheckRun | null
  /** Why it could not run, as a sentence of its own; null where the decisive run says it. */
  reason: string | null
}

export interface ChecksRequest {
  slot: Pick<CheckSlot, 'tree' | 'scratch' | 'readOnly' | 'prepared' | 'checkout' | 'ask'>
  treeOid: string
  parentCommit: string
  /** The tree the candidate was built on; null where a failure is not looked into. */
  parentTree: string | null
  provision: Provision
  sandbox: Sandbox
  timeoutMs: number
  /** MiB that one check may hold; null for no limit. */
  memoryMb: number | null
  /** How often a failed or timed-out check is run again before it counts. */
  retryFlaky: number
  signal?: AbortSignal
  environment?: Readonly<Record<string, string>>
  hidden?: readonly string[]
  /** Called after every run, setup, retries and runs on the parent included, before the next begins. */
  onRun?: (run: CheckRun) => void | Promise<void>
  observer?: ChecksObserver
  /** Whether a check is known to have passed on a tree; it is not run on the parent then. */
  knownPassed?: (tree: string, check: ResolvedCheck) => boolean
}

type Ended =
  | { kind: 'ran'; run: CheckRun }
  | { kind: 'could_not_run'; reason: string; run: CheckRun | null }
  | { kind: 'cancelled' }

/** Every run starts from the tree's very files: what an earlier one wrote or changed was not part of it. */
function prepare(treeOid: string, request: ChecksRequest, deps: CheckDeps): Promise<Readiness> {
  const { observer } = request
  return prepareTree(treeOid, request, deps, {
    starting: (command) => watching(observer, { name: SETUP_NAME, command, tree: treeOid }),
    ended: (setup) => request.onRun?.({ ...setup, name: SETUP_NAME, run: 1 }),
  })
}

/** Tells an observer of a run, and returns what takes its output. */
function watching(
  observer: ChecksObserver | undefined,
  run: Parameters<ChecksObserver['started']>[0],
): Pick<CheckRunRequest, 'onOutput'> {
  if (observer === undefined) return {}
  observer.started(run)
  // A character may come in two pieces.
  const decoder = new StringDecoder('utf8')
  return { onOutput: (chunk) => observer.output(decoder.write(chunk)) }
}

async function runOnce(
  check: ResolvedCheck,
  treeOid: string,
  request: ChecksRequest,
  run: number,
  deps: CheckDeps,
): Promise<Ended> {
  const readiness = await prepare(treeOid, request, deps)
  if (readiness.kind === 'cancelled') return readiness
  if (readiness.kind === 'could_not_run') {
    const setup = readiness.run === null ? null : { ...readiness.run, name: SETUP_NAME, run: 1 }
    return { ...readiness, run: setup }
  }
  const { slot, signal, environment, hidden } = request
  const wanted: CheckRunRequest = {
    command: check.command,
    cwd: slot.tree,
    timeoutMs: request.timeoutMs,
    memoryMb: request.memoryMb,
    sandbox: request.sandbox,
    expect: check.expect,
    scratch: slot.scratch,
    readOnly: slot.readOnly,
    shared: readiness.shared,
    ...(signal === undefined ? {} : { signal }),
    ...(environment === undefined ? {} : { environment }),
    ...(hidden === undefined ? {} : { hidden }),
    ...watching(request.observer, {
      name: check.name ?? check.command,
      command: check.command,
      tree: treeOid,
    }),
  }
  const result = await runCheck(wanted, deps)
  return { kind: 'ran', run: { name: check.name, command: check.command, ...result, tree: treeOid, run } }
}

const isRed = (verdict: RunVerdict): boolean => verdict === 'failed' || verdict === 'timed_out'

/** Runs a check on a tree until it passes or its retries are spent. */
async function runWithRetries(
  check: ResolvedCheck,
  treeOid: string,
  request: ChecksRequest,
  deps: CheckDeps,
): Promise<Ended> {
  for (let run = 1; ; run++) {
    if (request.signal?.aborted) return { kind: 'cancelled' }
    const ended = await runOnce(check, treeOid, request, run, deps)
    if (ended.kind !== 'ran') return ended
    await request.onRun?.(ended.run)
    if (!isRed(ended.run.verdict) || run > request.retryFlaky) return ended
  }
}

/** Tells whether a check that is red on the candidate is red on the tree it was built on, or that nobody knows. */
async function isRedOnParent(
  check: ResolvedCheck,
  request: ChecksRequest,
  deps: CheckDeps,
): Promise<boolean | 'cancelled'> {
  const { parentTree, treeOid, knownPassed } = request
  if (parentTree === null || parentTree === treeOid) return false
  if (knownPassed?.(parentTree, check) === true) return false
  const ended = await runWithRetries(check, parentTree, request, deps)
  if (ended.kind === 'cancelled') return 'cancelled'
  return ended.kind === 'ran' && isRed(ended.run.verdict)
}

/** Runs the checks in order and stops at the first that does not pass, its retries included. */
export async function runChecks(
  checks: readonly ResolvedCheck[],
  request: ChecksRequest,
  deps: CheckDeps,
): Promise<ChecksOutcome> {
  const outcome = (
    verdict: ChecksOutcome['verdict'],
    decisive: CheckRun | null = null,
    reason: string | null = null,
  ): ChecksOutcome => ({ verdict, decisive, reason })
  if (checks.length === 0) return outcome('not_run')
  for (const check of checks) {
    const ended = await runWithRetries(check, request.treeOid, request, deps)
    if (ended.kind === 'cancelled') return outcome('cancelled')
    if (ended.kind === 'could_not_run') return outcome('could_not_run', ended.run, ended.reason)
    const { run } = ended
    if (run.verdict === 'passed') continue
    if (!isRed(run.verdict)) return outcome(run.verdict, run)
    const onParent = await isRedOnParent(check, request, deps)
    if (onParent === 'cancelled') return outcome('cancelled')
    return onParent ? outcome('also_red_on_base', run) : outcome(run.verdict, run)
  }
  return outcome('passed')
}
