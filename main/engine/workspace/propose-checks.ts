/** What a repository's own files say about how it is checked; nothing is proposed that is not there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ProposedCheck {
  name: string
  command: string
  /** The file that says so. */
  from: string
}

export interface Proposal {
  checks: ProposedCheck[]
  /** Makes what the checks need; null where no lockfile says what that is. */
  setup: { command: string; from: string } | null
}

interface Found {
  checks: ProposedCheck[]
  setup: Proposal['setup']
}

const NONE: Found = { checks: [], setup: null }

function look(folder: string): { has(name: string): boolean; text(name: string): string } {
  return {
    has: (name) => existsSync(join(folder, name)),
    text(name) {
      try {
        return readFileSync(join(folder, name), 'utf8')
      } catch {
        return ''
      }
    },
  }
}
type Look = ReturnType<typeof look>

/** Scripts whose names say that they check something, in the order they are proposed. */
const CHECKING = ['test', 'lint', 'typecheck', 'type-check', 'types', 'check', 'build', 'format:check']

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun'

const LOCKS: readonly (readonly [lockfile: string, manager: Manager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
]

function installCommand(manager: Manager, isModernYarn: boolean): string {
  switch (manager) {
    case 'npm':
      return 'npm ci'
    case 'yarn':
      return isModernYarn ? 'yarn install --immutable' : 'yarn install --frozen-lockfile'
    case 'pnpm':
    case 'bun':
      return `${manager} install --frozen-lockfile`
  }
}

function ofNode({ has, text }: Look): Found {
  let manifest: { scripts?: unknown; packageManager?: unknown }
  try {
    manifest = JSON.parse(text('package.json')) as typeof manifest
  } catch {
    return NONE
  }
  if (typeof manifest !== 'object' || manifest === null) return NONE
  const [, named, version] = /^(npm|pnpm|yarn|bun)@(\d+)/.exec(String(manifest.packageManager)) ?? []
  const locked = LOCKS.find(([file, manager]) => has(file) && (named === undefined || manager === named))
  const manager = (named as Manager | undefined) ?? locked?.[1] ?? 'npm'
  const scripts = (manifest.scripts ?? {}) as Record<string, unknown>
  const checks = CHECKING.flatMap((name) => {
    const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined
    // npm's own placeholder fails by design; proposing it would fail every change.
    if (typeof script !== 'string' || /no test specified/.test(script)) return []
    // `bun test` is a test runner of its own, whatever the script says.
    const command = name === 'test' && manager !== 'bun' ? `${manager} test` : `${manager} run ${name}`
    return [{ name, command, from: 'package.json' }]
  })
  if (locked === undefined) return { checks, setup: null }
  const isModern = has('.yarnrc.yml') || Number(version) > 1
  return { checks, setup: { command: installCommand(manager, isModern), from: locked[0] } }
}

function ofCargo({ has, text }: Look): Found {
  if (!has('Cargo.toml')) return NONE
  const checks: ProposedCheck[] = [{ name: 'test', command: 'cargo test', from: 'Cargo.toml' }]
  const ofClippy = ['clippy.toml', '.clippy.toml'].find(has)
  if (ofClippy !== undefined) checks.push({ name: 'lint', command: 'cargo clippy', from: ofClippy })
  else if (/^\[(?:workspace\.)?lints\.clippy\]/m.test(text('Cargo.toml'))) {
    checks.push({ name: 'lint', command: 'cargo clippy', from: 'Cargo.toml' })
  }
  // A check has neither the network nor a home that lasts, so what it builds with has to lie in the tree.
  const isFree = !has('.cargo/config.toml') && !has('.cargo/config')
  const needsCrates = /^source = "/m.test(text('Cargo.lock'))
  const command = 'mkdir -p .cargo && cargo vendor --locked > .cargo/config.toml'
  return { checks, setup: isFree && needsCrates ? { command, from: 'Cargo.lock' } : null }
}

function ofGo({ has }: Look): Found {
  if (!has('go.mod')) return NONE
  const checks = [
    { name: 'test', command: 'go test ./...', from: 'go.mod' },
    { name: 'vet', command: 'go vet ./...', from: 'go.mod' },
  ]
  const needsModules = has('go.sum') && !has('vendor/modules.txt')
  return { checks, setup: needsModules ? { command: 'go mod vendor', from: 'go.sum' } : null }
}

/** Where pytest is configured: the file, and the line that says so. */
const PYTEST: readonly (readonly [file: string, line: RegExp])[] = [
  ['pytest.ini', /^\s*\[pytest\]/m],
  ['pyproject.toml', /^\s*\[tool\.pytest(?:\.ini_options)?\]/m],
  ['tox.ini', /^\s*\[pytest\]/m],
  ['setup.cfg', /^\s*\[tool:pytest\]/m],
]

function ofPython({ has, text }: Look): Found {
  const configured = PYTEST.find(([file, line]) => line.test(text(file)))
  if (configured === undefined) return NONE
  const check = (command: string): ProposedCheck[] => [{ name: 'test', command, from: configured[0] }]
  if (has('uv.lock')) {
    const setup = { command: 'uv sync --frozen', from: 'uv.lock' }
    return { checks: check('uv run --no-sync pytest'), setup }
  }
  if (has('poetry.lock')) {
    const command = 'POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-interaction'
    return { checks: check('poetry run pytest'), setup: { command, from: 'poetry.lock' } }
  }
  return { checks: check('python3 -m pytest'), setup: null }
}

function ofMake({ has, text }: Look): Found {
  const file = ['GNUmakefile', 'makefile', 'Makefile'].find(has)
  if (file === undefined) return NONE
  const targets = ['test', 'check', 'lint'].filter((name) => {
    // A target, not a variable of that name.
    return new RegExp(`^${name}[ \\t]*::?(?!=)`, 'm').test(text(file))
  })
  return { checks: targets.map((name) => ({ name, command: `make ${name}`, from: file })), setup: null }
}

const KINDS: readonly (readonly [kind: string, of: (at: Look) => Found])[] = [
  ['node', ofNode],
  ['cargo', ofCargo],
  ['go', ofGo],
  ['python', ofPython],
  ['make', ofMake],
]

/** Reads a checkout's own files; where two kinds of project have a check of one name, the later one's says its kind. */
export function proposeChecks(folder: string): Proposal {
  const at = look(folder)
  const checks = new Map<string, ProposedCheck>()
  const setups: NonNullable<Proposal['setup']>[] = []
  for (const [kind, of] of KINDS) {
    const found = of(at)
    for (const check of found.checks) {
      const name = checks.has(check.name) ? `${kind}-${check.name}` : check.name
      checks.set(name, { ...check, name })
    }
    if (found.setup !== null) setups.push(found.setup)
  }
  const [only] = setups
  const setup =
    only === undefined
      ? null
      : {
          command: setups.map(({ command }) => command).join(' && '),
          from: setups.map(({ from }) => from).join(', '),
        }
  return { checks: [...checks.values()], setup }
}
