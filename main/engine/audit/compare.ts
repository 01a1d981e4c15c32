/** Compares what the branch says with what the queue and its log say, difference by difference. */
import type { AuditDifference } from '../../../schemas/audit.ts'
import { inert } from '../base/inert.ts'
import { difference, short, type Where } from './differences.ts'
import { trailerOf, type Evidence, type Landed, type NamingCommit } from './gather.ts'

/** What a change is by now: rows may have moved on since they were read. */
export interface Now {
  /** The commit a change landed as, null for none; undefined where there is no such change. */
  landedAs(changeId: number): string | null | undefined
  /** Whether somebody was about to land a change as this commit, and nobody has settled yet what became of that. */
  isOpen(changeId: number, commit: string): boolean
  /** Commits that the branch reaches by now. */
  reached: ReadonlySet<string>
}

/** Every difference between the branch and the rows: commits first, oldest first, then rows in their order. */
export function* compare(evidence: Evidence, now: Now): Generator<AuditDifference> {
  const seen = new Map<number, string>()
  for (const commit of evidence.commits) {
    const found = ofCommit(evidence, now, commit, seen)
    if (found !== null) yield found
  }
  for (const row of evidence.rows.values()) {
    const found = ofRow(evidence, now, row)
    if (found !== null) yield found
  }
  for (const [commit, { row, change }] of evidence.log.applied) {
    if (evidence.rows.get(change)?.landed_commit === commit) continue
    const as = now.landedAs(change)
    if (as === commit || (as !== undefined && evidence.log.takenBack.has(commit))) continue
    const told = `log row ${row} tells that change ${change} landed as ${short(commit)}`
    const but =
      as === undefined
        ? 'there is no such change'
        : `the change ${as === null ? 'has no commit' : `says ${short(as)}`}`
    yield difference('row_differs', { row, change, commit }, `${told}, and ${but}`, 'record')
  }
}

/** Whether a commit is of a landing that was not finished when the rows were read. */
export function isUnsettled({ rows }: Evidence, now: Now, { commit, named }: NamingCommit): boolean {
  const id = Number(named)
  if (rows.get(id)?.landed_commit === commit) return false
  return now.landedAs(id) === commit || now.isOpen(id, commit)
}

function ofCommit(
  evidence: Evidence,
  now: Now,
  commit: NamingCommit,
  seen: Map<number, string>,
): AuditDifference | null {
  const { commit: oid, named } = commit
  const says = `commit ${short(oid)} on ${evidence.branch}`
  const id = /^[1-9]\d{0,14}$/.test(named) ? Number(named) : null
  if (id === null) {
    const message = `${says} names a change "${inert(named, 40)}" of this queue, which is no number`
    return difference('unknown_change', { commit: oid }, message, 'branch')
  }
  const where: Where = { change: id, commit: oid }
  const before = seen.get(id)
  seen.set(id, before ?? oid)
  const row = evidence.rows.get(id)
  if (before !== undefined) {
    const real = row?.landed_commit
    const one = (commitOid: string): string =>
      commitOid === real ? `${short(commitOid)}, as which it landed,` : short(commitOid)
    const message = `change ${id} is twice on ${evidence.branch}: as ${one(before)} and as ${one(oid)}`
    return difference('landed_twice', { change: id, commit: oid === real ? before : oid }, message, 'branch')
  }
  if (isUnsettled(evidence, now, commit)) return null
  if (row?.landed_commit !== oid) {
    const as = now.landedAs(id)
    const but =
      as === undefined
        ? 'a change this queue never had'
        : as === null
          ? 'which has not landed'
          : `which landed as ${short(as)}`
    return difference('not_recorded', where, `${says} says that it is change ${id}, ${but}`, 'branch')
  }
  return (
    ofTrailers(commit, row, says, where) ??
    ofVerdict(commit, row, says, where) ??
    ofChecks(evidence, commit, says, where) ??
    ofApprovals(evidence, commit, says, where) ??
    ofHead(evidence, commit, says, where)
  )
}

function ofTrailers(commit: NamingCommit, row: Landed, says: string, where: Where): AuditDifference | null {
  const stated = { 'Payload-Hash': row.payload_hash, 'Task-Id': row.task_id, Agent: row.agent }
  for (const [key, value] of Object.entries(stated)) {
    const trailer = trailerOf(commit, key)
    if (trailer === value) continue
    const message = `${says} states ${key} ${inert(trailer ?? 'nothing', 80)}, and change ${row.id} has ${value}`
    return difference('trailer_differs', where, message, 'record')
  }
  return null
}

