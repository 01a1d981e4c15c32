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

export function markersOf(chunks: readonly Chunk[], labels: MarkerLabels): string {
  // Markers end as the lines around them do.
  const crlf = chunks.some(({ cur }) => cur[0]?.endsWith('\r\n') === true)
  const end = crlf ? '\r\n' : '\n'
  const whole = (lines: Lines): string => {
    const text = textOf(lines)
    return text === '' || text.endsWith('\n') ? text : `${text}${end}`
  }
  return chunks
    .map((chunk) => {
      const settled = settledLines(chunk)
      if (settled !== null) return textOf(settled)
      const mark = (sign: string, label = ''): string =>
        `${sign.repeat(MARKER)}${label === '' ? '' : ` ${label}`}${end}`
      return [
        mark('<', labels.cur),
        whole(chunk.cur),
        mark('|', labels.base),
        whole(chunk.base),
        mark('='),
        whole(chunk.inc),
        mark('>', labels.inc),
      ].join('')
    })
    .join('')
}
