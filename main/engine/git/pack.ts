/** Writes packs: many objects in one file that git itself indexes and verifies (gitformat-pack(5), version 2). */
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import type { ObjectFormat } from './repository.ts'

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'

export interface PackObject {
  type: ObjectType
  body: Buffer
  oid: string
  /** An object this one is a small edit of; used if it comes earlier in the same pack. */
  likeness: string | null
}

const TYPE_NUMBER: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 }
const REF_DELTA = 7
/** How many edits may stand on each other: reading the last one means applying them all. */
const DEEPEST = 24
const LARGEST_COPY = 0xff_ffff

/** Type and size of an entry: four bits of the size, then seven a byte, low ones first. */
function entryHeader(type: number, length: number): Buffer {
  const bytes: number[] = []
  let byte = (type << 4) | (length & 15)
  let rest = Math.floor(length / 16)
  while (rest > 0) {
    bytes.push(byte | 0x80)
    byte = rest & 0x7f
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, byte])
}

function size(length: number): number[] {
  const bytes: number[] = []
  let rest = length
  while (rest >= 128) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}

/** Copies a stretch of the base; bytes of offset and length that are zero are left out. */
function copy(offset: number, length: number): number[] {
  if (length === 0) return []
  const bytes: number[] = []
  let op = 0x80
  for (let at = 0; at < 4; at += 1) {
    const byte = (offset >>> (8 * at)) & 0xff
    if (byte === 0) continue
    op |= 1 << at
    bytes.push(byte)
  }
  for (let at = 0; at < 3; at += 1) {
    const byte = (length >>> (8 * at)) & 0xff
    if (byte === 0) continue
    op |= 0x10 << at
    bytes.push(byte)
  }
  return [op, ...bytes]
}

/**
 * Returns the delta that makes `body` of `base` by replacing one stretch, or null where that would not be small.
 *
 * Trees of a queue differ by one entry from the one before, which is all that this looks for.
 */
export function deltaOf(base: Buffer, body: Buffer): Buffer | null {
  const shorter = Math.min(base.length, body.length)
  if (Math.max(base.length, body.length) > LARGEST_COPY) return null
  let head = 0
  while (head < shorter && base[head] === body[head]) head += 1
  let tail = 0
  while (tail < shorter - head && base[base.length - 1 - tail] === body[body.length - 1 - tail]) tail += 1
  const middle = body.subarray(head, body.length - tail)
  if (middle.length > body.length / 2) return null
  const inserts: Buffer[] = []
  for (let at = 0; at < middle.length; at += 127) {
    const part = middle.subarray(at, at + 127)
    inserts.push(Buffer.from([part.length]), part)
  }
  return Buffer.concat([
    Buffer.from([...size(base.length), ...size(body.length), ...copy(0, head)]),
    ...inserts,
    Buffer.from(copy(base.length - tail, tail)),
  ])
}

/** Wraps bytes as a zlib stream without compressing them (RFC 1950, 1951): for what is too small to gain by it. */
function stored(bytes: Buffer): Buffer {
  if (bytes.length > 0xffff) return deflateSync(bytes, DEFLATE)
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  const framed = Buffer.allocUnsafe(bytes.length + 11)
  framed.writeUInt16BE(0x7801, 0)
  framed[2] = 1
  framed.writeUInt16LE(bytes.length, 3)
  framed.writeUInt16LE(~bytes.length & 0xffff, 5)
  bytes.copy(framed, 7)
  framed.writeUInt32BE(((b << 16) | a) >>> 0, bytes.length + 7)
  return framed
}

/** Fastest first: what git repacks later it compresses again. */
const DEFLATE = { level: 1, memLevel: 9 }

/** Bodies up to this size are stored as they are. */
const SMALL = 512

/** Returns a pack of the objects, each whole or as an edit of an earlier one. */
export function makePack(format: ObjectFormat, objects: readonly PackObject[]): Buffer {
  const header = Buffer.alloc(12)
  header.write('PACK', 'latin1')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(objects.length, 8)
  const parts: Buffer[] = [header]
  const written = new Map<string, { body: Buffer; depth: number }>()
  for (const { type, body, oid, likeness } of objects) {
    const base = likeness === null ? undefined : written.get(likeness)
    const delta = base === undefined || base.depth >= DEEPEST ? null : deltaOf(base.body, body)
    if (delta === null || likeness === null) {
      const packed = body.length <= SMALL ? stored(body) : deflateSync(body, DEFLATE)
      parts.push(entryHeader(TYPE_NUMBER[type], body.length), packed)
    } else {
      parts.push(entryHeader(REF_DELTA, delta.length), Buffer.from(likeness, 'hex'), stored(delta))
    }
    written.set(oid, { body, depth: delta === null || base === undefined ? 0 : base.depth + 1 })
  }
  const body = Buffer.concat(parts)
  return Buffer.concat([body, createHash(format).update(body).digest()])
}
