/** What is proposed for small projects of every kind, each by its own files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { proposeChecks } from '../../main/engine/workspace/propose-checks.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'project-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const manifest = (scripts: object, more: object = {}): string => JSON.stringify({ scripts, ...more })
const TESTED = manifest({ test: 'vitest run', lint: 'eslint .', start: 'node .' })

const PROJECTS: [what: string, files: Record<string, string>, allow: Record<string, string>, setup: string | null][] = [
  ['nothing at all', {}, {}, null],
  ['npm without a lockfile', { 'package.json': TESTED }, { test: 'npm test', lint: 'npm run lint' }, null],
  ['npm', { 'package.json': TESTED, 'package-lock.json': '{}' }, { test: 'npm test', lint: 'npm run lint' }, 'npm ci'],
  ['pnpm by its lockfile', { 'package.json': TESTED, 'pnpm-lock.yaml': '' }, { test: 'pnpm test', lint: 'pnpm run lint' }, 'pnpm install --frozen-lockfile'],
  ['pnpm by its field, though another lockfile lies there', { 'package.json': manifest({ test: 'x' }, { packageManager: 'pnpm@9.1.0+sha512.x' }), 'package-lock.json': '{}' }, { test: 'pnpm test' }, null],
  ['yarn 1', { 'package.json': TESTED, 'yarn.lock': '' }, { test: 'yarn test', lint: 'yarn run lint' }, 'yarn install --frozen-lockfile'],
  ['yarn 4', { 'package.json': manifest({ test: 'x' }, { packageManager: 'yarn@4.1.0' }), 'yarn.lock': '' }, { test: 'yarn test' }, 'yarn install --immutable'],
  ['yarn with its settings', { 'package.json': manifest({ test: 'x' }), 'yarn.lock': '', '.yarnrc.yml': '' }, { test: 'yarn test' }, 'yarn install --immutable'],
  ['bun', { 'package.json': TESTED, 'bun.lockb': '' }, { test: 'bun run test', lint: 'bun run lint' }, 'bun install --frozen-lockfile'],
  ['the placeholder npm writes', { 'package.json': manifest({ test: 'echo "Error: no test specified" && exit 1', build: 'tsc' }) }, { build: 'npm run build' }, null],
  ['a manifest that is no JSON', { 'package.json': '{' }, {}, null],
  ['a manifest of odd types', { 'package.json': '{"scripts":{"test":1},"packageManager":7}' }, {}, null],
  ['cargo', { 'Cargo.toml': '[package]\nname = "a"\n' }, { test: 'cargo test' }, null],
  ['cargo with crates', { 'Cargo.toml': '', 'Cargo.lock': 'name = "x"\nsource = "registry+x"\n' }, { test: 'cargo test' }, 'mkdir -p .cargo && cargo vendor --locked > .cargo/config.toml'],
  ['cargo that has its own configuration', { 'Cargo.toml': '', 'Cargo.lock': 'source = "x"\n', '.cargo/config.toml': '' }, { test: 'cargo test' }, null],
  ['clippy by its file', { 'Cargo.toml': '', 'clippy.toml': '' }, { test: 'cargo test', lint: 'cargo clippy' }, null],
  ['clippy by the manifest', { 'Cargo.toml': '[lints.clippy]\nall = "warn"\n' }, { test: 'cargo test', lint: 'cargo clippy' }, null],
  ['go', { 'go.mod': 'module a\n' }, { test: 'go test ./...', vet: 'go vet ./...' }, null],
  ['go with modules', { 'go.mod': '', 'go.sum': 'x' }, { test: 'go test ./...', vet: 'go vet ./...' }, 'go mod vendor'],
  ['go with its vendor folder', { 'go.mod': '', 'go.sum': 'x', 'vendor/modules.txt': '' }, { test: 'go test ./...', vet: 'go vet ./...' }, null],
  ['pytest.ini', { 'pytest.ini': '[pytest]\n' }, { test: 'python3 -m pytest' }, null],
  ['pytest in pyproject.toml, with uv', { 'pyproject.toml': '[project]\n[tool.pytest.ini_options]\n', 'uv.lock': '' }, { test: 'uv run --no-sync pytest' }, 'uv sync --frozen'],
  ['pytest with poetry', { 'pyproject.toml': '[tool.pytest.ini_options]\n', 'poetry.lock': '' }, { test: 'poetry run pytest' }, 'POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-interaction'],
  ['pytest in tox.ini', { 'tox.ini': '[tox]\n[pytest]\n' }, { test: 'python3 -m pytest' }, null],
  ['pytest in setup.cfg', { 'setup.cfg': '[tool:pytest]\n' }, { test: 'python3 -m pytest' }, null],
  ['Python that says nothing of tests', { 'pyproject.toml': '[project]\n', 'setup.cfg': '[metadata]\n', 'tox.ini': '[tox]\n' }, {}, null],
  ['make', { Makefile: 'all:\n\techo\ntest: all\n\tx\nlint:\n\ty\n' }, { test: 'make test', lint: 'make lint' }, null],
  ['make with variables of these names', { Makefile: 'test := 1\nlint:=2\ncheck ?= 3\ntests:\n' }, {}, null],
  ['several kinds at once', { 'package.json': manifest({ test: 'x' }), 'package-lock.json': '', 'go.mod': '', 'go.sum': '', Makefile: 'test:\n' }, { test: 'npm test', 'go-test': 'go test ./...', vet: 'go vet ./...', 'make-test': 'make test' }, 'npm ci && go mod vendor'],
] // prettier-ignore

test.each(PROJECTS)('%s', (_, files, allow, setup) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const proposed = proposeChecks(folder)
  expect(Object.fromEntries(proposed.checks.map(({ name, command }) => [name, command]))).toEqual(allow)
  expect(proposed.setup?.command ?? null).toBe(setup)
  for (const { from } of proposed.checks) expect(Object.keys(files)).toContain(from)
})
