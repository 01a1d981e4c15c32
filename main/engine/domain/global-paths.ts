/** Files that concern everything else: what moved them may change the verdict of a change that shares no path with it. */
import { CONFIG_FILE } from './config.ts'

const NAMES = new Set([
  CONFIG_FILE,
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  'deno.lock',
  'Cargo.toml',
  'Cargo.lock',
  'go.mod',
  'go.sum',
  'go.work',
  'pyproject.toml',
  'poetry.lock',
  'uv.lock',
  'Pipfile.lock',
  'setup.py',
  'setup.cfg',
  'tox.ini',
  'Gemfile.lock',
  'composer.lock',
  'Makefile',
  'CMakeLists.txt',
  'Dockerfile',
  'flake.lock',
  '.gitlab-ci.yml',
  '.travis.yml',
  'Jenkinsfile',
])

const PATTERNS = [
  /^tsconfig(?:\..*)?\.json$/,
  /^jsconfig\.json$/,
  /^requirements.*\.txt$/,
  /^.*\.config\.(?:js|cjs|mjs|ts|mts|cts)$/,
  /^\.(?:npmrc|yarnrc(?:\.yml)?|nvmrc|node-version|python-version|tool-versions)$/,
]

const FOLDERS = ['.github/', '.circleci/', '.buildkite/', '.husky/']

/** Tells whether a change of this path may change the verdict of any check: lock files, project files, CI (note 04). */
export function touchesEverything(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (
    NAMES.has(name) ||
    PATTERNS.some((pattern) => pattern.test(name)) ||
    FOLDERS.some((folder) => path.startsWith(folder))
  )
}
