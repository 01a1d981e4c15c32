/** Folders in place of the desktop's runtime, which need not be here to see what goes into a package of it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Arch } from 'electron-builder'
import { NtExecutable, NtExecutableResource, Resource } from 'resedit'

/** By this the wire of fuses is found in the runtime's program (https://github.com/electron/fuses). */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

/** How many fuses the runtime has, none of them set: the wire that tools look for in its program. */
const FUSES = 9

/** The systems there are installers for, and where a package of each has what would be installed. */
export const SYSTEMS = [
  { name: 'linux', platform: 'LINUX', target: 'dir', arch: process.arch === 'arm64' ? Arch.arm64 : Arch.x64, installed: process.arch === 'arm64' ? 'linux-arm64-unpacked' : 'linux-unpacked' }, // prettier-ignore
  { name: 'mac-arm64', platform: 'MAC', target: 'dir', arch: Arch.arm64, installed: 'mac-arm64' },
  { name: 'mac-x64', platform: 'MAC', target: 'dir', arch: Arch.x64, installed: 'mac' },
  { name: 'windows', platform: 'WINDOWS', target: 'dir', arch: Arch.x64, installed: 'win-unpacked' },
]

/**
 * As a plain Node the stand-in is one: what it is told to run from the archive it runs from a copy of the files, for
 * only the real runtime reads archives. As the desktop it can do nothing.
 */
const PROGRAM = `#!/bin/sh
[ -n "$ELECTRON_RUN_AS_NODE" ] && [ -n "$STAND_IN_NODE" ] || exit 1
script=$1; shift
case $script in *app.asar/*) script=$STAND_IN_FILES/\${script#*app.asar/} ;; esac
exec "$STAND_IN_NODE" "$script" "$@"
exit 1
`

const wire = Buffer.from([1, FUSES, ...Array.from({ length: FUSES }, () => '0'.charCodeAt(0))])
const PLIST = `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>CFBundleName</key><string>Electron</string></dict></plist>
`

function write(folder, path, content, mode = 0o644) {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content, { mode })
}

/** A program for Windows with nothing in it, behind which stands what is no part of it. */
function windowsProgram(behind) {
  const program = NtExecutable.createEmpty()
  const resources = NtExecutableResource.from(program)
  // The packager adds the archive's checksum beside the version.
  const version = Resource.VersionInfo.create({ lang: 1033, fixedInfo: {}, strings: [] })
  version.setFileVersion('0.0.0.0', 1033)
  version.outputToResourceEntries(resources.entries)
  resources.outputResource(program)
  program.setExtraData(behind)
  return Buffer.from(program.generate())
}

/** Writes what a packager asks of the runtime: a program with a wire of fuses, its version, its licences. */
export function writeStandInRuntime(folder, platform, version) {
  const program = Buffer.concat([Buffer.from(PROGRAM + SENTINEL), wire])
  for (const [path, content] of [['version', version], ['LICENSE', ''], ['LICENSES.chromium.html', '']]) write(folder, path, content) // prettier-ignore
  if (platform === 'MAC') {
    const helper = 'Electron.app/Contents/Frameworks/Electron Helper.app/Contents'
    write(folder, 'Electron.app/Contents/MacOS/Electron', program, 0o755)
    write(folder, 'Electron.app/Contents/Frameworks/Electron Framework.framework/Versions/A/Resources/en.lproj/locale.pak', '') // prettier-ignore
    // On macOS the wire is in the framework.
    write(folder, 'Electron.app/Contents/Frameworks/Electron Framework.framework/Electron Framework', program, 0o755) // prettier-ignore
    write(folder, 'Electron.app/Contents/Info.plist', PLIST)
    write(folder, `${helper}/Info.plist`, PLIST)
    write(folder, `${helper}/MacOS/Electron Helper`, program, 0o755)
    return
  }
  if (platform === 'WINDOWS') write(folder, 'electron.exe', windowsProgram(program))
  else write(folder, 'electron', program, 0o755)
  write(folder, 'locales/en-US.pak', '')
}
