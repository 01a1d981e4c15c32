/** Everything that waits for a person, in one list, the newest first. */
import type { InboxItem } from '../../../schemas/view.ts'
import type { Ground } from '../compose.ts'
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
  intent: string | null
  last_error: string | null
  reason_code: string | null
  updated_at: number
}

export function readInbox(
  { store }: Pick<Ground, 'store'>,
  { trouble, behind, upstream }: Standing,
): InboxItem[] {
  const rows = store.db
    .sql<Waiting>(
      `SELECT id, status, task_id, request_id, agent,
         CASE json_type(payload, '$.metadata.intent') WHEN 'text' THEN payload ->> '$.metadata.intent' END AS intent,
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
    title: row.intent ?? row.task_id,
    reason: row.last_error ?? row.reason_code ?? '',
    code: row.reason_code,
    since: row.updated_at,
  }))
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
