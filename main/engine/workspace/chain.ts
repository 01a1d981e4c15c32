/** The chain as a person sees it: what is built on what, which checks run, what landed and what had to leave. */
import type { ChainView } from '../../../schemas/view.ts'
import type { Ground } from '../compose.ts'
import { reasonOf } from '../domain/states.ts'
import { outcomeOfLink } from '../landing/chain/link.ts'
import { windowOf } from '../landing/chain/tend.ts'
import { isSetAside } from '../landing/chain/plan.ts'
import type { LinkRow } from '../store/chain.ts'
import type { LogRow } from '../store/logs.ts'

/** What happened at the chain's head most recently: so many are worth a picture. */
const RECENT = 12

/** Messages of the log that tell of a change leaving the chain, with what a person calls that. */
const LEFT = { applied: 'landed', ejected: 'ejected', conflict: 'conflict', cancelled: 'cancelled' } as const

/** Returns the chain as it stands, with what left it last. */
export function readChain({ store, readConfig }: Pick<Ground, 'store' | 'readConfig'>): ChainView {
  const links = store.chain.list()
  const tasks = new Map(
    store.browse.summaries(links.map((link) => link.change_id)).map((row) => [row.id, row]),
  )
  const most = readConfig().landing.window
  return {
    window: windowOf({ store, settings: { window: most } }),
    most,
    links: links.map((link) => ({
      change_id: link.change_id,
      task_id: tasks.get(link.change_id)?.task_id ?? '',
      agent: tasks.get(link.change_id)?.agent ?? '',
      state: link.state,
      on: link.parent_id,
      tree: link.tree,
      worker_id: link.state === 'checking' ? link.worker_id : null,
      checks: link.checks,
      reason: isSetAside(link.state) ? reasonOf(outcomeOfLink(link)) : null,
      since_ms: link.since_ms,
    })),
    recent: recentlyLeft(store.logs),
  }
}

function recentlyLeft(logs: Ground['store']['logs']): ChainView['recent'] {
  const rows = Object.keys(LEFT).flatMap((message) => logs.newest(message, RECENT))
  return rows
    .toSorted((a, b) => b.id - a.id)
    .slice(0, RECENT)
    .flatMap((row) => (row.queue_id === null ? [] : [leftOf(row, row.queue_id)]))
}

function leftOf(row: LogRow, changeId: number): ChainView['recent'][number] {
  const details = JSON.parse(row.details) as { reason?: unknown }
  const reason = typeof details.reason === 'string' ? details.reason : null
  const how = LEFT[row.message as keyof typeof LEFT]
  return { change_id: changeId, task_id: row.task_id ?? '', how, reason, at: row.created_at }
}

/** What a change waits for that is in the chain, in words; null where it is not there. */
export function waitsInChain(store: Ground['store'], id: number): string | null {
  const links = store.chain.list()
  const at = links.findIndex((link) => link.change_id === id)
  const link = links[at] as LinkRow | undefined
  if (link === undefined) return null
  const before = links.slice(0, at).map((one) => `change ${one.change_id}`)
  const behind = before.length === 0 ? '' : `, behind ${before.join(', ')}`
  const landing = before.length === 0 ? '' : ' to land'
  switch (link.state) {
    case 'built':
      return `a worker to check it${behind}`
    case 'checking':
      return `its checks, which ${link.worker_id} runs${behind}`
    case 'passed':
      return before.length === 0 ? 'its turn to land' : `${before.join(', ')} to land: its own checks passed`
    case 'failed':
      return `${before.join(', ') || 'its turn'}${landing}: its own checks failed, which counts only then`
    case 'unfit':
      return `${before.join(', ') || 'its turn'}${landing}: it does not fit behind that, and is tried again then`
  }
}
