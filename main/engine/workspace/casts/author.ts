/** Edits made by hand against a pinned base: patch and hash are made here, and tried on the very file. */
import type { CastAuthored, CastBase, CastEdit } from '../../../../schemas/cast-draft.ts'
import type { FileChange, Operation } from '../../../../schemas/change-request.ts'
import { userError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { sha256 } from '../../base/hash.ts'
import { deletedFile, fileChange, type Made } from '../../domain/file-change.ts'
import { applyPatch, applyReplacement, baseRefusal } from '../../domain/patch/apply.ts'
import { parsePatch } from '../../domain/patch/parse.ts'
import { parsedPatch } from '../../domain/patch/of-change.ts'
import { pathRefusal } from '../../domain/paths.ts'
import { hunksOf } from '../../git/difference.ts'
import { treeOf } from '../../git/trees.ts'
import { tipOrThrow } from '../../landing/attempt.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import { fileAt } from '../../landing/sides.ts'

type Found = { old: Buffer | null } | { problem: string }

/** The commit that edits are made against: the one named, or the target's tip where none is yet. */
export async function pinned(deps: LandingDeps, base: string | null): Promise<string> {
  if (base === null) return tipOrThrow(deps)
  if ((await deps.objects.read(base))?.type === 'commit') return base
  throw userError(
    'base_missing',
    `base_commit ${base.slice(0, 10)} is not a commit of this repository`,
    'fetch it, or make the edits again on the present tip',
  )
}

async function find({ objects }: LandingDeps, base: string, path: string): Promise<Found> {
  const refusal = pathRefusal(path)
  if (refusal !== null) return { problem: `${inert(path, 80)}: ${refusal.message}` }
  const found = await fileAt(objects, await treeOf(objects, base), path)
  if (found.kind === 'refused') return { problem: found.message }
  return { old: found.kind === 'file' ? found.file.bytes : null }
}

/** Returns a file as the base has it, and what a finished edit makes of it. */
export async function baseText(
  deps: LandingDeps,
  base: string | null,
  path: string,
  change: FileChange | null = null,
): Promise<CastBase> {
  const base_commit = await pinned(deps, base)
  const found = await find(deps, base_commit, path)
  const no = { base_commit, text: null, edited: null }
  if ('problem' in found) return { ...no, exists: true, why: found.problem }
  const { old } = found
  const refusal = old === null ? null : baseRefusal(old)
  if (refusal !== null) return { ...no, exists: true, why: `${path}: ${refusal.message}` }
  const edited = change === null ? null : resultOf(old, change)
  return {
    base_commit,
    text: old?.toString('utf8') ?? null,
    exists: old !== null,
    why: null,
    edited: edited?.toString('utf8') ?? null,
  }
}

/** What an edit makes of a file; null where it deletes it, or does not apply. */
function resultOf(old: Buffer | null, change: FileChange): Buffer | null {
  if (change.replacement !== undefined) {
    const whole = applyReplacement(old, change.replacement)
    return whole.ok ? whole.result : null
  }
  if (change.patch === undefined) return null
  const parsed = parsedPatch(change, change.patch)
  if (!parsed.ok) return null
  const applied = applyPatch(old, parsed.patch, change.operation)
  return applied.ok ? applied.result : null
}

/** Makes an edit the entry of `changes[]` that it amounts to on its base, or says why there is none. */
export async function author(
  deps: LandingDeps,
  { path, base, edit }: { path: string; base: string | null; edit: CastEdit },
): Promise<CastAuthored> {
  const base_commit = await pinned(deps, base)
  const none = (problem: string): CastAuthored => ({
    base_commit,
    change: null,
    plus: 0,
    minus: 0,
    problem,
    notes: [],
  })
  const found = await find(deps, base_commit, path)
  if ('problem' in found) return none(found.problem)
  const { old } = found
  if (edit.kind === 'patch') return { base_commit, ...fromPatch(path, old, edit.patch) }
  const made = await fromText(deps, path, old, edit)
  if ('message' in made) return none(`${path} ${made.message}`)
  const { change, file } = made
  return { base_commit, change, plus: file.added, minus: file.removed, problem: null, notes: [] }
}

async function fromText(
  { buildGit, scratch }: LandingDeps,
  path: string,
  old: Buffer | null,
  edit: Exclude<CastEdit, { kind: 'patch' }>,
): Promise<Made> {
  if (edit.kind === 'delete') {
    if (old === null) return { code: 'file_missing', message: 'is not in the base, so it cannot be deleted' }
    return deletedFile(path, old)
  }
  const now = Buffer.from(edit.text)
  if (old?.equals(now) === true) return { code: 'no_change', message: 'would stay as it is' }
  const hunks = old === null ? undefined : await hunksOf(buildGit, scratch, old, now)
  return fileChange({ path, old, now, executable: edit.executable, hunks })
}

function fromPatch(path: string, old: Buffer | null, patch: string): Omit<CastAuthored, 'base_commit'> {
  const deletes = /^\+\+\+ \/dev\/null$/m.test(patch)
  const operation: Operation = deletes ? 'delete' : old === null ? 'add' : 'update'
  const none = (problem: string): Omit<CastAuthored, 'base_commit'> => ({
    change: null,
    plus: 0,
    minus: 0,
    problem,
    notes: [],
  })
  const parsed = parsePatch(patch, path, operation)
  if (!parsed.ok) return none(`the patch is refused: ${parsed.message}`)
  const applied = applyPatch(old, parsed.patch, operation)
  if (!applied.ok) return none(`the patch does not fit ${path} in the base: ${applied.message}`)
  const change: FileChange = { path, operation, patch, patch_hash: sha256(patch) }
  return {
    change,
    plus: applied.added,
    minus: applied.removed,
    problem: null,
    notes: [...parsed.patch.normalised],
  }
}

/** What a finished edit does on its base: lines added and removed, or why it does not apply. */
export async function tried(
  deps: LandingDeps,
  base: string,
  change: FileChange,
): Promise<{ plus: number; minus: number } | { problem: string }> {
  const found = await find(deps, base, change.path)
  if ('problem' in found) return found
  const { old } = found
  if (change.operation === 'add' && old !== null) return { problem: `${change.path} is in the base already` }
  if (change.operation !== 'add' && old === null) return { problem: `${change.path} is not in the base` }
  if (change.patch === undefined && change.replacement === undefined) {
    const gone = deletedFile(change.path, old)
    return 'file' in gone ? { plus: 0, minus: gone.file.removed } : { problem: gone.message }
  }
  if (change.replacement !== undefined) {
    const whole = applyReplacement(old, change.replacement)
    if (!whole.ok) return { problem: whole.message }
    const made = fileChange({
      path: change.path,
      old,
      now: Buffer.from(change.replacement),
      executable: false,
      hunks: undefined,
    })
    return 'file' in made ? { plus: made.file.added, minus: made.file.removed } : { problem: made.message }
  }
  const parsed = parsedPatch(change, change.patch ?? '')
  if (!parsed.ok) return { problem: parsed.message }
  const applied = applyPatch(old, parsed.patch, change.operation)
  return applied.ok ? { plus: applied.added, minus: applied.removed } : { problem: applied.message }
}
