/** Installs Debian packages where that is possible and allowed; elsewhere tests that need them skip. */
import { spawnSync } from 'node:child_process'

/** Without a network the tests are to start soon all the same. */
const NETWORK_LIMITS = [
  '-o',
  'Acquire::http::Timeout=10',
  '-o',
  'Acquire::https::Timeout=10',
  '-o',
  'Acquire::Retries=0',
]

const runs = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).error === undefined

function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return (
    spawnSync('apt-get', ['-qq', '-y', ...NETWORK_LIMITS, ...args], {
      env,
      stdio: 'ignore',
      timeout: 600_000,
    }).status === 0
  )
}

/**
 * Installs the packages whose programs are missing; never fails and prints one line only if there was need.
 *
 * @param {Record<string, string[]>} packages program → packages
 */
export function installDebianPackages(packages) {
  const names = Object.entries(packages)
    .filter(([program]) => !runs(program, ['--version']))
    .flatMap(([, wanted]) => wanted)
  if (names.length === 0 || process.platform !== 'linux') return
  if (process.getuid?.() !== 0 || !runs('apt-get', ['--version'])) {
    console.error(`Not installed here: ${names.join(', ')}; tests that need it are skipped.`)
    return
  }
  console.error(`Installing ${names.join(', ')} for the tests…`)
  const args = ['install', '--no-install-recommends', ...names]
  if (apt(args) || (apt(['update']) && apt(args))) return
  console.error(`Could not install ${names.join(', ')}; tests that need it are skipped.`)
}
