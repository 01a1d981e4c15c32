/** Which files say what a project's dependencies are: while they stay equal, what setup left stays good. */

const LOCKFILES: ReadonlySet<string> = new Set([
  'package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb', 'deno.lock',
  'Cargo.lock', 'go.sum', 'go.mod', 'poetry.lock', 'uv.lock', 'pdm.lock', 'Pipfile.lock', 'pyproject.toml',
  'Gemfile.lock', 'composer.lock', 'mix.lock', 'gradle.lockfile', 'pubspec.lock', 'flake.lock', 'Package.resolved',
  'packages.lock.json', 'package.json', '.npmrc', '.yarnrc.yml', 'pnpm-workspace.yaml',
]) // prettier-ignore

const REQUIREMENTS = /^(?:requirements|constraints).*\.(?:txt|in)$/

export const isLockfile = (file: string): boolean => {
  const name = file.slice(file.lastIndexOf('/') + 1)
  return LOCKFILES.has(name) || REQUIREMENTS.test(name)
}

/** Returns the lines of `git ls-tree -r -z` that are of lockfiles: mode, object and path. */
export const lockfileLines = (listed: Buffer): string[] =>
  listed
    .toString('latin1')
    .split('\0')
    .filter((line) => isLockfile(line.slice(line.indexOf('\t') + 1)))
