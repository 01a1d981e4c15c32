/** What became of a change, told to whoever handed it in: every list and every text of a bounded length. */
import type { WaitReason } from '../../../../schemas/acts.ts'
import type { ConflictRecord } from '../../../../schemas/conflict.ts'
import type { ChangeOutcome, ListChanges, ListedChange } from '../../../../schemas/mcp.ts'
import { LISTED } from '../../../../schemas/mcp.ts'
import { userError } from '../../base/errors.ts'
import { inert, inertBlock } from '../../base/inert.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { readListed } from '../../store/listed.ts'
import type { ApprovalRow, CheckRunRow } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'

const PATHS_LISTED = 20
const PATHS_SHOWN = 100
const WAITS = 10
const VERDICTS = 5
const CHECKS = 10
const CONFLICTS = 50
const DECISIONS = 20
const LINE = 1000
const PATH = 400
/** Characters of what one check printed, and of what all of them did. */
const OUTPUT = 4000
const OUTPUT_IN_ALL = 12_000

const lineOf = (text: string | null): string | null => (text === null ? null : inert(text, LINE))
const pathsOf = (paths: readonly string[], most: number): string[] =>
  paths.slice(0, most).map((path) => inert(path, PATH))

/** Lists changes of the live queue, oldest first. */
export function listChanges(store: Store, { status, task_id, limit }: ListChanges): ListedChange[] {
  const filter = { status: status ?? null, taskId: task_id ?? null, limit: limit ?? LISTED }
  return readListed(store.db, filter, PATHS_LISTED).map((row) => ({
    ...row,
    paths: pathsOf(JSON.parse(row.paths) as string[], PATHS_LISTED),
    last_error: lineOf(row.last_error),
    check_verdict: row.check_verdict as ListedChange['check_verdict'],
  }))
}

/** The end of a text of several lines, at most `max` characters once it is made inert. */
function tailOf(text: string, max: number): string {
  if (max <= 0) return ''
  const end = text.slice(-max).toWellFormed()
  const shown = inertBlock(end, max * 16)
  const tail = shown.length <= max ? shown : shown.slice(-max).toWellFormed()
  return text.length > tail.length ? `…${tail}` : tail
}

/**
 * The run of one check that decided: the last on the newest tree it ran on for the change itself.
 *
 * A failure is run again on the untouched parent, whose run comes after it and is not what the change did.
 */
function decisive(runs: readonly CheckRunRow[], verdict: string | null): CheckRunRow | undefined {
  const last = [...new Map(runs.map((run) => [run.tree, run])).values()]
  if (verdict === 'passed') return last.at(-1)
  const red = last.filter((run) => run.verdict !== 'passed')
  return (verdict === 'also_red_on_base' ? red.at(-2) : undefined) ?? red.at(-1) ?? last.at(-1)
}

/** The run of each check that decided, those that did not pass first; they share the room for output in that order. */
function checksOf(all: readonly CheckRunRow[], decided: string | null): ChangeOutcome['checks'] {
  const runs = [...Map.groupBy(all, (run) => run.name ?? run.command).values()]
  const ordered = runs
    .flatMap((some) => decisive(some, decided) ?? [])
    .toSorted((a, b) => Number(a.verdict === 'passed') - Number(b.verdict === 'passed'))
  let room = OUTPUT_IN_ALL
  return ordered.slice(0, CHECKS).map(({ name, command, verdict, exit_code, duration_ms, output }) => {
    const tail = tailOf(output, Math.min(OUTPUT, room))
    room -= tail.length
    return { check: inert(name ?? command, LINE), verdict, exit_code, duration_ms, output: tail }
  })
}

interface GuardRow {
  agent: string | null
  code: string
  output: string
  created_at: number
}

/** The verdicts on a task's submissions; they were given before there was a change they could be about. */
function guardOf({ db }: Store, taskId: string): GuardRow[] {
  return db
    .sql<GuardRow>(
      `SELECT details ->> 'agent' AS agent, details ->> 'code' AS code, coalesce(details ->> 'output', '') AS output,
         created_at FROM change_queue_logs
       WHERE message = 'guard' AND task_id = ? ORDER BY created_at DESC, id DESC LIMIT ${VERDICTS}`,
    )
    .all(taskId)
    .map((row) => ({ ...row, output: inert(row.output, LINE) }))
}

const decisionOf = (one: ApprovalRow): ChangeOutcome['approvals'][number] => ({
  decision: one.decision,
  by: inert(one.approver),
  role: one.role === null ? null : inert(one.role),
  note: lineOf(one.note),
  about: one.location === null ? null : inert(one.location, PATH),
  created_at: one.created_at,
})

/** The paths of a row that is archived are in its payload alone. */
function archivedPaths(row: ChangeRow): string[] {
  const { changes } = JSON.parse(row.payload) as { changes?: { path: string }[] }
  return (changes ?? []).map(({ path }) => path).toSorted()
}

/** Throws `no_such_change` where there is none. */
export function showChange(
  store: Store,
  waitsOf: (row: ChangeRow) => WaitReason[],
  id: number,
): ChangeOutcome {
  const found = store.changes.find(id)
  if (found === undefined) throw userError('no_such_change', `there is no change ${id}`, 'see list_changes')
  const { row, archived } = found
  const paths = archived ? archivedPaths(row) : store.changes.paths(id)
  const { records } = store
  return {
    id,
    status: row.status,
    task_id: row.task_id,
    agent: row.agent,
    request_id: row.request_id,
    archived,
    paths: pathsOf(paths, PATHS_SHOWN),
    paths_total: paths.length,
    attempts: row.attempts,
    reason_code: row.reason_code,
    last_error: lineOf(row.last_error),
    waits_for: archived
      ? []
      : waitsOf(row)
          .slice(0, WAITS)
          .map(({ text }) => inert(text, LINE)),
    position: store.browse.position(id),
    landed_commit: row.landed_commit,
    check_verdict: row.check_verdict as ChangeOutcome['check_verdict'],
    guard: guardOf(store, row.task_id),
    checks: checksOf(records.checkRuns(id), row.check_verdict),
    conflicts: records
      .conflicts(id)
      .slice(0, CONFLICTS)
      .map(({ path, record }) => ({
        path: inert(path, PATH),
        kind: (JSON.parse(record) as ConflictRecord).kind,
      })),
    approvals: records.approvals(id).slice(-DECISIONS).toReversed().map(decisionOf),
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}
