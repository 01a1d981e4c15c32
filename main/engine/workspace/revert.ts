/** The inverse of a landed change as a change request of its own, made from what git has of its commit. */
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import { bug, userError, type HyperionError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { inert } from '../base/inert.ts'
import { branchName } from '../domain/branch-name.ts'
import { applyPatch, applyReplacement, baseRefusal } from '../domain/patch/apply.ts'
import { createPatch } from '../domain/patch/create.ts'
import { MAX_PATCH_BYTES } from '../domain/patch/model.ts'
import { parsePatch } from '../domain/patch/parse.ts'
import { textRefusal } from '../domain/patch/text.ts'
import { titleOf } from '../domain/title.ts'
import { diffTrees, type TreeDifference } from '../git/history.ts'
import { isAncestor } from '../git/refs.ts'
import { EXECUTABLE_MODE, isRegularFile, lookUp, treeOf } from '../git/trees.ts'
import { prepareChanges, type SubmitDeps } from '../intake/submit.ts'
import { existingTip } from '../landing/attempt.ts'
import type { LandingDeps } from '../landing/deps.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import { linkRevert, standingRevertOf } from './revert-links.ts'

export interface RevertDeps extends Pick<LandingDeps, 'store' | 'objects' | 'repoGit' | 'target'> {
  /** Who reverts, for the log. */
  actor: string
  submit: SubmitDeps
}

export interface Reverted {
  /** The change that was queued. */
  id: number
  reverts: number
  paths: string[]
  warnings: string[]
}

/** An id as change requests take it, made of whoever acts. */
export const agentOf = (actor: string): string =>
  actor
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 200) || 'operator'

/** Queues the inverse of a landed change; throws one sentence where there is nothing to undo or no way to say it. */
export async function revert(deps: RevertDeps, id: number): Promise<Reverted> {
  const { store } = deps
  const found = store.changes.find(id)
  if (found === undefined)
    throw userError('no_such_change', `there is no change ${id}`, 'see `hyperion list`')
  const { row } = found
  refuseReverted(store, row)
  const commit = await landedCommit(deps, row)
  const changes = await inverse(deps, id, commit)
  const request: ChangeRequest = {
    task_id: freeTask(store, row.task_id),
    agent: agentOf(deps.actor),
    base_commit: commit,
    priority: row.priority,
    changes,
    ...describe(row, commit, changes),
  }
  const insert = await prepareChanges(deps.submit, [{ source: `the revert of change ${id}`, value: request }])
  return store.db.write(() => {
    // Somebody may have done the same while git was asked.
    refuseReverted(store, row)
    const [result] = insert()
    if (result?.kind !== 'enqueued') throw bug('not_queued', `the revert of change ${id} was not queued`)
    linkRevert(store, deps.actor, row, { id: result.id, task_id: request.task_id })
    const warnings = result.warnings.filter((said) => said !== '')
    return { id: result.id, reverts: id, paths: changes.map(({ path }) => path), warnings }
  })
}

function refuseReverted(store: Store, row: ChangeRow): void {
  const revertId = standingRevertOf(store, row.id)
  if (revertId === null) return
  const status = store.changes.find(revertId)?.row.status
  const hint =
    status === 'applied' ? `to have it again, revert change ${revertId}` : `see \`hyperion show ${revertId}\``
  throw userError(
    'reverted_already',
    `change ${row.id} is reverted by change ${revertId} (${status}) already`,
    hint,
  )
}

/** Returns the commit a change landed as, if the target still has it and it is an ordinary one. */
async function landedCommit(deps: RevertDeps, { id, status, landed_commit }: ChangeRow): Promise<string> {
  if (status !== 'applied')
    throw userError('wrong_status', `change ${id} is ${status}; revert takes a change that is applied`)
  if (landed_commit === null) {
    const said = `change ${id} landed no commit of its own: what it asks for was there already`
    throw userError('nothing_landed', said, 'find whose it is with `hyperion why PATH`, and revert that')
  }
  const tip = await existingTip(deps)
  const reachable =
    (await deps.objects.read(landed_commit)) !== null && (await isAncestor(deps.repoGit, landed_commit, tip))
  if (!reachable) {
    const branch = branchName(deps.target)
    const said = `change ${id} landed as ${landed_commit.slice(0, 10)}, which ${branch} no longer has`
    throw userError('not_in_target', said, 'there is nothing to undo; see `hyperion doctor`')
  }
  return landed_commit
}

/** Returns what takes back exactly what a commit did to its parent's tree, path by path. */
async function inverse(deps: RevertDeps, id: number, commit: string): Promise<FileChange[]> {
  const { objects, repoGit } = deps
  const body = (await objects.read(commit))?.body.toString('latin1') ?? ''
  const parents = [...body.slice(0, body.indexOf('\n\n')).matchAll(/^parent ([0-9a-f]+)$/gm)]
  const [parent] = parents.map((match) => match[1] as string)
  if (parents.length !== 1 || parent === undefined) {
    const said = `change ${id} is a merge of ${parents.length} commits, which no change request can undo`
    throw userError('merge_commit', said, 'revert it with git on the upstream branch')
  }
  const from = await treeOf(objects, parent)
  const [differences = []] = await diffTrees(repoGit, [{ from, to: await treeOf(objects, commit) }])
  const inverted: FileChange[] = []
  for (const one of differences) inverted.push(await invert(deps, from, one))
  return inverted
}

