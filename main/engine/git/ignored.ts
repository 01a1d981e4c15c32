/** Which paths git ignores, asked of git itself. */
import { git } from './git.ts'

/** Returns those of the paths (relative to the checkout, folders ending in `/`) that git ignores. */
export async function ignoredOf(
  checkout: { gitDir: string; folder: string },
  paths: readonly string[],
): Promise<Set<string>> {
  if (paths.length === 0) return new Set()
  const { stdout } = await git(['check-ignore', '-z', '--stdin'], {
    gitDir: checkout.gitDir,
    workTree: checkout.folder,
    cwd: checkout.folder,
    // The operator's own list of what to ignore counts as well.
    operatorConfig: true,
    stdin: `${paths.join('\0')}\0`,
    expect: [0, 1],
  })
  return new Set(stdout.toString('utf8').split('\0').filter((path) => path !== '')) // prettier-ignore
}
