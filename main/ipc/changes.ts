/** Acts on changes and readings of them that take more than one call of the engine. */
import { asHyperionError, titleOf, userError, type Engine, type PathDecision } from '../engine/engine.ts'
import type { BulkResult } from '../../schemas/ipc.ts'
import type { Decision } from '../../schemas/reviewer.ts'
import type { ChangeDetail, ChangeSummary } from '../../schemas/view.ts'

/** Log rows that come with a change; the rest is a click away in the log. */
const LOG_SHOWN = 200

/** Does an act for each id; who is refused says why, and the others are done. */
export async function bulk(
  ids: readonly number[],
  act: (id: number) => Promise<unknown>,
): Promise<BulkResult> {
  const result: BulkResult = { done: [], refused: [] }
  for (const id of new Set(ids)) {
    try {
      await act(id)
      result.done.push(id)
    } catch (thrown) {
      const { kind, message, hint } = asHyperionError(thrown)
      if (kind !== 'user') throw thrown
      result.refused.push({ id, message, hint })
    }
  }
  return result
}

/** Rejects each; what an agent made goes back to it. */
export async function rejectAll(
  engine: Engine,
  { ids, by, reason, at }: { ids: readonly number[]; by: string; reason: string; at: string | null },
): Promise<BulkResult> {
  const sentBack: number[] = []
  const result = await bulk(ids, async (id) => {
    const { sent_back: again } = await engine.reject(id, by, reason, at)
    if (again === null) return
    sentBack.push(id)
    engine.beginAgain(again)
  })
  return { ...result, sent_back: sentBack }
}

/** A window decides in text, the engine in bytes. */
export const decisionsOf = (decisions: readonly Decision[]): PathDecision[] =>
  decisions.map(({ path, how, content, sides_key: sidesKey, chunks }) => {
    // Half of a character has no bytes of its own; another one would land in its place.
    if (content !== null && !content.isWellFormed())
      throw userError('not_text', `the text for ${path} holds half a character`, 'type it again')
    return { path, how, content: content === null ? null : Buffer.from(content, 'utf8'), sidesKey, chunks }
  })

export interface QueuedDocument {
  enqueued: number[]
  duplicates: { task_id: string; id: number; status: string }[]
  warnings: string[]
}

/** Queues a change request, or an array of them: all or nothing, duplicates left out. */
export async function queueDocument(
  engine: Engine,
  source: string,
  document: unknown,
): Promise<QueuedDocument> {
  const values: unknown[] = Array.isArray(document) ? document : [document]
  const entries = values.map((value, index) => ({
    source: values.length === 1 ? source : `${source}[${index}]`,
    value,
  }))
  if (entries.length === 0) throw userError('empty', `${source} holds no change request`)
  const queued: QueuedDocument = { enqueued: [], duplicates: [], warnings: [] }
  for (const result of await engine.enqueue(entries)) {
    if (result.kind === 'enqueued') {
      queued.enqueued.push(result.id)
      queued.warnings.push(...result.warnings)
    } else {
      queued.duplicates.push({ task_id: result.taskId, id: result.of.id, status: result.of.status })
    }
  }
  return queued
}

/** What is left of an archived change for a list. */
function archivedSummary(shown: ReturnType<Engine['show']>): ChangeSummary {
  const { payload } = shown
  const paths = payload.changes.map(({ path }) => path).toSorted()
  return {
    id: shown.id,
    status: shown.status,
    task_id: shown.task_id,
    agent: shown.agent,
    request_id: shown.request_id,
    priority: shown.priority,
    attempts: shown.attempts,
    intent: payload.metadata?.intent ?? null,
    title: titleOf(payload.metadata),
    paths: paths.slice(0, 4),
    path_count: paths.length,
    anchors: payload.metadata?.telemetry_anchors ?? [],
    last_error: shown.last_error,
    reason_code: shown.reason_code,
    lease_owner: null,
    leased_until: null,
    landed_commit: shown.landed_commit,
    check_verdict: shown.check_verdict,
    waiting: false,
    created_at: shown.created_at,
    updated_at: shown.updated_at,
  }
}

/** One change with all that is known of it, archived or not. */
export async function changeDetail(engine: Engine, id: number): Promise<ChangeDetail> {
  const shown = engine.show(id)
  const [live] = engine.views.summaries([id])
  const summary = live ?? archivedSummary(shown)
  return {
    ...summary,
    payload: shown.payload,
    payload_hash: shown.payload_hash,
    fence: shown.fence,
    archived: shown.archived,
    waits_for: shown.waits_for,
    waits: shown.waits,
    position: shown.position,
    overlaps: shown.overlaps,
    attempts_made: shown.attempts_made,
    // What a run found around it decides whether its verdict may serve again; it is nothing to look at.
    check_runs: shown.check_runs.map(({ surroundings: _surroundings, ...run }) => run),
    criteria: shown.criteria,
    approvals: shown.approvals,
    content_hash: shown.approvals.length === 0 ? null : await engine.contentHash(id),
    conflicts: shown.conflicts,
    resolutions: shown.resolutions,
    log: shown.log.slice(-LOG_SHOWN),
  }
}
