/** What is read without deciding anything: the files of a change with both texts of each, and files of the target. */
import { isUtf8 } from 'node:buffer'
import type { Why } from '../../../schemas/acts.ts'
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import {
  MAX_LISTED,
  MAX_READ,
  type ChangedFile,
  type ChangedFiles,
  type ChangedTexts,
  type FileText,
  type ReadText,
  type SideOf,
} from '../../../schemas/reading.ts'
import { userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { branchName } from '../domain/branch-name.ts'
import { diffTrees, type TreeDifference } from '../git/history.ts'
import { lineCounts, type TextPair } from '../git/line-counts.ts'
import { objectId, type GitObject, type Objects } from '../git/objects.ts'
import { editTree, EXECUTABLE_MODE, parentOf, treeOf } from '../git/trees.ts'
import { existingTip } from '../landing/attempt.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { fileAt, findSides, type File, type SidesContext } from '../landing/sides.ts'
import type { ChangeRow } from '../store/changes.ts'
import { fileOf, isPlain, whyAt } from './why.ts'

type ReadingDeps = Pick<
  LandingDeps,
  'store' | 'objects' | 'repoGit' | 'buildGit' | 'scratch' | 'target' | 'workspaceUuid'
>

export interface Reading {
  files(id: number): Promise<ChangedFiles>
  texts(id: number, path: string): Promise<ChangedTexts>
  /** A file as the target has it. */
  file(path: string): Promise<FileText>
  /** Where a line of a side of a landed change comes from. */
  why(side: SideOf, path: string, line: number | null): Promise<Why>
}

export function openReading(deps: ReadingDeps): Reading {
  const { store } = deps
  const rowOf = (id: number): ChangeRow => {
    const row = store.changes.find(id)?.row
    if (row === undefined)
      throw userError('no_such_change', `there is no change ${id}`, 'see `hyperion list`')
    return row
  }
  return {
    async files(id) {
      const row = rowOf(id)
      const landed = await landedPair(deps, row)
      return landed === null ? writtenFiles(deps, row) : landedFiles(deps, landed)
    },
    async texts(id, path) {
      const row = rowOf(id)
      const landed = await landedPair(deps, row)
      return landed === null ? writtenTexts(deps, row, path) : landedTexts(deps, landed, path)
    },
    async file(path) {
      const tip = await existingTip(deps)
      const file = await fileOf(deps, tip, path)
      return { path, target: branchName(deps.target), tip, ...readable(file) }
    },
    async why({ id, side }, path, line) {
      const row = rowOf(id)
      const landed = await landedPair(deps, row)
      if (landed === null) {
        const hint = 'ask where a line of the target comes from with `hyperion why PATH:LINE`'
        throw userError('not_landed', `change ${id} has no commit in the repository`, hint)
      }
      return whyAt(deps, landed[side === 'before' ? 'parent' : 'commit'], path, line)
    },
  }
}

/** A landed commit and what it stands on. */
interface Pair {
  commit: string
  parent: string
}

/** Null where nothing landed, and where the repository has the commit no more. */
async function landedPair(
  { objects }: ReadingDeps,
  { landed_commit: commit }: ChangeRow,
): Promise<Pair | null> {
  if (commit === null) return null
  const parent = await parentOf(objects, commit)
  return parent === null ? null : { commit, parent }
}

const STATES: Readonly<Record<string, ChangedFile['state']>> = { A: 'added', D: 'deleted' }

async function landedFiles(deps: ReadingDeps, { commit, parent }: Pair): Promise<ChangedFiles> {
  const { objects, repoGit } = deps
  const pair = { from: await treeOf(objects, parent), to: await treeOf(objects, commit) }
  const [differences = []] = await diffTrees(repoGit, [pair])
  return {
    landed: commit,
    files: differences.slice(0, MAX_LISTED).map((one) => ({
      path: one.path,
      state: STATES[one.status] ?? 'changed',
      added: one.added,
      removed: one.removed,
      note: modeNote(one),
    })),
    more: Math.max(0, differences.length - MAX_LISTED),
    note: null,
  }
}

function modeNote({ status, oldMode, newMode }: TreeDifference): string | null {
  if (status === 'D' || oldMode === newMode) return null
  const executable = newMode === EXECUTABLE_MODE
  if (status === 'A') return executable ? 'executable' : null
  if (status === 'T') return 'it becomes another kind of entry'
  return executable ? 'becomes executable' : 'is executable no more'
}

async function landedTexts(deps: ReadingDeps, { commit, parent }: Pair, path: string): Promise<ChangedTexts> {
  const [before, after] = [await sideAt(deps, parent, path), await sideAt(deps, commit, path)]
  if (before.absent && after.absent) throw noSuchPath(path, `commit ${commit.slice(0, 10)}`)
  return {
    path,
    base_origin: 'landed',
    before,
    after,
    before_commit: parent,
    after_commit: commit,
    note: null,
  }
}

const noSuchPath = (path: string, where: string): Error =>
  userError('no_such_path', `${inert(path)} is not a path of ${where}`, 'name one of the paths it lists')

const NOTHING: ReadText = { text: null, absent: true, bytes: null, executable: false, reason: null }

async function sideAt({ objects }: ReadingDeps, commit: string, path: string): Promise<ReadText> {
  if (!isPlain(path)) return NOTHING
  const at = await fileAt(objects, await treeOf(objects, commit), path)
  if (at.kind === 'file') return readable(at.file)
  // What would go through a file is not there.
  if (at.kind === 'absent' || at.code === 'path_under_file') return NOTHING
  return { ...NOTHING, absent: false, reason: at.code === 'object_missing' ? 'gone' : 'not_a_file' }
}

/** A file as it can be shown: its text, or why there is none. */
function readable({ mode, bytes }: Pick<File, 'mode' | 'bytes'>): ReadText {
  const reason =
    bytes.length > MAX_READ ? 'too_large' : bytes.includes(0) ? 'binary' : !isUtf8(bytes) ? 'not_utf8' : null
  return {
    text: reason === null ? bytes.toString('utf8') : null,
    absent: false,
    bytes: bytes.length,
    executable: mode === EXECUTABLE_MODE,
    reason,
  }
}

/** Objects of which what is staged is seen by nobody else and never written: reading leaves nothing behind. */
function scratchOver(objects: Objects): Objects {
  const own = new Map<string, GitObject>()
  return {
    ...objects,
    read: async (oid) => own.get(oid) ?? objects.read(oid),
    stage(type, body) {
      const oid = objectId(objects.format, type, body)
      own.set(oid, { type, body })
      return oid
    },
  }
}

async function sidesContext(
  deps: ReadingDeps,
  row: ChangeRow,
  request: ChangeRequest,
): Promise<SidesContext> {
  const objects = scratchOver(deps.objects)
  const tip = await existingTip(deps)
  const gone = request.changes.filter(({ operation }) => operation === 'delete').map(({ path }) => path)
  return {
    objects,
    git: deps.buildGit,
    tip,
    tipTree: await treeOf(objects, tip),
    enqueuedTip: row.enqueued_tip,
    clear: async (tree) =>
      gone.length === 0 ? tree : editTree(objects, tree, new Map(gone.map((path) => [path, null]))),
  }
}

const NO_BASE = 'no commit is known that this patch fits on'

const WRITTEN: Readonly<Record<FileChange['operation'], ChangedFile['state']>> = {
  add: 'added',
  update: 'changed',
  delete: 'deleted',
}

async function writtenFiles(deps: ReadingDeps, row: ChangeRow): Promise<ChangedFiles> {
  const request = JSON.parse(row.payload) as ChangeRequest
  const note = wholeNote(row)
  if (request.changes.length === 0) return { landed: null, files: [], more: 0, note }
  const context = await sidesContext(deps, row, request)
  const files: ChangedFile[] = []
  const uncounted: { file: ChangedFile; pair: TextPair }[] = []
  for (const change of request.changes) {
    const sides = await findSides(context, request, change)
    const file: ChangedFile = {
      path: change.path,
      state: sides.kind === 'sides' ? WRITTEN[change.operation] : sides.kind === 'refused' ? 'refused' : 'unknown', // prettier-ignore
      added: null,
      removed: null,
      note: sides.kind === 'refused' ? inert(sides.message, 500) : sides.kind === 'base_unknown' ? NO_BASE : null, // prettier-ignore
    }
    files.push(file)
    if (sides.kind !== 'sides') continue
    const { base, theirs, lines } = sides
    if (change.operation === 'add' && theirs?.mode === EXECUTABLE_MODE) file.note = 'executable'
    if (lines !== null) Object.assign(file, lines)
    else {
      const none = Buffer.alloc(0)
      uncounted.push({ file, pair: { before: base?.bytes ?? none, after: theirs?.bytes ?? none } })
    }
  }
  // A disk that takes no file leaves them uncounted, which is no reason not to list them.
  const pairs = uncounted.map(({ pair }) => pair)
  const counts = await lineCounts(deps.buildGit, deps.scratch, pairs).catch(() => [])
  for (const [index, { file }] of uncounted.entries()) Object.assign(file, counts[index] ?? {})
  return { landed: null, files, more: 0, note }
}

/** What a comparison of what was sent, instead of what landed, has to say of itself. */
function wholeNote({ kind, status, landed_commit }: ChangeRow): string | null {
  if (landed_commit !== null)
    return 'The repository has the landed commit no more, so this is the change as it was written.'
  if (kind === 'upstream_merge')
    return 'git makes this merge once it is its turn; what it brings is known when it has landed.'
  if (status === 'applied')
    return 'It landed no commit of its own: what it asks for was there already. This is the change as it was written.'
  return null
}

async function writtenTexts(deps: ReadingDeps, row: ChangeRow, path: string): Promise<ChangedTexts> {
  const request = JSON.parse(row.payload) as ChangeRequest
  const change = request.changes.find((one) => one.path === path)
  if (change === undefined) throw noSuchPath(path, `change ${row.id}`)
  const sides = await findSides(await sidesContext(deps, row, request), request, change)
  const unknown = { path, base_origin: 'unknown', before: null, before_commit: null, after_commit: null } as const // prettier-ignore
  if (sides.kind === 'refused') return { ...unknown, after: null, note: inert(sides.message, 500) }
  if (sides.kind === 'base_unknown') return { ...unknown, after: null, note: NO_BASE }
  const { base, baseCommit, origin, theirs, normalised } = sides
  const after = theirs === null ? NOTHING : readable(theirs)
  if (origin === 'unknown') return { ...unknown, after, note: 'no commit is known that it was written on' }
  return {
    path,
    base_origin: origin,
    before: base === null ? NOTHING : readable(base),
    after,
    before_commit: baseCommit,
    after_commit: null,
    note: normalised.length === 0 ? null : inert(normalised.join('; '), 500),
  }
}
