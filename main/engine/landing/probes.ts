/** Criteria tied to evidence: a probe that fails on what a change stands on and passes on the candidate proves one. */
import type { CriterionVerdict } from '../../../schemas/records.ts'
import type { CheckRun } from '../checks/run-checks.ts'
import { resolveChecks, type ResolvedCheck } from '../domain/check-policy.ts'
import { probesOf } from '../domain/criteria.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { Checked, ChangeChecker } from './check.ts'
import type { LandingDeps, Policy } from './deps.ts'

type Store = LandingDeps['store']

/** Probes of the assignment that a change does. */
function probesFor(
  store: Store,
  { task_id: taskId }: Pick<ChangeRow, 'task_id'>,
): { criterion: string; probe: string }[] {
  return probesOf(store.requests.criteriaOf(taskId))
}

/** Whether a change has criteria that nothing was found out about on these trees. */
export function lacksEvidence(store: Store, row: ChangeRow, tree: string, parentTree: string): boolean {
  const probes = probesFor(store, row)
  if (probes.length === 0) return false
  const known = new Set(
    store.evidence
      .of(row.id)
      .filter((one) => one.tree === tree && one.base_tree === parentTree)
      .map(({ criterion }) => criterion),
  )
  return probes.some(({ criterion }) => !known.has(criterion))
}

const isRed = (verdict: CheckRun['verdict']): boolean => verdict === 'failed' || verdict === 'timed_out'

/** What the two verdicts say of a criterion. */
function verdictOf(base: CheckRun['verdict'] | null, candidate: CheckRun['verdict']): CriterionVerdict {
  if (isRed(candidate)) return 'unmet'
  if (candidate !== 'passed' || base === null) return 'could_not_run'
  if (isRed(base)) return 'proven'
  return base === 'passed' ? 'not_proven' : 'could_not_run'
}

interface Run {
  verdict: CheckRun['verdict']
  output: string
}

async function runOn(
  checker: ChangeChecker,
  check: ResolvedCheck,
  on: Parameters<ChangeChecker['run']>[1],
): Promise<Run | null> {
  let output = ''
  const result = await checker.run([check], on, (run) => (output = run.output))
  if (result.verdict === 'cancelled') return null
  const { verdict } = result
  const known = verdict === 'not_run' || verdict === 'also_red_on_base' ? 'could_not_run' : verdict
  return { verdict: known, output: result.reason ?? output }
}

/** Runs the probes of a candidate that passed, there and on what it stands on; they tell, and decide nothing. */
export async function proveCriteria(
  { store, checker }: { store: Store; checker: ChangeChecker },
  { row, tree, parentTree, parentCommit }: Checked,
  policy: Policy,
  signal: AbortSignal,
): Promise<void> {
  if (!lacksEvidence(store, row, tree, parentTree)) return
  const { allow, unlisted } = policy.checks
  for (const { criterion, probe } of probesFor(store, row)) {
    if (signal.aborted) return
    const add = (verdict: CriterionVerdict, candidate: Run | null, base: Run | null): void =>
      store.db.write(() => {
        store.evidence.set({
          change_id: row.id,
          criterion,
          probe,
          verdict,
          tree,
          base_tree: parentTree,
          verdict_on_base: base?.verdict ?? null,
          verdict_on_candidate: candidate?.verdict ?? null,
          output: (candidate?.output ?? '').slice(-4_000),
        })
        const details = { criterion, probe, verdict, tree, base_tree: parentTree }
        store.logs.write({ message: 'criterion', queueId: row.id, taskId: row.task_id, details })
      })
    const { checks, decision } = resolveChecks([probe], { allow, unlisted, trustAll: checker.trustChecks })
    const [check] = checks
    if (decision !== 'run' || check === undefined) {
      add('not_allowed', null, null)
      continue
    }
    const on = { tree, parentCommit, parentTree: null, policy, signal }
    const candidate = await runOn(checker, check, on)
    const base = candidate === null ? null : await runOn(checker, check, { ...on, tree: parentTree })
    if (candidate === null || base === null) return
    add(verdictOf(base.verdict, candidate.verdict), candidate, base)
  }
}
