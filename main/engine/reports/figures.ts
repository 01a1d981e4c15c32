/** What the reports say: the queue's figures as they are now, and what the agents work on next. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { QueueMetrics } from '../../../schemas/metrics.ts'
import { metadataSchema, type Metadata } from '../../../schemas/metadata.ts'
import type { NextTaskContext, VerificationReport } from '../../../schemas/reports.ts'
import { exportedSkillsSchema } from '../../../schemas/skills.ts'
import type { Database } from '../store/database.ts'
import { openWorkspaceFacts } from '../store/workspace.ts'

type Entry = VerificationReport['history'][number]

export const HISTORY_ENTRIES = 60

/** Changes that still need somebody or something count; what was applied, given up or cancelled does not. */
const DEPTH = ['pending', 'in_progress', 'conflict', 'held'] as const

export function entryOf(metrics: QueueMetrics): Entry {
  const { window_seconds: _, timestamp, agent, ...rest } = metrics
  return {
    generated_at: timestamp,
    queue: {
      depth: DEPTH.reduce((sum, status) => sum + rest.status_counts[status], 0),
      status_counts: rest.status_counts,
      throughput_per_minute: rest.throughput_per_minute,
      avg_dequeue_latency_ms: rest.avg_dequeue_latency_ms,
      avg_apply_duration_ms: rest.avg_apply_duration_ms,
      avg_poll_interval_ms: rest.avg_poll_interval_ms,
      lease_contention_events: rest.lease_contention_events,
      dedup_hits: rest.dedup_hits,
      wal_checkpoint_stats: rest.wal_checkpoint_stats,
    },
    agent,
  }
}

const minuteOf = (seconds: number): number => Math.floor(seconds / 60)

/** Adds to an hour's history what its minute lacks; entries from the future, after a clock went back, are dropped. */
export function withHistory(known: readonly Entry[], entry: Entry): Entry[] {
  const minute = minuteOf(entry.generated_at)
  const past = known.filter((one) => minuteOf(one.generated_at) <= minute)
  const last = past.at(-1)
  const grown = last !== undefined && minuteOf(last.generated_at) === minute ? past : [...past, entry]
  return grown.slice(-HISTORY_ENTRIES)
}

interface Work {
  request_id: string | null
  task_id: string | null
  metadata: unknown
  summary: string | null
}

const NOTHING: Work = { request_id: null, task_id: null, metadata: null, summary: null }

interface AssignmentState {
  task_id: string
  assignment: string
  change_request: string | null
  ended: number
}

const assignmentsOf = (db: Database, requestId: string): AssignmentState[] =>
  db
    .sql<AssignmentState>(
      `SELECT a.task_id, a.assignment, a.change_request,
         a.status = 'failed' OR coalesce(c.status, 'pending') IN ('applied', 'failed', 'cancelled')
           OR (a.change_id IS NOT NULL AND c.id IS NULL) AS ended
       FROM assignments a LEFT JOIN change_queue c ON c.id = a.change_id WHERE a.request_id = ? ORDER BY a.seq`,
    )
    .all(requestId)

function workOf(request_id: string, { task_id, assignment, change_request }: AssignmentState): Work {
  const { metadata, summary } = JSON.parse(assignment) as Assignment
  const drafted = change_request === null ? {} : (JSON.parse(change_request) as { metadata?: object })
  return { request_id, task_id, metadata: { ...metadata, ...drafted.metadata }, summary }
}

/** The newest request that was not given up: its first assignment that has not ended, or its last. */
function ofRequest(db: Database): (Work & { at: number }) | null {
  const request = db
    .sql<{ request_id: string; created_at: number; payload: string }>(
      `SELECT request_id, created_at, payload FROM task_requests WHERE status NOT IN ('failed', 'cancelled')
       ORDER BY created_at DESC, rowid DESC LIMIT 1`,
    )
    .get()
  if (request === undefined) return null
  const all = assignmentsOf(db, request.request_id)
  const current = all.find(({ ended }) => ended === 0) ?? all.at(-1)
  const { request_id, created_at: at } = request
  if (current !== undefined) return { ...workOf(request_id, current), at }
  const { metadata, summary } = JSON.parse(request.payload) as { metadata?: unknown; summary?: string }
  return { request_id, task_id: null, metadata, summary: summary ?? null, at }
}

/** The newest change that came without a request and has not ended. */
function ofChange(db: Database): (Work & { at: number }) | null {
  const row = db
    .sql<{ task_id: string; payload: string; at: number }>(
      `SELECT task_id, payload, created_at AS at FROM change_queue
       WHERE id = (SELECT max(id) FROM change_queue
                   WHERE request_id IS NULL AND status IN ('pending', 'in_progress', 'held', 'conflict'))`,
    )
    .get()
  if (row === undefined) return null
  const { metadata } = JSON.parse(row.payload) as { metadata?: unknown }
  return { request_id: null, task_id: row.task_id, metadata, summary: null, at: row.at }
}

/** The newest cast that was written, until its request is there. */
function ofCast(db: Database): (Work & { at: number }) | null {
  const row = db
    .sql<{ request_id: string; cast_json: string; at: number }>(
      `SELECT request_id, cast_json, written_at AS at FROM casts
       WHERE id = (SELECT max(id) FROM casts) AND NOT EXISTS
         (SELECT 1 FROM task_requests r WHERE r.request_id = casts.request_id AND r.created_at >= casts.written_at)`,
    )
    .get()
  if (row === undefined) return null
  const { metadata, summary } = JSON.parse(row.cast_json) as { metadata?: unknown; summary?: string }
  return { request_id: row.request_id, task_id: null, metadata, summary: summary ?? null, at: row.at }
}

/** The last export that was recorded; one that another program wrote in its own way is none that agents can rely on. */
function exportedSkills(db: Database): NextTaskContext['exported_skills'] {
  const text = openWorkspaceFacts(db).get('exported_skills')
  if (text === null) return null
  try {
    return exportedSkillsSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Returns what the next agent is to know, as its request, assignment and draft state it; unknown is null. */
export function nextTask(db: Database, now: number): NextTaskContext {
  // Of one second, a cast that nobody queued since is the newest.
  const newest = [ofCast(db), ofRequest(db), ofChange(db)]
    .flatMap((work) => work ?? [])
    .reduce<(Work & { at: number }) | null>(
      (last, work) => (last === null || work.at > last.at ? work : last),
      null,
    )
  return told(db, now, newest ?? NOTHING)
}

/** The same of one assignment, whichever is next: what its agent is told. */
export function assignmentContext(db: Database, now: number, taskId: string): NextTaskContext {
  const row = db
    .sql<{ request_id: string }>('SELECT request_id FROM assignments WHERE task_id = ?')
    .get(taskId)
  const found = row === undefined ? [] : assignmentsOf(db, row.request_id)
  const mine = found.find(({ task_id }) => task_id === taskId)
  return told(db, now, row === undefined || mine === undefined ? NOTHING : workOf(row.request_id, mine))
}

function told(db: Database, now: number, { request_id, task_id, metadata, summary }: Work): NextTaskContext {
  const read = metadataSchema.safeParse(metadata)
  const said: Metadata = read.success ? read.data : {}
  return {
    generated_at: now,
    request_id,
    task_id,
    intent: said.intent ?? summary,
    complexity: said.complexity ?? null,
    sample_diff: said.sample_diff ?? null,
    telemetry_anchors: said.telemetry_anchors ?? [],
    approvals: said.approvals ?? [],
    agent_model: said.agent_model ?? null,
    exported_skills: exportedSkills(db),
  }
}
