/** From a line, or a file, of the target to the commit, the change, the assignment and the request behind it. */
import type { Why, WhyChange, WhyCommit } from '../../../schemas/acts.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import { userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { branchName } from '../domain/branch-name.ts'
import { lineStarts } from '../domain/patch/lines.ts'
import { blameLine, commitsOfPath, readCommit, type NamedCommit } from '../git/blame.ts'
import { treeOf } from '../git/trees.ts'
import { existingTip } from '../landing/attempt.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { fileAt, type File } from '../landing/sides.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import { originalOf, standingRevertOf } from './revert-links.ts'

export type WhyDeps = Pick<LandingDeps, 'store' | 'objects' | 'repoGit' | 'target' | 'workspaceUuid'>

/** Commits listed for a file. */
const LISTED = 50
/** A longer line is not read from the terminal or in a pane either. */
const LINE_SHOWN = 2000

/** Tells a place as it is typed: a path, or a path and a line; a file that has such a name is meant by it. */
export async function whereMeant(
  deps: WhyDeps,
  place: string,
): Promise<{ path: string; line: number | null }> {
  const found = /^(.+):(\d{1,9})$/s.exec(place)
  const whole = { path: place, line: null }
  if (found === null) return whole
  const tree = await treeOf(deps.objects, await existingTip(deps))
  if ((await fileAt(deps.objects, tree, place)).kind === 'file') return whole
  return { path: found[1] as string, line: Number(found[2]) }
}

/** Returns why a line of the target is as it is; without a line, what last changed the file and what did before. */
export const why = async (deps: WhyDeps, path: string, line: number | null): Promise<Why> =>
  whyAt(deps, await existingTip(deps), path, line)

/** The same as of a commit: what the target was, or is. */
export async function whyAt(deps: WhyDeps, tip: string, path: string, line: number | null): Promise<Why> {
  const file = await fileOf(deps, tip, path)
  const text = line === null ? null : lineOf(deps, file, path, line)
  const [last, ...before] =
    line === null
      ? await commitsOfPath(deps.repoGit, tip, path, LISTED + 1)
      : [await readCommit(deps.repoGit, await blameLine(deps.repoGit, tip, path, line))]
  if (last === undefined)
    throw userError('no_history', `no commit of ${branchName(deps.target)} changed ${path}`)
  const known = rowOf(deps, last)
  return {
    path,
    line,
    text,
    tip,
    last: commitOf(deps, last),
    change: known === null ? null : changeOf(deps.store, known, await checkedTree(deps, last)),
    earlier: before.slice(0, LISTED - 1).map((commit) => commitOf(deps, commit)),
    more: before.length >= LISTED,
  }
}

/** Returns the file at a path of a commit, or throws the sentence that says why there is none. */
export async function fileOf(deps: WhyDeps, tip: string, path: string): Promise<File> {
  const at = await lookAt(deps, tip, path)
  if (at.kind === 'file') return at.file
  if (at.kind === 'refused') throw userError(at.code, inert(at.message, 500))
  const said = `${inert(path)} is not in ${branchName(deps.target)} at ${tip.slice(0, 10)}`
  const [gone] = !isPlain(path) ? [] : await commitsOfPath(deps.repoGit, tip, path, 1)
  if (gone === undefined) throw userError('no_such_path', said, 'name a path from the root of the repository')
  const change = rowOf(deps, gone)
  const by = change === null ? `commit ${gone.commit.slice(0, 10)}` : `change ${change.row.id}`
  throw userError('no_such_path', said, `${by} took it away`)
}

/** Whether a tree could hold such a path: git would take others for places outside. */
export const isPlain = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((part) => !['', '.', '..'].includes(part))

/** A path that no tree can hold is one that is not there. */
async function lookAt(deps: WhyDeps, tip: string, path: string): ReturnType<typeof fileAt> {
  if (!isPlain(path)) return { kind: 'absent' }
  return fileAt(deps.objects, await treeOf(deps.objects, tip), path)
}

