/** A target with more paths than one would check out. */
import type { Stage } from './support.ts'

/** Commits files that all hold the same, without a checkout of them. */
export function commitPaths({ repo }: Stage, paths: readonly string[]): void {
  const blob = repo.run(['hash-object', '-w', '--stdin'], { stdin: 'x\n' }).toString().trim()
  const lines = paths.map((path) => `100644 ${blob}\t${path}\n`)
  repo.run(['update-index', '--index-info'], { stdin: lines.join('') })
  repo.git('commit', '--quiet', '-m', 'many files')
}
