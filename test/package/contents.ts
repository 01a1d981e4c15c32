/** What the installers would hold, made once from the build at hand with stand-ins for the desktop's runtime. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { extractAll, listPackage } from '@electron/asar'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** One system's installed app. */
export interface Installed {
  /** The folder that would be installed. */
  folder: string
  /** Its resources, relative to the folder. */
  resources: string
}

export type System = 'linux' | 'mac-arm64' | 'mac-x64' | 'windows'

export interface Contents {
  systems: Record<System, Installed>
  /** The archive's files of this machine's system, and those beside it, in a folder that a plain Node can run. */
  unpacked: string
  /** The installers of Linux that could be made here. */
  deb: string | null
  appImage: string | null
  /** Of the AppImage, the bytes before its file system. */
  runtimeBytes: number
  /** An empty folder. */
  scratch(name: string): string
  dispose(): void
}

const has = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined

/** The programs AppImages are made with, where electron-builder looks for them. */
function appImageTools(folder: string, runtimeBytes: number): string {
  mkdirSync(join(folder, 'runtimes'), { recursive: true })
  mkdirSync(join(folder, `lib/${process.arch}`), { recursive: true })
  for (const name of ['mksquashfs', 'desktop-file-validate'])
    symlinkSync(join('/usr/bin', name), join(folder, name))
  writeFileSync(join(folder, `runtimes/runtime-${process.arch}`), Buffer.alloc(runtimeBytes))
  return folder
}

const RUNTIME_BYTES = 4096

export function packedContents(): Contents {
  const home = mkdtempSync(join(tmpdir(), 'package-'))
  const scratch = (name: string): string => {
    const folder = join(home, name)
    mkdirSync(folder)
    return folder
  }
  const debs = has('dpkg-deb')
  const appImages = has('mksquashfs') && has('desktop-file-validate')
  const targets = [...(debs ? ['deb'] : []), ...(appImages ? ['AppImage'] : [])]
  const made = join(home, 'made')
  const said = execFileSync(
    process.execPath,
    [join(PROJECT, 'build/package.mjs'), '--contents', made, ...targets],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // The packager leaves caches in the temporary folder.
        TMPDIR: scratch('tmp'),
        CUSTOM_FPM_PATH: fileURLToPath(new URL('fpm.mjs', import.meta.url)),
        APPIMAGE_TOOLS_PATH: appImageTools(scratch('tools'), RUNTIME_BYTES),
      },
    },
  )
  const folderOf = (name: System): string => {
    const line = said.split('\n').find((one) => one.startsWith(`${name}: `))
    if (line === undefined) throw new Error(`${name} was not packed:\n${said}`)
    return line.slice(name.length + 2)
  }
  const mac = 'Hyperion.app/Contents/Resources'
  const systems: Contents['systems'] = {
    linux: { folder: folderOf('linux'), resources: 'resources' },
    'mac-arm64': { folder: folderOf('mac-arm64'), resources: mac },
    'mac-x64': { folder: folderOf('mac-x64'), resources: mac },
    windows: { folder: folderOf('windows'), resources: 'resources' },
  }
  const unpacked = join(home, 'unpacked')
  extractAll(archiveOf(systems.linux), unpacked)
  const installer = (ending: string): string | null => {
    const name = readdirSync(made).find((one) => one.endsWith(ending))
    return name === undefined ? null : join(made, name)
  }
  return {
    systems,
    unpacked,
    deb: installer('.deb'),
    appImage: installer('.AppImage'),
    runtimeBytes: RUNTIME_BYTES,
    scratch,
    dispose: () => rmSync(home, { recursive: true, force: true }),
  }
}

export const archiveOf = ({ folder, resources }: Installed): string => join(folder, resources, 'app.asar')

/** Files and links of a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !lstatSync(join(folder, path)).isDirectory())
    .toSorted()
}

/** Files of an archive, sorted; `unpacked` holds them. */
export const filesIn = (archive: string, unpacked: string): string[] =>
  listPackage(archive, { isPack: false })
    .map((path) => path.slice(1))
    .filter((path) => !isFolder(join(unpacked, path)))
    .toSorted()

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** A chunk's name without the hash of its content. */
export const plainName = (path: string): string =>
  path.replace(/-[\w-]{8}(\.(?:js|css|ttf|woff2|worker\.js))$/, '-*$1')
