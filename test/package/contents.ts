/** What an installer would hold, made once from the build at hand with a stand-in for the desktop's runtime. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { extractAll, listPackage } from '@electron/asar'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

export interface Contents {
  /** The folder that would be installed. */
  folder: string
  archive: string
  /** The archive's files, and those beside it, in a folder that a plain Node can run. */
  unpacked: string
  dispose(): void
}

export function packedContents(): Contents {
  const home = mkdtempSync(join(tmpdir(), 'package-'))
  const args = [join(PROJECT, 'build/package.mjs'), '--contents', join(home, 'made')]
  // The packager leaves caches in the temporary folder.
  const temporary = join(home, 'tmp')
  mkdirSync(temporary)
  const said = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  })
  const folder = said.trim().split('\n').at(-1) ?? ''
  const archive = join(folder, 'resources/app.asar')
  const unpacked = join(home, 'unpacked')
  extractAll(archive, unpacked)
  return { folder, archive, unpacked, dispose: () => rmSync(home, { recursive: true, force: true }) }
}

/** Files of a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .toSorted()
}

/** Files of an archive, sorted. */
export const filesIn = (archive: string, unpacked: string): string[] =>
  listPackage(archive, { isPack: false })
    .map((path) => path.slice(1))
    .filter((path) => statSync(join(unpacked, path)).isFile())
    .toSorted()

/** A chunk's name without the hash of its content. */
export const plainName = (path: string): string =>
  path.replace(/-[\w-]{8}(\.(?:js|css|ttf|woff2|worker\.js))$/, '-*$1')
