/**
 * Makes the installers of this system from a fresh build, into dist/.
 *
 * Usage: node build/package.mjs [--contents DIR] [TARGET...]
 *
 * TARGET is a kind of installer (`deb`, `AppImage`, `dmg`, `zip`, `nsis`); left out, all that this system has.
 * `--contents` puts what the installers of every system would hold into DIR instead, with a stand-in for the desktop's
 * runtime: nothing is fetched, and nothing of it can be started but by a plain Node.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build as makePackage, Platform } from 'electron-builder'
import { bootstrap, projectRoot } from './bootstrap.mjs'
import { build } from './build.mjs'
import { packageConfig } from './package/config.mjs'
import { writeShare } from './package/share.mjs'
import { sizesOf, tableOf } from './package/sizes.mjs'
import { SYSTEMS, writeStandInRuntime } from './package/stand-in-runtime.mjs'

function configOf(root, output, platform) {
  const share = join(output, 'share')
  mkdirSync(output, { recursive: true })
  writeShare(share, root)
  const config = packageConfig(root, { share, platform })
  return { ...config, directories: { ...config.directories, output } }
}

/** Writes the contents for each system, and installers for Linux where `targets` names them; returns their folders. */
export async function packContents(folder, targets = [], root = projectRoot) {
  for (const { name, platform, arch, installed, target } of SYSTEMS) {
    // The packager changes what it is given.
    const config = configOf(root, folder, Platform[platform].nodeName)
    const runtime = join(folder, 'runtime', name)
    writeStandInRuntime(runtime, platform, config.electronVersion)
    await makePackage({
      projectDir: root,
      targets: Platform[platform].createTarget(
        name === 'linux' && targets.length > 0 ? targets : target,
        arch,
      ),
      // A stand-in is no program that a system's own tools could sign or edit.
      config: { ...config, electronDist: runtime, mac: { ...config.mac, identity: null }, win: { ...config.win, signAndEditExecutable: false } }, // prettier-ignore
      publish: 'never',
    })
    console.log(`${name}: ${join(folder, installed)}`)
  }
}

/** Makes the installers; writes and prints what each weighs. */
async function packAll(targets, root = projectRoot) {
  const made = await makePackage({
    projectDir: root,
    ...(targets.length === 0 ? {} : { targets: Platform.current().createTarget(targets) }),
    config: configOf(root, join(root, 'dist'), process.platform),
    publish: 'never',
  })
  const sizes = sizesOf(made, root)
  writeFileSync(join(root, 'dist/sizes.json'), `${JSON.stringify(sizes, null, 2)}\n`)
  console.log(tableOf(sizes))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { contents: { type: 'string' } },
    allowPositionals: true,
  })
  await bootstrap()
  if (!build(projectRoot, { quiet: true })) process.exitCode = 1
  else if (values.contents !== undefined) await packContents(resolve(values.contents), positionals)
  else await packAll(positionals)
}
