/** Why a path is in conflict: which commits of the target touched which of its lines since the base, and what they were for. */
import type { ConflictRecord } from '../../../../schemas/conflict.ts'
import type { WhyCommits } from '../../../../schemas/reviewer.ts'
import { asHyperionError } from '../../base/errors.ts'
import { sidesKey } from '../../domain/sides-key.ts'
import {
  commitsBetween,
  linesRemoved,
  linesSince,
  patchOf,
  readCommits,
  type BlamedLines,
  type NamedCommit,
} from '../../git/blame.ts'
import { mergeBases } from '../../git/merge-trees.ts'
import { lookUp, treeOf } from '../../git/trees.ts'
import type { LandingDeps } from '../../landing/deps.ts'
import type { ConflictRow } from '../../store/records.ts'
import { partyOfCommit } from './parties.ts'
import { recordOf } from './sides.ts'

/** Commits shown for a path. */
const SHOWN = 50
const LONGEST_DIFF = 64 * 1024
/** Answers kept: a person goes to and fro between the paths of a few conflicts. */
const KEPT = 64

interface Blamed {
  lines: BlamedLines[]
  removed: BlamedLines[]
  commits: NamedCommit[]
  unknown: string | null
}

type CommitOfPath = WhyCommits['commits'][number]

export type WhyReader = (conflict: ConflictRow) => Promise<WhyCommits>

/** Answers are remembered by what they are about, which no commit changes any more. */
export function openWhy(deps: LandingDeps): WhyReader {
  const known = new Map<string, Promise<Omit<WhyCommits, 'path' | 'sides_key'>>>()
  return async (conflict) => {
    const record = recordOf(conflict)
    const key = JSON.stringify([record.tip, record.path, record.base_commit, sidesKey(record)])
    const answer = known.get(key) ?? explain(deps, conflict, record)
    known.delete(key)
    known.set(key, answer)
    for (const oldest of known.keys()) {
      if (known.size <= KEPT) break
      known.delete(oldest)
    }
    try {
      return { path: record.path, sides_key: sidesKey(record), ...(await answer) }
    } catch (thrown) {
      known.delete(key)
      throw thrown
    }
  }
}

async function explain(
  deps: LandingDeps,
  conflict: ConflictRow,
  record: ConflictRecord,
): Promise<Omit<WhyCommits, 'path' | 'sides_key'>> {
  const names = [...new Set([record.rename_source ?? record.path, record.path])]
  const blamed = await blameOf(deps, conflict, record, names)
  const at = new Map(blamed.commits.map(({ commit }, index) => [commit, index]))
  const placed = (found: readonly BlamedLines[]): WhyCommits['lines'] =>
    found.flatMap(({ commit, from, to }) => {
      const index = at.get(commit)
      return index === undefined ? [] : [{ from, to, commit: index }]
    })
  const commits: CommitOfPath[] = []
  for (const commit of blamed.commits) {
    commits.push({
      ...partyOfCommit(deps, commit),
      commit: commit.commit,
      subject: commit.subject,
      author: commit.author,
      committed_at: commit.committedAt,
      diff: await patchOf(deps.buildGit, commit.commit, names, LONGEST_DIFF),
    })
  }
  return { commits, lines: placed(blamed.lines), removed: placed(blamed.removed), unknown: blamed.unknown }
}

async function blameOf(
  deps: LandingDeps,
  conflict: ConflictRow,
  record: ConflictRecord,
  names: readonly string[],
): Promise<Blamed> {
  const { buildGit, objects } = deps
  const unknown = async (sentence: string): Promise<Blamed> => {
    const touched = record.touched_by.map(({ commit }) => commit).toReversed()
    const commits = await readCommits(buildGit, touched.slice(0, SHOWN))
    return { lines: [], removed: [], commits, unknown: sentence }
  }
  const { base_commit: base, tip } = record
  if (base === null) return unknown('it is not known on which commit the change was written')
  if ((await objects.read(base))?.type !== 'commit' || !(await isStored(deps, base)))
    return unknown(`the commit ${base.slice(0, 10)}, on which the change was written, is gone`)
  if (!(await isStored(deps, tip)))
    return unknown(`the commit ${tip.slice(0, 10)}, on which the conflict was found, is gone`)
  const bases = await mergeBases(buildGit, base, tip)
  if (bases.length === 0)
    return unknown(
      `the commit ${base.slice(0, 10)}, on which the change was written, shares no history with it`,
    )
  try {
    const isText = (bytes: Buffer | null): boolean => bytes !== null && !bytes.includes(0)
    const [source = record.path] = names
    const lines =
      isText(conflict.ours) && (await holds(deps, tip, record.path, record.ours))
        ? await linesSince(buildGit, base, tip, record.path)
        : []
    // Of what its author committed before, the target knows nothing; they may have left this file as it was.
    const start = isText(conflict.base) ? await firstHolding(deps, bases, source, record.base) : null
    const removed = start === null ? [] : await linesRemoved(buildGit, start, tip, source)
    const touching = await commitsBetween(buildGit, base, tip, SHOWN, names)
    const named = new Set(touching.map(({ commit }) => commit))
    const others = [...new Set([...lines, ...removed].map(({ commit }) => commit))].filter(
      (one) => !named.has(one),
    )
    const commits = [...touching, ...(await readCommits(buildGit, others.slice(0, SHOWN)))]
    const isBinary = [conflict.base, conflict.ours].some((side) => side?.includes(0) === true)
    return { lines, removed, commits, unknown: isBinary ? 'it is not text, and has no lines' : null }
  } catch (thrown) {
    const error = asHyperionError(thrown)
    if (error.kind !== 'transient') throw thrown
    return unknown(`git could not tell: ${error.message}`)
  }
}

/** Whether git itself finds a commit: what was read before stays in memory when it is gone. */
async function isStored({ buildGit }: LandingDeps, commit: string): Promise<boolean> {
  return (await readCommits(buildGit, [commit])).length === 1
}

/** Whether a commit has exactly this file at a path: else lines of the one would be told of the other. */
async function holds(
  { objects }: LandingDeps,
  commit: string,
  path: string,
  blob: ConflictRecord['base'],
): Promise<boolean> {
  const at = await lookUp(objects, await treeOf(objects, commit), path)
  return at.kind === 'entry' && at.entry.oid === blob?.oid
}

async function firstHolding(
  deps: LandingDeps,
  commits: readonly string[],
  path: string,
  blob: ConflictRecord['base'],
): Promise<string | null> {
  for (const commit of commits) if (await holds(deps, commit, path, blob)) return commit
  return null
}
