/** The post-condition: a candidate differs from its parent in exactly what its change declared. */
import type { GitOptions } from '../git/git.ts'
import { diffTrees, type TreeDifference } from '../git/history.ts'
import type { ExpectedPath } from './build.ts'
import type { Candidate } from './deps.ts'

const REGULAR = new Set(['100644', '100755'])

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
      // git may find a shorter difference than the patch wrote, never a longer or a lopsided one.
      const agrees = difference.added - difference.removed === added - removed && difference.added <= added
      if (!agrees) {
        return `${path} differs by +${difference.added} -${difference.removed}, its patch by +${added} -${removed}`
      }
    }
  }
  const [missing] = byPath.keys()
  return missing === undefined ? null : `${missing} was declared and did not change`
}

/** Returns, by change, what is wrong with candidates whose objects are in the repository; empty when all are sound. */
export async function findViolations(
  git: GitOptions,
  candidates: readonly Candidate[],
): Promise<Map<number, string>> {
  const differences = await diffTrees(
    git,
    candidates.map(({ parentTree, tree }) => ({ from: parentTree, to: tree })),
  )
  const wrong = new Map<number, string>()
  for (const [index, { row, expected }] of candidates.entries()) {
    const said = violation(expected, differences[index] ?? [])
    if (said !== null)
      wrong.set(row.id, `was built wrong and may not land (a bug, please report it): ${said}`)
  }
  return wrong
}
