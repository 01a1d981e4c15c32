/** Cuts what streams in into lines; each byte is looked at once, however long a line is. */
import { StringDecoder } from 'node:string_decoder'

export interface Lines {
  /** False once a line is longer than allowed: what comes then is nothing that anybody could read. */
  take(chunk: Buffer): boolean
  /** The stream has ended: what is left is a line as well. */
  end(): void
}

/** `longest` is counted in characters. */
export function lineReader(longest: number, hear: (line: string) => void): Lines {
  const decoder = new StringDecoder('utf8')
  let parts: string[] = []
  let length = 0
  let isTooLong = false
  return {
    take(chunk) {
      if (isTooLong) return false
      const [first = '', ...rest] = decoder.write(chunk).split('\n')
      parts.push(first)
      length += first.length
      for (const next of rest) {
        const line = parts.join('')
        parts = [next]
        length = next.length
        isTooLong = line.length > longest
        if (isTooLong) return false
        hear(line)
      }
      isTooLong = length > longest
      return !isTooLong
    },
    end() {
      if (!isTooLong && length > 0) hear(parts.join(''))
      parts = []
      length = 0
    },
  }
}
