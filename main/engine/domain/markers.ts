/** Finds the conflict markers of a merge that nobody finished. */

const START = '<<<<<<<'
const END = '>>>>>>>'
const SEPARATOR = '======='

const isMarker = (line: string, marker: string): boolean =>
  line.startsWith(marker) && (line.length === marker.length || line[marker.length] === ' ')

/** The lines that look like the beginning or the end of a conflict, each with how often it is there. */
function tally(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const [line] of markerLines(text)) {
    if (!isMarker(line, SEPARATOR)) found.set(line, (found.get(line) ?? 0) + 1)
  }
  return found
}

/** Lines that begin with seven of a marker's characters, with their numbers; whatever the file's line ending is. */
function* markerLines(text: string): Generator<[line: string, number: number]> {
  let number = 0
  for (let at = 0; at <= text.length;) {
    const end = text.indexOf('\n', at)
    const to = end < 0 ? text.length : end
    number += 1
    const first = text[at]
    if (first === '<' || first === '>' || first === '=') {
      const line = text.slice(at, text[to - 1] === '\r' ? to - 1 : to)
      if ([START, SEPARATOR, END].some((marker) => isMarker(line, marker))) yield [line, number]
    }
    at = to + 1
  }
}

/**
 * Returns the line in which a conflict begins that is left in a resolved text, or null.
 *
 * A text about merging may hold such lines itself: one that a side holds as often is none. Texts may be given as
 * latin1, which keeps every byte a character of its own.
 */
export function leftMarker(resolved: string, sides: readonly string[]): number | null {
  if (!resolved.includes(START) || !resolved.includes(END)) return null
  const own = new Map<string, number>()
  for (const side of sides)
    for (const [line, count] of tally(side)) own.set(line, Math.max(own.get(line) ?? 0, count))
  const isOwn = new Set([...tally(resolved)].filter(([line, n]) => n <= (own.get(line) ?? 0)).map(([l]) => l))
  let began: number | null = null
  let separated = false
  for (const [line, number] of markerLines(resolved)) {
    if (isMarker(line, SEPARATOR)) separated = began !== null
    else if (isOwn.has(line)) continue
    else if (isMarker(line, START)) {
      began = number
      separated = false
    } else if (separated) return began
  }
  return null
}
