/** The cast-builder bundle: one archive that other teams unpack, with its checksum beside it. */
import { linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { BundleResult } from '../../../schemas/skills.ts'
import { userError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { bundled, type Catalogue, type OutFile } from './catalogue.ts'
import { syncFolder, writeNew } from './journal.ts'
import { readyFile, requireName, unwritable } from './place.ts'
import { packTar, wrapGzip } from './tar.ts'

export const README = 'README.md'

/** Everything in the bundle; what it unpacks to is what `tar -czf` of the same paths would give, and a README. */
export function bundleFiles(catalogue: Catalogue): OutFile[] {
  return [
    ...bundled(catalogue),
    { path: README, bytes: Buffer.from(catalogue.bundleReadme), executable: false },
  ]
}

export const checksumLine = (hash: string, file: string): string => `${hash}  ${basename(file)}\n`

/**
 * Writes the bundle and its checksum.
 *
 * Throws one sentence, with nothing changed, where the file cannot be written, or where it or its checksum is another
 * file that may not be replaced.
 */
export function writeBundle(catalogue: Catalogue, named: string, overwrite: boolean): BundleResult {
  requireName(named, 'file')
  if (!named.endsWith('.tar.gz'))
    throw userError('bad_name', `${named} does not end in .tar.gz`, 'name the bundle FILE.tar.gz')
  try {
    const file = readyFile(named, catalogue.root)
    const files = bundleFiles(catalogue)
    const bytes = wrapGzip(packTar(files))
    const hash = sha256(bytes)
    const wanted = [
      { place: file, bytes },
      { place: `${file}.sha256`, bytes: Buffer.from(checksumLine(hash, file)) },
    ]
    const missing = wanted.filter(({ place, bytes: want }) => !holds(place, want))
    const taken = missing.filter(({ place }) => statSync(place, { throwIfNoEntry: false }) !== undefined)
    if (taken.length > 0 && !overwrite) {
      const said = taken.map(({ place }) => place).join(' and ')
      throw userError('would_replace', `${said} would be replaced`, 'name another file, or give --overwrite')
    }
    putAll(missing, overwrite)
    return {
      file,
      checksum_file: `${file}.sha256`,
      entries: files.length,
      bytes: bytes.length,
      sha256: hash,
      written: missing.length > 0,
    }
  } catch (thrown) {
    throw unwritable(thrown, named)
  }
}

function holds(place: string, bytes: Buffer): boolean {
  const found = statSync(place, { throwIfNoEntry: false })
  return found?.size === bytes.length && readFileSync(place).equals(bytes)
}

/** Makes all ready before the first is put in its place. */
function putAll(files: readonly { place: string; bytes: Buffer }[], overwrite: boolean): void {
  const temporary = (place: string): string => `${place}.${process.pid}.tmp`
  try {
    for (const { place, bytes } of files) {
      rmSync(temporary(place), { force: true })
      writeNew(temporary(place), bytes, 0o644)
    }
    for (const { place } of files) put(temporary(place), place, overwrite)
    for (const { place } of files.slice(0, 1)) syncFolder(dirname(place))
    for (const { place, bytes } of files) {
      if (!holds(place, bytes))
        throw userError('read_back_differs', `${place} reads back as something else`, 'look at the disk')
    }
  } finally {
    for (const { place } of files) rmSync(temporary(place), { force: true })
  }
}

function put(made: string, place: string, overwrite: boolean): void {
  if (overwrite) return renameSync(made, place)
  try {
    linkSync(made, place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw userError('would_replace', `${place} would be replaced`, 'name another file, or give --overwrite')
    // A file system without links: the name was free a moment ago.
    renameSync(made, place)
  }
}
