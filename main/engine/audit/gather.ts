/** Reads everything that is compared: the branch first, then the rows, then the log, so that each is whole in the next. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { branchName } from '../domain/branch-name.ts'
import { payloadHash } from '../domain/payload-hash.ts'
import type { GitOptions } from '../git/git.ts'
import { commitsHolding, type TrailedCommit } from '../git/history.ts'
import { readRef } from '../git/refs.ts'
import {
  appliedRows,
  approvalsGiven,
  checkRuns,
  landedTargets,
  type AppliedRow,
  type RecordedApproval,
  type RecordedRun,
} from '../store/evidence.ts'
import type { Store } from '../store/store.ts'
import { walkLog, type WalkedLog } from './walk-log.ts'

export interface AuditDeps {
  store: Store
  repoGit: GitOptions
  target: string
  workspaceUuid: string
  /** Where only Hyperion and git write. */
  ownFolders: readonly string[]
}

/** An applied change without its payload, which may be large; whether that is still the one it was queued with. */
export interface Landed extends Omit<AppliedRow, 'payload'> {
  payloadHolds: boolean
}

/** A commit that names a change of this queue. */
export interface NamingCommit extends TrailedCommit {
  /** As the trailer says: a number where it is sound. */
  named: string
}

export interface Evidence {
  branch: string
  commits: NamingCommit[]
  rows: Map<number, Landed>
  runsByTree: Map<string, RecordedRun[]>
  approvals: Map<number, RecordedApproval[]>
  log: WalkedLog
}

export const trailerOf = (commit: TrailedCommit, key: string): string | null =>
  commit.trailers.get(key)?.[0] ?? null

async function tipsOf({ store, repoGit, target }: AuditDeps): Promise<string[]> {
  const refs = new Set([target, ...landedTargets(store.db)])
  const tips = await Promise.all([...refs].map((ref) => readRef(repoGit, ref)))
  return tips.filter((tip) => tip !== null)
}

/** Returns the commits reachable now that name a change of this queue, oldest first. */
export async function namingCommits(deps: AuditDeps): Promise<NamingCommit[]> {
  const prefix = `${deps.workspaceUuid}/`
  const found = await commitsHolding(deps.repoGit, await tipsOf(deps), `Hyperion-Change: ${prefix}`)
  return found.flatMap((commit) => {
    const named = commit.trailers.get('Hyperion-Change')?.find((value) => value.startsWith(prefix))
    return named === undefined ? [] : [{ ...commit, named: named.slice(prefix.length) }]
  })
}

function payloadHolds({ payload, payload_hash }: AppliedRow): boolean {
  try {
    return payloadHash(JSON.parse(payload) as ChangeRequest) === payload_hash
  } catch {
    return false
  }
}

export async function gatherEvidence(deps: AuditDeps): Promise<Evidence> {
  const { db, logs } = deps.store
  const commits = await namingCommits(deps)
  const rows = new Map<number, Landed>()
  for await (const row of appliedRows(db)) {
    const { payload: _large, ...kept } = row
    rows.set(row.id, { ...kept, payloadHolds: payloadHolds(row) })
  }
  const runsByTree = new Map<string, RecordedRun[]>()
  for await (const run of checkRuns(db)) {
    const runs = runsByTree.get(run.tree)
    if (runs === undefined) runsByTree.set(run.tree, [run])
    else runs.push(run)
  }
  const approvals = Map.groupBy(approvalsGiven(db), (approval) => approval.change_id)
  const heads = new Set(commits.map((commit) => trailerOf(commit, 'Audit-Head') ?? ''))
  const log = await walkLog(logs.chain, heads)
  return { branch: branchName(deps.target), commits, rows, runsByTree, approvals, log }
}
