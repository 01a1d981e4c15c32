/** The row of chunks as text with conflict markers, as `git merge-file --diff3` writes it. */
import type { Chunk } from './chunks.ts'
import { textOf, type Lines } from './lines.ts'

export interface MarkerLabels {
  cur: string
  base: string
  inc: string
}

const MARKER = 7

/** The text that a chunk has by itself; null for a conflict, which is somebody's to decide. */
export function settledLines(chunk: Chunk): Lines | null {
  switch (chunk.kind) {
    case 'same':
    case 'current':
    case 'equal':
      return chunk.cur
    case 'incoming':
      return chunk.inc
    case 'conflict':
      return null
  }
}

/** A conflict between its markers, which end as the lines around them do. */
export function markerBlock({ cur, base, inc }: Chunk, labels: MarkerLabels, end = '\n'): string {
  const whole = (lines: Lines): string => {
    const text = textOf(lines)
    return text === '' || text.endsWith('\n') ? text : `${text}${end}`
  }
  const mark = (sign: string, label = ''): string =>
    `${sign.repeat(MARKER)}${label === '' ? '' : ` ${label}`}${end}`
  return [
    mark('<', labels.cur),
    whole(cur),
    mark('|', labels.base),
    whole(base),
    mark('='),
    whole(inc),
    mark('>', labels.inc),
  ].join('')
}

export function markersOf(chunks: readonly Chunk[], labels: MarkerLabels): string {
  const crlf = chunks.some(({ cur }) => cur[0]?.endsWith('\r\n') === true)
  return chunks
    .map((chunk) => {
      const settled = settledLines(chunk)
      return settled === null ? markerBlock(chunk, labels, crlf ? '\r\n' : '\n') : textOf(settled)
    })
    .join('')
}
