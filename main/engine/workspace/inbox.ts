/** Everything that waits for a person, in one list, the newest first. */
import type { InboxItem } from '../../../schemas/view.ts'
import type { Ground } from '../compose.ts'
import { titleSql } from '../domain/title.ts'
import type { Standing } from './home.ts'

/** More than a person can look through; the queue's table has the rest. */
const SHOWN = 500

const KINDS = { conflict: 'conflict', held: 'held', failed: 'failed' } as const

interface Waiting {
  id: number
  status: keyof typeof KINDS
  task_id: string
  request_id: string | null
  agent: string
  title: string | null
  last_error: string | null
  reason_code: string | null
  updated_at: number
}

interface AskingRequest {
  request_id: string
  summary: string | null
  updated_at: number
  n: number
}

/** Requests whose Engineer waits for answers, agents that ask for more files, and plans that are held, newest first. */
function questionItems(store: Ground['store']): InboxItem[] {
  const asking = store.db
    .sql<AskingRequest>(
      `SELECT r.request_id, r.payload ->> '$.summary' AS summary, r.updated_at,
         (SELECT count(*) FROM questions q
          WHERE q.request_id = r.request_id AND q.blocking = 1 AND q.answer IS NULL AND q.skipped = 0) AS n
       FROM task_requests r WHERE r.status = 'needs_answer' ORDER BY r.updated_at DESC LIMIT ?`,
    )
    .all(SHOWN)
    .filter(({ n }) => n > 0)
  const questions = asking.map(({ request_id, summary, updated_at: since, n }) => ({
    key: `question-${request_id}`,
    kind: 'question' as const,
    change_id: null,
    task_id: null,
    request_id,
    agent: 'engineer',
    title: summary ?? request_id,
    reason: n === 1 ? 'one question is open' : `${n} questions are open`,
    code: 'question',
    since,
  }))
  const widenings = store.questions
    .openWidenings()
    .map(({ id, request_id, task_id, wanted, created_at }) => ({
      key: `widening-${id}`,
      kind: 'question' as const,
      change_id: null,
      task_id,
      request_id,
      agent: store.requests.agentOf(task_id),
      title: `Asks for ${wanted.length === 1 ? 'a file' : `${wanted.length} files`} beyond its own`,
      reason: wanted.map(({ path, reason }) => `${path}: ${reason}`).join('\n'),
      code: 'widening',
      since: created_at,
    }))
  return [...questions, ...widenings, ...planItems(store)].toSorted((a, b) => b.since - a.since)
}

/** Plans that wait to be let run. */
function planItems(store: Ground['store']) {
  return store.db
    .sql<AskingRequest>(
      `SELECT r.request_id, r.payload ->> '$.summary' AS summary, r.updated_at,
         (SELECT count(*) FROM assignments a WHERE a.request_id = r.request_id) AS n
       FROM task_requests r WHERE r.plan_hold = 'held' ORDER BY r.updated_at DESC LIMIT ?`,
    )
    .all(SHOWN)
    .map(({ request_id, summary, updated_at: since, n }) => ({
      key: `plan-${request_id}`,
      kind: 'question' as const,
      change_id: null,
      task_id: null,
      request_id,
      agent: 'orchestrator',
      title: `Plan of ${request_id} waits: ${n === 1 ? '1 assignment' : `${n} assignments`}`,
      reason: summary ?? request_id,
      code: 'plan',
      since,
    }))
}

export function readInbox(
  { store }: Pick<Ground, 'store'>,
  { trouble, behind, upstream }: Standing,
): InboxItem[] {
  const rows = store.db
    .sql<Waiting>(
      `SELECT id, status, task_id, request_id, agent,
         ${titleSql('payload')} AS title,
         last_error, reason_code, updated_at
       FROM change_queue WHERE id IN (
         SELECT id FROM change_queue WHERE status IN ('conflict', 'held', 'failed')
         ORDER BY updated_at DESC, id DESC LIMIT ?)
       ORDER BY updated_at DESC, id DESC`,
    )
    .all(SHOWN)
  const items: InboxItem[] = rows.map((row) => ({
    key: `${KINDS[row.status]}-${row.id}`,
    kind: KINDS[row.status],
    change_id: row.id,
    task_id: row.task_id,
    request_id: row.request_id,
    agent: row.agent,
    title: row.title ?? row.task_id,
    reason: row.last_error ?? row.reason_code ?? '',
    code: row.reason_code,
    since: row.updated_at,
  }))
  items.push(...questionItems(store))
  const nobody = { change_id: null, task_id: null, request_id: null, agent: null, code: null, since: null }
  if (behind !== null && behind > 0) {
    const what = `${behind} landed ${behind === 1 ? 'commit is' : 'commits are'} not in ${upstream} yet`
    items.push({
      ...nobody,
      key: 'checkout',
      kind: 'checkout',
      title: what,
      reason: 'bring them there when it suits you',
    })
  }
  if (trouble !== null) {
    items.unshift({ ...nobody, key: 'engine', kind: 'engine', title: 'Nothing lands', reason: trouble })
  }
  return items
}
