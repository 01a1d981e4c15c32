/**
 * Builds everything runnable into out/, unless it is there already.
 *
 * Usage: node build/build.mjs [--force] [--quiet]
 */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { bootstrap, projectRoot } from './bootstrap.mjs'

const SOURCES = ['main', 'schemas', 'preload', 'renderer']
const SETTINGS = ['electron.vite.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json']

/** Lists the files below a folder as sorted relative paths; a missing folder has none. */
function filesBelow(folder, prefix = '') {
  if (!existsSync(join(folder, prefix))) return []
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
      return entry.isDirectory() ? filesBelow(folder, path) : [path]
    })
    .sort()
}

/** Returns the SHA-256 of everything that decides what a build gives. */
export function inputsHash(root) {
  const hash = createHash('sha256')
  const paths = SOURCES.flatMap((folder) => filesBelow(join(root, folder)).map((path) => `${folder}/${path}`))
  for (const path of [...paths, ...SETTINGS]) {
    if (!existsSync(join(root, path))) continue
    const bytes = readFileSync(join(root, path))
    hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

function readManifest(root) {
  try {
    return JSON.parse(readFileSync(join(root, 'out/build.json'), 'utf8'))
  } catch {
    return null
  }
}

function isFresh(root, hash) {
  const manifest = readManifest(root)
  return manifest?.inputs === hash && manifest.files.every((path) => existsSync(join(root, 'out', path)))
}

const UNFINISHED = /^\.next-(\d+)$/

/** A build that runs at this moment has its files in a folder named after its process. */
function isRunning(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Removes from out/ what neither this build nor the one before it made. */
function sweep(out, kept) {
  for (const name of readdirSync(out)) {
    const pid = UNFINISHED.exec(name)?.[1]
    if (pid !== undefined && isRunning(Number(pid))) continue
    if (pid !== undefined) rmSync(join(out, name), { recursive: true, force: true })
    else if (statSync(join(out, name)).isDirectory()) {
      for (const path of filesBelow(out, name)) if (!kept.has(path)) rmSync(join(out, path), { force: true })
    } else if (!kept.has(name)) rmSync(join(out, name), { force: true })
  }
}

/**
 * Moves a finished build over out/, file by file.
 *
 * Chunks carry their content's hash in their name. They go first, and those of the build before stay one build
 * longer, so that a program started from out/ a moment ago still finds what it loads late.
 */
function install(root, next, inputs) {
  const out = join(root, 'out')
  const before = readManifest(root)
  const files = filesBelow(next)
  const isChunk = (path) => path.includes('/chunks/')
  for (const path of [...files.filter(isChunk), ...files.filter((path) => !isChunk(path))]) {
    mkdirSync(dirname(join(out, path)), { recursive: true })
    renameSync(join(next, path), join(out, path))
  }
  const manifest = join(next, 'build.json')
  writeFileSync(manifest, `${JSON.stringify({ inputs, files }, null, 2)}\n`)
  renameSync(manifest, join(out, 'build.json'))
  rmSync(next, { recursive: true })
  sweep(out, new Set([...files, ...(before?.files ?? []), 'build.json']))
}

/** Builds if anything changed; returns whether out/ is now what the sources say. */
export function build(root = projectRoot, { force = false, quiet = false } = {}) {
  const inputs = inputsHash(root)
  if (!force && isFresh(root, inputs)) {
    if (!quiet) console.error('out/ is up to date.')
    return true
  }
  const next = join(root, 'out', `.next-${process.pid}`)
  const bin = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  const run = spawnSync(process.execPath, [bin, 'build', '--outDir', next, '--logLevel', 'warn'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (run.status !== 0) {
    process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}`)
    rmSync(next, { recursive: true, force: true })
    console.error('The build failed; its output is above. out/ is as it was.')
    return false
  }
  install(root, next, inputs)
  if (!quiet) console.error('Built out/.')
  return true
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bootstrap()
  const options = { force: process.argv.includes('--force'), quiet: process.argv.includes('--quiet') }
  process.exitCode = build(projectRoot, options) ? 0 : 1
}
