/** `audit verify`: log, database and branch against each other. */
import type { AuditDifference, AuditReport } from '../../../schemas/audit.ts'
import { compare, isUnsettled, type Now } from './compare.ts'
import { gatherEvidence, namingCommits, type AuditDeps, type Evidence } from './gather.ts'

export interface Verified {
  evidence: Evidence
  /** In the log itself; while there is one, nothing the log says can be relied on. */
  inLog: AuditDifference | null
  /** Between the branch and the rows, in order. */
  between: AuditDifference[]
  unsettled: number
}

/** Reads and compares everything; the queue may be worked on meanwhile. */
export async function verifyAll(deps: AuditDeps): Promise<Verified> {
  const evidence = await gatherEvidence(deps)
  const reached = new Set(evidence.commits.map(({ commit }) => commit))
  // What landed while the rows were read is on the branch by now.
  if (
    [...evidence.rows.values()].some((row) => row.landed_commit !== null && !reached.has(row.landed_commit))
  )
    for (const { commit } of await namingCommits(deps)) reached.add(commit)
  const { changes, landings } = deps.store
  const now: Now = {
    reached,
    landedAs(id) {
      const row = changes.find(id)?.row
      return row === undefined ? undefined : row.status === 'applied' ? row.landed_commit : null
    },
    isOpen: (id, commit) => landings.openIntents(id).some((intent) => intent.commit_oid === commit),
  }
  return {
    evidence,
    inLog: evidence.log.difference,
    between: evidence.log.difference === null ? [...compare(evidence, now)] : [],
    unsettled: evidence.commits.filter((commit) => isUnsettled(evidence, now, commit)).length,
  }
}

/** Returns the counts and the first difference. */
export function reportOf(
  { evidence, inLog, between, unsettled }: Verified,
  nowSeconds: number,
): Omit<AuditReport, 'key'> {
  const first = inLog ?? between[0] ?? null
  return {
    clean: first === null,
    difference: first,
    log_rows: evidence.log.rows,
    head: evidence.log.head,
    landed: [...evidence.rows.values()].filter((row) => row.landed_commit !== null).length,
    commits: evidence.commits.length,
    unsettled,
    verified_at: nowSeconds,
  }
}
