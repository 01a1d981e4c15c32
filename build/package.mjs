/**
 * Makes the installers of this system from a fresh build, into dist/.
 *
 * Usage: node build/package.mjs [--contents DIR]
 *
 * `--contents` puts what a Linux installer would hold into DIR instead, with a stand-in for the desktop's runtime: nothing
 * is fetched, and nothing of it can be started but by a plain Node.
 */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as makePackage, Platform } from 'electron-builder'
import { bootstrap, projectRoot } from './bootstrap.mjs'
import { build } from './build.mjs'
import { packageConfig } from './package/config.mjs'
import { writeStandInRuntime } from './package/stand-in-runtime.mjs'

/** Writes the contents; returns the folder that would be installed. */
export async function packContents(folder, root = projectRoot) {
  const config = packageConfig(root)
  const runtime = join(folder, 'runtime')
  writeStandInRuntime(runtime, config.electronVersion)
  await makePackage({
    projectDir: root,
    targets: Platform.LINUX.createTarget('dir'),
    config: { ...config, electronDist: runtime, directories: { output: folder } },
    publish: 'never',
  })
  return join(folder, process.arch === 'arm64' ? 'linux-arm64-unpacked' : 'linux-unpacked')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bootstrap()
  const at = process.argv.indexOf('--contents')
  if (!build(projectRoot, { quiet: true })) process.exitCode = 1
  else if (at > 0) console.log(await packContents(resolve(process.argv[at + 1] ?? 'dist')))
  else await makePackage({ projectDir: projectRoot, config: packageConfig(projectRoot), publish: 'never' })
}
