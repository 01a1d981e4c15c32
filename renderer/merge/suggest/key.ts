/**
 * A stable name for the three texts of a conflict, the same in a page and in Node: SHA-256 (FIPS 180-4) of the three as
 * JSON. Agents write these texts, so a short hash would let one of them make its conflict look like another.
 */
import { textOf } from '../lines.ts'
import type { Sides } from './types.ts'

export const chunkKey = ({ base, cur, inc }: Sides): string =>
  sha256(JSON.stringify([textOf(base), textOf(cur), textOf(inc)]))

/** The first 32 bits of the fractional parts of a root of the first primes. */
function fractions(root: (prime: number) => number, count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n += 1) {
    let isPrime = true
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) isPrime = false
    if (isPrime) found.push(Math.floor((root(n) % 1) * 2 ** 32) | 0)
  }
  return found
}
const START = fractions(Math.sqrt, 8)
const ROUNDS = fractions(Math.cbrt, 64)

const rotated = (x: number, by: number): number => (x >>> by) | (x << (32 - by))

/** Synchronous, which the browser's own is not. */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const blocks = Math.ceil((bytes.length + 9) / 64)
  const padded = new Uint8Array(blocks * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, (bytes.length * 8) >>> 0)
  const state = Int32Array.from(START)
  const words = new Int32Array(64)
  for (let block = 0; block < blocks; block += 1) {
    for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(block * 64 + index * 4)
    for (let index = 16; index < 64; index += 1) {
      const [x, y] = [words[index - 15] as number, words[index - 2] as number]
      const s0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3)
      const s1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10)
      words[index] = ((words[index - 16] as number) + s0 + (words[index - 7] as number) + s1) | 0
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    for (let index = 0; index < 64; index += 1) {
      const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUNDS[index] as number) + (words[index] as number)) | 0
      const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0]
    }
    for (const [index, value] of [a, b, c, d, e, f, g, h].entries())
      state[index] = ((state[index] as number) + value) | 0
  }
  return [...state].map((value) => (value >>> 0).toString(16).padStart(8, '0')).join('')
}
