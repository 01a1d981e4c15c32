/**
 * Installs, builds and starts Hyperion: on the desktop, or for a browser where the desktop's runtime cannot be had.
 *
 * Usage: node build/start.mjs [sample [DIR]] [arguments of hyperion run]
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { become, bootstrap, projectRoot } from './bootstrap.mjs'
import { build } from './build.mjs'
import { fetchRuntime, runtimePresent, whyNotFetched } from './desktop-runtime.mjs'

/** Returns what the command line is to do. */
async function commandFor(given, root) {
  // npm starts this in the project's folder; what people name is relative to theirs.
  const here = process.env.INIT_CWD ?? process.cwd()
  const [first, folder, ...rest] = given
  if (first === 'sample') {
    const made = folder === undefined ? mkdtempSync(join(tmpdir(), 'hyperion-sample-')) : resolve(here, folder)
    return ['sample', made, '--drive', ...rest]
  }
  // Around the current folder is this project itself, which nobody means to open.
  const args = ['--choose', ...given]
  if (runtimePresent(root)) return ['run', ...args]
  const why = whyNotFetched(root) ?? (await fetchRuntime(root))
  if (why === null) return ['run', ...args]
  console.error(`The desktop's runtime is not here (${why}); open this link in a browser on this machine:`)
  return ['serve', '--open', ...args]
}

await bootstrap()
if (build(projectRoot, { quiet: true })) {
  const args = await commandFor(process.argv.slice(2), projectRoot)
  become(process.execPath, [join(projectRoot, 'out/main/cli.js'), ...args])
} else {
  process.exitCode = 1
}
