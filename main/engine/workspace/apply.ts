/** Applies a change request to the checkout itself, all or nothing, without a commit. */
import { chmodSync, closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { renameSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import { HyperionError } from '../base/errors.ts'
import { isAlive, ownIdentity } from '../base/process.ts'
import { applyPatch, applyReplacement, baseRefusal } from '../domain/patch/apply.ts'
import { parsePatch } from '../domain/patch/parse.ts'
import { pathStates, refreshIndex, type PathState } from '../git/checkout.ts'
import type { Repository } from '../git/repository.ts'
import type { JournalFile } from '../store/journal.ts'
import type { Store } from '../store/store.ts'

export interface ApplyDeps {
  store: Store
  repository: Repository
  /** Runs the request's checks on the checkout; null to run none. Returns why they do not pass, or null. */
  check: (() => Promise<string | null>) | null
}

const notApplied = (code: string, message: string, hint = 'nothing was changed'): HyperionError =>
  new HyperionError('not_landed', code, message, { hint })

/** Applies a valid request; throws a `not_landed` error (exit 3) with nothing changed when it cannot. */
export async function applyToCheckout(deps: ApplyDeps, request: ChangeRequest): Promise<string[]> {
  const { store, repository } = deps
  const checkout = { gitDir: repository.gitDir, folder: repository.workspace }
  // Read before git is asked and compared again before each write: what is edited in between is the operator's.
  const seen = new Map(
    request.changes.map(
      ({ path }) => [path, onDisk(path, () => read(join(repository.workspace, path)))] as const,
    ),
  )
  await refreshIndex(checkout)
  const states = await pathStates(
    checkout,
    request.changes.map(({ path }) => path),
  )
  // Read and written down in one transaction, so that two at once do not build on each other's middle.
  const { journal, files } = store.db.write(() => {
    recoverApplied(deps)
    const planned = request.changes.map((change) =>
      plan(repository.workspace, change, states.get(change.path) ?? 'absent'),
    )
    for (const file of planned) refuseEdited(file.path, seen.get(file.path) ?? null, file.oldBytes)
    const id = store.journal.begin({
      kind: 'apply',
      // Until the checks have passed, a restart takes it back.
      direction: deps.check === null ? 'forward' : 'back',
      details: { task_id: request.task_id, paths: planned.map(({ path }) => path) },
      process: ownIdentity(),
      files: planned,
    })
    return { journal: id, files: planned }
  })
  try {
    for (const file of files) {
      refuseEdited(file.path, file.oldBytes, read(join(repository.workspace, file.path)))
      onDisk(file.path, () => writeFile(repository.workspace, file.path, file.newBytes, file.newMode))
    }
    const failure = deps.check === null ? null : await deps.check()
    if (failure !== null) throw notApplied('checks_failed', failure, 'everything was put back')
  } catch (thrown) {
    throw keptIn(thrown, restore(deps, journal, files))
  }
  store.journal.end(journal, 'done')
  store.logs.write({
    message: 'applied to checkout',
    taskId: request.task_id,
    details: { paths: files.length },
  })
  return files.map(({ path }) => path)
}

/** Refuses a file that somebody wrote to since it was looked at. */
function refuseEdited(path: string, before: Buffer | null, now: Buffer | null): void {
  if (same(before, now)) return
  throw notApplied(
    'local_edits',
    `${path} was edited while the change was being applied`,
    'try again; your edit stayed',
  )
}

/** Runs work on a file; what the system refuses is no bug of this program. */
function onDisk<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw notApplied('not_writable', `${path} cannot be read or written (${code})`, 'everything was put back')
  }
}

/** Tells the truth about what could not be put back. */
function keptIn(thrown: unknown, kept: readonly string[]): unknown {
  if (kept.length === 0 || !(thrown instanceof HyperionError)) return thrown
  const hint = `${kept.join(', ')} changed meanwhile and stayed as it is; everything else was put back`
  return notApplied(thrown.code, thrown.message, hint)
}

/** Works out one file from what the checkout has; the operator's edits are built upon or refused, never replaced. */
function plan(folder: string, change: FileChange, state: PathState): JournalFile {
  const { path, operation } = change
  refuseLinks(folder, path)
  const file = join(folder, path)
  if (state === 'clean' && !isFile(file)) {
    throw notApplied(
      'not_checked_out',
      `${path} is tracked but not in this checkout (sparse, or a submodule)`,
    )
  }
  const old = isFile(file) ? onDisk(path, () => readFileSync(file)) : null
  if (operation === 'add' && old !== null)
    throw notApplied('file_exists', `${path} exists already in the checkout`)
  if (operation !== 'add' && old === null)
    throw notApplied('file_missing', `${path} does not exist in the checkout`)
  if (operation !== 'add' && state === 'untracked') {
    throw notApplied('not_tracked', `${path} is in the checkout but not tracked, so it is left alone`)
  }
  if (change.patch === undefined && state === 'changed') {
    throw notApplied(
      'local_edits',
      `${path} has local edits that would be lost`,
      'commit or stash them; nothing was changed',
    )
  }
  const refusal = old === null ? null : baseRefusal(old)
  if (refusal !== null && !(operation === 'delete' && change.patch === undefined)) {
    throw notApplied(refusal.code, `${path}: ${refusal.message}`)
  }
  const oldMode = old === null ? null : lstatSync(file).mode & 0o777
  const result = effectOf(change, old)
  if (operation === 'delete' && state === 'changed') {
    throw notApplied(
      'local_edits',
      `${path} has local edits that would be lost`,
      'commit or stash them; nothing was changed',
    )
  }
  const newMode = result === null ? null : (oldMode ?? (change.executable === true ? 0o755 : 0o644))
  return { path, oldBytes: old, oldMode, newBytes: result, newMode }
}

