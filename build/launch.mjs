/** What `npm start` starts: the desktop, whose runtime no package holds and is fetched once, or the browser host. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runToEnd } from './bootstrap.mjs'

/** How long a host may take to answer before it counts as unreachable. */
const REACH_MS = 8_000

const LOOK = `
  const timer = setTimeout(() => process.exit(1), Number(process.argv[2]))
  fetch(process.argv[1], { method: 'HEAD', redirect: 'manual' })
    .then(() => process.exit(0), () => process.exit(1))
`

/** Tells whether the runtime is installed. */
export function runtimePresent(root) {
  const folder = join(root, 'node_modules/electron')
  try {
    return existsSync(join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim()))
  } catch {
    return false
  }
}

const hasDisplay = (env) => process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)

/** Returns why the runtime is not to be fetched here, or null when it may be. */
export function whyNotFetched(root, env = process.env) {
  if (!existsSync(join(root, 'node_modules/electron/install.js'))) return 'its package is not installed'
  if (env.CI) return 'nothing is fetched where CI is set'
  return hasDisplay(env) ? null : 'there is no display to show a window on'
}

/** Tells whether the host the runtime comes from answers at all. */
async function isReachable(env, reachMs) {
  const host = env.ELECTRON_MIRROR || env.npm_config_electron_mirror || 'https://github.com/'
  // In a process of its own, because only at its start does Node take up the proxies of the environment.
  const exitCode = await runToEnd(process.execPath, ['-e', LOOK, host, String(reachMs)], {
    env: { ...env, NODE_USE_ENV_PROXY: '1' },
    stdio: 'ignore',
  })
  return exitCode === 0
}

/** Fetches the runtime; returns null when it is here then, else why it is not. */
export async function fetchRuntime(root, { env = process.env, reachMs = REACH_MS } = {}) {
  if (!(await isReachable(env, reachMs))) return 'the host it comes from cannot be reached'
  console.error("Fetching the desktop's runtime (about 120 MB, once)…")
  const exitCode = await runToEnd(process.execPath, [join(root, 'node_modules/electron/install.js')], {
    cwd: root,
    env,
    stdio: 'ignore',
  })
  return exitCode === 0 && runtimePresent(root) ? null : 'fetching it failed'
}

/** Returns arguments with the paths in them named as seen from where npm was called: it starts this elsewhere. */
function seenFrom(here, given) {
  const names = ['--workspace', '--db']
  return given.map((arg, index) => {
    if (names.includes(given[index - 1])) return resolve(here, arg)
    const name = names.find((one) => arg.startsWith(`${one}=`))
    return name === undefined ? arg : `${name}=${resolve(here, arg.slice(name.length + 1))}`
  })
}

/** Returns the arguments of the command line for those of `npm start`. */
export async function commandFor(given, root, env = process.env) {
  const here = env.INIT_CWD ?? process.cwd()
  const [first, folder, ...rest] = given
  if (first === 'sample') {
    const made =
      folder === undefined ? mkdtempSync(join(tmpdir(), 'hyperion-sample-')) : resolve(here, folder)
    return ['sample', made, '--drive', ...rest]
  }
  // Around the current folder is this project itself, which nobody means to open.
  const args = ['--choose', ...seenFrom(here, given)]
  if (runtimePresent(root)) return ['run', ...args]
  const why = whyNotFetched(root, env) ?? (await fetchRuntime(root, { env }))
  if (why === null) return ['run', ...args]
  console.error(`The desktop's runtime is not here (${why}); open this link in a browser on this machine:`)
  return ['serve', '--open', ...args]
}
