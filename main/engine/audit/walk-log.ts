/** Walks the hash chain of the log from its first row to its head, gathering what the rows say of landed changes. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditDifference } from '../../../schemas/audit.ts'
import { inert } from '../base/inert.ts'
import { CHAIN_START, rowHash, type LogHead } from '../domain/log-chain.ts'
import type { ChainStanding, LogChain, StoredLogRow } from '../store/log-chain.ts'
import { difference } from './differences.ts'

export interface WalkedLog {
  difference: AuditDifference | null
  rows: number
  head: LogHead
  /** The rows that tell of landings, by commit. */
  applied: Map<string, { row: number; change: number }>
  /** Commits that the target lost with the operator's consent. */
  takenBack: Set<string>
  /** Changes that ended applied without a commit, as the log tells. */
  withoutCommit: Set<number>
  /** The rows that the asked-for hashes belong to. */
  heads: Map<string, number>
  /** Rows before this one were chained all at once: commits of that time name no head. */
  chainedAt: number
}

const PAGE = 2000

/** Walks the chain; of the `wanted` hashes it tells which rows have them. */
export async function walkLog(chain: LogChain, wanted: ReadonlySet<string>): Promise<WalkedLog> {
  const standing = chain.standing()
  const walked: WalkedLog = {
    difference: null,
    rows: 0,
    head: { sequence: 0, hash: CHAIN_START },
    applied: new Map(),
    takenBack: new Set(),
    withoutCommit: new Set(),
    heads: new Map([[CHAIN_START, 0]]),
    chainedAt: standing.chainedAt,
  }
  if (standing.oldest < 0) {
    const message = `log row ${standing.oldest} was added before the first`
    return { ...walked, difference: difference('log_row_added', {}, message, 'log') }
  }
  const last = Math.max(standing.newest, standing.head?.sequence ?? 0)
  for (;;) {
    const page = chain.page(walked.head.sequence, last, PAGE)
    for (const row of page) {
      walked.difference = follows(row, walked.head, standing)
      if (walked.difference !== null) return walked
      walked.head = { sequence: row.id, hash: row.hash ?? '' }
      walked.rows += 1
      if (wanted.has(walked.head.hash)) walked.heads.set(walked.head.hash, row.id)
      gather(walked, row)
    }
    if (page.length < PAGE) break
    await nextTurn()
  }
  walked.difference = ends(walked.head, standing)
  return walked
}

/** Whether a head names a row, or none as before the first; anything else somebody else wrote. */
const isSound = (head: LogHead | null): head is LogHead =>
  head !== null && (head.sequence > 0 || head.hash === CHAIN_START)

const span = (from: number, to: number): string =>
  from === to ? `log row ${from} is` : `log rows ${from} to ${to} are`

/** Says why a row does not follow the one before it, or null. */
function follows(row: StoredLogRow, before: LogHead, standing: ChainStanding): AuditDifference | null {
  const { id, hash } = row
  const said = `log row ${id} ("${inert(row.message, 60)}")`
  if (isSound(standing.head) && id > standing.head.sequence) {
    const message = `${said} was added past the head of the log, which is row ${standing.head.sequence}`
    return difference('log_row_added', { row: id }, message, 'log')
  }
  // Rows that were there before the chain began may have been removed by then; their hashes hold all the same.
  const gap = id !== before.sequence + 1
  if (hash === rowHash(before.hash, row.encoded) && (!gap || id <= standing.chainedAt)) return null
  if (gap) {
    const message = `${span(before.sequence + 1, id - 1)} missing`
    return difference('log_rows_missing', { row: before.sequence + 1 }, message, 'log')
  }
  if (hash === null) {
    const message = `${said} has no hash: something else than this version of Hyperion wrote it`
    return difference('log_row_unhashed', { row: id }, message, 'log')
  }
  const or = before.sequence === 0 ? 'it was changed' : `it, or row ${before.sequence} before it, was changed`
  return difference('log_row_changed', { row: id }, `${said} does not match its hash: ${or}`, 'log')
}

/** Says why the log does not end where it should, or null. */
function ends(last: LogHead, standing: ChainStanding): AuditDifference | null {
  const { head, highest } = standing
  const missing = (to: number): AuditDifference => {
    const message = `${span(last.sequence + 1, to)} missing from the end of the log`
    return difference('log_rows_missing', { row: last.sequence + 1 }, message, 'log')
  }
  if (head === null) {
    return difference('log_head_missing', {}, 'the head of the log is not on record any more', 'log')
  }
  if (head.sequence > last.sequence) return missing(head.sequence)
  if (highest > last.sequence) return missing(highest)
  if (head.hash === last.hash) return null
  const message = `the head on record is not the hash of the newest log row ${last.sequence}`
  return difference('log_head_wrong', last.sequence === 0 ? {} : { row: last.sequence }, message, 'log')
}

function gather(walked: WalkedLog, { id, queue_id, message, details }: StoredLogRow): void {
  if (queue_id === null || details === null) return
  if (message !== 'applied' && message !== 'taken back') {
    walked.withoutCommit.add(queue_id)
    return
  }
  const { commit } = JSON.parse(details) as { commit?: unknown }
  if (typeof commit !== 'string') return
  if (message === 'applied') walked.applied.set(commit, { row: id, change: queue_id })
  else walked.takenBack.add(commit)
}