function effectOf(change: FileChange, old: Buffer | null): Buffer | null {
  const { path, operation } = change
  const failed = (said: { code: string; message: string }): HyperionError =>
    notApplied(said.code, `${path}: ${said.message}`)
  if (change.patch === undefined) {
    if (operation === 'delete') return null
    const whole = applyReplacement(old, change.replacement ?? '')
    if (!whole.ok) throw failed(whole)
    return whole.result
  }
  const parsed = parsePatch(change.patch, path, operation)
  if (!parsed.ok) throw failed(parsed)
  const applied = applyPatch(old, parsed.patch, operation)
  if (!applied.ok) throw failed(applied)
  return applied.result
}

function isFile(file: string): boolean {
  try {
    return lstatSync(file).isFile()
  } catch {
    // Not there, or a file stands where one of its folders would have to be.
    return false
  }
}

/** Refuses a path that is, or goes through, a symbolic link or anything else that is not a plain file or folder. */
function refuseLinks(folder: string, path: string): void {
  const parts = path.split('/')
  for (let length = 1; length <= parts.length; length += 1) {
    const part = parts.slice(0, length).join('/')
    const stat = lstatSync(join(folder, part), { throwIfNoEntry: false })
    if (stat === undefined) return
    const fits = length === parts.length ? stat.isFile() : stat.isDirectory()
    if (!fits)
      throw notApplied(
        'not_a_regular_file',
        `${part} in the checkout is not a plain file or folder on the way to ${path}`,
      )
  }
}

/** Puts a file in place by temporary file, fsync and rename; null removes it. */
function writeFile(folder: string, path: string, bytes: Buffer | null, mode: number | null): void {
  const file = join(folder, path)
  if (bytes === null) {
    rmSync(file, { force: true })
    removeEmptyFolders(folder, dirname(path))
    return
  }
  mkdirSync(dirname(file), { recursive: true })
  const temporary = join(dirname(file), `.hyperion-${process.pid}.tmp`)
  const handle = openSync(temporary, 'wx', mode ?? 0o644)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  if (mode !== null) chmodSync(temporary, mode)
  renameSync(temporary, file)
}

function removeEmptyFolders(folder: string, below: string): void {
  for (let at = below; at !== '.' && at !== ''; at = dirname(at)) {
    try {
      rmdirSync(join(folder, at))
    } catch {
      return
    }
  }
}

/** Puts back every file that still is as we wrote it; one that somebody edited since is theirs and stays. */
function restore(deps: ApplyDeps, journal: number, files: readonly JournalFile[]): string[] {
  const kept: string[] = []
  deps.store.journal.turnBack(journal)
  for (const file of files) {
    const now = read(join(deps.repository.workspace, file.path))
    if (same(now, file.oldBytes)) continue
    if (same(now, file.newBytes)) writeFile(deps.repository.workspace, file.path, file.oldBytes, file.oldMode)
    else kept.push(file.path)
  }
  deps.store.journal.end(journal, 'undone')
  if (kept.length > 0) {
    deps.store.logs.write({ level: 'warn', message: 'kept edits', details: { paths: kept } })
  }
  return kept
}

const read = (file: string): Buffer | null => (isFile(file) ? readFileSync(file) : null)

const same = (a: Buffer | null, b: Buffer | null): boolean =>
  a === null || b === null ? a === b : a.equals(b)

/** Finishes or undoes an `apply` whose process died; what somebody edited in the meantime stays as it is. */
export function recoverApplied(deps: Pick<ApplyDeps, 'store' | 'repository'>): void {
  const { store, repository } = deps
  for (const row of store.journal.open()) {
    if (row.kind !== 'apply') continue
    if (isAlive({ pid: row.pid, startedAt: row.pid_started })) {
      if (row.pid === process.pid) continue
      const said = `process ${row.pid} is applying a change to this checkout`
      throw new HyperionError('transient', 'apply_running', said, { hint: 'wait for it to end' })
    }
    const files = store.journal.files(row.id)
    for (const file of files) {
      const folder = dirname(join(repository.workspace, file.path))
      rmSync(join(folder, `.hyperion-${row.pid}.tmp`), { force: true })
    }
    if (row.direction === 'back') restore({ ...deps, check: null }, row.id, files)
    else {
      for (const file of files) {
        const now = read(join(repository.workspace, file.path))
        if (same(now, file.oldBytes)) writeFile(repository.workspace, file.path, file.newBytes, file.newMode)
      }
      store.journal.end(row.id, 'done')
    }
    store.logs.write({ level: 'warn', message: 'recovered checkout', details: { direction: row.direction } })
  }
}
