/** What helps with the command line on a system: its manual and its completions, made of its own definitions. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Where a Debian package puts the app. */
export const INSTALLED = '/opt/Hyperion'

/** Writes them into a folder, from the build at hand. */
export function writeShare(folder, root) {
  const said = (...args) => execFileSync(process.execPath, [join(root, 'out/main/cli.js'), ...args])
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  // Level 9 and no time in it, as Debian's own manuals are packed.
  writeFileSync(join(folder, 'hyperion.1.gz'), gzipSync(said('manual'), { level: 9 }))
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(join(folder, `hyperion.${shell}`), said('completion', shell))
  copyFileSync(join(root, 'LICENSE'), join(folder, 'copyright'))
  symlinkSync(`${INSTALLED}/resources/bin/hyperion`, join(folder, 'command'))
}