/** What the commit says came of its checks, as the queue has it. */
const VERDICTS: Readonly<Record<string, string>> = {
  passed: 'passed',
  'passed-on': 'passed',
  'not-run': 'not_run',
}

function ofVerdict(commit: NamingCommit, row: Landed, says: string, where: Where): AuditDifference | null {
  const claim = trailerOf(commit, 'Checks') ?? ''
  const verdict = VERDICTS[claim.split(' ', 1)[0] ?? '']
  const has = row.check_verdict
  // One that was found to have landed after its worker died has none: the commit alone tells.
  if (verdict === undefined || has === null || verdict === has) return null
  const message = `${says} says "Checks: ${inert(claim, 80)}", and change ${row.id} has ${has}`
  return difference('verdict_differs', where, message, 'record')
}

/** Whether a list of names, joined as they are told in a commit, holds only such as passed. */
function allPassed(names: string, passed: readonly string[]): boolean {
  // A long list is cut in the commit: what is left of its last name has to begin one.
  const cut = /^(.*?)(?:, ?)?…$/s.exec(names)?.[1]
  if (cut !== undefined && passed.some((name) => name.startsWith(cut))) return true
  return passed.some(
    (name) =>
      names === name ||
      (names.startsWith(`${name}, `) && allPassed(names.slice(name.length + ', '.length), passed)),
  )
}

function ofChecks(
  evidence: Evidence,
  commit: NamingCommit,
  says: string,
  where: Where,
): AuditDifference | null {
  const claim = trailerOf(commit, 'Checks') ?? ''
  const [kind = ''] = claim.split(' ', 1)
  const told = claim.slice(kind.length + 1)
  if (kind !== 'passed' && kind !== 'passed-on') return null
  const tree = kind === 'passed' ? commit.tree : told
  const passed = (evidence.runsByTree.get(tree) ?? [])
    .filter((run) => run.verdict === 'passed')
    .map((run) => inert(run.name ?? run.command, Infinity))
  if (kind === 'passed' ? allPassed(told, passed) : passed.length > 0) return null
  const message = `${says} says "Checks: ${inert(claim, 80)}", and no such check passed on the tree ${short(tree)}`
  return difference('check_not_recorded', where, message, 'record')
}

function ofApprovals(
  { approvals }: Evidence,
  commit: NamingCommit,
  says: string,
  where: Where,
): AuditDifference | null {
  const given = (approvals.get(where.change ?? 0) ?? []).map(({ approver }) => inert(approver))
  const claimed = commit.trailers.get('Approved-By') ?? []
  const missing = claimed.find((name) => !given.includes(name))
  if (missing === undefined) return null
  const message = `${says} says that ${inert(missing, 80)} approved change ${where.change}, and no such approval is on record`
  return difference('approval_not_recorded', where, message, 'record')
}

function ofHead({ log }: Evidence, commit: NamingCommit, says: string, where: Where): AuditDifference | null {
  const told = log.applied.get(commit.commit)
  const name = trailerOf(commit, 'Audit-Head')
  if (name === null) {
    if (told === undefined || told.row < log.chainedAt) return null
    return difference('head_missing', where, `${says} carries no Audit-Head`, 'branch')
  }
  const row = log.heads.get(name)
  if (row === undefined) {
    const message = `${says} carries Audit-Head ${inert(short(name))}, which no row of the log has`
    return difference('head_unknown', where, message, 'log')
  }
  // A landing that the log does not tell of is a difference of the change's row.
  if (told === undefined) return null
  if (row < told.row) return null
  const message = `${says} carries the hash of log row ${row}, which is not before row ${told.row} that tells of its landing`
  return difference('head_too_new', { ...where, row }, message, 'log')
}

function ofRow(evidence: Evidence, now: Now, row: Landed): AuditDifference | null {
  const { id, landed_commit: commit } = row
  if (commit === null) {
    if (evidence.log.withoutCommit.has(id)) return null
    const message = `change ${id} is applied without a commit, and no row of the log tells why`
    return difference('not_logged', { change: id }, message, 'record')
  }
  const where: Where = { change: id, commit }
  if (!now.reached.has(commit)) {
    const message = `change ${id} landed as ${short(commit)}, which ${evidence.branch} does not reach: it was rewound or rewritten`
    return difference('not_reachable', where, message, 'branch')
  }
  if (evidence.log.applied.get(commit)?.change !== id) {
    const message = `change ${id} is applied as ${short(commit)}, and no row of the log tells so`
    return difference('not_logged', where, message, 'record')
  }
  if (!row.payloadHolds) {
    const message = `the payload of change ${id} is not the one with the hash ${short(row.payload_hash)} that landed`
    return difference('payload_changed', where, message, 'record')
  }
  return null
}
