/**
 * What every script here does first: install what is missing, then continue under the Node this project runs on.
 *
 * Runs under the system's Node (20 or newer) without node_modules, so it imports nothing but Node.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** The oldest Node whose Node-API (10) the SQLite driver can load. */
export const MINIMUM_NODE = [22, 14]

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** Tells whether a version string is at least MINIMUM_NODE. */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])
}

/** Returns the path of the packaged Node for this system, or null where there is none. */
export function packagedNode(root = projectRoot) {
  const system = process.platform === 'win32' ? 'win' : process.platform
  const file = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  const path = join(root, 'node_modules', `node-${system}-${process.arch}`, file)
  return existsSync(path) ? path : null
}

/**
 * Names the first reason why node_modules is not what package-lock.json says, or returns null.
 *
 * Contents are compared, not dates: a checkout or a copy changes dates and nothing else.
 */
export function whyInstall(root = projectRoot) {
  const modules = join(root, 'node_modules')
  if (!existsSync(modules)) return 'node_modules is missing'
  const hiddenLock = join(modules, '.package-lock.json')
  if (!existsSync(hiddenLock)) return 'node_modules has no record of what is installed'
  const wanted = readJson(join(root, 'package-lock.json')).packages
  const installed = readJson(hiddenLock).packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const found = installed[path]
    // npm leaves out optional packages made for another system.
    if (found === undefined && entry.optional) continue
    if (found === undefined) return `${path} is missing`
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${path} is outdated`
  }
  const surplus = Object.keys(installed).find((path) => wanted[path] === undefined)
  return surplus === undefined ? null : `${surplus} is no longer needed`
}

function npmCommand() {
  const script = process.env.npm_execpath
  if (script !== undefined && /\.[cm]?js$/.test(script)) return [process.execPath, [script], false]
  // On Windows npm is a batch file, which only a shell can start.
  return ['npm', [], process.platform === 'win32']
}

/** Installs the packages of package-lock.json where they are not; quiet unless it fails. */
export function install(root = projectRoot) {
  const why = whyInstall(root)
  if (why === null) return
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm would empty the folder it points to, which another checkout uses.
    console.error(`note: ${why}, but node_modules is a link to another checkout's; run npm ci there`)
    return
  }
  console.error(`Installing packages with npm ci (${why})…`)
  const [command, args, shell] = npmCommand()
  const flags = ['ci', '--no-audit', '--no-fund', '--no-progress', '--loglevel=warn']
  const started = process.hrtime.bigint()
  const run = spawnSync(command, [...args, ...flags], {
    cwd: root,
    shell,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (run.status !== 0) {
    process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? `${run.error.message}\n` : ''}`)
    console.error('npm ci failed; its output is above. Nothing was built or run.')
    process.exit(1)
  }
  console.error(`Installed in ${Math.round(Number(process.hrtime.bigint() - started) / 1e9)} s.`)
}

/** Tells whether a terminal's Ctrl-C reaches this process's children by itself. */
function inForeground() {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] === fields[5]
  } catch {
    return process.stdin.isTTY === true
  }
}

/** Runs a program in this one's place: same streams, signals passed on, and its end is this process's end. */
export function become(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  const forward = (signal) => {
    if (signal === 'SIGINT' && inForeground()) return
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  child.on('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeListener(name, forward)
    if (signal === null) process.exit(code ?? 1)
    process.kill(process.pid, signal)
    // Where the signal does not end this process at once, leave with the shell's code for it.
    process.exitCode = 128 + (constants.signals[signal] ?? 0)
  })
}

/** Runs a program to its end with this one's streams and returns its exit code; a signal counts as failure. */
export function runToEnd(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: projectRoot, stdio: 'inherit', ...options })
    child.on('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** Says what Node is needed, where no packaged one is to be had. */
export function nodeTooOld() {
  return (
    `Hyperion needs Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}, and there is no ` +
    `packaged Node for ${process.platform}-${process.arch}. Install a newer Node.`
  )
}

/**
 * Installs what is missing and returns once this process runs on the right Node.
 *
 * On another Node it starts itself again there; the returned promise then never settles and the process ends with
 * its successor's exit code.
 */
export function bootstrap() {
  install()
  const node = packagedNode()
  if (node === null) {
    if (isNewEnough(process.versions.node)) return Promise.resolve()
    console.error(nodeTooOld())
    process.exit(1)
  }
  const { version } = readJson(join(dirname(dirname(node)), 'package.json'))
  if (version === process.versions.node) return Promise.resolve()
  become(node, process.argv.slice(1))
  return new Promise(() => {})
}
