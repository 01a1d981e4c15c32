/** Which paths git ignores, asked of git itself. */
import { git } from './git.ts'

/**
 * Returns those of the paths (relative to the checkout, folders ending in `/`) that git ignores. What lies in another
 * repository, or behind a link, is none of this one's and counts as ignored.
 */
export async function ignoredOf(
  checkout: { gitDir: string; folder: string },
  paths: readonly string[],
): Promise<Set<string>> {
  if (paths.length === 0) return new Set()
  const { stdout, exitCode } = await git(['check-ignore', '-z', '--stdin'], {
    gitDir: checkout.gitDir,
    workTree: checkout.folder,
    cwd: checkout.folder,
    // The operator's own list of what to ignore counts as well.
    operatorConfig: true,
    // This command knows no literal paths; with a dot before them nothing in them means anything else.
    env: { GIT_LITERAL_PATHSPECS: '0' },
    stdin: paths.map((path) => `./${path}\0`).join(''),
    expect: [0, 1, 128],
  })
  if (exitCode !== 128) {
    return new Set(stdout.toString('utf8').split('\0').flatMap((path) => (path === '' ? [] : [path.slice(2)]))) // prettier-ignore
  }
  // One path that git will not judge keeps it from judging the others.
  if (paths.length === 1) return new Set(paths)
  const half = Math.ceil(paths.length / 2)
  const parts = [
    await ignoredOf(checkout, paths.slice(0, half)),
    await ignoredOf(checkout, paths.slice(half)),
  ]
  return new Set(parts.flatMap((part) => [...part]))
}