function lineOf(deps: WhyDeps, { bytes }: File, path: string, line: number): string {
  if (bytes.includes(0)) throw userError('binary_path', `${inert(path)} is binary and has no lines`)
  const starts = lineStarts(bytes)
  const lines = bytes.length === 0 ? 0 : starts.length - 1
  if (line < 1 || line > lines) {
    const has = lines === 1 ? '1 line' : `${lines} lines`
    throw userError('no_such_line', `${inert(path)} has ${has} in ${branchName(deps.target)}, not ${line}`)
  }
  const text = bytes
    .subarray(starts[line - 1], starts[line])
    .toString('utf8')
    .replace(/\r?\n$/, '')
  return text.length > LINE_SHOWN ? `${text.slice(0, LINE_SHOWN)}…` : text
}

interface Known {
  row: ChangeRow
  archived: boolean
}

/** The change a commit says it is, if this queue landed that change as this very commit: anybody can write a trailer. */
export function rowOf(
  { store, workspaceUuid }: Pick<WhyDeps, 'store' | 'workspaceUuid'>,
  { commit, trailers }: Pick<NamedCommit, 'commit' | 'trailers'>,
): Known | null {
  const named = /^(.+)\/(\d{1,15})$/.exec(trailers.get('Hyperion-Change') ?? '')
  if (named === null || named[1] !== workspaceUuid) return null
  const found = store.changes.find(Number(named[2]))
  return found?.row.landed_commit === commit ? found : null
}

function commitOf(deps: WhyDeps, named: NamedCommit): WhyCommit {
  const { commit, subject, author, committedAt, trailers } = named
  const known = rowOf(deps, named)
  const origin = known !== null ? 'change' : trailers.has('Hyperion-Change') ? 'unknown' : 'operator'
  return { commit, subject, author, committed_at: committedAt, origin, change_id: known?.row.id ?? null }
}

/** The tree whose verdict a landed commit goes by: its own, or the one it says its checks passed on. */
async function checkedTree({ objects }: WhyDeps, { commit, trailers }: NamedCommit): Promise<string> {
  return /^passed-on ([0-9a-f]+)$/.exec(trailers.get('Checks') ?? '')?.[1] ?? treeOf(objects, commit)
}

function changeOf(store: Store, { row, archived }: Known, tree: string): WhyChange {
  const { metadata } = JSON.parse(row.payload) as ChangeRequest
  // A change is checked on many trees until it lands, and another one may have been checked on this very tree.
  const own = store.records.checkRuns(row.id).filter((run) => run.tree === tree)
  const checks = new Map(
    [...own, ...store.records.passedOn(tree)].map((run) => [run.name ?? run.command, run]),
  )
  return {
    id: row.id,
    archived,
    task_id: row.task_id,
    agent: row.agent,
    agent_model: metadata?.agent_model ?? null,
    intent: metadata?.intent ?? null,
    landed_at: row.updated_at,
    check_verdict: row.check_verdict,
    checks: [...checks].map(([name, { verdict, exit_code }]) => ({ name, verdict, exit_code })),
    approvals: store.records.approvals(row.id).map(({ approver, role, note, decision, created_at }) => ({
      approver,
      role,
      note,
      decision,
      created_at,
    })),
    ...originsOf(store, row),
    reverts: originalOf(store, row.id),
    reverted_by: standingRevertOf(store, row.id),
  }
}

export function originsOf(store: Store, row: ChangeRow): Pick<WhyChange, 'request' | 'assignment'> {
  const requestId = row.request_id ?? store.requests.ownerOf(row.task_id)
  const request = requestId === null ? undefined : store.requests.get(requestId)
  if (requestId === null || request === undefined) {
    // A request that was never taken here is still what the change says it belongs to.
    return { request: requestId === null ? null : { request_id: requestId, summary: '' }, assignment: null }
  }
  const { summary } = JSON.parse(request.payload) as TaskRequest
  const one = store.requests.assignments(requestId).find(({ task_id }) => task_id === row.task_id)
  const assignment =
    one === undefined
      ? null
      : {
          task_id: one.task_id,
          summary: one.assignment.summary,
          instructions: [...one.assignment.instructions],
        }
  return { request: { request_id: requestId, summary }, assignment }
}
