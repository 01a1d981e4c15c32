/**
 * Installs, builds and starts Hyperion: on the desktop, or for a browser where the desktop's runtime cannot be had.
 *
 * Usage: node build/start.mjs [sample [DIR]] [arguments of hyperion run]
 */
import { join } from 'node:path'
import { become, bootstrap, projectRoot } from './bootstrap.mjs'
import { build } from './build.mjs'
import { commandFor } from './launch.mjs'

await bootstrap()
if (build(projectRoot, { quiet: true })) {
  const args = await commandFor(process.argv.slice(2), projectRoot)
  // Over the channel the program hears when this launcher is killed, and ends as it would on a signal.
  become(process.execPath, [join(projectRoot, 'out/main/cli.js'), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
} else {
  process.exitCode = 1
}
