/** Ends attempts that did not land: the row, the dead letter, the conflict's record and the log, in one transaction. */
import type { ConflictRecord } from '../../../schemas/conflict.ts'
import { outcomeIfCancelled, rowAfter, type AttemptOutcome } from '../domain/states.ts'
import { commitsSince, type TouchingCommit } from '../git/history.ts'
import type { ConflictFinding } from './build-path.ts'
import type { Ended } from './chain.ts'
import type { LandingDeps, Leased } from './deps.ts'

type FinishDeps = Pick<
  LandingDeps,
  'clock' | 'store' | 'objects' | 'buildGit' | 'settings' | 'workspaceUuid' | 'workerId'
>

const MESSAGES: Readonly<Record<AttemptOutcome['kind'], string>> = {
  applied: 'applied',
  already_present: 'already present',
  conflict: 'conflict',
  held: 'held',
  validation_failed: 'validation failed',
  check_failed: 'checks failed',
  tip_moved: 'released',
  lease_lost: 'released',
  paused: 'released',
  cancelled: 'cancelled',
  crashed: 'apply failed',
}

/** Ends one attempt; does nothing when the lease is not ours any more, since the outcome is then another's. */
export async function finishAttempt(deps: FinishDeps, ended: Ended, tip: string): Promise<void> {
  const { store } = deps
  const { row } = ended.leased
  const conflicts = ended.conflicts === undefined ? null : await describeConflicts(deps, ended.conflicts, tip)
  store.db.write(() => {
    if (!store.claims.isOurs(row.id, row.fence)) return
    const asked = store.changes.get(row.id)?.cancel_requested === 1
    const outcome = asked ? outcomeIfCancelled(ended.outcome) : ended.outcome
    applyOutcome(deps, ended.leased, outcome)
    if (outcome.kind !== 'conflict') return
    if (conflicts !== null) store.records.setConflicts(row.id, conflicts)
  })
}

/** Writes an outcome to the row and everything beside it. Call inside a transaction, the fence being ours. */
function applyOutcome(deps: FinishDeps, leased: Leased, outcome: AttemptOutcome): void {
  const { store, clock } = deps
  const { row, request } = leased
  const after = rowAfter(outcome, row.attempts, deps.settings.maxAttempts)
  store.changes.move(row.id, after.status, {
    attempts: after.attempts,
    lastError: after.lastError,
    reasonCode: after.reasonCode,
    landedCommit: after.landedCommit,
    verdict: after.verdict,
    delayUntilMs: after.delaySeconds === null ? null : clock.monotonicMs() + after.delaySeconds * 1000,
  })
  store.records.endAttempt(row.id, row.fence, outcome.kind, after.lastError)
  const details = {
    worker_id: deps.workerId,
    code: after.reasonCode,
    reason: after.lastError,
    attempts: after.attempts,
    telemetry_anchors: request.metadata?.telemetry_anchors ?? [],
  }
  const level = after.status === 'failed' ? 'error' : after.status === 'applied' ? 'info' : 'warn'
  const event = { level, queueId: row.id, taskId: row.task_id, details } as const
  store.logs.write({ ...event, message: MESSAGES[outcome.kind] })
  if (!after.deadLetter) return
  if (after.reasonCode === 'max_attempts') store.logs.write({ ...event, message: 'max attempts reached' })
  store.records.addDeadLetter({
    queue_id: row.id,
    task_id: row.task_id,
    agent: row.agent,
    payload: row.payload,
    error: after.lastError ?? outcome.kind,
  })
}

export type StoredConflict = Parameters<LandingDeps['store']['records']['setConflicts']>[1][number]

/** Completes conflicts with who touched each path since its base, and what a merge screen has to keep. */
export async function describeConflicts(
  deps: FinishDeps,
  conflicts: readonly ConflictFinding[],
  tip: string,
): Promise<StoredConflict[]> {
  // The sides' objects may still be in memory, and the record names them.
  const stored: StoredConflict[] = []
  for (const conflict of conflicts) {
    const { base, ours, theirs } = conflict
    const paths = conflict.renameSource === null ? [conflict.path] : [conflict.renameSource, conflict.path]
    const touched = await commitsSince(deps.buildGit, conflict.baseCommit, tip, paths)
    const theirsOid = theirs === null ? null : deps.objects.stage('blob', theirs.bytes)
    const sample = ours?.bytes ?? base?.bytes ?? theirs?.bytes ?? Buffer.alloc(0)
    const record: ConflictRecord = {
      path: conflict.path,
      kind: conflict.kind,
      base: blob(base),
      ours: blob(ours),
      theirs: theirs === null || theirsOid === null ? null : blob({ mode: theirs.mode, oid: theirsOid }),
      markers: conflict.markers === null ? null : conflict.markers.toString('utf8'),
      rename_source: conflict.renameSource,
      base_commit: conflict.baseCommit,
      base_origin: conflict.origin,
      tip,
      line_ending: lineEnding(sample),
      final_newline: sample.length === 0 || sample[sample.length - 1] === 10,
      touched_by: touched.map((commit) => touchedBy(commit, deps.workspaceUuid)),
    }
    stored.push({
      path: conflict.path,
      record: JSON.stringify(record),
      base: base?.bytes ?? null,
      ours: ours?.bytes ?? null,
      theirs: theirs?.bytes ?? null,
      marker_text: conflict.markers,
    })
  }
  await deps.objects.flush()
  return stored
}

const blob = (file: { mode: string; oid: string } | null): ConflictRecord['base'] =>
  file === null ? null : { oid: file.oid, mode: file.mode as '100644' | '100755' }

/** Tells who made a commit; what it says of itself counts only where it is one of this queue. */
export function touchedBy(
  commit: TouchingCommit,
  workspaceUuid: string,
): ConflictRecord['touched_by'][number] {
  const changeId = changeOf(commit.trailers.get('Hyperion-Change'), workspaceUuid)
  const taskId = changeId === null ? null : (commit.trailers.get('Task-Id') ?? null)
  const prefix = `${taskId}: `
  return {
    change_id: changeId,
    commit: commit.commit,
    task_id: taskId,
    agent: changeId === null ? commit.author : (commit.trailers.get('Agent') ?? commit.author),
    intent: commit.subject.startsWith(prefix) ? commit.subject.slice(prefix.length) : commit.subject,
  }
}

function changeOf(trailer: string | undefined, workspaceUuid: string): number | null {
  const [uuid, id] = (trailer ?? '').split('/')
  return uuid === workspaceUuid && /^\d+$/.test(id ?? '') ? Number(id) : null
}

function lineEnding(bytes: Buffer): ConflictRecord['line_ending'] {
  const text = bytes.toString('latin1')
  const crlf = text.match(/\r\n/g)?.length ?? 0
  const lf = (text.match(/\n/g)?.length ?? 0) - crlf
  if (crlf + lf === 0) return 'none'
  return lf === 0 ? 'crlf' : crlf === 0 ? 'lf' : 'mixed'
}
