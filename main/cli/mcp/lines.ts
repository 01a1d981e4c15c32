/** Lines of a stream, of which none is kept beyond a limit: of a longer one its beginning and its end remain. */

export interface LongLine {
  bytes: number
  head: Buffer
  tail: Buffer
}

export interface LineHears {
  line(bytes: Buffer): void
  tooLong(line: LongLine): void
}

/** What is kept of a line that is too long: enough to tell which request it was. */
const KEPT = 4096
const LINE_FEED = 0x0a

export interface LineReader {
  push(chunk: Buffer): void
  /** The stream has ended; what is left is a line as well. */
  end(): void
}

export function lineReader(maxBytes: number, hears: LineHears): LineReader {
  let parts: Buffer[] = []
  let bytes = 0
  let long: Pick<LongLine, 'head' | 'tail'> | null = null

  function add(part: Buffer): void {
    bytes += part.length
    if (long !== null) {
      long.tail = Buffer.concat([long.tail, part.subarray(-KEPT)]).subarray(-KEPT)
      return
    }
    parts.push(part)
    if (bytes <= maxBytes) return
    const whole = Buffer.concat(parts)
    // Copies, because a slice would keep all of it alive.
    long = { head: Buffer.from(whole.subarray(0, KEPT)), tail: Buffer.from(whole.subarray(-KEPT)) }
    parts = []
  }

  function finish(): void {
    const [line, cut, length] = [parts, long, bytes]
    parts = []
    long = null
    bytes = 0
    if (cut !== null) return hears.tooLong({ bytes: length, ...cut })
    const whole = line.length === 1 ? (line[0] ?? Buffer.alloc(0)) : Buffer.concat(line)
    if (whole.toString('latin1').trim() !== '') hears.line(whole)
  }

  return {
    push(chunk) {
      let from = 0
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
        add(chunk.subarray(from, at))
        finish()
        from = at + 1
      }
      if (from < chunk.length) add(chunk.subarray(from))
    },
    end: () => {
      if (bytes > 0) finish()
    },
  }
}
