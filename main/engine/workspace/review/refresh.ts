/** Looks at a conflict again on the target as it is now, and writes down what came of it. */
import type { ConflictRecord } from '../../../../schemas/conflict.ts'
import { userError, type HyperionError } from '../../base/errors.ts'
import { commitsSince } from '../../git/history.ts'
import { treeOf } from '../../git/trees.ts'
import { requireRow } from '../../landing/acts.ts'
import { existingTip } from '../../landing/attempt.ts'
import { bringOnto, type ConflictFinding } from '../../landing/build-path.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import { describeConflicts, touchedBy, type StoredConflict } from '../../landing/finish.ts'
import { preview } from '../../landing/preview.ts'
import { leftAt, rewoundSentence, TARGET_REWOUND, targetStanding } from '../../landing/rewound.ts'
import { fileAt, type File } from '../../landing/sides.ts'
import type { ChangeRow } from '../../store/changes.ts'
import type { ConflictRow } from '../../store/records.ts'
import { recordOf } from './sides.ts'

/** Returns the live row of a change in conflict, or throws a sentence that says how it stands. */
export function requireInConflict(store: LandingDeps['store'], id: number): ChangeRow {
  const row = requireRow(store, id)
  if (row.status === 'conflict') return row
  throw userError('wrong_status', `change ${id} is ${row.status} by now, and in no conflict`, 'look again')
}

/**
 * Builds the change on the present tip, as a worker would, and replaces what is stored about its conflict. Paths that
 * fit by now are in it no more; where none is left the change stays as it is until somebody requeues it.
 */
export async function refresh(deps: LandingDeps, id: number, actor: string): Promise<void> {
  const { store } = deps
  const row = requireInConflict(store, id)
  const tip = await soundTip(deps)
  const before = store.records.conflicts(id)
  const fresh = await lookAgain(deps, row, before, tip)
  const stamp = stampOf(before)
  if (stampOf(fresh) === stamp) return
  store.db.write(() => {
    requireInConflict(store, id)
    // A worker, or somebody else who looked again, was quicker: what they found is no older than this.
    if (stampOf(store.records.conflicts(id)) !== stamp) return
    store.records.setConflicts(id, fresh)
    const left = new Set(fresh.map(({ path }) => path))
    const fits = before.map(({ path }) => path).filter((path) => !left.has(path))
    const details = { by: actor, tip, paths: [...left], fits }
    store.logs.write({ message: 'conflict looked at again', queueId: id, taskId: row.task_id, details })
  })
}

const stampOf = (rows: readonly Pick<ConflictRow, 'record'>[]): string =>
  JSON.stringify(rows.map(({ record }) => record).toSorted())

/** The target's tip, where it holds what landed; looking pauses nobody. */
async function soundTip(deps: LandingDeps): Promise<string> {
  const left = leftAt(deps)
  const tip = await existingTip(deps)
  const standing = await targetStanding(deps, left, tip)
  if (standing.kind !== 'rewound') return tip
  const { sentence, remedy } = rewoundSentence(deps, standing)
  throw userError(TARGET_REWOUND, sentence, remedy)
}

async function lookAgain(
  deps: LandingDeps,
  row: ChangeRow,
  before: readonly ConflictRow[],
  tip: string,
): Promise<StoredConflict[]> {
  const built = await preview(deps, row, tip, deps.store.records.resolutions(row.id))
  switch (built.kind) {
    case 'built':
    case 'already_present':
      return []
    case 'conflict':
      return describeConflicts(deps, built.conflicts, tip)
    case 'refused':
      if (built.code === 'base_missing') return fromStored(deps, before, tip)
      throw cannotBuild(row.id, built)
  }
}

export const cannotBuild = (
  id: number,
  { code, message }: { code: string; message: string },
): HyperionError =>
  userError(code, `change ${id} cannot be built on the target as it is now: ${message}`, 'cancel it')

/**
 * The commit it was written on is gone from the repository, its texts are not: they are merged with what the target has
 * now. None of these paths leaves the conflict, for without that commit only a decision brings them in.
 */
async function fromStored(
  deps: LandingDeps,
  before: readonly ConflictRow[],
  tip: string,
): Promise<StoredConflict[]> {
  const tree = await treeOf(deps.objects, tip)
  const findings: ConflictFinding[] = []
  for (const row of before) findings.push(await findAgain(deps, row, tree))
  const described = await describeConflicts(deps, findings, tip)
  return Promise.all(
    described.map(async (stored) => {
      const old = recordOf(before.find(({ path }) => path === stored.path) as ConflictRow)
      const names = [...new Set([old.rename_source ?? old.path, old.path])]
      const since = await commitsSince(deps.buildGit, old.tip, tip, names)
      const touched_by = [...old.touched_by, ...since.map((one) => touchedBy(one, deps.workspaceUuid))]
      return {
        ...stored,
        record: JSON.stringify({ ...recordOf(stored), touched_by } satisfies ConflictRecord),
      }
    }),
  )
}

async function findAgain(deps: LandingDeps, row: ConflictRow, tree: string): Promise<ConflictFinding> {
  const record = recordOf(row)
  const at = await fileAt(deps.objects, tree, record.path)
  if (at.kind === 'refused') throw cannotBuild(row.change_id, at)
  const ours = at.kind === 'file' ? at.file : null
  const base = fileOf(record.base, row.base)
  const theirs = fileOf(record.theirs, row.theirs)
  const found: ConflictFinding = {
    path: record.path,
    kind: record.kind,
    base,
    ours,
    theirs,
    markers: null,
    renameSource: record.rename_source,
    baseCommit: record.base_commit,
    origin: record.base_origin,
  }
  if (record.kind === 'base_unknown') return found
  const context = {
    objects: deps.objects,
    git: deps.buildGit,
    scratch: deps.scratch,
    tipTree: tree,
    labels: { base: 'base', ours: 'target', theirs: `change ${row.change_id}` },
  }
  // Without the commit nobody can tell where the target has the file under another name.
  const sides = { kind: 'sides', base, baseCommit: null, origin: record.base_origin, theirs } as const
  const again = await bringOnto(context, record.path, { ...sides, lines: null, normalised: [] })
  if (again.kind === 'refused') throw cannotBuild(row.change_id, again)
  if (again.kind !== 'conflict') return found
  const { kind, markers } = again.conflict
  return { ...found, kind: record.rename_source === null ? kind : record.kind, markers }
}

const fileOf = (blob: ConflictRecord['base'], bytes: Buffer | null): File | null =>
  blob === null || bytes === null ? null : { ...blob, bytes }
