/** The post-condition: a candidate differs from its parent in exactly what its change declared. */
import type { GitOptions } from '../git/git.ts'
import { diffTrees, type TreeDifference } from '../git/history.ts'
import type { ExpectedPath } from './build.ts'
import type { Candidate, LandingDeps } from './deps.ts'

const REGULAR = new Set(['100644', '100755'])

/** Patches of more lines are compared by the lines they add on balance: the shortest difference is too long in coming. */
const COUNTED_LINES = 20_000

/** Returns what is wrong with a difference, or null: compared by git, not by the code that built the tree. */
export function violation(
  expected: readonly ExpectedPath[],
  found: readonly TreeDifference[],
): string | null {
  const byPath = new Map(expected.map((one) => [one.path, one]))
  for (const difference of found) {
    const { path, status } = difference
    const want = byPath.get(path)
    if (want === undefined) return `${path} changed and was not declared`
    byPath.delete(path)
    if (want.status !== status) return `${path} is ${status} and was declared ${want.status}`
    if (status !== 'D' && !REGULAR.has(difference.newMode)) return `${path} became mode ${difference.newMode}`
    if (status !== 'D' && difference.newMode !== want.mode) return `${path} has mode ${difference.newMode}`
    if (status === 'M' && !REGULAR.has(difference.oldMode)) return `${path} was mode ${difference.oldMode}`
    if (status !== 'D' && difference.newOid !== want.oid)
      return `${path} holds other contents than were built`
    if (want.lines !== null && difference.added !== null && difference.removed !== null) {
      const { added, removed } = want.lines
      // The shortest difference may be shorter than the patch wrote, never longer or lopsided.
      const counted = added + removed <= COUNTED_LINES
      const balanced = difference.added - difference.removed === added - removed
      const agrees = balanced && (!counted || difference.added <= added)
      if (!agrees) {
        return `${path} differs by +${difference.added} -${difference.removed}, its patch by +${added} -${removed}`
      }
    }
  }
  const [missing] = byPath.keys()
  return missing === undefined ? null : `${missing} was declared and did not change`
}

/** The same for a merge of upstream, in which links and submodules may come along, as in any commit of the operator's. */
function mergeViolation(expected: readonly ExpectedPath[], found: readonly TreeDifference[]): string | null {
  const byPath = new Map(expected.map((one) => [one.path, one]))
  for (const { path, status, newMode, newOid } of found) {
    const want = byPath.get(path)
    if (want === undefined) return `${path} changed, which upstream did not change`
    byPath.delete(path)
    const deleted = status === 'D'
    if (deleted !== (want.oid === null)) return `${path} is ${status} and was to be ${want.status}`
    if (!deleted && (newMode !== want.mode || newOid !== want.oid)) {
      return `${path} holds something else than upstream has or a person decided`
    }
  }
  const [missing] = byPath.keys()
  return missing === undefined ? null : `${missing} was to change and did not`
}

const violationOf = (candidate: Candidate, found: readonly TreeDifference[]): string | null =>
  candidate.mergeParent === null
    ? violation(candidate.expected, found)
    : mergeViolation(candidate.expected, found)

/** Returns, by change, what is wrong with candidates whose objects are in the repository; empty when all are sound. */
export async function findViolations(
  git: GitOptions,
  candidates: readonly Candidate[],
): Promise<Map<number, string>> {
  const pairs = candidates.map(({ parentTree, tree }) => ({ from: parentTree, to: tree }))
  const differences = await diffTrees(git, pairs)
  const suspects = candidates.flatMap((candidate, index) => {
    const pair = pairs[index]
    return pair === undefined || violationOf(candidate, differences[index] ?? []) === null
      ? []
      : [{ candidate, pair }]
  })
  // A patch may be shorter than the difference git finds in a hurry; what is wrong is wrong in the shortest as well.
  const minimal = await diffTrees(git, suspects.map(({ pair }) => pair), true) // prettier-ignore
  const wrong = new Map<number, string>()
  for (const [index, { candidate }] of suspects.entries()) {
    const said = violationOf(candidate, minimal[index] ?? [])
    if (said === null) continue
    wrong.set(candidate.row.id, `was built wrong and may not land (a bug, please report it): ${said}`)
  }
  return wrong
}

/** Candidates written and verified together while the next ones are built. */
const PART = 512

/** Writes and verifies a chain of candidates behind whoever builds it, so that git works meanwhile. */
export interface Verifier {
  /** Takes the next candidate; what it is made of is staged. */
  add(candidate: Candidate): void
  /** Writes everything that is staged still. */
  write(): Promise<void>
  /** Returns, by change, what is wrong with the candidates; call once, when all are written. */
  violations(): Promise<Map<number, string>>
}

export function openVerifier({ objects, buildGit }: Pick<LandingDeps, 'objects' | 'buildGit'>): Verifier {
  let part: Candidate[] = []
  const found: Promise<Map<number, string>>[] = []
  const verify = (written: Promise<void>): void => {
    const candidates = part
    part = []
    const violations = written.then(() => findViolations(buildGit, candidates))
    // Whoever asks for the result hears of it; nobody does when building failed.
    violations.catch(() => undefined)
    found.push(violations)
  }
  return {
    add(candidate) {
      part.push(candidate)
      if (part.length >= PART) verify(objects.flush())
    },
    write: () => objects.flush(),
    async violations() {
      verify(Promise.resolve())
      return new Map((await Promise.all(found)).flatMap((some) => [...some]))
    },
  }
}
