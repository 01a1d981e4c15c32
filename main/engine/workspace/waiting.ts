/** What an open change waits for, in words and by id: the one place that `show`, `list`, `wait` and the app ask. */
import type { WaitReason } from '../../../schemas/acts.ts'
import { instant, type Clock } from '../base/clock.ts'
import { inert } from '../base/inert.ts'
import { isAlive } from '../base/process.ts'
import { branchName } from '../domain/branch-name.ts'
import { isMissing } from '../git/refs.ts'
import { checkedOutAt, nameOf } from '../git/worktrees.ts'
import type { ChangeRow } from '../store/changes.ts'
import { unmetDependencies } from '../store/dependencies.ts'
import { earlierOnPaths } from '../store/order.ts'
import { waitsInChain } from './chain.ts'
import { pauseText, readPause } from '../store/pause.ts'
import type { Store } from '../store/store.ts'

export interface WaitingDeps {
  store: Store
  clock: Clock
  /** Where the target's ref is, and its full name. */
  commonDir: string
  target: string
}

/** Earlier changes on the same files that are named; the first of them is what everything else waits for, too. */
const NAMED = 10

const reason = (
  kind: WaitReason['kind'],
  text: string,
  more: Partial<Omit<WaitReason, 'kind' | 'text'>> = {},
): WaitReason => ({ kind, text, change_id: null, task_id: null, until: null, ...more })

/** What keeps every pending change waiting; the same for all that are asked about at once. */
export function everybodysReasons({ store, commonDir, target }: WaitingDeps): WaitReason[] {
  const pause = readPause(store.facts)
  if (pause !== null) return [reason('paused', `the queue to be resumed: ${pauseText(pause)}`)]
  const kept = keptFrom(commonDir, target)
  const works = store.workers.list().some(({ process }) => isAlive(process))
  return [
    ...(kept === null ? [] : [reason('target', kept)]),
    ...(works ? [] : [reason('workers', 'a worker: none runs')]),
  ]
}

/** What keeps everything from landing on the target; null where nothing does. */
function keptFrom(commonDir: string, target: string): string | null {
  const branch = branchName(target)
  if (isMissing(commonDir, target)) return `the branch ${branch}, which does not exist: run \`hyperion init\``
  const [where] = checkedOutAt(commonDir, target)
  if (where === undefined) return null
  return `the branch ${branch}, which is checked out at ${inert(nameOf(where), 400)}: check out another one there`
}

/**
 * Returns what a change waits for, what concerns it alone first; empty when it is next in line, worked on, or ended.
 *
 * `everybodys` is what `everybodysReasons` said, for whoever asks about many.
 */
export function waitingReasons(
  deps: WaitingDeps,
  row: ChangeRow,
  everybodys: readonly WaitReason[] = everybodysReasons(deps),
): WaitReason[] {
  switch (row.status) {
    case 'held':
    case 'conflict':
      return [reason('person', `a person: ${row.last_error ?? row.reason_code ?? row.status}`)]
    case 'in_progress':
      return chainReasons(deps, row) ?? leaseReasons(row)
    case 'pending':
      return [
        ...pathReasons(deps, row),
        ...taskReasons(deps, row),
        ...backoffReasons(deps, row),
        ...everybodys,
      ]
    default:
      return []
  }
}

/** What a change in the chain waits for; null for one that is not in it. */
function chainReasons({ store }: WaitingDeps, row: ChangeRow): WaitReason[] | null {
  const text = waitsInChain(store, row.id)
  return text === null ? null : [reason('chain', text)]
}

/** A worker's lease is work under way; a script's is given back by nobody but that script, or by its end. */
function leaseReasons(row: ChangeRow): WaitReason[] {
  if (row.lease_pid !== null || row.leased_until === null) return []
  const until = instant(row.leased_until)
  const text = `the script that ${row.lease_owner} leased it to, at most until ${until}`
  return [reason('lease', text, { until: row.leased_until })]
}

function pathReasons({ store }: WaitingDeps, row: ChangeRow): WaitReason[] {
  const earlier = earlierOnPaths(store.db, row.id)
  const named = earlier
    .slice(0, NAMED)
    .map((id) => reason('change', `change ${id}, which edits the same files`, { change_id: id }))
  const rest = earlier.length - named.length
  return rest === 0 ? named : [...named, reason('change', `${rest} more that edit the same files`)]
}

function taskReasons({ store }: WaitingDeps, row: ChangeRow): WaitReason[] {
  return unmetDependencies(store.db, row.id).map(({ taskId }) => {
    const newest = store.db
      .sql<{ id: number; status: string }>(
        'SELECT id, status FROM change_queue WHERE task_id = ? ORDER BY id DESC LIMIT 1',
      )
      .get(taskId)
    const stands = newest === undefined ? 'not submitted yet' : `change ${newest.id} is ${newest.status}`
    const text = `task ${taskId} to be applied (${stands})`
    return reason('task', text, { task_id: taskId, change_id: newest?.id ?? null })
  })
}

function backoffReasons({ clock }: WaitingDeps, row: ChangeRow): WaitReason[] {
  const left = (row.delay_until_ms ?? 0) - clock.monotonicMs()
  if (row.delay_until_ms === null || left <= 0) return []
  const text = `${Math.ceil(left / 1000)} s of backoff after: ${row.last_error ?? 'an error'}`
  return [reason('backoff', text, { until: Math.ceil((clock.nowMs() + left) / 1000) })]
}
