/** What a check gets to know of the machine: an allow-list of variables, and where the tools on PATH live. */
import { existsSync, readdirSync, realpathSync, type Dirent } from 'node:fs'
import path from 'node:path'

/** The operator's surroundings, handed in by whoever composes the engine. */
export interface CheckHost {
  env: Readonly<Record<string, string | undefined>>
  /** The operator's home folder; null when there is none. */
  home: string | null
}

/** Variables that say where a tool is installed or how text is shown; none of them carries a secret. */
const PASSED_ON: readonly string[] = [
  'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'SystemRoot', 'ComSpec', 'PATHEXT',
  'PYENV_ROOT', 'RBENV_ROOT', 'NODENV_ROOT', 'NVM_DIR', 'NVM_BIN', 'VOLTA_HOME', 'FNM_DIR', 'ASDF_DIR',
  'ASDF_DATA_DIR', 'MISE_DATA_DIR', 'SDKMAN_DIR', 'RUSTUP_HOME', 'RUSTUP_TOOLCHAIN', 'JAVA_HOME', 'GOROOT',
  'DOTNET_ROOT', 'BUN_INSTALL', 'PNPM_HOME', 'ANDROID_HOME',
] // prettier-ignore

/** Version managers that look for themselves under HOME, which a check does not see. */
const HOME_TOOLS: readonly (readonly [variable: string, folder: string])[] = [
  ['PYENV_ROOT', '.pyenv'],
  ['RBENV_ROOT', '.rbenv'],
  ['NODENV_ROOT', '.nodenv'],
  ['NVM_DIR', '.nvm'],
  ['VOLTA_HOME', '.volta'],
  ['ASDF_DATA_DIR', '.asdf'],
  ['RUSTUP_HOME', '.rustup'],
]

/** Folders that hold tools beside credentials or settings: of these only the `bin` folder is shown. */
const SHARED_FOLDERS = new Set(['.local', '.cargo', '.config', '.npm', '.m2', '.gradle', '.docker'])

const BIN_NAMES = new Set(['bin', 'sbin', 'shims'])

export const isInside = (child: string, parent: string): boolean =>
  child === parent || child.startsWith(parent.endsWith('/') ? parent : `${parent}/`)

/** Returns the search path's absolute folders; an empty or relative entry would mean the folder under test. */
export const searchPath = (host: CheckHost): string[] => {
  const entries = (host.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(path.delimiter)
  return [...new Set(entries.filter((entry) => path.isAbsolute(entry)))]
}

export const realOrNull = (file: string): string | null => {
  try {
    return realpathSync(file)
  } catch {
    return null
  }
}

/** Returns the folder a tool is installed in, never `limit` itself or a folder that also holds credentials. */
function installRoot(bin: string, limit: string): string {
  const parent = path.dirname(bin)
  const shared = parent === limit || !isInside(parent, limit) || SHARED_FOLDERS.has(path.basename(parent))
  return BIN_NAMES.has(path.basename(bin)) && !shared ? parent : bin
}

function linkedInstalls(bin: string, limit: string): string[] {
  const roots: string[] = []
  let entries: Dirent[] = []
  try {
    entries = readdirSync(bin, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink())
  } catch {
    return roots
  }
  for (const entry of entries.slice(0, 500)) {
    const target = realOrNull(path.join(bin, entry.name))
    if (target === null || !isInside(target, limit) || isInside(target, bin)) continue
    const folder = path.dirname(target)
    // A program outside a `bin` folder has an unknown surrounding, which might be the home itself.
    roots.push(BIN_NAMES.has(path.basename(folder)) ? installRoot(folder, limit) : target)
  }
  return roots
}

/** One place of a tool: where its files are, and under which name the search path knows it. */
export interface ToolInstall {
  source: string
  shownAt: string
}

/** Lists the folders under hidden ones that the tools on PATH need (a version manager's, say), nothing else. */
export function toolInstalls(host: CheckHost, hidden: readonly string[]): ToolInstall[] {
  const home = host.home === null ? null : realOrNull(host.home)
  const limits = home === null || home === '/' ? hidden : [home, ...hidden]
  const found = new Map<string, string>()
  for (const entry of searchPath(host)) {
    const real = realOrNull(entry)
    if (real === null || limits.includes(real)) continue
    // NixOS knows its tools under /run by a link to where they are: the name itself has to be shown again.
    const limit = limits.find((folder) => isInside(real, folder))
    const root = limit === undefined ? real : installRoot(real, limit)
    if (entry !== real && limits.some((folder) => isInside(entry, folder))) {
      const whole = root !== real && realOrNull(path.dirname(entry)) === root
      found.set(whole ? path.dirname(entry) : entry, whole ? root : real)
    }
    if (limit === undefined) continue
    for (const folder of [root, ...linkedInstalls(real, limit)]) found.set(folder, folder)
    if (home !== null && real === path.join(home, '.cargo/bin')) {
      const toolchains = path.join(home, '.rustup')
      if (existsSync(toolchains)) found.set(toolchains, toolchains)
    }
  }
  return [...found].map(([shownAt, source]) => ({ source, shownAt }))
}

/** Returns the environment of a check: what it needs to find its tools, private folders, and nothing secret. */
export function checkEnvironment(
  host: CheckHost,
  folders: { home: string; tmp: string },
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = host.env[name]
    if (value !== undefined) env[name] = value
  }
  for (const [variable, folder] of HOME_TOOLS) {
    if (host.home === null || env[variable] !== undefined) continue
    const place = path.join(host.home, folder)
    if (existsSync(place)) env[variable] = place
  }
  return {
    LANG: 'C.UTF-8',
    ...env,
    PATH: searchPath(host).join(path.delimiter),
    HOME: folders.home,
    USERPROFILE: folders.home,
    TMPDIR: folders.tmp,
    TEMP: folders.tmp,
    TMP: folders.tmp,
    TERM: 'dumb',
    CI: '1',
    // A check that asks git for the status must not rewrite the index we compare the tree with.
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    ...extra,
  }
}

/** Where packages come from and through what: a fetch fails without them behind a proxy or a mirror. */
const OF_THE_NETWORK: readonly string[] = [
  'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy',
  'npm_config_registry', 'NPM_CONFIG_REGISTRY', 'YARN_NPM_REGISTRY_SERVER', 'PIP_INDEX_URL', 'UV_INDEX_URL',
  'UV_DEFAULT_INDEX', 'GOPROXY', 'GOSUMDB', 'CARGO_HTTP_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE', 'PIP_CERT', 'CARGO_HTTP_CAINFO',
] // prettier-ignore

/** Returns what setup learns of the network beside its environment; an address that carries a password is kept back. */
export function networkEnvironment(host: CheckHost): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of OF_THE_NETWORK) {
    const value = host.env[name]
    if (value !== undefined && !/\/\/[^/\s]*@/.test(value)) env[name] = value
  }
  return env
}
