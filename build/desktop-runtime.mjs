/** The desktop's runtime, which no package holds: whether it is here, and fetching it where that can be done. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
function isReachable(env, reachMs) {
  const host = env.ELECTRON_MIRROR || env.npm_config_electron_mirror || 'https://github.com/'
  const look = spawnSync(process.execPath, ['-e', LOOK, host, String(reachMs)], {
    env: { ...env, NODE_USE_ENV_PROXY: '1' },
    stdio: 'ignore',
    timeout: reachMs + 1_000,
  })
  return look.status === 0
}

/** Fetches the runtime; returns null when it is here then, else why it is not. */
export async function fetchRuntime(root, { env = process.env, reachMs = REACH_MS } = {}) {
  if (!isReachable(env, reachMs)) return 'the host it comes from cannot be reached'
  console.error("Fetching the desktop's runtime (about 120 MB, once)…")
  const exitCode = await runToEnd(process.execPath, [join(root, 'node_modules/electron/install.js')], {
    cwd: root,
    env,
    stdio: 'ignore',
  })
  return exitCode === 0 && runtimePresent(root) ? null : 'fetching it failed'
}
