/** Builds leased changes one on the other, in their order, and says which outcomes are final. */
import { setImmediate as nextTurn } from 'node:timers/promises'
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
    const { row, request } = leased
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
    const guarded =
      result.kind === 'built' ? result.expected.find(({ path }) => !admission.mayChange(path)) : undefined
    if (guarded !== undefined) {
      const reason = `${guarded.path}, where the target has a file of this change now, is protected and needs an approval`
      chain.ended.push({ leased, outcome: { kind: 'held', code: 'protected_path', reason, verdict: null } })
    } else if (result.kind === 'built') {
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
      chain.candidates.push(candidate)
      onBuilt(candidate)
      // What is cached is built without ever waiting; others want to be heard meanwhile.
      if (chain.candidates.length % TURN === 0) await nextTurn()
      tree = result.tree
    } else if (chain.candidates.length > 0) {
      defer()
    } else if (result.kind === 'already_present') {
      chain.ended.push({ leased, outcome: { kind: 'already_present' } })
    } else if (result.kind === 'refused') {
      chain.ended.push({
        leased,
        outcome: { kind: 'validation_failed', code: result.code, reason: result.message },
      })
    } else {
      const outcome: AttemptOutcome = { kind: 'conflict', paths: result.conflicts.map((c) => c.path) }
      chain.ended.push({ leased, outcome, conflicts: result.conflicts })
    }
  }
  return chain
}