const cannot = (path: string, why: string): HyperionError =>
  userError(
    'not_revertible',
    `${inert(path)} ${why}, so no change request can put it back`,
    'revert it with git on the upstream branch',
  )

async function invert(deps: RevertDeps, oldTree: string, one: TreeDifference): Promise<FileChange> {
  const { path, oldMode, newMode, newOid } = one
  const isNew = /^0+$/.test(oldMode)
  const isGone = /^0+$/.test(newMode)
  for (const [there, mode] of [
    [!isNew, oldMode],
    [!isGone, newMode],
  ] as const)
    // prettier-ignore
    if (there && !isRegularFile(mode)) throw cannot(path, 'is a link or a submodule on one side')
  if (isNew) return { path, operation: 'delete', patch_hash: sha256('') }
  const old = await oldBytes(deps, oldTree, path)
  const refusal = baseRefusal(old)
  if (refusal !== null && refusal.code !== 'lfs_pointer') throw cannot(path, said(refusal.message))
  if (isGone) return putBack(path, old, oldMode)
  if (oldMode !== newMode) throw cannot(path, `went from mode ${oldMode} to ${newMode}`)
  const now = (await deps.objects.read(newOid))?.body
  if (now === undefined) throw cannot(path, 'has contents that the repository does not hold')
  return changeBack(path, now, old)
}

/** "the file is binary; …" as the rest of a sentence about a path. */
const said = (message: string): string => message.replace(/^the file /, '').replace(/;.*$/s, '')

async function oldBytes({ objects }: RevertDeps, tree: string, path: string): Promise<Buffer> {
  const found = await lookUp(objects, tree, path)
  const object = found.kind === 'entry' ? await objects.read(found.entry.oid) : null
  if (object === null) throw cannot(path, 'has contents that the repository does not hold')
  return object.body
}

function putBack(path: string, old: Buffer, mode: string): FileChange {
  const text = old.toString('utf8')
  const wrong = textRefusal(text, 'replacement')
  if (wrong !== null) throw cannot(path, said(wrong.message.replace(/^the replacement /, '')))
  const executable = mode === EXECUTABLE_MODE ? { executable: true } : {}
  return { path, operation: 'add', replacement: text, ...executable, patch_hash: sha256(text) }
}

/** A patch where it says exactly this, else the whole text; what neither can say is refused now, not when it lands. */
function changeBack(path: string, now: Buffer, old: Buffer): FileChange {
  const refusal = baseRefusal(now)
  if (refusal !== null) throw cannot(path, said(refusal.message))
  const patch = createPatch(now, old)
  if (patch !== null && Buffer.byteLength(patch) <= MAX_PATCH_BYTES) {
    const parsed = parsePatch(patch, path, 'update')
    const applied = parsed.ok ? applyPatch(now, parsed.patch, 'update') : null
    if (applied?.ok === true && applied.result?.equals(old) === true)
      return { path, operation: 'update', patch, patch_hash: sha256(patch) }
  }
  const text = old.toString('utf8')
  const whole = applyReplacement(now, text)
  if (!whole.ok || !whole.result.equals(old))
    throw cannot(path, 'had a text that changes may not bring (its size, its lines or their endings)')
  return { path, operation: 'update', replacement: text, patch_hash: sha256(text) }
}

/** `<task>-revert`, with a number from the second on; an id has at most 200 characters. */
function freeTask(store: Store, task: string): string {
  const isUsed = store.db.sql<{ n: number }>(
    `SELECT EXISTS (SELECT 1 FROM change_queue WHERE task_id = ?1)
         OR EXISTS (SELECT 1 FROM change_archive WHERE task_id = ?1) AS n`,
  )
  for (let n = 1; ; n += 1) {
    const end = n === 1 ? '-revert' : `-revert-${n}`
    const name = `${task.slice(0, 200 - end.length)}${end}`
    if (isUsed.get(name)?.n === 0) return name
  }
}

function describe(
  row: ChangeRow,
  commit: string,
  changes: readonly FileChange[],
): Pick<ChangeRequest, 'checks' | 'metadata'> {
  const { checks, metadata } = JSON.parse(row.payload) as ChangeRequest
  const about = inert((titleOf(metadata) ?? row.task_id).trim().split('\n')[0] ?? row.task_id, 200)
  const [first] = changes
  return {
    // What had to hold for the change has to hold without it.
    checks,
    metadata: {
      intent: `Revert "${about}" (change ${row.id}, commit ${commit.slice(0, 10)})`,
      complexity: metadata?.complexity ?? 1,
      sample_diff: (first?.patch ?? first?.replacement ?? `deletes ${first?.path ?? 'nothing'}`).slice(
        0,
        1000,
      ),
      telemetry_anchors: metadata?.telemetry_anchors ?? [],
      approvals: [],
      agent_model: 'none',
      reverts: { change_id: row.id, commit },
    },
  }
}
