/** Texts as lines that keep their own ends, so that what is cut apart is put together again byte for byte. */

export type Lines = readonly string[]

/** Cuts behind each line feed; what stands behind the last one is a line of its own. An empty text has none. */
export function linesOf(text: string): string[] {
  const lines: string[] = []
  let at = 0
  while (at < text.length) {
    const end = text.indexOf('\n', at)
    const next = end < 0 ? text.length : end + 1
    lines.push(text.slice(at, next))
    at = next
  }
  return lines
}

export const textOf = (lines: Lines): string => lines.join('')

export const sameLines = (a: Lines, b: Lines): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index])

/**
 * Puts lines of several texts after one another; the last line of a file may have no end, and gets one where another
 * follows, so that nothing is glued to it.
 */
export function joined(parts: readonly Lines[], end = '\n'): string[] {
  const lines = parts.flat()
  return lines.map((line, index) => (index < lines.length - 1 && !line.endsWith('\n') ? line + end : line))
}
