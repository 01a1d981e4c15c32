/** Whether a bundle is what `export-bundle` makes: looked at without unpacking anything to the disk. */
import { closeSync, openSync, readFileSync, readSync, statSync, type Stats } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { BundleVerdict } from '../../../schemas/skills.ts'
import { userError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { inert } from '../base/inert.ts'
import { byPath, SKILL_FILE, type OutFile } from './catalogue.ts'
import { readSkill } from './format.ts'
import { requireName, unwritable } from './place.ts'
import { FIXED_SECONDS, MODES, packTar, unpackTar, unwrapGzip, wrapGzip, type TarEntry } from './tar.ts'

export const BUNDLE_LIMITS = {
  /** Of the file, of what it unpacks to, and of one entry. */
  packedBytes: 8 * 1024 * 1024,
  unpackedBytes: 8 * 1024 * 1024,
  entryBytes: 1024 * 1024,
  entries: 500,
} as const

const NEEDED = ['README.md', 'scripts/cast_builder.sh', `skills/cast-builder/${SKILL_FILE}`]
const SKILL_PATH = /^skills\/([^/]+)\/(.+)$/

type Add = (code: string, message: string) => void

/** Looks at everything there is to look at; `ok` only where all of it could be checked and holds. */
export function verifyBundle(named: string): BundleVerdict {
  requireName(named, 'bundle')
  const file = resolve(named)
  const bytes = readBounded(file)
  const problems: BundleVerdict['problems'] = []
  const add: Add = (code, message) => void problems.push({ code, message })
  const hash = sha256(bytes)
  const verdict = (entries: number | null): BundleVerdict => ({
    file,
    ok: problems.length === 0,
    problems,
    entries,
    sha256: hash,
  })
  checkSum(file, hash, add)
  const tar = unwrapped(bytes, add)
  if (tar === null) return verdict(null)
  const { entries, trouble } = unpackTar(tar, BUNDLE_LIMITS.entries)
  if (trouble !== null) add('bad_archive', trouble)
  const files = entries.flatMap((entry) => judgeEntry(entry, add))
  judgeTogether(files, add)
  // Whatever else could be hidden in an archive: bytes behind its end, other orders, other ways to write a number.
  if (problems.every(({ code }) => code.startsWith('checksum')) && !wrapGzip(packTar(files)).equals(bytes))
    add('not_canonical', 'the archive is not written as export-bundle writes one of these files')
  return verdict(entries.length)
}

function readBounded(file: string): Buffer {
  let found: Stats | undefined
  try {
    found = statSync(file, { throwIfNoEntry: false })
  } catch (error) {
    throw unwritable(error, file)
  }
  if (found === undefined) throw userError('no_such_file', `${file} does not exist`, 'name a bundle')
  if (!found.isFile()) throw userError('not_a_file', `${file} is not a file`, 'name a bundle')
  const most = BUNDLE_LIMITS.packedBytes
  const buffer = Buffer.alloc(Math.min(found.size, most) + 1)
  try {
    const handle = openSync(file, 'r')
    try {
      let read = 0
      for (let got = -1; got !== 0 && read < buffer.length; read += got)
        got = readSync(handle, buffer, read, buffer.length - read, null)
      if (read > most) throw userError('too_large', `${file} has more than ${most} bytes`, 'name a bundle')
      return buffer.subarray(0, read)
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw userError('unreadable', `${file} cannot be read (${code})`, 'make it readable')
  }
}

function checkSum(file: string, hash: string, add: Add): void {
  const beside = `${file}.sha256`
  let text: string
  try {
    if (statSync(beside).size > 4096)
      return add('checksum_malformed', `${beside} is no checksum: it is too long`)
    text = readFileSync(beside, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`
    return add('checksum_missing', `the checksum could not be checked: ${beside} ${why}`)
  }
  const match = /^([0-9a-f]{64}) [ *]([^\n]+)\n?$/.exec(text)
  if (match === null) return add('checksum_malformed', `${beside} is not one line as sha256sum writes it`)
  if (match[2] !== basename(file))
    return add(
      'checksum_of_other',
      `${beside} is about ${inert(match[2] ?? '')}, not about ${basename(file)}`,
    )
  if (match[1] !== hash)
    add('checksum_differs', `the file has the SHA-256 ${hash}, its checksum says ${match[1]}`)
}

function unwrapped(bytes: Buffer, add: Add): Buffer | null {
  try {
    const tar = unwrapGzip(bytes, BUNDLE_LIMITS.unpackedBytes)
    if (tar === null) add('unpacks_too_large', `it unpacks to more than ${BUNDLE_LIMITS.unpackedBytes} bytes`)
    return tar
  } catch (error) {
    add('bad_gzip', `it is no whole gzip file (${(error as Error).message})`)
    return null
  }
}

/** Why a name may not be unpacked anywhere, or null. */
function nameRefusal(path: string): string | null {
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is an absolute path'
  if (path.split('/').includes('..')) return 'leads out of the folder it is unpacked in'
  if (!/^[A-Za-z0-9._/-]+$/.test(path) || path.split('/').some((part) => part === '' || part === '.'))
    return 'is no plain path of letters, digits, ".", "_" and "-"'
  return NEEDED.includes(path) || SKILL_PATH.test(path) ? null : 'is no part of a bundle'
}

function judgeEntry({ header, bytes }: TarEntry, add: Add): OutFile[] {
  const path = header.path ?? ''
  const named = `entry "${inert(path, 200)}"`
  const refused = nameRefusal(path)
  if (refused !== null) add('bad_path', `${named} ${refused}`)
  if (header.type !== 'File') add('not_a_file', `${named} is no plain file but a ${header.type}`)
  if (header.linkpath) add('link', `${named} leads to "${inert(header.linkpath, 200)}"`)
  if (header.uid !== 0 || header.gid !== 0 || header.uname || header.gname)
    add('bad_owner', `${named} belongs to somebody; owner and group are to be 0, without names`)
  if (header.mtime?.getTime() !== FIXED_SECONDS * 1000)
    add('bad_time', `${named} has another time than ${new Date(FIXED_SECONDS * 1000).toISOString()}`)
  if (header.mode !== MODES.program && header.mode !== MODES.text)
    add('bad_mode', `${named} has the mode ${header.mode?.toString(8)}; it is to be 644 or 755`)
  if (bytes.length > BUNDLE_LIMITS.entryBytes)
    add('entry_too_large', `${named} has more than ${BUNDLE_LIMITS.entryBytes} bytes`)
  return [{ path, bytes, executable: header.mode === MODES.program }]
}

function judgeTogether(files: readonly OutFile[], add: Add): void {
  const seen = new Map<string, string>()
  for (const { path } of files) {
    // On some disks names that differ in case only are one file.
    const before = seen.get(path.toLowerCase())
    if (before !== undefined)
      add('twice', `entry "${inert(path, 200)}" is there twice, or as "${inert(before, 200)}"`)
    seen.set(path.toLowerCase(), path)
  }
  for (const path of NEEDED) if (!seen.has(path.toLowerCase())) add('missing', `it holds no ${path}`)
  if (files.some((file, at) => at > 0 && byPath(files[at - 1] ?? file, file) > 0))
    add('not_sorted', 'its entries are not in the order of their names')
  const names = new Set(files.flatMap(({ path }) => SKILL_PATH.exec(path)?.[1] ?? []))
  for (const name of names) {
    const text = files.find(({ path }) => path === `skills/${name}/${SKILL_FILE}`)
    if (text === undefined) {
      if (name !== 'cast-builder') add('missing', `skills/${inert(name)} holds no ${SKILL_FILE}`)
      continue
    }
    const read = readSkill(name, text.bytes.toString('utf8'))
    if (!read.ok) for (const { message } of read.problems) add('bad_skill', `${text.path}: ${message}`)
  }
}
