/** Policy, decided before anything is built: does a change need a person first, and may its checks run. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'
import { approvalText, resolveChecks, type ResolvedChecks } from '../domain/check-policy.ts'
import { isProtected } from '../domain/paths.ts'
import type { AttemptOutcome } from '../domain/states.ts'
import { validateChangeRequest } from '../domain/validate-change.ts'
import type { ApprovalRow, ResolutionRow } from '../store/records.ts'
import type { LandingDeps, Leased, Policy } from './deps.ts'

export interface Admission {
  kind: 'admitted'
  checks: ResolvedChecks
  approvedBy: readonly string[]
  /** Tells whether a path may be changed without another decision: renames may lead where the request did not say. */
  mayChange(path: string): boolean
}

export type AdmissionResult = Admission | { kind: 'ended'; outcome: AttemptOutcome }

/** Everything an approval is given for: the payload without its claims, the commands as resolved, the resolution. */
export function approvedContentHash(
  payloadHash: string,
  checks: ResolvedChecks,
  resolutions: readonly ResolutionRow[],
): string {
  return sha256(
    canonicalJson({
      payload_hash: payloadHash,
      checks: checks.checks.map(approvalText),
      resolution: resolutions.map((r) => ({
        path: r.path,
        content: r.content === null ? null : sha256(r.content),
        to: r.resolved_path,
      })),
    }),
  )
}

export interface Standing {
  contentHash: string
  /** People whose approval is of exactly this content. */
  approvedBy: string[]
  /** Earlier approvals that a change of the content made void. */
  void: ApprovalRow[]
  needed: number
  protectedPaths: string[]
  checks: ResolvedChecks
}

/** Says how a change stands with its approvals under a policy; nothing a payload claims counts. */
export function standingOf(
  request: ChangeRequest,
  payloadHash: string,
  policy: Policy,
  approvals: readonly ApprovalRow[],
  resolutions: readonly ResolutionRow[],
  trustChecks: boolean,
): Standing {
  const { allow, unlisted } = policy.checks
  const checks = resolveChecks(request.checks, { allow, unlisted, trustAll: trustChecks })
  const contentHash = approvedContentHash(payloadHash, checks, resolutions)
  const given = approvals.filter((a) => a.decision === 'approved')
  const protectedPaths = request.changes
    .map((change) => change.path)
    .filter((path) => isProtected(path, policy.approvals.protectedPaths))
  const { fromComplexity } = policy.approvals
  const complexity = request.metadata?.complexity ?? 0
  const complex = fromComplexity !== null && complexity >= fromComplexity
  return {
    contentHash,
    approvedBy: [...new Set(given.filter((a) => a.content_hash === contentHash).map((a) => a.approver))],
    void: given.filter((a) => a.content_hash !== contentHash),
    needed: Math.max(policy.approvals.required, complex || protectedPaths.length > 0 ? 1 : 0),
    protectedPaths,
    checks,
  }
}

/** Decides whether a leased change may be built now, and with which checks. */
export function admit(
  deps: LandingDeps,
  leased: Leased,
  policy: Policy,
  trustChecks: boolean,
): AdmissionResult {
  const { row, request } = leased
  const { records } = deps.store
  const ended = (outcome: AttemptOutcome): AdmissionResult => ({ kind: 'ended', outcome })
  const held = (code: string, reason: string): AdmissionResult =>
    ended({ kind: 'held', code, reason, verdict: null })

  if (row.attempts > deps.settings.maxAttempts) {
    return ended({ kind: 'crashed', reason: row.last_error ?? 'every attempt was interrupted' })
  }
  if (deps.store.changes.get(row.id)?.cancel_requested === 1) return ended({ kind: 'cancelled' })

  const standing = standingOf(
    request,
    row.payload_hash,
    policy,
    records.approvals(row.id),
    records.resolutions(row.id),
    trustChecks,
  )
  const { approvedBy, needed, protectedPaths, checks } = standing
  const approved = approvedBy.length > 0
  const voided =
    standing.void.length > 0 && !approved ? ' (an earlier approval is void: the content changed)' : ''
  if (approvedBy.length < needed) {
    const [path] = protectedPaths
    if (path !== undefined)
      return held('protected_path', `${path} is protected and needs an approval${voided}`)
    return held('approval_required', `needs ${needed} approval(s), has ${approvedBy.length}${voided}`)
  }
  if (deps.checker !== null) {
    if (checks.decision === 'refuse') {
      const reason = `the check "${checks.unlisted[0]}" is not on the allow-list`
      return ended({ kind: 'validation_failed', code: 'check_not_allowed', reason })
    }
    if (checks.decision === 'hold' && !approved) {
      return held('unlisted_check', `the check "${checks.unlisted[0]}" is not on the allow-list${voided}`)
    }
    if (checks.decision === 'nothing' && !approved) {
      return held('no_checks', `asks for no check, and checks are on${voided}`)
    }
  }
  const mayChange = (path: string): boolean => approved || !isProtected(path, policy.approvals.protectedPaths)
  return { kind: 'admitted', checks, approvedBy, mayChange }
}

/** Reads the request a row carries; a payload that no longer validates ends the attempt. */
export function readPayload(payload: string): { request: ChangeRequest } | { outcome: AttemptOutcome } {
  const failed = (reason: string): { outcome: AttemptOutcome } => ({
    outcome: { kind: 'validation_failed', code: 'invalid_payload', reason },
  })
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return failed('the stored payload is not JSON any more')
  }
  const verdict = validateChangeRequest(value)
  return verdict.ok ? { request: verdict.request } : failed(verdict.errors[0]?.message ?? 'invalid')
}
