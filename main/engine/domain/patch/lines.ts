/** Lines of a byte buffer: where they start and how they end. */

export const LF = 10
export const CR = 13

/** Returns where each line starts, followed by the length of the buffer; a line keeps its newline. */
export function lineStarts(bytes: Uint8Array): number[] {
  const starts = [0]
  const length = bytes.length
  for (let i = 0; i < length; i++) if (bytes[i] === LF) starts.push(i + 1)
  if (starts[starts.length - 1] !== length) starts.push(length)
  return starts
}

export type LineEndings = 'none' | 'lf' | 'crlf' | 'mixed'

/** Tells which newlines the bytes hold; a final line without newline has no say. */
export function lineEndings(bytes: Buffer): LineEndings {
  if (!bytes.includes(LF)) return 'none'
  if (!bytes.includes('\r\n')) return 'lf'
  let crlf = false
  let lf = false
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (at > 0 && bytes[at - 1] === CR) crlf = true
    else lf = true
    if (crlf && lf) return 'mixed'
  }
  return crlf ? 'crlf' : 'lf'
}

// Bytes stay bytes: Latin-1 maps each to one character and back.
export const toCrlf = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')

export const toLf = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
