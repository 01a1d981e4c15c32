/** Decides which of a change request's checks may run, by the policy in force at the target's tip. */

import { NO_CHECK, type CheckEntry } from '../../../schemas/check.ts'

/** What a passing check looks like when it is more, or other, than exit code 0. */
export type CheckExpectation = NonNullable<Exclude<CheckEntry, string>['expect']>

export interface CheckPolicy {
  /** Name → command, as it stands at the target's tip. */
  allow: Readonly<Record<string, string>>
  /** What becomes of a change whose checks include a command that is not on the list. */
  unlisted: 'hold' | 'refuse' | 'run'
  /** Whether the operator said to run whatever is asked for (`--trust-checks`). */
  trustAll: boolean
  /** Commands a person approved for this change, in the form `unlisted` gave them. */
  approved?: readonly string[]
}

export interface ResolvedCheck {
  /** Name on the allow-list; null for a command that is not on it. */
  name: string | null
  command: string
  expect: CheckExpectation
  why: string | null
  listed: boolean
}

export interface ResolvedChecks {
  checks: ResolvedCheck[]
  /** Commands that need a person's decision before they run; empty when all may run. */
  unlisted: string[]
  /** `nothing` when no check is left to run: the change was not checked, which is not the same as passed. */
  decision: 'run' | 'nothing' | 'hold' | 'refuse'
}

/**
 * Returns what a person has to approve for this check to run: its command, and its exit code if that is not 0.
 *
 * A listed command that is expected to fail is not the listed check: `{run: "npm test", expect: {exit_code: 1}}`
 * would otherwise turn a red test suite green.
 */
export function approvalText(check: Pick<ResolvedCheck, 'command' | 'expect'>): string {
  const code = check.expect.exit_code ?? 0
  return code === 0 ? check.command : `${check.command} # expects exit code ${code}`
}

function resolveOne(entry: CheckEntry, allow: Readonly<Record<string, string>>): ResolvedCheck {
  const asked = typeof entry === 'string' ? entry : entry.run
  const expect = typeof entry === 'string' ? {} : (entry.expect ?? {})
  const why = typeof entry === 'string' ? null : (entry.why ?? null)
  const named = Object.hasOwn(allow, asked) ? allow[asked] : undefined
  const name = named !== undefined ? asked : (Object.keys(allow).find((key) => allow[key] === asked) ?? null)
  const listed = name !== null && (expect.exit_code ?? 0) === 0
  return { name, command: named ?? asked, expect, why, listed }
}

/** Resolves names to commands, drops repetitions and `"none"`, and says whether all of them may run. */
export function resolveChecks(entries: readonly CheckEntry[], policy: CheckPolicy): ResolvedChecks {
  const checks: ResolvedCheck[] = []
  const seen = new Set<string>()
  for (const entry of entries) {
    if ((typeof entry === 'string' ? entry : entry.run) === NO_CHECK) continue
    const check = resolveOne(entry, policy.allow)
    const key = JSON.stringify([
      check.command,
      check.expect.exit_code ?? 0,
      check.expect.stdout_includes ?? null,
    ])
    if (seen.has(key)) continue
    seen.add(key)
    checks.push(check)
  }
  const approved = new Set(policy.approved ?? [])
  const asked = checks.filter((check) => !check.listed).map(approvalText)
  const free = policy.trustAll || policy.unlisted === 'run'
  const unlisted = free ? [] : [...new Set(asked)].filter((text) => !approved.has(text))
  if (checks.length === 0) return { checks, unlisted, decision: 'nothing' }
  if (unlisted.length === 0) return { checks, unlisted, decision: 'run' }
  return { checks, unlisted, decision: policy.unlisted === 'refuse' ? 'refuse' : 'hold' }
}

/** Returns the checks of a change request Hyperion makes: its assignment's, its request's, all allowed, or none. */
export function inheritChecks(
  assignment: readonly CheckEntry[] | undefined,
  request: readonly CheckEntry[] | undefined,
  allow: Readonly<Record<string, string>>,
): CheckEntry[] {
  const names = Object.keys(allow).filter((name) => name !== NO_CHECK)
  return [...(assignment ?? request ?? (names.length > 0 ? names : [NO_CHECK]))]
}
