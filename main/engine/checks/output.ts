/** What a check printed: kept up to a cap, head and tail, and searched as it streams by. */

/** Bytes of a check's output that are kept. */
export const OUTPUT_CAP = 64 * 1024

export interface OutputBuffer {
  add(chunk: Buffer): void
  /** Returns the kept text; where something was left out, one line says how much. */
  text(): string
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** Cuts a broken character off the end of the head; the tail's broken start is skipped in `wholeStart`. */
function wholeEnd(bytes: Buffer): Buffer {
  let start = bytes.length - 1
  while (start > 0 && bytes.length - start < 4 && isContinuation(bytes[start])) start--
  const lead = bytes[start] ?? 0
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return start >= 0 && start + length > bytes.length ? bytes.subarray(0, start) : bytes
}

function wholeStart(bytes: Buffer): Buffer {
  let start = 0
  while (start < 3 && isContinuation(bytes[start])) start++
  return bytes.subarray(start)
}

export function outputBuffer(cap: number = OUTPUT_CAP): OutputBuffer {
  const headCap = Math.floor(cap / 2)
  const tailCap = cap - headCap
  const head: Buffer[] = []
  let tail: Buffer[] = []
  let headBytes = 0
  let tailBytes = 0
  let total = 0

  function addTail(chunk: Buffer): void {
    // A copy, because a small slice would keep the whole chunk it came from alive.
    tail.push(Buffer.from(chunk.length > tailCap ? chunk.subarray(chunk.length - tailCap) : chunk))
    tailBytes += tail.at(-1)?.length ?? 0
    if (tailBytes > 2 * tailCap) {
      const kept = Buffer.concat(tail).subarray(-tailCap)
      tail = [Buffer.from(kept)]
      tailBytes = kept.length
    }
  }

  return {
    add(chunk) {
      total += chunk.length
      const toHead = chunk.subarray(0, Math.max(0, headCap - headBytes))
      if (toHead.length > 0) {
        head.push(Buffer.from(toHead))
        headBytes += toHead.length
      }
      if (toHead.length < chunk.length) addTail(chunk.subarray(toHead.length))
    },
    text() {
      const first = Buffer.concat(head)
      const last = Buffer.concat(tail).subarray(-tailCap)
      if (total <= cap) return Buffer.concat([first, last]).toString('utf8')
      const shownFirst = wholeEnd(first)
      const shownLast = wholeStart(last)
      const left = total - shownFirst.length - shownLast.length
      return `${shownFirst.toString('utf8')}\n[${left} bytes left out]\n${shownLast.toString('utf8')}`
    },
  }
}

export interface StreamSearch {
  add(chunk: Buffer): void
  found(): boolean
}

/** Searches a stream for a text wherever chunk borders fall, however much streams by. */
export function streamSearch(needle: string): StreamSearch {
  const wanted = Buffer.from(needle, 'utf8')
  let found = wanted.length === 0
  let carry = Buffer.alloc(0)
  return {
    add(chunk) {
      if (found) return
      const window = Buffer.concat([carry, chunk])
      found = window.includes(wanted)
      carry = Buffer.from(window.subarray(Math.max(0, window.length - wanted.length + 1)))
    },
    found: () => found,
  }
}
