/** `audit export`: one signed in-toto statement for each landed change, as JSON Lines. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  PREDICATE_TYPE,
  STATEMENT_TYPE,
  type AuditExport,
  type LandedStatement,
} from '../../../schemas/audit.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { userError } from '../base/errors.ts'
import { refuseOwnPlace } from '../base/own-place.ts'
import { appliedRows, type AppliedRow } from '../store/evidence.ts'
import { seal } from './dsse.ts'
import { trailerOf, type AuditDeps, type Evidence, type NamingCommit } from './gather.ts'
import type { SigningKey } from './key.ts'
import { verifyAll } from './verify.ts'

export interface ExportOptions {
  file: string
  overwrite: boolean
}

/**
 * Writes what landed to a file, whole or not at all.
 *
 * Everything is verified first: a log that does not hold refuses the export, a change that differs is left out and
 * named, so that nothing is signed that was not found to be so.
 */
export async function exportStatements(
  deps: AuditDeps,
  key: SigningKey,
  { file, overwrite }: ExportOptions,
): Promise<AuditExport> {
  const place = resolve(file)
  refuseOwnPlace(place, { queue: deps.store.db.file, folders: deps.ownFolders })
  refuseTaken(place, overwrite)
  const { evidence, inLog, between } = await verifyAll(deps)
  if (inLog !== null) throw userError(inLog.code, inLog.message, inLog.hint)
  const leftOut = new Set(between.map(({ change_id }) => change_id))
  const byCommit = new Map(evidence.commits.map((commit) => [commit.commit, commit]))
  const temporary = `${place}.${process.pid}.tmp`
  let exported = 0
  const handle = opened(temporary, place)
  try {
    for await (const row of appliedRows(deps.store.db)) {
      // What landed since everything was read comes with the next export.
      const commit = byCommit.get(row.landed_commit ?? '')
      if (commit === undefined || !evidence.rows.has(row.id) || leftOut.has(row.id)) continue
      writeSync(handle, `${JSON.stringify(seal(statementOf(deps, evidence, row, commit), key))}\n`)
      exported += 1
    }
    fsyncSync(handle)
  } catch (error) {
    closeSync(handle)
    rmSync(temporary, { force: true })
    throw error
  }
  closeSync(handle)
  refuseTaken(place, overwrite)
  renameSync(temporary, place)
  return { file: place, exported, left_out: between, keyid: key.keyid }
}

function refuseTaken(place: string, overwrite: boolean): void {
  if (overwrite || !existsSync(place)) return
  throw userError('file_exists', `${place} exists already`, 'name another file, or give --overwrite')
}

function opened(file: string, place: string): number {
  try {
    rmSync(file, { force: true })
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw userError(
      'not_writable',
      `${place} cannot be written (${code})`,
      'name a file in a folder you may write to',
    )
  }
}

function statementOf(
  deps: AuditDeps,
  { branch, runsByTree, approvals, log }: Evidence,
  row: AppliedRow,
  commit: NamingCommit,
): LandedStatement {
  const request = JSON.parse(row.payload) as ChangeRequest
  const head = trailerOf(commit, 'Audit-Head')
  return {
    _type: STATEMENT_TYPE,
    subject: [
      { name: branch, digest: { gitCommit: commit.commit } },
      { name: `${branch}^{tree}`, digest: { gitTree: commit.tree } },
    ],
    predicateType: PREDICATE_TYPE,
    predicate: {
      workspace: deps.workspaceUuid,
      change_id: row.id,
      request_id: row.request_id,
      task_id: row.task_id,
      agent: row.agent,
      agent_model: request.metadata?.agent_model ?? null,
      intent: request.metadata?.intent ?? null,
      base_commit: request.base_commit ?? null,
      payload_hash: row.payload_hash,
      changes: request.changes.map(({ path, operation, patch_hash }) => ({ path, operation, patch_hash })),
      checks: {
        claimed: trailerOf(commit, 'Checks') ?? '',
        verdict: row.check_verdict,
        runs: (runsByTree.get(commit.tree) ?? []).map(({ name, command, run, verdict, exit_code, tree }) => ({
          name,
          command,
          run,
          verdict,
          exit_code,
          tree,
        })),
      },
      approvals: (approvals.get(row.id) ?? []).map(({ approver, role, content_hash, created_at }) => ({
        approver,
        role,
        content_hash,
        approved_at: created_at,
      })),
      log: {
        audit_head: head,
        audit_head_row: (head === null ? null : log.heads.get(head)) || null,
        applied_row: log.applied.get(commit.commit)?.row ?? 0,
        applied_at: row.updated_at,
      },
    },
  }
}
