/**
 * Installs, builds and starts Hyperion; all arguments go to it.
 *
 * Usage: node build/start.mjs [arguments of hyperion start]
 */
import { join } from 'node:path'
import { become, bootstrap, projectRoot } from './bootstrap.mjs'
import { build } from './build.mjs'

await bootstrap()
if (build(projectRoot, { quiet: true })) {
  become(process.execPath, [join(projectRoot, 'out/main/cli.js'), 'start', ...process.argv.slice(2)])
} else {
  process.exitCode = 1
}
