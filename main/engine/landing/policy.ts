/** Policy, decided before anything is built: does a change need a person first, and may its checks run. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { upstreamMergeSchema } from '../../../schemas/upstream.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'
import { approvalText, resolveChecks, type ResolvedChecks } from '../domain/check-policy.ts'
import { isProtected } from '../domain/paths.ts'
import type { AttemptOutcome } from '../domain/states.ts'
import { validateChangeRequest } from '../domain/validate-change.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { ApprovalRow, ResolutionRow } from '../store/records.ts'
import type { LandingDeps, Leased, Policy } from './deps.ts'

export interface Admission {
  kind: 'admitted'
  checks: ResolvedChecks
  approvedBy: readonly string[]
  resolutions: readonly ResolutionRow[]
  /** Tells whether a path may be changed without another decision: renames may lead where the request did not say. */
  mayChange(path: string): boolean
}

export type AdmissionResult = Admission | { kind: 'ended'; outcome: AttemptOutcome }

/** Everything an approval is given for: the payload without its claims, the commands as resolved, the resolution. */
function approvedContentHash(
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

/** The checks a change asks for, as they stand under a policy. */
function checksOf(request: ChangeRequest, policy: Policy, trustAll: boolean): ResolvedChecks {
  const { allow, unlisted } = policy.checks
  return resolveChecks(request.checks, { allow, unlisted, trustAll })
}

/** The hash of exactly what a person approves or rejects now. */
export function contentHashNow(
  request: ChangeRequest,
  payloadHash: string,
  policy: Policy,
  resolutions: readonly ResolutionRow[],
): string {
  return approvedContentHash(payloadHash, checksOf(request, policy, false), resolutions)
}

interface Standing {
  /** People whose approval is of exactly this content. */
  approvedBy: string[]
  /** Earlier approvals that a change of the content made void. */
  void: ApprovalRow[]
  needed: number
  protectedPaths: string[]
  checks: ResolvedChecks
}

/** Says how a change stands with its approvals under a policy; nothing a payload claims counts. */
function standingOf(
  request: ChangeRequest,
  payloadHash: string,
  policy: Policy,
  { approvals, resolutions }: Decisions,
  trustChecks: boolean,
): Standing {
  const checks = checksOf(request, policy, trustChecks)
  const given = approvals.filter((a) => a.decision === 'approved')
  const contentHash = given.length === 0 ? null : approvedContentHash(payloadHash, checks, resolutions)
  const protectedPaths = request.changes
    .map((change) => change.path)
    .filter((path) => isProtected(path, policy.approvals.protectedPaths))
  const { fromComplexity } = policy.approvals
  const complexity = request.metadata?.complexity ?? 0
  const complex = fromComplexity !== null && complexity >= fromComplexity
  return {
    approvedBy: [...new Set(given.filter((a) => a.content_hash === contentHash).map((a) => a.approver))],
    void: given.filter((a) => a.content_hash !== contentHash),
    needed: Math.max(policy.approvals.required, complex || protectedPaths.length > 0 ? 1 : 0),
    protectedPaths,
    checks,
  }
}

/** What people decided about a change so far. */
export interface Decisions {
  cancelled: boolean
  approvals: ApprovalRow[]
  resolutions: ResolutionRow[]
}

/** Reads what people decided about changes, all at once: mostly nothing. */
export function readDecisions(
  store: LandingDeps['store'],
  leased: readonly Leased[],
): (changeId: number) => Decisions {
  const ids = leased.map(({ row }) => row.id)
  const standings = store.changes.standings(ids)
  const approvals = Map.groupBy(store.records.approvals(ids), (row) => row.change_id)
  const resolutions = Map.groupBy(store.records.resolutions(ids), (row) => row.change_id)
  return (id) => ({
    cancelled: standings.get(id)?.cancel_requested === 1,
    approvals: approvals.get(id) ?? [],
    resolutions: resolutions.get(id) ?? [],
  })
}

/** Decides whether a leased change may be built now, and with which checks. */
export function admit(
  deps: Pick<LandingDeps, 'settings' | 'checker'>,
  leased: Leased,
  policy: Policy,
  decisions: Decisions,
): AdmissionResult {
  const { row, request } = leased
  const ended = (outcome: AttemptOutcome): AdmissionResult => ({ kind: 'ended', outcome })
  const held = (code: string, reason: string): AdmissionResult =>
    ended({ kind: 'held', code, reason, verdict: null })

  if (row.attempts > deps.settings.maxAttempts) {
    return ended({ kind: 'crashed', reason: row.last_error ?? 'every attempt was interrupted' })
  }
  if (decisions.cancelled) return ended({ kind: 'cancelled' })
  if (row.kind === 'upstream_merge') return admitMerge(deps, policy, decisions)

  const trustChecks = deps.checker?.trustChecks ?? false
  const standing = standingOf(request, row.payload_hash, policy, decisions, trustChecks)
  const { approvedBy, needed, protectedPaths, checks } = standing
  const approved = approvedBy.length > 0
  const voided =
    standing.void.length > 0 && !approved ? ' (an earlier approval is void: the content changed)' : ''
  if (approvedBy.length < needed) {
    const [path] = protectedPaths
    if (path !== undefined)
      return held('protected_path', `${path} is protected and needs an approval${voided}`)
    const approvals = needed === 1 ? '1 approval' : `${needed} approvals`
    return held('approval_required', `needs ${approvals}, has ${approvedBy.length}${voided}`)
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
  return { kind: 'admitted', checks, approvedBy, resolutions: decisions.resolutions, mayChange }
}

/** What upstream has are the operator's own commits, so nobody is asked; all checks there are run on the merge. */
function admitMerge(
  deps: Pick<LandingDeps, 'checker'>,
  policy: Policy,
  { resolutions }: Decisions,
): Admission {
  const { allow, unlisted } = policy.checks
  const trustAll = deps.checker?.trustChecks ?? false
  const checks = resolveChecks(Object.keys(allow), { allow, unlisted, trustAll })
  return { kind: 'admitted', checks, approvedBy: [], resolutions, mayChange: () => true }
}

/** Reads the request a row carries; a payload that no longer validates ends the attempt. */
export function readPayload({
  payload,
  kind,
}: Pick<ChangeRow, 'payload' | 'kind'>): { request: ChangeRequest } | { outcome: AttemptOutcome } {
  const failed = (reason: string): { outcome: AttemptOutcome } => ({
    outcome: { kind: 'validation_failed', code: 'invalid_payload', reason },
  })
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return failed('the stored payload is not JSON any more')
  }
  // What only Hyperion makes has a shape of its own, which counts for a row of its own kind alone.
  if (kind === 'upstream_merge') {
    const merge = upstreamMergeSchema.safeParse(value)
    return merge.success ? { request: merge.data } : failed('the stored merge is not one any more')
  }
  const verdict = validateChangeRequest(value)
  return verdict.ok ? { request: verdict.request } : failed(verdict.errors[0]?.message ?? 'invalid')
}
