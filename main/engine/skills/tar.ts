/** Reproducible archives: the same files are the same bytes, on every machine and with every version of Node. */
import { crc32, gunzipSync } from 'node:zlib'
import { Header } from 'tar'
import { byPath, type OutFile } from './catalogue.ts'

/** 2020-01-01T00:00:00Z: one time for all, late enough that no tar program calls it implausible. */
export const FIXED_SECONDS = 1_577_836_800
export const MODES = { program: 0o755, text: 0o644 } as const

const BLOCK = 512
/** Archives end with two empty blocks, filled up to what tapes were written in. */
const RECORD = 20 * BLOCK

const padded = (size: number, to: number): number => Math.ceil(size / to) * to

function headerOf({ path, bytes, executable }: OutFile): Buffer {
  const header = new Header({
    path,
    mode: executable ? MODES.program : MODES.text,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: bytes.length,
    mtime: new Date(FIXED_SECONDS * 1000),
    type: 'File',
    linkpath: '',
  })
  const block = Buffer.alloc(BLOCK)
  // Only what needs no extended header is shipped: short names, plain letters.
  if (header.encode(block)) throw new Error(`${path} needs an extended header`)
  return block
}

export function packTar(files: readonly OutFile[]): Buffer {
  const parts = files.toSorted(byPath).flatMap((file) => {
    const body = Buffer.alloc(padded(file.bytes.length, BLOCK))
    file.bytes.copy(body)
    return [headerOf(file), body]
  })
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([...parts, Buffer.alloc(padded(size + 2 * BLOCK, RECORD) - size)])
}

const STORED_MOST = 65_535

/**
 * Wraps bytes as gzip without compressing them: what a compressor makes differs between its versions and processors,
 * and a few dozen KiB are not worth losing "same input, same bytes" for.
 */
export function wrapGzip(bytes: Buffer): Buffer {
  // No name, no time, no flags, and "unknown" for the system it was made on.
  const parts: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])]
  for (let at = 0; at < bytes.length; at += STORED_MOST) {
    const block = bytes.subarray(at, at + STORED_MOST)
    const head = Buffer.alloc(5)
    head.writeUInt8(at + STORED_MOST >= bytes.length ? 1 : 0)
    head.writeUInt16LE(block.length, 1)
    head.writeUInt16LE(~block.length & 0xffff, 3)
    parts.push(head, block)
  }
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(crc32(bytes))
  tail.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([...parts, tail])
}

/** Returns what a gzip file holds, or null where that is more than `most`; throws where it is no gzip. */
export function unwrapGzip(bytes: Buffer, most: number): Buffer | null {
  try {
    return gunzipSync(bytes, { maxOutputLength: most })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null
    throw error
  }
}

export interface TarEntry {
  header: Header
  bytes: Buffer
}

/** What an archive holds, in its order; `trouble` says why it could not be read to its end. */
export function unpackTar(tar: Buffer, most: number): { entries: TarEntry[]; trouble: string | null } {
  const entries: TarEntry[] = []
  for (let at = 0; ;) {
    if (at + BLOCK > tar.length) return { entries, trouble: 'the archive ends without its end mark' }
    const block = tar.subarray(at, at + BLOCK)
    if (block.every((byte) => byte === 0)) return { entries, trouble: null }
    const header = new Header(block)
    const size = header.size ?? -1
    if (!header.cksumValid)
      return { entries, trouble: `the header at byte ${at} does not match its checksum` }
    if (size < 0 || at + BLOCK + size > tar.length)
      return { entries, trouble: `the entry at byte ${at} is longer than the archive` }
    if (entries.length >= most) return { entries, trouble: `the archive has more than ${most} entries` }
    entries.push({ header, bytes: tar.subarray(at + BLOCK, at + BLOCK + size) })
    at += BLOCK + padded(size, BLOCK)
  }
}
