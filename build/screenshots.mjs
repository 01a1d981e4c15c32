/** Builds, then takes pictures of every view; see test/e2e/screenshots.ts for what it takes. */
import { join } from 'node:path'
import { bootstrap, projectRoot, runToEnd } from './bootstrap.mjs'
import { build } from './build.mjs'
import { installDebianPackages } from './debian-packages.mjs'

await bootstrap()
if (build(projectRoot, { quiet: true })) {
  installDebianPackages({ chromium: ['chromium', 'fonts-dejavu-core'] })
  const script = join(projectRoot, 'test/e2e/screenshots.ts')
  process.exitCode = await runToEnd(process.execPath, [script, ...process.argv.slice(2)])
} else {
  process.exitCode = 1
}
