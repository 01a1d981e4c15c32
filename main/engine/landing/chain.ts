/** Builds leased changes one on the other, in their order, and says which outcomes are final. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { unreachable } from '../base/errors.ts'
import { CONFIG_FILE } from '../domain/config.ts'
import type { AttemptOutcome } from '../domain/states.ts'
import type { ResolutionRow } from '../store/records.ts'
import { isRegularFile, lookUp, treeOf } from '../git/trees.ts'
import { buildChange, type PathResolution } from './build.ts'
import { buildMerge, mergeOf } from './merge.ts'
import type { ConflictFinding } from './build-path.ts'
import type { Candidate, LandingDeps, Leased } from './deps.ts'
import type { Admission } from './policy.ts'

export interface Ended {
  leased: Leased
  outcome: AttemptOutcome
  conflicts?: readonly ConflictFinding[]
}

export interface Chain {
  candidates: Candidate[]
  ended: Ended[]
  /** Did not fit on candidates that have not landed yet; looked at again once those have. */
  deferred: Leased[]
}

/** Candidates built in one turn of the event loop. */
const TURN = 32

function byPath(rows: readonly ResolutionRow[]): Map<string, PathResolution> {
  return new Map(
    rows.map((row) => [
      row.path,
      {
        path: row.path,
        content: row.content,
        mode: row.mode,
        resolvedPath: row.resolved_path,
        oursOid: row.ours_oid,
        theirsOid: row.theirs_oid,
        resolvedBy: row.resolved_by,
      },
    ]),
  )
}

/** Reads what the changes are about to need, all at once: one by one, each would wait for its own answer. */
async function warm(deps: LandingDeps, admitted: readonly { leased: Leased }[], tree: string): Promise<void> {
  if (admitted.length === 1) return
  const paths = new Set(admitted.flatMap(({ leased }) => leased.request.changes.map((change) => change.path)))
  await Promise.all(
    [...paths].map(async (path) => {
      const found = await lookUp(deps.objects, tree, path)
      if (found.kind === 'entry' && isRegularFile(found.entry.mode)) await deps.objects.read(found.entry.oid)
    }),
  )
}

/** What came of building one change: `unfit` depends on what it was built on, `decided` does not. */
export type BuiltOn =
  | { kind: 'built'; candidate: Candidate }
  | { kind: 'unfit'; ended: Ended }
  | { kind: 'decided'; ended: Ended }

/** Builds one admitted change on a tree that stands on `tip`; its objects are staged. */
export async function buildOn(
  deps: LandingDeps,
  { leased, admission }: { leased: Leased; admission: Admission },
  tip: string,
  tree: string,
): Promise<BuiltOn> {
  const { row, request } = leased
  const merge = mergeOf(row)
  const resolutions = byPath(admission.resolutions)
  const result =
    merge === null
      ? await buildChange(
          {
            objects: deps.objects,
            git: deps.buildGit,
            scratch: deps.scratch,
            tip,
            tipTree: tree,
            enqueuedTip: row.enqueued_tip,
            labels: { base: 'base', ours: 'target', theirs: `change ${row.id} (${row.task_id})` },
            resolutions,
          },
          request,
        )
      : await buildMerge(deps, { tip, parentTree: tree }, merge, resolutions)
  const unfit = (outcome: AttemptOutcome): BuiltOn => ({ kind: 'unfit', ended: { leased, outcome } })
  switch (result.kind) {
    case 'already_present':
      return unfit({ kind: 'already_present' })
    case 'refused':
      return unfit({ kind: 'validation_failed', code: result.code, reason: result.message })
    case 'conflict': {
      const outcome: AttemptOutcome = { kind: 'conflict', paths: result.conflicts.map((c) => c.path) }
      return { kind: 'unfit', ended: { leased, outcome, conflicts: result.conflicts } }
    }
    case 'built': {
      const guarded = result.expected.find(({ path }) => !admission.mayChange(path))
      if (guarded !== undefined) {
        const reason = `${guarded.path}, where the target has a file of this change now, is protected and needs an approval`
        const outcome: AttemptOutcome = { kind: 'held', code: 'protected_path', reason, verdict: null }
        return { kind: 'decided', ended: { leased, outcome } }
      }
      const candidate: Candidate = {
        ...leased,
        parentTree: tree,
        tree: result.tree,
        expected: result.expected,
        normalised: result.normalised,
        checks: 'not-run',
        verdict: 'not_run',
        approvedBy: admission.approvedBy,
        mergeParent: merge?.commit ?? null,
      }
      return { kind: 'built', candidate }
    }
    default:
      return unreachable(result)
  }
}

/**
 * Builds admitted changes on the tip, each on the one before it; `onBuilt` hears of each candidate at once.
 *
 * What does not fit is final only if nothing before it in this chain could have been the reason: behind a candidate,
 * whatever its paths (renames, folders and names that differ in case tie others together), it is deferred instead. So
 * is what shares a path with a deferred change, so that order on a path is kept.
 */
export async function buildChain(
  deps: LandingDeps,
  admitted: readonly { leased: Leased; admission: Admission }[],
  tip: string,
  onBuilt: (candidate: Candidate) => void,
): Promise<Chain> {
  const chain: Chain = { candidates: [], ended: [], deferred: [] }
  const waiting = new Set<string>()
  let tree = await treeOf(deps.objects, tip)
  await warm(deps, admitted, tree)
  for (const { leased, admission } of admitted) {
    const { request } = leased
    const paths = request.changes.map((change) => change.path)
    const defer = (): void => {
      chain.deferred.push(leased)
      for (const path of paths) waiting.add(path)
    }
    // New settings are in force for everything behind them, which was admitted under the old ones.
    const underOldPolicy = chain.candidates.at(-1)?.expected.some(({ path }) => path === CONFIG_FILE) === true
    if (underOldPolicy || paths.some((path) => waiting.has(path))) {
      defer()
      continue
    }
    const result = await buildOn(deps, { leased, admission }, tip, tree)
    if (result.kind === 'built') {
      const { candidate } = result
      chain.candidates.push(candidate)
      onBuilt(candidate)
      // What is cached is built without ever waiting; others want to be heard meanwhile.
      if (chain.candidates.length % TURN === 0) await nextTurn()
      tree = candidate.tree
    } else if (result.kind === 'unfit' && chain.candidates.length > 0) {
      defer()
    } else {
      chain.ended.push(result.ended)
    }
  }
  return chain
}
